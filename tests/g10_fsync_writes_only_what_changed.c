// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file that fsync has brought to the disk, over a device
 * whose driver says what the device writes (rxe),
 * when one page changes, by whatever can change it, and fsync is called again,
 * then that page is written and no other, the disk has its new bytes, and all
 * pages stay dirty and under io.
 *
 * Over a device whose driver does not (siw), all are written.
 *
 * Guards umem_pin_written() and pui_clean_for_io().
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include "scene.h"

#define PAGES	40U
#define PART	1000U		/* of a page, what changes */
#define OFF	700U

static struct t_scene s;
static unsigned long ino;
static unsigned char *bytes;	/* PART of them, pattern @seed */
static unsigned int seed;

static void *at(unsigned int page)
{
	return s.f.map + page * T_PAGE + OFF;
}

static size_t off(unsigned int page)
{
	return page * T_PAGE + OFF;
}

static void by_rdma_write(unsigned int page)
{
	t_must(!t_rdma_write(&s.p, s.mr, off(page), bytes, PART), "RDMA write");
}

static void by_send(unsigned int page)
{
	t_must(!t_send_into(&s.p, s.mr, off(page), bytes, PART), "send");
}

static void by_atomic(unsigned int page)
{
	uint64_t was, *to = (void *)(s.f.map + page * T_PAGE + 8);

	was = *to;
	t_must(!t_fetch_add(&s.p, s.mr, page * T_PAGE + 8, 77), "fetch and add");
	t_must(*to == was + 77, "the sum");
}

static void by_store(unsigned int page)
{
	memcpy(at(page), bytes, PART);
}

static void by_write(unsigned int page)
{
	t_must(pwrite(s.f.fd, bytes, PART, off(page)) == PART, "write");
}

static void by_other_mapping(unsigned int page)
{
	unsigned char *map = mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE,
				  MAP_SHARED, s.f.fd, page * T_PAGE);

	t_must(map != MAP_FAILED, "mmap");
	memcpy(map + OFF, bytes, PART);
	/* what the page tables knew goes with them */
	t_must(!munmap(map, T_PAGE), "munmap");
}

static void child_stores(void *page)
{
	by_store(*(unsigned int *)page);
}

static void by_child(unsigned int page)
{
	t_must(t_join(t_fork(child_stores, &page), 30), "child");
}

static void by_zeroing(unsigned int page)
{
	t_must(!fallocate(s.f.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			  off(page), PART), "punch a part of a page");
}

/* A device of another kind, the disk, writes into the mapping. */
static void by_direct_read(unsigned int page)
{
	static struct t_file from;

	t_file_make(&from, "from", T_PAGE, T_HOLE);
	memcpy(from.map, s.f.map + page * T_PAGE, T_PAGE);
	memcpy(from.map + OFF, bytes, PART);
	t_must(!fsync(from.fd), "fsync");
	t_file_close(&from);
	from.fd = open(from.path, O_RDONLY | O_DIRECT);
	t_must(read(from.fd, s.f.map + page * T_PAGE, T_PAGE) == (ssize_t)T_PAGE,
	       "O_DIRECT read");
	close(from.fd);
}

/* Which is done through the page, and syncs it. */
static void by_direct_write(unsigned int page)
{
	int fd = open(s.f.path, O_WRONLY | O_DIRECT);
	void *whole = aligned_alloc(T_PAGE, T_PAGE);

	t_must(fd >= 0 && whole, "O_DIRECT");
	memcpy(whole, s.f.map + page * T_PAGE, T_PAGE);
	memcpy((char *)whole + OFF, bytes, PART);
	t_must(pwrite(fd, whole, T_PAGE, page * T_PAGE) == (ssize_t)T_PAGE,
	       "O_DIRECT write");
	t_must(t_is(at(page), PART, seed), "and the mapping has it");
	free(whole);
	close(fd);
}

static void by_nobody(unsigned int page)
{
	(void)page;
}

static const struct {
	const char *name;
	void (*change)(unsigned int page);
} way[] = {
	{ "nothing", by_nobody },
	{ "RDMA write", by_rdma_write },
	{ "a store", by_store },
	{ "write(2)", by_write },
	{ "a receive", by_send },
	{ "a store through another mapping", by_other_mapping },
	{ "a store of a child", by_child },
	{ "an O_DIRECT read into the mapping", by_direct_read },
	{ "zeroing a part", by_zeroing },
	{ "an O_DIRECT write", by_direct_write },
	{ "an atomic operation", by_atomic },	/* last: siw has none */
};

#define WAYS	(sizeof(way) / sizeof(*way))

/* Change a page, and fsync; which pages were written? */
static void change(unsigned int i, unsigned int page, bool was[PAGES])
{
	const char *at;
	char *trace;

	t_trace_start("pui:pui_snapshot");
	way[i].change(page);
	t_must(!fsync(s.f.fd), "fsync");
	trace = t_trace_stop();
	memset(was, 0, PAGES * sizeof(*was));
	for (at = trace; (at = t_trace_find(at, "pui_snapshot", "ino", ino)); at++)
		for (unsigned int page = 0; page < PAGES; page++)
			was[page] |= t_trace_find(at, "pui_snapshot", "index",
						  page) == at;
	free(trace);
}

static bool on_disk(unsigned int page)
{
	unsigned char disk[T_PAGE];

	return t_disk_read(t_disk(), s.f.fd, page * T_PAGE, disk, T_PAGE) == T_PAGE &&
	       !memcmp(disk, s.f.map + page * T_PAGE, T_PAGE);
}

int main(void)
{
	unsigned int ways = t_is_iwarp() ? WAYS - 1 : WAYS;
	bool was[PAGES];
	struct stat st;

	t_begin();
	t_scene_open(&s, PAGES, T_DELALLOC);
	t_must(!fstat(s.f.fd, &st), "fstat");
	ino = st.st_ino;
	bytes = malloc(PART);
	change(0, 0, was);
	t_ok(!memchr(was, false, sizeof(was)), "registered, all pages are written");
	for (unsigned int i = 0; i < 2 * ways; i++) {
		const char *name = way[i % ways].name;
		/* The second time, it is mapped for whoever wrote it before */
		unsigned int page = 3 * (i % ways), written = 0;

		seed = 2 + i;
		t_fill(bytes, PART, seed);
		change(i % ways, page, was);
		for (unsigned int other = 0; other < PAGES; other++)
			written += was[other];
		if (t_is_iwarp())
			t_ok(written == PAGES, "%s: all pages are written", name);
		else
			t_ok(written == (i % ways != 0) && was[page] == written,
			     "%s: one page is written, not %u", name, written);
		t_ok(on_disk(page), "%s: and is on the disk", name);
		t_ok(t_under_io(s.f.fd, 0, PAGES), "%s: all are under io", name);
	}
	t_scene_close(&s);
	t_done();
}
