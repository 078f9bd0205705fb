// SPDX-License-Identifier: GPL-2.0
/*
 * Given a mapping of 8 pages of a file of 3 pages and a few bytes,
 * when ranges that reach past the last page of the file are registered,
 * then it fails with EFAULT and nothing is left behind: no page under io,
 * nothing pinned, no reference to the file; what is inside the last page works.
 *
 * Guards the undo in umem_pin_get() and pui_prepare().
 */
#include <sys/mman.h>

#include "scene.h"

int main(void)
{
	struct t_scene s = { .mr = NULL };
	unsigned char *map;
	long pinned;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", 3 * T_PAGE + 10, T_WRITTEN);
	map = mmap(NULL, 8 * T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, s.f.fd, 0);
	t_must(map != MAP_FAILED, "mmap");
	t_pair_open(&s.p, t_device());
	pinned = t_vmpin();

	t_ok(t_reg_fails(&s.p, map, 8 * T_PAGE, EFAULT), "all of the mapping");
	t_ok(t_reg_fails(&s.p, map, 4 * T_PAGE + 1, EFAULT), "one byte too many");
	t_ok(t_reg_fails(&s.p, map + 4 * T_PAGE, T_PAGE, EFAULT), "only beyond");
	t_ok(t_vmpin() == pinned, "nothing stays pinned");
	t_ok(t_nothing_under_io() && t_slots_are(s.f.fd, 0, 4, "folio"),
	     "nothing stays under io");
	t_ok(t_slots_are(s.f.fd, 4, 4, "none"), "no page came beyond the end");
	t_ok(t_read_is(s.f.fd, 0, s.f.len, 1), "the file's bytes are untouched");

	s.mr = t_reg_must(&s.p, map, 3 * T_PAGE + 10);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 2),
	     "what the file has can be registered");
	munmap(map, 8 * T_PAGE);
	t_scene_close(&s);
	t_done();
}
