// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file whose size is no multiple of the page size,
 * when regions of odd lengths at odd offsets are registered, a single byte,
 * ranges that only touch a page, and one of 24 MiB (more than one batch of
 * pages, more than one node of the page cache's tree),
 * then exactly the pages touched are under io and every byte the peer wrote is
 * on the disk, and the file's size is what it was.
 *
 * Guards the range arithmetic of umem_pin, batches of pui_start()/pui_end().
 */
#include <sys/stat.h>

#include "scene.h"

#define SIZE (10 * T_PAGE + 123)

static const struct {
	size_t off, len;
} odd[] = {
	{ 0, 1 }, { 4095, 1 }, { 4095, 2 }, { 4096, 4096 }, { 1, 4095 },
	{ 1, 4096 }, { 8191, 8194 }, { 5000, 30000 }, { SIZE - 1, 1 },
	{ SIZE - 124, 124 }, { 0, SIZE },
};

static void one(struct t_scene *s, size_t off, size_t len, unsigned int seed)
{
	unsigned long first = off / T_PAGE, last = (off + len - 1) / T_PAGE;
	struct ibv_mr *mr = t_reg_must(&s->p, s->f.map + off, len);

	t_ok(t_under_io(s->f.fd, first, last - first + 1) &&
	     t_vmstat("nr_pui_pages") == (long)(last - first + 1),
	     "%zu bytes at %zu: just the pages touched", len, off);
	t_dma_fill(&s->p, mr, 0, len, seed);
	t_ok(!fsync(s->f.fd) && t_disk_is(s->f.fd, off, len, seed),
	     "%zu bytes at %zu: on the disk", len, off);
	t_dereg(mr);
}

int main(void)
{
	struct t_scene s = { .mr = NULL };
	size_t big = 24UL << 20;
	struct stat st;

	t_begin();
	t_fs_make(64, "", "");
	t_pair_open(&s.p, t_device());
	t_file_make(&s.f, "odd", SIZE, T_WRITTEN);
	for (unsigned int i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		one(&s, odd[i].off, odd[i].len, 10 + i);
	t_ok(!fstat(s.f.fd, &st) && st.st_size == SIZE, "the size has not moved");
	t_file_close(&s.f);

	t_file_make(&s.f, "big", big, T_HOLE);
	s.mr = t_reg_must(&s.p, s.f.map, big);
	t_ok(t_vmstat("nr_pui_pages") == (long)(big / T_PAGE),
	     "24 MiB: all pages are under io");
	t_dma_fill(&s.p, s.mr, 0, big, 5);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, big, 5),
	     "24 MiB: on the disk");
	t_scene_close(&s);
	t_done();
}
