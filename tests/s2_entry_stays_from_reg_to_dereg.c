// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of 8 pages of which 2..5 get registered,
 * when one looks at the slots before registration, while registered, after
 * munmap and close, and after deregistration,
 * then the entry is in 2..5 exactly from registration to deregistration, on
 * the same folio all the time, and then the slot has the plain folio, with
 * the DIRTY mark.
 *
 * Guards pui_start() and pui_end() of mm/page_under_io.c.
 */
#include "scene.h"

#include <sys/mman.h>

#define PAGES 8U

int main(void)
{
	struct t_slot was[PAGES], is[PAGES];
	struct t_scene s;
	bool same = true, dirty = true;
	int fd;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	t_slots(s.f.fd, 0, PAGES, was);
	t_ok(t_slots_are(s.f.fd, 0, PAGES, "folio"), "before: plain folios");

	s.mr = t_reg_must(&s.p, s.f.map + 2 * T_PAGE, 4 * T_PAGE);
	t_ok(t_under_io(s.f.fd, 2, 4), "registered pages are under io");
	t_ok(t_slots_are(s.f.fd, 0, 2, "folio") &&
	     t_slots_are(s.f.fd, 6, 2, "folio"), "their neighbours are not");

	fd = open(s.f.path, O_RDWR);
	t_must(fd >= 0, "open again");
	t_file_close(&s.f);
	t_ok(t_under_io(fd, 2, 4), "still after munmap and close");
	t_dma_fill(&s.p, s.mr, 0, 4 * T_PAGE, 2);

	t_dereg(s.mr);
	t_must(t_no_entry(fd, 0, PAGES), "released");
	t_slots(fd, 0, PAGES, is);
	for (unsigned int i = 0; i < PAGES; i++) {
		same &= !strcmp(is[i].kind, "folio") &&
			!strcmp(is[i].pointer, was[i].pointer);
		if (i >= 2 && i < 6)
			dirty &= is[i].marks[0] == 'D' && is[i].dirty == 1 &&
				 is[i].buffers == 1;
	}
	t_ok(same, "after: the same folios as plain ones");
	t_ok(dirty, "after: dirty, and marked so");
	t_ok(t_read_is(fd, 2 * T_PAGE, 4 * T_PAGE, 2), "with the peer's bytes");
	close(fd);
	t_pair_close(&s.p);
	errno = t_fs_umount();
	t_ok(!errno, "umount works after the last release");
	t_done();
}
