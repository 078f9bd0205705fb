// SPDX-License-Identifier: GPL-2.0
/*
 * Given an ext4 mounted nodelalloc, or nodelalloc and dioread_lock,
 * when holes, unwritten and written ranges are registered,
 * then the peer's bytes get to the disk and survive a remount.
 *
 * Guards pui_prepare() with mapped buffers from the start, the snapshot in
 * ext4_bio_write_folio(), ordered data that the jbd2 commit writes.
 */
#include "scene.h"

int main(void)
{
	static const char *const opts[] = { "nodelalloc",
					    "nodelalloc,dioread_lock" };

	t_begin();
	for (int i = 0; i < 2; i++) {
		t_fs_make(64, "", opts[i]);
		t_note("mounted %s", opts[i]);
		t_round_trip("hole", 5 * T_PAGE, T_HOLE, opts[i]);
		t_round_trip("unwritten", 5 * T_PAGE, T_FALLOC, opts[i]);
		t_round_trip("written", 5 * T_PAGE, T_WRITTEN, opts[i]);
		errno = t_fs_umount();
		t_must(!errno, "umount");
	}
	t_done();
}
