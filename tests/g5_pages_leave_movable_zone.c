// SPDX-License-Identifier: GPL-2.0
/*
 * Given a kernel booted with kernelcore=, and a file with pages of its page
 * cache in ZONE_MOVABLE,
 * when it is registered,
 * then none of its pages is there any more, while registered, and the bytes
 * are still the file's; what the peer then writes gets to the disk.
 *
 * Needs kernelcore= on the kernel's command line; the runner leaves it out
 * of any other boot.
 * Guards FOLL_LONGTERM on umem_pin's path through mm/gup.c.
 */
#include "scene.h"

#define PAGES 256U

static unsigned long movable_first, movable_end;

/* "Node 0, zone  Movable ... spanned N ... start_pfn: M" of /proc/zoneinfo */
static void find_movable(void)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	unsigned long spanned = 0;
	bool inside = false;
	char line[256];

	t_must(file, "open zoneinfo");
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "Node", 4))
			inside = strstr(line, "zone  Movable");
		if (inside && strstr(line, " spanned"))
			sscanf(line, " spanned %lu", &spanned);
		if (inside && strstr(line, "start_pfn:"))
			sscanf(line, " start_pfn: %lu", &movable_first);
	}
	fclose(file);
	movable_end = movable_first + spanned;
}

static unsigned int in_movable(const unsigned char *map)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < PAGES; i++) {
		unsigned long pfn = t_pfn(map + i * T_PAGE);

		n += pfn >= movable_first && pfn < movable_end;
	}
	return n;
}

int main(void)
{
	struct t_scene s = { .mr = NULL };
	unsigned int n;

	t_begin();
	find_movable();
	if (movable_end == movable_first)
		t_skip("there is no ZONE_MOVABLE; boot with kernelcore=");
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_must(t_is(s.f.map, s.f.len, 1), "fault the pages in");
	n = in_movable(s.f.map);
	t_must(n > 0, "some pages are in ZONE_MOVABLE");
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_must(t_is(s.f.map, s.f.len, 1), "the bytes moved with their pages");
	t_ok(!in_movable(s.f.map), "%u of %u pages left ZONE_MOVABLE", n, PAGES);
	t_ok(t_under_io(s.f.fd, 0, PAGES), "all are under io");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_ok(t_is(s.f.map, s.f.len, 2), "the mapping shows the peer's bytes");
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 2),
	     "fsync brings them to the disk");
	t_write_file("/proc/sys/vm/compact_memory", "1");
	t_ok(!in_movable(s.f.map), "and they stay out of it");
	t_scene_close(&s);
	t_done();
}
