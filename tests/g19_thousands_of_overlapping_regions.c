// SPDX-License-Identifier: GPL-2.0
/*
 * Given an ordinary user who may lock 96 MiB,
 * when he registers overlapping ranges of a file of 64 pages by the thousand,
 * until that is refused with ENOMEM, and releases them in some other order,
 * twice,
 * then the number is bounded by that limit, all pages stay under io and work
 * until the last region is gone, nothing is left, and the kernel needs no more
 * memory than after the first time.
 *
 * Guards the coverage rule in pui_end() with many ranges, and
 * umem_pin_account().
 */
#include <sys/resource.h>
#include <time.h>

#include "scene.h"

#define PAGES	64U
#define LIMIT	(96UL << 20)
#define MAX	16384U

static struct ibv_mr *mr[MAX];
static struct t_scene s;
static unsigned int made;
static double first, last;	/* seconds for a thousand */
static long pinned;

static double cpu(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Anything between 1 byte and 8 pages, somewhere in the file. */
static void range(unsigned int n, size_t *start, size_t *len)
{
	*start = n * 7919UL % (s.f.len - 8 * T_PAGE);
	*len = 1 + n * 104729UL % (8 * T_PAGE);
}

static void register_all(void *unused)
{
	double begin = cpu();
	size_t start, len;

	(void)unused;
	for (made = 0; made < MAX; made++) {
		range(made, &start, &len);
		mr[made] = t_reg(&s.p, s.f.map + start, len);
		if (!mr[made])
			break;
		if (made % 1000 == 999) {
			last = cpu() - begin;
			first = made == 999 ? last : first;
			begin = cpu();
		}
	}
	t_ok(made >= 1000 && made < MAX && errno == ENOMEM,
	     "%u regions, then: %s", made, strerror(errno));
}

static void release_all(void *unused)
{
	(void)unused;
	/* Every 31st, and so on; 31 and the number have to be coprime */
	made -= made % 31 == 0;
	for (unsigned int i = 0, n = 0; i < made; i++, n = (n + 31) % made) {
		t_dereg(mr[n]);
		if (i == made / 2)
			t_ok(t_vmstat("nr_pui_pages") == PAGES,
			     "half of them keep all pages under io");
	}
}

static void round_of(unsigned int seed)
{
	struct ibv_mr *all;

	t_as_user(register_all, NULL);
	t_ok(t_vmpin() - pinned <= (long)(LIMIT >> 10), "bounded by the limit");
	t_ok(t_under_io(s.f.fd, 0, PAGES) && t_vmstat("nr_pui_pages") == PAGES,
	     "each page is under io, and counted once");
	/* By root, who may */
	all = t_reg_must(&s.p, s.f.map, s.f.len);
	t_dma_fill(&s.p, all, 0, s.f.len, seed);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, seed),
	     "fsync writes what the peer writes");
	t_dereg(all);
	t_ok(t_under_io(s.f.fd, 0, PAGES), "under io without that");
	t_as_user(release_all, NULL);
	t_ok(t_within(10, t_nothing_under_io() && t_vmpin() == pinned &&
		      t_slots_are(s.f.fd, 0, PAGES, "folio")),
	     "all is given back");
}

int main(void)
{
	struct rlimit limit;
	long slab;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	pinned = t_vmpin();
	limit.rlim_cur = limit.rlim_max = (pinned << 10) + LIMIT;
	t_must(!setrlimit(RLIMIT_MEMLOCK, &limit), "setrlimit");
	round_of(2);
	slab = t_meminfo("Slab");
	round_of(3);
	/* Some of what was freed waits for RCU or is kept for the next one */
	t_ok(t_within(20, t_meminfo("Slab") < slab + 1024),
	     "the kernel's memory: %ld kB, then %ld kB", slab,
	     t_meminfo("Slab"));
	t_note("a thousand took %.2f s at first, %.2f s in the end", first, last);
	t_scene_close(&s);
	t_done();
}
