// SPDX-License-Identifier: GPL-2.0
/*
 * Given a control group of which 8 MiB are under io,
 * when its memory.high and then its memory.max are set below that, while
 * another process of the group writes a file of its own,
 * then the group is reclaimed, pages, buffers, entries and bytes are what they
 * were, the peer writes on, and fsync (whose snapshots the group is not charged
 * for) and deregistration work within the limits.
 *
 * Guards shrink_folio_list() and filemap_release_folio() against a group's own
 * reclaim, and mempool and gfp of pui_snapshot().
 */
#include <sys/mman.h>

#include "scene.h"

#define PAGES 2048U

static struct t_scene s;
static struct t_slot before[PAGES];

static void write_own_file(void *unused)
{
	unsigned char *buf = calloc(1, 256 << 10);
	int fd;

	(void)unused;
	t_cgroup_enter("t_group");
	fd = open(T_MNT "/own", O_RDWR | O_CREAT, 0600);
	/* Above its limit a group is made to sleep: write once, and little */
	t_must(pwrite(fd, buf, 256 << 10, 0) == 256 << 10 && !fsync(fd),
	       "write");
}

static void check(const char *what, unsigned int seed)
{
	t_dma_fill(&s.p, s.mr, 0, s.f.len, seed);
	t_ok(t_under_io(s.f.fd, 0, PAGES) && t_slots_same(s.f.fd, before, PAGES),
	     "%s: pages and buffers", what);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, seed),
	     "%s: fsync writes what the peer writes", what);
	t_ok(t_dma_is(&s.p, s.mr, 0, s.f.len, seed), "%s: bytes", what);
}

int main(void)
{
	long start;

	t_begin();
	t_fs_make(64, "", "");
	t_cgroup_make("t_group");
	t_pair_open(&s.p, t_device());
	t_cgroup_enter("t_group");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_HOLE);
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	/* Charged they stay; we would only be made to sleep */
	t_cgroup_enter("");
	t_slots(s.f.fd, 0, PAGES, before);
	t_must(!madvise(s.f.map, s.f.len, MADV_DONTNEED), "unmap the pages");
	start = t_cgroup_stat("t_group", "pgscan");

	t_cgroup_write("t_group", "memory.high", "7M");
	check("memory.high below the pins", 2);
	t_ok(t_join(t_fork(write_own_file, NULL), 60),
	     "another process of the group gets on");
	check("a busy group", 3);
	/* Nobody is in the group who could be killed for it */
	t_cgroup_write("t_group", "memory.max", "4M");
	check("memory.max below the pins", 4);
	t_ok(t_cgroup_stat("t_group", "pgscan") > start, "it was reclaimed");
	t_ok(t_cgroup_stat("t_group", "file") >= (long)s.f.len,
	     "all that is pinned is still charged to the group");
	t_dereg(s.mr);
	s.mr = NULL;
	t_must(!fsync(s.f.fd), "fsync");
	t_cgroup_write("t_group", "memory.max", "2M");
	t_ok(t_within(20, t_cgroup_stat("t_group", "file") <= 2 << 20),
	     "released, the group gets below its limit");
	t_ok(t_read_is(s.f.fd, 0, s.f.len, 4), "with every byte");
	t_scene_close(&s);
	t_done();
}
