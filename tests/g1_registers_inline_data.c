// SPDX-License-Identifier: GPL-2.0
/*
 * Given an ext4 with inline data and a file of 60 bytes that live in its inode,
 * when those bytes are registered and the peer writes to them,
 * then the file got a block of its own before the peer's first byte, and the
 * bytes get to the disk and survive a remount.
 *
 * Guards ext4_page_mkwrite()'s conversion before the pin, pui_prepare().
 */
#include <linux/fiemap.h>

#include "scene.h"

int main(void)
{
	unsigned char text[60];
	struct t_scene s = { .mr = NULL };
	int fd;

	t_begin();
	t_fs_make(64, "-O inline_data -I 256", "");
	t_file_make(&s.f, "file", sizeof(text), T_DELALLOC);
	t_must(!fsync(s.f.fd), "fsync");
	errno = EINVAL;
	t_must(t_extent_flags(s.f.fd, 0) & FIEMAP_EXTENT_DATA_INLINE,
	       "the file's data are inline");
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, sizeof(text));
	t_ok(!(t_extent_flags(s.f.fd, 0) & FIEMAP_EXTENT_DATA_INLINE),
	     "registered data are not inline");
	t_ok(t_under_io(s.f.fd, 0, 1), "the page is under io");
	t_ok(t_is(s.f.map, sizeof(text), 1), "and has the file's bytes");
	t_dma_fill(&s.p, s.mr, 0, sizeof(text), 2);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, sizeof(text), 2),
	     "fsync brings the peer's bytes to the disk");
	t_dma_fill(&s.p, s.mr, 0, sizeof(text), 3);
	t_dereg(s.mr);
	t_pair_close(&s.p);
	t_file_close(&s.f);
	t_fs_remount("");
	fd = open(s.f.path, O_RDWR);
	t_ok(t_read_is(fd, 0, sizeof(text), 3), "after a remount they are there");
	close(fd);

	/* And one that was registered while small grows out of nothing */
	t_round_trip("one byte", 1, T_HOLE, "");
	t_done();
}
