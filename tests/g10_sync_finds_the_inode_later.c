// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file of which nothing but pages under io is dirty, and
 * background writeback that has gone over all dirty inodes many times and
 * taken the clean ones off its lists,
 * when the peer writes and only sync() is called, or only syncfs(), again
 * after more background writeback,
 * then the disk has every byte.
 *
 * Guards __writeback_single_inode() of fs/fs-writeback.c, which has to keep
 * the inode dirty as long as a page is under io.
 */
#include "scene.h"

#define PAGES 4U

int main(void)
{
	struct t_scene s;

	t_begin();
	t_fs_make2(16);
	t_scene_open(&s, PAGES, T_WRITTEN);
	t_eager_flusher();
	for (unsigned int seed = 2; seed < 6; seed++) {
		t_flusher_rounds(3);
		t_dma_fill(&s.p, s.mr, 0, s.f.len, seed);
		t_must(!t_disk_is(s.f.fd, 0, s.f.len, seed), "not there yet");
		if (seed & 1)
			t_must(!syncfs(s.f.fd), "syncfs");
		else
			sync();
		t_ok(t_disk_is(s.f.fd, 0, s.f.len, seed), "%s: on the disk",
		     seed & 1 ? "syncfs" : "sync");
		t_ok(t_under_io(s.f.fd, 0, PAGES), "still under io");
	}
	t_scene_close(&s);
	t_done();
}
