// SPDX-License-Identifier: GPL-2.0
/*
 * Given registered pages of a process in a control group of the first version,
 * when the process moves to another group that takes charges along,
 * then its pages under io stay charged to the first, as busy pages do, and
 * neither group counts them as dirty; released they do in the first, synced they do
 * not, and move when the process does.
 *
 * Needs the memory controller mounted at /run/cgroup1; the runner leaves it out
 * of any other boot.
 * Guards mem_cgroup_move_account(), which moves the count of dirty pages.
 */
#include <sys/stat.h>

#include "scene.h"

#define GROUPS	"/run/cgroup1"
#define PAGES	64U

static struct t_scene s;

static void make(const char *group)
{
	char path[128];

	snprintf(path, sizeof(path), GROUPS "/%s", group);
	t_must(!mkdir(path, 0755) || errno == EEXIST, "mkdir %s", path);
	snprintf(path, sizeof(path), GROUPS "/%s/memory.move_charge_at_immigrate", group);
	t_write_file(path, "3");	/* anonymous pages and those of files */
}

static void enter(const char *group)
{
	char path[128];

	snprintf(path, sizeof(path), GROUPS "/%s/cgroup.procs", group);
	t_write_file(path, "0");
}

static long pages(const char *group, const char *what)
{
	char path[128];

	snprintf(path, sizeof(path), GROUPS "/%s/memory.stat", group);
	return t_number_in(path, what) / (long)T_PAGE;
}

/* How many pages of the file are charged to @group. */
static long charged(const char *group)
{
	int fd = open("/proc/kpagecgroup", O_RDONLY);
	char path[128];
	struct stat st;
	uint64_t ino;
	long n = 0;

	snprintf(path, sizeof(path), GROUPS "/%s", group);
	t_must(fd >= 0 && !stat(path, &st), "%s, kpagecgroup", path);
	for (unsigned int i = 0; i < PAGES; i++) {
		unsigned long pfn = t_pfn(s.f.map + i * T_PAGE);

		t_must(pfn && pread(fd, &ino, sizeof(ino), pfn * sizeof(ino)) ==
		       sizeof(ino), "page %u is mapped", i);
		n += ino == st.st_ino;
	}
	close(fd);
	return n;
}

static long dirty(void)
{
	return pages("t_first", "dirty") + pages("t_second", "dirty");
}

/* All pages are charged to @group. */
static void state(const char *when, const char *group, const char *other)
{
	t_ok(charged(group) == PAGES && charged(other) == 0,
	     "%s: all %u pages are charged to %s (%ld, the other %ld)", when, PAGES,
	     group, charged(group), charged(other));
}

/*
 * As dirty count none of them, only pages of metadata.  The kernel adds up every
 * two seconds; that it has is seen by pages of another file, as many as those.
 */
static void not_dirty(const char *when)
{
	int fd = open(T_MNT "/other", O_RDWR | O_CREAT | O_TRUNC, 0666);
	static const char text[PAGES * T_PAGE];

	t_must(fd >= 0 && write(fd, text, sizeof(text)) == sizeof(text), "write");
	t_must(t_within(10, dirty() >= PAGES), "%s: other pages count as dirty", when);
	t_ok(dirty() < PAGES + PAGES / 2,
	     "%s: they do not count as dirty (%ld with %u others)", when, dirty(), PAGES);
	t_must(!fsync(fd) && t_within(10, dirty() < PAGES / 2), "other pages are clean");
	close(fd);
}

int main(void)
{
	struct t_slot before[PAGES];

	t_begin();
	/* So that nobody writes what is dirty before it is added up */
	t_write_file("/proc/sys/vm/dirty_writeback_centisecs", "0");
	make("t_first");
	make("t_second");
	enter("t_first");
	t_scene_open(&s, PAGES, T_HOLE);
	t_slots(s.f.fd, 0, PAGES, before);
	state("registered", "t_first", "t_second");
	not_dirty("registered");
	enter("t_second");
	t_ok(pages("t_second", "cache") > 0, "the process has moved, and its program");
	state("still under io", "t_first", "t_second");
	not_dirty("still under io");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_ok(t_under_io(s.f.fd, 0, PAGES) && t_slots_same(s.f.fd, before, PAGES),
	     "the same folios are under io");
	t_ok(t_is(s.f.map, s.f.len, 2), "with their bytes");

	t_dereg(s.mr);
	s.mr = NULL;
	t_must(t_within(10, t_no_entry(s.f.fd, 0, PAGES)), "release");
	t_ok(t_within(10, pages("t_first", "dirty") >= PAGES),
	     "released: they count as dirty in the first (%ld)", pages("t_first", "dirty"));
	t_must(!fsync(s.f.fd), "fsync");
	t_ok(t_within(10, pages("t_first", "dirty") < PAGES / 2),
	     "synced: no more (%ld)", pages("t_first", "dirty"));
	state("synced", "t_first", "t_second");
	enter("t_first");
	enter("t_second");
	state("and moved", "t_second", "t_first");
	not_dirty("and moved");
	t_ok(t_disk_is(s.f.fd, 0, s.f.len, 2), "the disk has their bytes");
	t_scene_close(&s);
	t_done();
}
