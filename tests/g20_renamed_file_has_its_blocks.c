// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file, and a new one whose blocks are not yet allocated, registered,
 * into which the peer has written,
 * when the new one is renamed over the other,
 * then its blocks are allocated and written with the rename, as those of any
 * file are, so that no crash finds holes where the old file had its bytes.
 *
 * Guards ext4_alloc_da_blocks().
 */
#include <linux/fiemap.h>

#include "scene.h"

#define PAGES	8U
#define LEN	(PAGES * T_PAGE)

int main(void)
{
	struct t_scene s = { .mr = NULL };
	struct t_file old;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&old, "old", LEN, T_WRITTEN);
	t_file_make(&s.f, "new", LEN, T_HOLE);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, LEN);
	t_dma_fill(&s.p, s.mr, 0, LEN, 2);
	t_must(t_extent_flags(s.f.fd, 0) & FIEMAP_EXTENT_DELALLOC,
	       "blocks are not allocated yet");

	t_must(!rename(s.f.path, old.path), "rename");
	t_ok(!(t_extent_flags(s.f.fd, 0) & FIEMAP_EXTENT_DELALLOC),
	     "renaming allocates them");
	t_ok(t_within(10, t_disk_is(s.f.fd, 0, LEN, 2)),
	     "and has the peer's bytes written");
	t_ok(t_under_io(s.f.fd, 0, PAGES), "the pages are under io as before");
	strcpy(s.f.path, old.path);
	t_file_close(&old);
	t_scene_close(&s);
	t_done();
}
