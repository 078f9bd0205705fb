// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of 128 pages with islands of registered pages, everything else
 * dropped from the page cache,
 * when it is read from one end to the other, read ahead by readahead() and
 * fadvise(WILLNEED), and faulted around,
 * then every byte is right, the peer's on the islands, and the islands keep
 * their folios.
 *
 * Guards filemap_get_read_batch(), next_uptodate_folio(),
 * page_cache_ra_unbounded(), __filemap_add_folio().
 */
#include <sys/mman.h>

#include "scene.h"

#define PAGES	128U
#define ISLANDS	3

static const struct {
	unsigned int first, count;
} island[ISLANDS] = { { 5, 1 }, { 30, 20 }, { 63, 2 } };

static struct t_scene s;
static struct t_slot before[ISLANDS][32];

/* Which seed the bytes of this page come from, and where in its pattern. */
static bool page_is_right(const unsigned char *page, unsigned int index)
{
	for (int i = 0; i < ISLANDS; i++)
		if (index >= island[i].first &&
		    index < island[i].first + island[i].count)
			return t_is_from(page, (index - island[i].first) * T_PAGE,
					 T_PAGE, 20 + i);
	return t_is_from(page, index * T_PAGE, T_PAGE, 1);
}

static void check(const unsigned char *bytes, const char *how)
{
	bool right = true, same = true;

	for (unsigned int i = 0; i < PAGES; i++)
		right &= page_is_right(bytes + i * T_PAGE, i);
	for (int i = 0; i < ISLANDS; i++)
		same &= t_slots_same(s.f.fd, before[i], island[i].count);
	t_ok(right, "%s: every byte is right", how);
	t_ok(same, "%s: the islands keep their folios", how);
	t_must(!posix_fadvise(s.f.fd, 0, 0, POSIX_FADV_DONTNEED) &&
	       !madvise(s.f.map, s.f.len, MADV_DONTNEED), "drop the rest");
	t_drop_caches(1);
	t_must(t_slots_are(s.f.fd, 100, 4, "none"), "the rest is gone");
}

int main(void)
{
	unsigned char *buf = malloc(PAGES * T_PAGE);
	struct ibv_mr *mr[ISLANDS];
	size_t got = 0;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	for (int i = 0; i < ISLANDS; i++) {
		size_t off = island[i].first * T_PAGE, len = island[i].count * T_PAGE;

		mr[i] = t_reg_must(&s.p, s.f.map + off, len);
		t_dma_fill(&s.p, mr[i], 0, len, 20 + i);
		t_slots(s.f.fd, island[i].first, island[i].count, before[i]);
	}
	check(s.f.map, "what is mapped");

	/* In small steps, as readahead likes it */
	while (got < s.f.len) {
		ssize_t n = pread(s.f.fd, buf + got, 3000, got);

		t_must(n > 0, "read");
		got += n;
	}
	check(buf, "read from end to end");
	check(s.f.map, "faulted around");
	t_must(!readahead(s.f.fd, 0, s.f.len), "readahead");
	t_must(pread(s.f.fd, buf, s.f.len, 0) == (ssize_t)s.f.len, "read");
	check(buf, "after readahead()");
	t_must(!posix_fadvise(s.f.fd, 0, 0, POSIX_FADV_WILLNEED), "WILLNEED");
	check(s.f.map, "after fadvise(WILLNEED)");
	for (int i = 0; i < ISLANDS; i++)
		t_dereg(mr[i]);
	t_ok(t_nothing_under_io(), "all released");
	t_scene_close(&s);
	free(buf);
	t_done();
}
