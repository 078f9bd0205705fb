// SPDX-License-Identifier: GPL-2.0
/*
 * Given a page under io whose holder says what its device writes (rxe), clean
 * on the disk,
 * when somebody who does not say so has it, too: a region of siw, registered
 * before or after; a disk that takes its time to read into the mapping, with an
 * fsync in the middle,
 * then each fsync brings to the disk what is in the page.
 *
 * Guards pui_all_report(), pui_stays_dirty(), and the comparison of pins in
 * pui_clean_for_io().
 */
#include <sys/mman.h>

#include "scene.h"

/* More than one bio takes: then the disk does not dirty a dirty page again. */
#define PAGES	300UL
#define SLOW	"/dev/mapper/t_slow"	/* the runner removes it */

static struct t_pair rxe, siw;
static struct t_file f;

static bool synced(unsigned int seed)
{
	t_must(!fsync(f.fd), "fsync");
	return t_disk_is(f.fd, 0, f.len, seed);
}

static void two_regions(bool silent_first)
{
	const char *order = silent_first ? "siw first" : "rxe first";
	struct ibv_mr *says = NULL, *silent = NULL;

	t_file_make(&f, "file", T_PAGE, T_HOLE);
	if (silent_first)
		silent = t_reg_must(&siw, f.map, T_PAGE);
	says = t_reg_must(&rxe, f.map, T_PAGE);
	t_must(!fsync(f.fd), "fsync");
	if (!silent_first)
		silent = t_reg_must(&siw, f.map, T_PAGE);
	for (unsigned int i = 2; i < 6; i++) {
		t_dma_fill(&siw, silent, 0, T_PAGE, i);
		t_ok(synced(i), "%s: fsync %u writes what siw wrote", order, i);
	}
	t_dma_fill(&siw, silent, 0, T_PAGE, 7);
	t_dereg(silent);
	t_ok(synced(7), "%s: and what it wrote last", order);
	t_dma_fill(&rxe, says, 0, T_PAGE, 8);
	t_ok(synced(8), "%s: and then what rxe wrote", order);
	t_dereg(says);
	t_file_close(&f);
}

static void read_slowly(void *unused)
{
	int fd = open(SLOW, O_RDONLY | O_DIRECT);

	(void)unused;
	t_must(fd >= 0 && read(fd, f.map, f.len) == (ssize_t)f.len, "read");
	close(fd);
}

/* The second disk has pattern 9 to read, and takes its time to say so. */
static void slow_disk(void)
{
	unsigned char *disk = malloc(PAGES * T_PAGE);
	/* longer than t_blocked_in() and an fsync take on a slow kernel */
	int ms = (t_deadline(4) - t_deadline(0)) * 1000;
	struct ibv_mr *mr;
	pid_t reader;
	int fd;

	t_fill(disk, PAGES * T_PAGE, 9);
	fd = open(t_disk2(), O_WRONLY);
	t_must(fd >= 0 && write(fd, disk, PAGES * T_PAGE) > 0 && !fsync(fd),
	       "write the second disk");
	close(fd);
	free(disk);
	t_must(!setenv("DM_DISABLE_UDEV", "1", 1) &&
	       !t_run("dmsetup create t_slow --table '0 4096 delay %s 0 %d %s 0 0'",
		      t_disk2(), ms, t_disk2()), "dmsetup");

	t_file_make(&f, "file", PAGES * T_PAGE, T_WRITTEN);
	mr = t_reg_must(&rxe, f.map, f.len);
	t_must(synced(1), "fsync");
	reader = t_fork(read_slowly, NULL);
	t_must(t_blocked_in(reader, "blkdev_read_iter"), "the disk reads");
	/* The pages are pinned; what is in them now is all there is */
	t_ok(synced(1), "fsync in the middle of a read into the mapping");
	t_must(t_is(f.map, f.len, 1), "the disk is not through");
	t_must(t_join(reader, 60), "read");
	t_must(t_is(f.map, f.len, 9), "the disk's bytes");
	t_ok(synced(9), "fsync after it writes what the disk read");
	t_dereg(mr);
	t_file_close(&f);
}

int main(void)
{
	t_begin();
	t_fs_make(64, "", "");
	t_pair_open(&rxe, "rxe0");
	t_pair_open(&siw, "siw0");
	two_regions(false);
	two_regions(true);
	slow_disk();
	t_pair_close(&rxe);
	t_pair_close(&siw);
	t_done();
}
