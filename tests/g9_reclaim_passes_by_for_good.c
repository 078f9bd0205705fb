// SPDX-License-Identifier: GPL-2.0
/*
 * Given registered pages charged to a control group, not mapped by anyone,
 * when the group's memory is reclaimed, twice,
 * then the first pass takes them off the lists that reclaim goes through: the
 * group's unevictable memory is as much as is pinned; the second pass does not
 * look at them any more: it scans a small part of what is pinned, although it
 * tries as hard; and when they are released all come back, none is left among
 * the unevictable ones, and reclaim finds and frees them.
 *
 * Guards pui_test_folio() in folio_evictable(), and the rescue in pui_end().
 */
#include <sys/mman.h>

#include "scene.h"

#define PAGES 1024U

static long scanned, unevictable;

/* Pages that reclaim has looked at, of the inactive and of the active list. */
static long looked_at(void)
{
	return t_cgroup_stat("t_group", "pgscan") +
	       t_cgroup_stat("t_group", "pgrefill");
}

static void reclaim(void)
{
	long before = looked_at();

	/* More than there is: it tries until it gives up, and says EAGAIN */
	t_try_write_file("/sys/fs/cgroup/t_group/memory.reclaim", "256M");
	scanned = looked_at() - before;
	unevictable = t_cgroup_stat("t_group", "unevictable") / (long)T_PAGE;
}

static unsigned int in_cache(int fd)
{
	static struct t_slot slot[PAGES];
	unsigned int n = 0;

	t_slots(fd, 0, PAGES, slot);
	for (unsigned int i = 0; i < PAGES; i++)
		n += !strcmp(slot[i].kind, "folio") || !strcmp(slot[i].kind, "pui");
	return n;
}

int main(void)
{
	struct t_scene s = { .mr = NULL };
	long start;

	t_begin();
	t_fs_make(64, "", "");
	t_cgroup_make("t_group");
	t_pair_open(&s.p, t_device());
	t_cgroup_enter("t_group");
	start = t_cgroup_stat("t_group", "unevictable") / (long)T_PAGE;
	/* On the lists before they come under io, but for the last few */
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	/* Nothing of the group is to be scanned but the pinned pages */
	t_cgroup_enter("");
	t_must(!madvise(s.f.map, s.f.len, MADV_DONTNEED), "unmap the pages");

	reclaim();
	t_ok(scanned >= (long)PAGES / 2, "the first pass scans them: %ld",
	     scanned);
	t_ok(labs(unevictable - start - (long)PAGES) <= (long)PAGES / 16,
	     "and takes them off the lists: %ld of %u unevictable",
	     unevictable - start, PAGES);
	t_ok(t_under_io(s.f.fd, 0, PAGES) &&
	     t_dma_is(&s.p, s.mr, 0, s.f.len, 2), "they are under io and work");
	for (int pass = 2; pass < 4; pass++) {
		t_dma_fill(&s.p, s.mr, 0, s.f.len, pass + 1);
		t_must(!fsync(s.f.fd), "fsync");
		reclaim();
		t_ok(scanned < (long)PAGES / 4,
		     "pass %d does not look at them: %ld scanned", pass, scanned);
	}
	t_ok(t_disk_is(s.f.fd, 0, s.f.len, 4), "fsync writes them all the same");

	t_dma_fill(&s.p, s.mr, 0, s.f.len, 5);
	t_dereg(s.mr);
	s.mr = NULL;
	t_ok(t_within(10, t_cgroup_stat("t_group", "unevictable") /
		      (long)T_PAGE <= start + (long)PAGES / 16),
	     "released, none is unevictable");
	t_must(!fsync(s.f.fd), "fsync");
	t_ok(t_within(10, ({ reclaim(); !in_cache(s.f.fd); })),
	     "and reclaim frees them");
	t_ok(t_read_is(s.f.fd, 0, s.f.len, 5), "their bytes are on the disk");
	t_scene_close(&s);
	t_done();
}
