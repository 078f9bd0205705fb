// SPDX-License-Identifier: GPL-2.0
/*
 * Given registered pages among pages that can move,
 * when memory is compacted, again and again, while the peer writes,
 * then the registered pages keep their folios and their frames, and every
 * byte is in the file.
 *
 * Guards folio_migrate_mapping() and buffer_migrate_folio() against the entry.
 */
#include <sys/mman.h>

#include "scene.h"

#define PAGES	256U
#define SCRATCH	(1UL << 20)

int main(void)
{
	unsigned long pfn[PAGES];
	struct t_slot before[PAGES];
	bool stayed = true, right = true;
	unsigned char *scratch;
	struct t_scene s;
	long moved;

	t_begin();
	t_scene_open(&s, PAGES, T_WRITTEN);
	t_fill(s.f.map, s.f.len, 1);
	t_slots(s.f.fd, 0, PAGES, before);
	for (unsigned int i = 0; i < PAGES; i++)
		pfn[i] = t_pfn(s.f.map + i * T_PAGE);
	moved = t_vmstat("compact_migrate_scanned");
	for (unsigned int seed = 2; seed < 4; seed++) {
		/* Holes in memory give compaction something to do */
		scratch = mmap(NULL, SCRATCH, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		t_must(scratch != MAP_FAILED, "memory");
		for (size_t i = 0; i < SCRATCH; i += T_PAGE)
			scratch[i] = 1;
		for (size_t i = 0; i < SCRATCH; i += 2 * T_PAGE)
			madvise(scratch + i, T_PAGE, MADV_DONTNEED);
		t_write_file("/proc/sys/vm/compact_memory", "1");
		t_dma_fill(&s.p, s.mr, 0, s.f.len, seed);
		right &= t_is(s.f.map, s.f.len, seed);
		t_write_file("/proc/sys/vm/compact_memory", "1");
		right &= t_is(s.f.map, s.f.len, seed);
		munmap(scratch, SCRATCH);
	}
	t_ok(t_vmstat("compact_migrate_scanned") > moved, "compaction has run");
	for (unsigned int i = 0; i < PAGES; i++)
		stayed &= t_pfn(s.f.map + i * T_PAGE) == pfn[i];
	t_ok(stayed, "every page kept its frame");
	t_ok(right, "CPU and peer shared it all the time");
	t_ok(t_under_io(s.f.fd, 0, PAGES) && t_slots_same(s.f.fd, before, PAGES),
	     "the same folios under io");
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 3),
	     "fsync writes every byte");
	t_scene_close(&s);
	t_done();
}
