// SPDX-License-Identifier: GPL-2.0
/*
 * Given an ext4 with inline data, and a file of 50 bytes in its inode that were
 * synced, to which more was written, so that they are about to move to a page,
 * when that page is registered and background writeback comes to the file,
 * then what was synced is on the disk at any time: in the inode, or in the block
 * that takes its place.
 *
 * Guards ext4_writepages(), which writes that page in a pass that leaves pages
 * under io alone.
 */
#include <linux/fiemap.h>

#include "scene.h"

#define SMALL	50UL

static bool is_inline(int fd)
{
	return t_extent_flags(fd, 0) & FIEMAP_EXTENT_DATA_INLINE;
}

int main(void)
{
	static unsigned char more[2 * T_PAGE - SMALL];
	struct t_scene s = { .mr = NULL };

	t_begin();
	t_fs_make2(16);
	t_fs_make(64, "-O inline_data -I 256", "");
	t_file_make(&s.f, "file", SMALL, T_DELALLOC);
	t_must(!fsync(s.f.fd) && is_inline(s.f.fd), "inline data");
	t_pair_open(&s.p, t_device());
	t_fill(more, sizeof(more), 2);
	t_must(pwrite(s.f.fd, more, sizeof(more), SMALL) == sizeof(more), "write");
	s.mr = t_reg_must(&s.p, s.f.map, SMALL);
	t_must(is_inline(s.f.fd) && t_under_io(s.f.fd, 0, 1),
	       "the page is under io before the data have moved");

	t_eager_flusher();
	t_flusher_rounds(3);
	t_ok(t_within(10, !is_inline(s.f.fd)), "background writeback moves them");
	t_ok(t_within(10, t_disk_is(s.f.fd, 0, SMALL, 1)),
	     "to a block that has what was synced");
	t_ok(t_under_io(s.f.fd, 0, 1), "the page is under io as before");
	t_dma_fill(&s.p, s.mr, 0, SMALL, 3);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, SMALL, 3),
	     "and fsync writes it as any other");
	t_scene_close(&s);
	t_done();
}
