// SPDX-License-Identifier: GPL-2.0
/*
 * Given a kernel with an area for large contiguous buffers (CMA), and a file
 * with pages of its page cache in there,
 * when it is registered, and then somebody asks for pieces of the area,
 * then none of the pages is in there any more, most pieces can be had (of others'
 * pages, some are busy), and pages keep their folios and bytes; fsync writes them.
 *
 * Needs cma= on the kernel's command line, of more than half of a zone: the
 * page cache uses the area only then. The runner leaves it out of any other
 * boot.
 * Guards FOLL_LONGTERM on umem_pin's path through mm/gup.c.
 */
#include <linux/mempolicy.h>
#include <sys/syscall.h>

#include "scene.h"

#define PAGES	1024U
#define PIECES	4U		/* of a 64th of the area each */
#define CMA	"/sys/kernel/debug/cma/reserved/"

static struct t_scene s;
static unsigned long first, count;

static unsigned long number_in(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned long number;

	t_must(file && fscanf(file, "%lu", &number) == 1, "read %s", path);
	fclose(file);
	return number;
}

static unsigned int in_area(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < PAGES; i++)
		n += t_pfn(s.f.map + i * T_PAGE) - first < count;
	return n;
}

int main(void)
{
	struct t_slot before[PAGES];
	unsigned long nodes = 3;
	unsigned int n, pieces = 0;
	char text[32];

	t_begin();
	first = number_in(CMA "base_pfn");
	count = number_in(CMA "count");
	t_fs_make(64, "", "");
	/* on every node, the one of the area among them */
	t_must(!syscall(SYS_set_mempolicy, MPOL_INTERLEAVE, &nodes, 64), "set_mempolicy");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_must(t_is(s.f.map, s.f.len, 1), "fault the pages in");
	n = in_area();
	t_must(n > 0, "some pages are in the area");
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_must(t_is(s.f.map, s.f.len, 1), "the bytes moved with their pages");
	t_ok(!in_area(), "%u of %u pages left the area", n, PAGES);
	t_slots(s.f.fd, 0, PAGES, before);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);

	snprintf(text, sizeof(text), "%lu", count / 64);
	t_drop_caches(3);
	for (n = 0; n < PIECES; n++)
		pieces += !t_try_write_file(CMA "alloc", text);
	t_ok(pieces >= PIECES - 1, "%u of %u pieces can be had", pieces, PIECES);
	t_ok(t_under_io(s.f.fd, 0, PAGES) && t_slots_same(s.f.fd, before, PAGES),
	     "the same folios are under io");
	t_ok(t_is(s.f.map, s.f.len, 2), "the mapping shows the peer's bytes");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 3);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 3),
	     "fsync brings what comes after them to the disk");
	while (pieces--)
		t_write_file(CMA "free", text);
	t_scene_close(&s);
	t_done();
}
