// SPDX-License-Identifier: GPL-2.0
/*
 * Given a limit of 4 MiB for dirty memory, background writeback from 3 MiB on,
 * when a file of 16 MiB is registered (with its pages faulted in for that), and
 * then another process writes 3 MiB to a file of another file system, again and
 * again, while a third reads a file from the page cache,
 * then none of them is ever made to wait for writeback, the number of dirty
 * pages stays below the limit, and the flusher writes nothing of the registered
 * file.
 *
 * Criterion, independent of how fast the machine is: balance_dirty_pages() has
 * a trace event for each time that it does not let the writer go on at once.
 * There must be none. That it is seen if it happens is shown with the same
 * pages as ordinary dirty ones, and a limit that no disk can keep up with.
 *
 * Guards NR_FILE_DIRTY and WB_RECLAIMABLE in pui_stat_flush().
 */
#include "scene.h"

#define MIB	(1UL << 20)
#define PINNED	(16 * MIB)
#define PAGES	(PINNED / T_PAGE)
#define WRITTEN	(3 * MIB)

static struct t_scene s;

static void write_as_dd(void *unused)
{
	unsigned char *buf = malloc(64 << 10);

	(void)unused;
	for (int round = 0; round < 4; round++) {
		int fd = open(T_MNT2 "/dd", O_WRONLY | O_CREAT | O_TRUNC, 0600);

		t_fill(buf, 64 << 10, round);
		for (size_t done = 0; done < WRITTEN; done += 64 << 10)
			t_must(write(fd, buf, 64 << 10) == 64 << 10, "write");
		/* All of it goes, so that the next round starts from nothing */
		t_must(!fsync(fd) && !close(fd), "fsync");
	}
}

static void read_cached(void *unused)
{
	unsigned char *buf = malloc(MIB);
	int fd = open(T_MNT2 "/cached", O_RDONLY);

	(void)unused;
	for (int round = 0; round < 20; round++)
		t_must(pread(fd, buf, MIB, 0) == (ssize_t)MIB, "read");
}

static void write_a_lot(void *unused)
{
	unsigned char *buf = calloc(1, MIB);

	(void)unused;
	for (size_t done = 0; done < PINNED; done += MIB)
		t_must(pwrite(s.f.fd, buf, MIB, done) == (ssize_t)MIB, "write");
}

/* How often somebody was held up in balance_dirty_pages() until now. */
static int held_up(char *trace)
{
	int n = 0;

	for (char *at = trace; (at = strstr(at, "balance_dirty_pages: ")); at++)
		n++;
	free(trace);
	return n;
}

/* Background writeback begins a quarter below. */
static void limit_dirty(size_t bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%zu", bytes / 4 * 3);
	t_write_file("/proc/sys/vm/dirty_background_bytes", text);
	snprintf(text, sizeof(text), "%zu", bytes);
	t_write_file("/proc/sys/vm/dirty_bytes", text);
}

static long sectors_written(const char *disk)
{
	char path[64];
	FILE *file;
	long n = -1;

	snprintf(path, sizeof(path), "/sys/block/%s/stat", disk + strlen("/dev/"));
	file = fopen(path, "r");
	t_must(file && fscanf(file, "%*d %*d %*d %*d %*d %*d %ld", &n) == 1,
	       "read %s", path);
	fclose(file);
	return n;
}

int main(void)
{
	long sectors;
	pid_t writer, reader;
	int fd;

	t_begin();
	t_fs_make2(32);
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PINNED, T_HOLE);
	t_pair_open(&s.p, t_device());
	fd = open(T_MNT2 "/cached", O_RDWR | O_CREAT, 0600);
	t_must(fd >= 0 && !ftruncate(fd, MIB) && !close(fd), "a file to read");
	t_eager_flusher();
	limit_dirty(256 << 10);
	sync();

	t_trace_start("writeback:balance_dirty_pages");
	t_must(t_join(t_fork(write_a_lot, NULL), 60), "write");
	t_ok(held_up(t_trace_stop()), "as ordinary dirty pages they do hold up");
	t_must(!ftruncate(s.f.fd, 0) && !ftruncate(s.f.fd, PINNED), "truncate");
	sync();
	limit_dirty(4 * MIB);

	t_trace_start("writeback:balance_dirty_pages");
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_ok(!held_up(t_trace_stop()), "registration is not held up");
	sectors = sectors_written(t_disk());
	t_trace_start("writeback:balance_dirty_pages");
	t_dma_fill(&s.p, s.mr, 0, MIB, 2);
	writer = t_fork(write_as_dd, NULL);
	reader = t_fork(read_cached, NULL);
	t_ok(t_join(writer, 60) && t_join(reader, 60), "others write and read");
	t_ok(t_vmstat("nr_dirty") < (long)(4 * MIB / T_PAGE),
	     "few pages count as dirty: %ld", t_vmstat("nr_dirty"));
	t_ok(!held_up(t_trace_stop()), "and were not held up");
	t_ok(t_vmstat("nr_pui_pages") == (long)PAGES, "all pages are under io");
	/* The inode may be written */
	sectors = sectors_written(t_disk()) - sectors;
	t_ok(sectors < (long)(PINNED / 512 / 4),
	     "nothing of the file was written: %ld sectors", sectors);
	t_scene_close(&s);
	t_done();
}
