// SPDX-License-Identifier: GPL-2.0
/*
 * Given pages that were under io while reclaim and drop_caches went by, and
 * were culled from the lists reclaim looks at,
 * when they are released and synced,
 * then they can be reclaimed as any page: dropped by fadvise and by
 * memory.reclaim, and none is left on the unevictable list.
 *
 * Guards the rescue from the unevictable list in pui_end().
 */
#include <sys/mman.h>

#include "scene.h"

#define PAGES 256U

static unsigned int left(int fd)
{
	struct t_slot slot[PAGES];
	unsigned int n = 0;

	t_slots(fd, 0, PAGES, slot);
	for (unsigned int i = 0; i < PAGES; i++)
		n += strcmp(slot[i].kind, "none") && strcmp(slot[i].kind, "value");
	return n;
}

int main(void)
{
	long unevictable = t_vmstat("nr_unevictable");
	struct t_scene s = { .mr = NULL };

	t_begin();
	t_fs_make(64, "", "");
	t_cgroup_make("t_group");
	t_cgroup_enter("t_group");
	t_pair_open(&s.p, t_device());
	for (int round = 0; round < 3; round++) {
		t_file_make(&s.f, "file", PAGES * T_PAGE, T_HOLE);
		s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
		t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
		t_must(!madvise(s.f.map, s.f.len, MADV_DONTNEED), "unmap");
		t_try_write_file("/sys/fs/cgroup/t_group/memory.reclaim", "64M");
		t_must(t_under_io(s.f.fd, 0, PAGES), "under io");
		t_dereg(s.mr);
		s.mr = NULL;
		t_must(!fsync(s.f.fd), "fsync");
		if (round == 0)
			t_must(!posix_fadvise(s.f.fd, 0, 0, POSIX_FADV_DONTNEED),
			       "fadvise");
		else
			t_try_write_file("/sys/fs/cgroup/t_group/memory.reclaim",
					 "64M");
		t_ok(t_within(10, !left(s.f.fd)), "%s: %u of %u pages are left",
		     round ? "memory.reclaim" : "fadvise(DONTNEED)",
		     left(s.f.fd), PAGES);
		t_ok(t_read_is(s.f.fd, 0, s.f.len, 2), "and their bytes come back");
		t_file_close(&s.f);
	}
	t_ok(t_within(10, t_vmstat("nr_unevictable") <= unevictable + 8),
	     "the unevictable list is as long as before");
	t_pair_close(&s.p);
	t_done();
}
