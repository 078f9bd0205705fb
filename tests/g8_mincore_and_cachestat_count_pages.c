// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of 64 pages, half of it registered and the other half not in
 * the page cache,
 * when mincore() and cachestat() are asked,
 * then pages under io are resident, cached and dirty, none is evicted, and the
 * rest is what it is; SEEK_DATA and SEEK_HOLE see data.
 *
 * Guards filemap_cachestat() and, for unwritten extents, filemap_get_entry()
 * by way of mapping_seek_hole_data().
 */
#include <sys/mman.h>
#include <sys/syscall.h>

#include "scene.h"

#define PAGES	64U
#define HALF	(PAGES / 2)
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

struct cachestat {
	uint64_t cache, dirty, writeback, evicted, recently_evicted;
};

static struct cachestat stat_of(int fd, off_t off, size_t len)
{
	uint64_t range[2] = { off, len };
	struct cachestat st;

	t_must(!syscall(SYS_cachestat, fd, range, &st, 0), "cachestat");
	return st;
}

int main(void)
{
	struct t_scene s = { .mr = NULL };
	unsigned char vec[PAGES];
	bool resident = true;
	struct cachestat st;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	t_must(!madvise(s.f.map, s.f.len, MADV_RANDOM) &&
	       !posix_fadvise(s.f.fd, 0, 0, POSIX_FADV_DONTNEED), "drop all of it");
	s.mr = t_reg_must(&s.p, s.f.map, HALF * T_PAGE);
	t_dma_fill(&s.p, s.mr, 0, HALF * T_PAGE, 2);

	t_must(!mincore(s.f.map, s.f.len, vec), "mincore");
	for (unsigned int i = 0; i < HALF; i++)
		resident &= vec[i] & 1;
	t_ok(resident, "mincore: pages under io are resident");
	t_ok(!(vec[PAGES - 1] & 1), "mincore: the page that is not is not");

	st = stat_of(s.f.fd, 0, HALF * T_PAGE);
	t_ok(st.cache == HALF && st.dirty == HALF,
	     "cachestat: %lu cached and %lu dirty of %u", (long)st.cache,
	     (long)st.dirty, HALF);
	t_ok(!st.evicted && !st.recently_evicted && !st.writeback,
	     "cachestat: none evicted, none being written");
	st = stat_of(s.f.fd, (PAGES - 1) * T_PAGE, T_PAGE);
	t_ok(!st.cache, "cachestat: the page that is not there is not counted");
	t_dereg(s.mr);
	st = stat_of(s.f.fd, 0, HALF * T_PAGE);
	t_ok(st.cache == HALF && st.dirty == HALF, "the same after release");

	/* Unwritten extents: only the page cache knows where the data are */
	t_file_close(&s.f);
	t_file_make(&s.f, "unwritten", PAGES * T_PAGE, T_FALLOC);
	/* A page that readahead brought would count as data, too */
	t_must(!madvise(s.f.map, s.f.len, MADV_RANDOM), "madvise");
	s.mr = t_reg_must(&s.p, s.f.map + 8 * T_PAGE, 4 * T_PAGE);
	t_ok(lseek(s.f.fd, 0, SEEK_DATA) == (off_t)(8 * T_PAGE),
	     "SEEK_DATA finds the first page under io");
	t_ok(lseek(s.f.fd, 8 * T_PAGE, SEEK_HOLE) == (off_t)(12 * T_PAGE),
	     "SEEK_HOLE finds the end of them");
	t_scene_close(&s);
	t_done();
}
