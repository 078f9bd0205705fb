// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered sparse file whose blocks are reserved and not allocated,
 * when the file system is then filled to the last block, and the peer writes,
 * then fsync still works and the disk has every byte, twice, and so has the
 * file after deregistration and a remount.
 *
 * Guards the reservation by page_mkwrite before the pin.
 */
#include <linux/fiemap.h>

#include "scene.h"

#define PAGES 64U

static void fill_up(void)
{
	int fd = open(T_MNT "/filler", O_WRONLY | O_CREAT, 0600);
	static char block[1 << 16];
	size_t n = sizeof(block);

	t_must(fd >= 0, "create the filler");
	while (n >= T_PAGE)
		if (write(fd, block, n) <= 0)
			n /= 2;
	t_must(errno == ENOSPC, "fill the file system");
	close(fd);
}

int main(void)
{
	struct t_scene s = { .mr = NULL };
	int fd;

	t_begin();
	t_fs_make(16, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_HOLE);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_must(t_extent_flags(s.f.fd, 0) & FIEMAP_EXTENT_DELALLOC, "reserved only");
	fill_up();
	t_must(t_extent_flags(s.f.fd, 0) & FIEMAP_EXTENT_DELALLOC, "still");
	for (unsigned int seed = 2; seed < 4; seed++) {
		t_dma_fill(&s.p, s.mr, 0, s.f.len, seed);
		t_ok(!fsync(s.f.fd), "fsync on a full disk works");
		t_ok(t_disk_is(s.f.fd, 0, s.f.len, seed), "every byte is there");
		t_ok(t_under_io(s.f.fd, 0, PAGES), "the pages stay under io");
	}
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 4);
	t_dereg(s.mr);
	t_pair_close(&s.p);
	t_file_close(&s.f);
	t_fs_remount("");
	fd = open(s.f.path, O_RDONLY);
	t_ok(t_read_is(fd, 0, s.f.len, 4), "after a remount, too");
	close(fd);
	t_done();
}
