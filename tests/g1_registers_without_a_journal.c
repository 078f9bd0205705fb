// SPDX-License-Identifier: GPL-2.0
/*
 * Given an ext4 without a journal, and one that writes data whenever it likes
 * (data=writeback), each with and without delayed allocation,
 * when holes, unwritten and written ranges are registered,
 * then the peer's bytes get to the disk while they are, survive a remount, and
 * e2fsck finds nothing wrong.
 *
 * Guards pui_prepare() and the snapshot in ext4_bio_write_folio() where there is no
 * handle, and nothing waits for data.
 */
#include "scene.h"

int main(void)
{
	static const struct {
		const char *mkfs, *mount;
	} kinds[] = {
		{ "-O ^has_journal", "" },
		{ "-O ^has_journal", "nodelalloc" },
		{ "", "data=writeback" },
		{ "", "data=writeback,nodelalloc" },
	};

	t_begin();
	for (int i = 0; i < 4; i++) {
		const char *opts = kinds[i].mount;

		t_fs_make(64, kinds[i].mkfs, opts);
		t_note("made %s, mounted %s", kinds[i].mkfs, opts);
		t_round_trip("hole", 5 * T_PAGE, T_HOLE, opts);
		t_round_trip("unwritten", 5 * T_PAGE, T_FALLOC, opts);
		t_round_trip("reserved", 5 * T_PAGE, T_DELALLOC, opts);
		t_round_trip("written", 5 * T_PAGE, T_WRITTEN, opts);
		errno = t_fs_umount();
		t_must(!errno, "umount");
		t_ok(!t_run("e2fsck -fn %s >/dev/null 2>&1", t_disk()),
		     "the file system is clean");
	}
	t_done();
}
