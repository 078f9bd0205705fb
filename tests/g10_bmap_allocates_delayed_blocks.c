// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered sparse file whose blocks are not allocated yet and whose
 * only dirty pages are under io,
 * when FIBMAP asks for the block of each page,
 * then it gives the real one, as FIEMAP then does, and the disk has the peer's
 * bytes there.
 *
 * ext4_bmap() goes by the DIRTY mark and does not see such pages; iomap_bmap(),
 * which it calls, writes them all the same.
 */
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "scene.h"

#define PAGES 4

int main(void)
{
	unsigned char *buf = aligned_alloc(T_PAGE, T_PAGE);
	struct t_scene s;
	bool right = true;
	int bdev;

	t_begin();
	t_scene_open(&s, PAGES, T_HOLE);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_must(t_extent_flags(s.f.fd, 0) & FIEMAP_EXTENT_DELALLOC,
	       "no block is allocated yet");
	bdev = open(t_disk(), O_RDONLY | O_DIRECT);
	t_must(bdev >= 0, "open the disk");
	for (int i = 0; i < PAGES; i++) {
		int block = i;

		t_must(!ioctl(s.f.fd, FIBMAP, &block), "FIBMAP");
		t_ok(block > 0, "page %d has block %d", i, block);
		t_must(pread(bdev, buf, T_PAGE, (off_t)block * T_PAGE) ==
		       (long)T_PAGE, "read the block");
		right &= t_is_from(buf, i * T_PAGE, T_PAGE, 2);
	}
	t_ok(right, "and the disk has the peer's bytes in them");
	t_ok(!(t_extent_flags(s.f.fd, 0) & FIEMAP_EXTENT_DELALLOC),
	     "FIEMAP agrees that they are allocated");
	t_ok(t_under_io(s.f.fd, 0, PAGES), "the pages stay under io");
	free(buf);
	close(bdev);
	t_scene_close(&s);
	t_done();
}
