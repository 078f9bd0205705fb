// SPDX-License-Identifier: GPL-2.0
/*
 * Given one contiguous range of addresses made of anonymous memory, shmem, a
 * file, a second file, a hole of that, and anonymous memory again,
 * when it is registered as one region and the peer writes all of it,
 * then each part gets its bytes and only the files' pages are under io, fsync
 * of each file brings its part to the disk; and when the last part cannot be
 * pinned (past the end of file, or mapped for reading only), nothing of the
 * parts before it stays behind.
 *
 * Guards the loop over parts in umem_pin_get() and its undo.
 */
#include <sys/mman.h>

#include "scene.h"

#define PART	(4 * T_PAGE)

static struct t_file a, b;
static unsigned char *all;

static void map_part(int n, int fd, off_t off, int prot)
{
	int flags = MAP_FIXED | (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);

	t_must(mmap(all + n * PART, PART, prot, flags, fd, off) == all + n * PART,
	       "map part %d", n);
}

static void undone(struct t_pair *p, const char *why)
{
	long pinned = t_vmpin();

	t_ok(t_reg_fails(p, all, 6 * PART, EFAULT), "%s: EFAULT", why);
	t_ok(t_vmpin() == pinned && t_nothing_under_io() &&
	     t_no_entry(a.fd, 0, 4) && t_no_entry(b.fd, 0, 8),
	     "%s: nothing is left of the parts before", why);
}

int main(void)
{
	const int rw = PROT_READ | PROT_WRITE;
	struct ibv_mr *mr;
	struct t_pair p;
	int shmem;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&a, "a", PART, T_WRITTEN);
	t_file_make(&b, "b", 2 * PART, T_HOLE);
	shmem = memfd_create("shmem", 0);
	t_must(shmem >= 0 && !ftruncate(shmem, PART), "shmem");
	all = mmap(NULL, 6 * PART, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	t_must(all != MAP_FAILED, "addresses");
	map_part(0, -1, 0, rw);
	map_part(1, shmem, 0, rw);
	map_part(2, a.fd, 0, rw);
	map_part(3, b.fd, PART, rw);
	map_part(4, b.fd, 0, rw);
	map_part(5, -1, 0, rw);
	t_pair_open(&p, t_device());

	mr = t_reg_must(&p, all, 6 * PART);
	t_ok(t_vmstat("nr_pui_pages") == 12, "the files' 12 pages are under io");
	t_ok(t_under_io(a.fd, 0, 4) && t_under_io(b.fd, 0, 8), "and no others");
	t_dma_fill(&p, mr, 0, 6 * PART, 2);
	t_ok(t_is(all, 6 * PART, 2), "every part has the peer's bytes");
	t_ok(!fsync(a.fd) && !fsync(b.fd), "fsync");
	{
		unsigned char *buf = malloc(6 * PART);

		t_must(t_disk_read(t_disk(), a.fd, 0, buf, PART) == PART &&
		       t_disk_read(t_disk(), b.fd, 0, buf + PART, 2 * PART) ==
		       2 * PART, "all blocks are on the disk");
		t_ok(t_is_from(buf, 2 * PART, PART, 2) &&
		     t_is_from(buf + PART, 4 * PART, PART, 2) &&
		     t_is_from(buf + 2 * PART, 3 * PART, PART, 2),
		     "each file's part is on the disk where it belongs");
		free(buf);
	}
	t_dereg(mr);
	t_ok(t_nothing_under_io(), "all parts are released");

	map_part(5, b.fd, 2 * PART, rw);
	undone(&p, "the last part is past the end of its file");
	map_part(5, a.fd, 0, PROT_READ);
	undone(&p, "the last part may only be read");
	munmap(all + 5 * PART, PART);
	undone(&p, "there is no last part");
	map_part(5, -1, 0, rw);
	t_dereg(t_reg_must(&p, all, 6 * PART));
	t_ok(t_nothing_under_io(), "and with a good one it works again");
	t_pair_close(&p);
	t_done();
}
