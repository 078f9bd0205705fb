// SPDX-License-Identifier: GPL-2.0
/*
 * Given registered pages charged to a control group, written by the peer and
 * neither mapped nor recently used,
 * when the group's memory is reclaimed until nothing else is left, and when
 * reading a file larger than memory makes kswapd run,
 * then pages, buffers, entries and bytes are what they were, and the next
 * fsync writes them; reclaim has met each page once and leaves it off its lists
 * until it is released.
 *
 * Guards shrink_folio_list(), filemap_release_folio(), folio_evictable().
 */
#include <sys/mman.h>

#include "scene.h"

#define PAGES 512U

static struct t_scene s;
static struct t_slot before[PAGES];

static void check(const char *what, unsigned int seed)
{
	t_ok(t_under_io(s.f.fd, 0, PAGES) && t_slots_same(s.f.fd, before, PAGES),
	     "%s: pages and buffers", what);
	t_ok(t_dma_is(&s.p, s.mr, 0, s.f.len, seed), "%s: bytes", what);
}

/*
 * Read holes until kswapd has scanned far more pages than are pinned. Huge
 * pages, which cost no time to set aside, leave little memory to fill.
 */
static void make_kswapd_run(void)
{
	size_t chunk = 1 << 20;
	char *buf = malloc(chunk), huge[32];
	long start = t_vmstat("pgscan_kswapd");
	int fd = open(T_MNT "/holes", O_RDWR | O_CREAT, 0600);
	double end = t_deadline(60);

	snprintf(huge, sizeof(huge), "%ld",
		 (t_meminfo("MemAvailable") / 1024 - 256) / 2);
	t_write_file("/proc/sys/vm/nr_hugepages", huge);
	t_must(fd >= 0 && !ftruncate(fd, 1L << 40), "a sparse file");
	while (t_vmstat("pgscan_kswapd") < start + 20000 && !t_over(end))
		t_must(read(fd, buf, chunk) == (ssize_t)chunk, "read holes");
	t_ok(t_vmstat("pgscan_kswapd") >= start + 20000, "kswapd has run");
	t_write_file("/proc/sys/vm/nr_hugepages", "0");
	free(buf);
	close(fd);
}

int main(void)
{
	long start;

	t_begin();
	t_fs_make(64, "", "");
	t_cgroup_make("t_group");
	t_cgroup_enter("t_group");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_HOLE);
	t_fill(s.f.map, s.f.len, 1);
	t_must(!fsync(s.f.fd), "fsync");
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_slots(s.f.fd, 0, PAGES, before);
	t_must(!madvise(s.f.map, s.f.len, MADV_DONTNEED), "unmap the pages");

	for (unsigned int seed = 2; seed < 5; seed++) {
		t_dma_fill(&s.p, s.mr, 0, s.f.len, seed);
		if (seed > 2)
			t_must(!fsync(s.f.fd), "fsync");
		/* More than there is: EAGAIN says so */
		t_try_write_file("/sys/fs/cgroup/t_group/memory.reclaim", "256M");
		check("memory.reclaim", seed);
	}
	/* A page in ten may be on its way between lists */
	t_ok(t_cgroup_stat("t_group", "unevictable") > (long)(s.f.len / 10 * 9),
	     "reclaim has taken the pages off its lists");
	start = t_cgroup_stat("t_group", "pgscan");
	t_try_write_file("/sys/fs/cgroup/t_group/memory.reclaim", "256M");
	t_ok(t_cgroup_stat("t_group", "pgscan") < start + (long)PAGES / 2,
	     "and does not go through them again (%ld)",
	     t_cgroup_stat("t_group", "pgscan") - start);
	t_cgroup_enter("");
	make_kswapd_run();
	check("kswapd", 4);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 6);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 6),
	     "fsync still writes every byte");
	t_cgroup_enter("t_group");
	t_dereg(s.mr);
	s.mr = NULL;
	t_ok(t_within(10, t_cgroup_stat("t_group", "unevictable") == 0),
	     "released pages are back on the lists");
	t_scene_close(&s);
	t_done();
}
