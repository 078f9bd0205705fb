// SPDX-License-Identifier: GPL-2.0
/*
 * Given a synced file whose first half is registered, a peer that wrote to
 * that half, and a CPU that wrote to the other half,
 * when the flusher, sync_file_range(WRITE), and drop_caches go over the file,
 * then the unpinned half reaches the disk, which shows that they ran, and not
 * one byte of the pinned half does; pages, entries and buffers stay.
 *
 * Guards the DIRTY mark in pui_start(), mpage_prepare_extent_to_map() of
 * fs/ext4/inode.c, folio_prepare_writeback() of mm/page-writeback.c.
 */
#include "scene.h"

#define PAGES	8U
#define HALF	(PAGES / 2 * T_PAGE)

static void check(struct t_scene *s, const struct t_slot *before,
		  const char *who)
{
	t_ok(t_disk_is(s->f.fd, 0, HALF, 1), "%s wrote no pinned byte", who);
	t_ok(t_under_io(s->f.fd, 0, PAGES / 2) &&
	     t_slots_same(s->f.fd, before, PAGES / 2),
	     "%s left pages and buffers alone", who);
}

/* An fsync'ed-before unpinned half with new bytes, to see who writes it. */
static void dirty_other_half(struct t_scene *s, unsigned int seed)
{
	unsigned char buf[HALF];

	t_fill(buf, HALF, seed);
	t_must(pwrite(s->f.fd, buf, HALF, HALF) == (long)HALF, "write");
}

int main(void)
{
	struct t_slot before[PAGES / 2];
	struct t_scene s;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, HALF);
	t_dma_fill(&s.p, s.mr, 0, HALF, 2);
	t_slots(s.f.fd, 0, PAGES / 2, before);

	dirty_other_half(&s, 3);
	t_must(!sync_file_range(s.f.fd, 0, 0, SYNC_FILE_RANGE_WRITE),
	       "sync_file_range(WRITE)");
	t_ok(t_within(20, t_disk_is(s.f.fd, HALF, HALF, 3)),
	     "sync_file_range(WRITE) writes what is not pinned");
	check(&s, before, "sync_file_range(WRITE)");

	for (unsigned int seed = 4; seed < 7; seed++) {
		dirty_other_half(&s, seed);
		t_eager_flusher();
		t_ok(t_within(20, t_disk_is(s.f.fd, HALF, HALF, seed)),
		     "the flusher writes what is not pinned");
		check(&s, before, "the flusher");
		t_drop_caches(3);
		check(&s, before, "drop_caches");
	}
	t_ok(t_dma_is(&s.p, s.mr, 0, HALF, 2), "the peer's bytes are still there");
	t_scene_close(&s);
	t_done();
}
