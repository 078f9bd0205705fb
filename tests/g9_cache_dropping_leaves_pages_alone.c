// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of 200 pages, the first 100 registered and written by the peer,
 * when caches are dropped (pages, slab, both; fadvise DONTNEED; MADV_PAGEOUT
 * and MADV_COLD; MADV_DONTNEED and faulting back), also after a sync that left
 * nothing else dirty,
 * then pages, buffers, entries and bytes are what they were, while unpinned
 * pages of the same file are dropped, which shows that it happened.
 *
 * Guards try_to_free_buffers() by dirty buffers, mapping_evict_folio(),
 * invalidate_mapping_pages(), shrink_folio_list(), filemap_release_folio().
 */
#include <sys/mman.h>

#include "scene.h"

#define PAGES	200U
#define PINNED	100U

#ifndef MADV_COLD
#define MADV_COLD	20
#endif
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

static struct t_scene s;
static struct t_slot before[PINNED];

static void check(const char *what, unsigned int seed)
{
	t_ok(t_under_io(s.f.fd, 0, PINNED) &&
	     t_slots_same(s.f.fd, before, PINNED), "%s: pages and buffers", what);
	t_ok(t_is(s.f.map, PINNED * T_PAGE, seed) &&
	     t_dma_is(&s.p, s.mr, 0, PINNED * T_PAGE, seed), "%s: bytes", what);
}

int main(void)
{
	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, PINNED * T_PAGE);
	t_slots(s.f.fd, 0, PINNED, before);

	for (unsigned int round = 0; round < 2; round++) {
		unsigned int seed = 2 + round;

		t_dma_fill(&s.p, s.mr, 0, PINNED * T_PAGE, seed);
		if (round)
			t_must(!fsync(s.f.fd), "fsync");
		/* What is mapped stays; faults map neighbours, too */
		t_must(!madvise(s.f.map + PINNED * T_PAGE, (PAGES - PINNED) *
				T_PAGE, MADV_DONTNEED), "unmap the others");
		for (int what = 1; what <= 3; what++)
			t_drop_caches(what);
		check(round ? "synced, drop_caches" : "drop_caches", seed);
		t_ok(t_slots_are(s.f.fd, PINNED, PAGES - PINNED, "none"),
		     "the unpinned pages are gone");
		t_must(t_read_is(s.f.fd, 0, PINNED * T_PAGE, seed) &&
		       !posix_fadvise(s.f.fd, 0, 0, POSIX_FADV_DONTNEED),
		       "fadvise(DONTNEED)");
		check("fadvise(DONTNEED)", seed);
		t_must(!madvise(s.f.map, s.f.len, MADV_COLD), "MADV_COLD");
		t_must(!madvise(s.f.map, s.f.len, MADV_PAGEOUT), "MADV_PAGEOUT");
		check("MADV_COLD and MADV_PAGEOUT", seed);
		t_must(!madvise(s.f.map, s.f.len, MADV_DONTNEED), "DONTNEED");
		t_drop_caches(3);
		check("not mapped by anyone, drop_caches", seed);
	}
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, PINNED * T_PAGE, 3),
	     "fsync still writes every byte");
	t_scene_close(&s);
	t_done();
}
