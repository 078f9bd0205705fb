// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file whose range is a hole, unwritten extents, data whose blocks
 * are not yet allocated, or data on the disk,
 * when it is registered with write access and the peer writes to it,
 * then the bytes get to the CPU, by fsync to the disk while registered, and
 * after deregistration and a remount they are in the file.
 *
 * Guards the fault before the pin (ext4_page_mkwrite()), pui_start()'s
 * check of buffers, writable_file_mapping_allowed() of mm/gup.c.
 */
#include <linux/fiemap.h>

#include "scene.h"

int main(void)
{
	struct t_file f;

	t_begin();
	t_fs_make(64, "", "");

	/* That each kind is what its name says */
	t_file_make(&f, "kind", 4 * T_PAGE, T_HOLE);
	t_must(!t_extent_flags(f.fd, 0), "a hole has no extent");
	t_file_close(&f);
	t_file_make(&f, "kind", 4 * T_PAGE, T_FALLOC);
	t_must(t_extent_flags(f.fd, 0) & FIEMAP_EXTENT_UNWRITTEN, "unwritten");
	t_file_close(&f);
	t_file_make(&f, "kind", 4 * T_PAGE, T_DELALLOC);
	t_must(t_extent_flags(f.fd, 0) & FIEMAP_EXTENT_DELALLOC, "delalloc");
	t_file_close(&f);

	t_round_trip("hole", 5 * T_PAGE, T_HOLE, "");
	t_round_trip("unwritten", 5 * T_PAGE, T_FALLOC, "");
	t_round_trip("delayed allocation", 5 * T_PAGE, T_DELALLOC, "");
	t_round_trip("written", 5 * T_PAGE, T_WRITTEN, "");
	t_done();
}
