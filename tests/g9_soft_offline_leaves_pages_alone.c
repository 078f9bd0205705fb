// SPDX-License-Identifier: GPL-2.0
/*
 * Given registered pages of which some are suspected to fail soon,
 * when each is to be taken out of use softly, that is with its bytes moved to
 * another page (MADV_SOFT_OFFLINE), while the peer writes,
 * then it is refused, the pages keep their folios and their frames, and every
 * byte is there; once released the same request moves a page, with its bytes.
 *
 * Guards that migration finds the pin: folio_maybe_dma_pinned() and the
 * expected reference count.
 */
#include <sys/mman.h>

#include "scene.h"

#define PAGES	8U
#define UNPOISON "/sys/kernel/debug/hwpoison/unpoison-pfn"

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif

static struct t_scene s;

static unsigned long pfn_of(unsigned int page)
{
	volatile unsigned char *at = s.f.map + page * T_PAGE;

	/* Mapped for us to see it */
	(void)*at;
	return t_pfn((void *)at);
}

static int soft_offline(unsigned int page)
{
	return madvise(s.f.map + page * T_PAGE, T_PAGE, MADV_SOFT_OFFLINE) ?
		errno : 0;
}

int main(void)
{
	unsigned long pfn[PAGES];
	struct t_slot before[PAGES];
	char text[32];
	bool stayed = true;

	t_begin();
	t_scene_open(&s, PAGES, T_WRITTEN);
	t_slots(s.f.fd, 0, PAGES, before);
	for (unsigned int i = 0; i < PAGES; i++)
		pfn[i] = pfn_of(i);
	for (unsigned int i = 0; i < PAGES; i++) {
		int err;

		t_dma_fill(&s.p, s.mr, 0, s.f.len, 2 + i);
		err = soft_offline(i);
		if (err != EBUSY)
			t_ok(false, "page %u: refused with EBUSY, not %s", i,
			     strerror(err));
		stayed &= pfn_of(i) == pfn[i] &&
			  t_is(s.f.map, s.f.len, 2 + i);
	}
	t_ok(stayed, "pages keep their frames and their bytes");
	t_ok(t_under_io(s.f.fd, 0, PAGES) && t_slots_same(s.f.fd, before, PAGES),
	     "the same folios are under io");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 20);
	t_ok(t_is(s.f.map, s.f.len, 20), "CPU and peer share them");
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 20),
	     "fsync writes every byte");

	t_dma_fill(&s.p, s.mr, 0, s.f.len, 21);
	t_dereg(s.mr);
	s.mr = NULL;
	t_must(!fsync(s.f.fd), "fsync");
	t_ok(t_within(10, !soft_offline(1)), "once released it is done");
	t_ok(pfn_of(1) != pfn[1], "the page has another frame");
	t_ok(t_is(s.f.map, s.f.len, 21) && t_read_is(s.f.fd, 0, s.f.len, 21),
	     "and its bytes");
	snprintf(text, sizeof(text), "%#lx", pfn[1]);
	t_try_write_file(UNPOISON, text);
	t_scene_close(&s);
	t_done();
}
