// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of 16 pages on ext4, some of them written and synced,
 * when all of it is registered with write access,
 * then each slot holds the page under io entry, the page is dirty and has its
 * buffers, its slot carries no DIRTY mark but the TOWRITE mark, the pages are
 * counted under io and none of them as dirty any more; also after a CPU write.
 *
 * Guards pui_prepare()/pui_start() of mm/page_under_io.c, __folio_mark_dirty()
 * of mm/page-writeback.c.
 */
#include "scene.h"

#include <sys/mman.h>

#define PAGES 16U

int main(void)
{
	struct t_scene s;
	long before;

	t_begin();
	before = t_vmstat("nr_pui_pages");
	t_scene_open(&s, PAGES, T_WRITTEN);
	t_ok(t_under_io(s.f.fd, 0, PAGES), "dirty, entry in the slot, marks --T");
	t_ok(t_vmstat("nr_pui_pages") == before + PAGES, "counted as under io");

	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_ok(t_under_io(s.f.fd, 0, PAGES), "the same after the peer wrote");

	/* A fresh page table entry makes the next store fault and dirty */
	t_must(!madvise(s.f.map, s.f.len, MADV_DONTNEED), "madvise");
	t_fill(s.f.map, s.f.len, 3);
	t_ok(t_under_io(s.f.fd, 0, PAGES), "the same after a store that faulted");
	t_must(pwrite(s.f.fd, "x", 1, 5) == 1, "write");
	t_ok(t_under_io(s.f.fd, 0, PAGES), "the same after write()");

	/* What is dirty otherwise must be few: the writer's own, not these */
	t_dereg(s.mr);
	s.mr = NULL;
	t_ok(t_vmstat("nr_pui_pages") == before, "no longer counted");
	t_ok(t_vmstat("nr_dirty") >= (long)PAGES, "released pages count as dirty");
	t_scene_close(&s);
	t_done();
}
