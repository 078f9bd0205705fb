// SPDX-License-Identifier: GPL-2.0
/*
 * Given an ext4 that allocates clusters of 64 KiB,
 * when a hole, and a hole that shares a cluster with data, are registered,
 * then the peer's bytes get to the disk and survive a remount, and the rest of
 * the cluster is what it was.
 *
 * Guards pui_prepare() and the snapshot with ext4's cluster reservation.
 */
#include "scene.h"

int main(void)
{
	struct t_scene s = { .mr = NULL };
	unsigned char head[T_PAGE];
	int fd;

	t_begin();
	t_fs_make(128, "-O bigalloc -C 65536", "");
	t_round_trip("hole", 20 * T_PAGE, T_HOLE, "");
	t_round_trip("unwritten", 20 * T_PAGE, T_FALLOC, "");

	t_file_make(&s.f, "shared", 4 * T_PAGE, T_HOLE);
	t_fill(head, T_PAGE, 1);
	t_must(pwrite(s.f.fd, head, T_PAGE, 0) == (long)T_PAGE && !fsync(s.f.fd),
	       "write the first page of a cluster");
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map + 2 * T_PAGE, T_PAGE);
	t_dma_fill(&s.p, s.mr, 0, T_PAGE, 2);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 2 * T_PAGE, T_PAGE, 2),
	     "fsync brings a page of a half used cluster to the disk");
	t_dereg(s.mr);
	t_pair_close(&s.p);
	t_file_close(&s.f);
	t_fs_remount("");
	fd = open(s.f.path, O_RDONLY);
	memset(head, 0, T_PAGE);
	t_ok(t_read_is(fd, 0, T_PAGE, 1) && t_read_is(fd, 2 * T_PAGE, T_PAGE, 2),
	     "after a remount both are there");
	t_must(pread(fd, head, T_PAGE, T_PAGE) == (long)T_PAGE, "read");
	t_ok(!head[0] && !memcmp(head, head + 1, T_PAGE - 1),
	     "and the hole between them reads as zeros");
	close(fd);
	t_done();
}
