// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file, and trace events for snapshots,
 * when fsync, fdatasync or msync is called, for all of it or for a part,
 * then exactly one snapshot of each page asked for is written, never the page
 * itself, which the device may change while the disk reads it.
 *
 * And on a disk that takes its time before it reads what it is to write,
 * when the peer writes while fsync waits for it,
 * then the disk gets what was there when fsync was called, and the new bytes with
 * the next fsync; while of a page that is written itself it gets the new ones.
 *
 * Guards io_submit_add_bh() of fs/ext4/page-io.c.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include "bad_disk.h"
#include "scene.h"

#define PAGES 12U

static struct t_scene s;
static unsigned long ino;

static unsigned int snapshots(const char *trace, unsigned long index)
{
	unsigned int n = 0;

	for (; (trace = t_trace_find(trace, "pui_snapshot", "ino", ino)); trace++)
		n += t_trace_find(trace, "pui_snapshot", "index", index) == trace;
	return n;
}

/* Were pages [first, first + count) written by snapshot, once, and no other? */
static bool right(const char *trace, unsigned int first, unsigned int count)
{
	bool all = true;

	for (unsigned int page = 0; page < PAGES; page++) {
		unsigned int n = snapshots(trace, page);
		unsigned int want = page >= first && page < first + count;

		if (n != want)
			t_note("page %u: %u snapshots, not %u", page, n, want);
		all &= n == want;
	}
	return all;
}

static void do_fsync(void *unused)
{
	(void)unused;
	t_must(!fsync(s.f.fd), "fsync");
}

/* A child in fsync, whose bios are complete, and not yet read by the disk. */
static pid_t begin_fsync(void)
{
	pid_t pid;

	t_slow_disk(100000);
	pid = t_fork(do_fsync, NULL);
	t_ok(t_blocked_in(pid, "folio_wait_writeback"), "fsync waits for the disk");
	return pid;
}

static bool end_fsync(pid_t pid)
{
	t_slow_disk(0);
	return t_join(pid, 30);
}

static void change_while_the_disk_waits(void)
{
	pid_t pid;

	t_bad_disk_open(64, "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	pid = begin_fsync();
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 3);
	t_ok(end_fsync(pid) && t_disk_is(s.f.fd, 0, s.f.len, 2),
	     "the disk gets what was there when fsync was called");
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 3),
	     "and with the next fsync what the peer wrote meanwhile");

	/* Would it be seen?  Of a released page it is */
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 4);
	t_dereg(s.mr);
	s.mr = NULL;
	t_must(t_within(10, t_slots_are(s.f.fd, 0, PAGES, "folio")), "released");
	pid = begin_fsync();
	t_fill(s.f.map, s.f.len, 5);
	t_ok(end_fsync(pid) && t_disk_is(s.f.fd, 0, s.f.len, 5),
	     "of a released page, it gets what was written meanwhile");
	t_scene_close(&s);
}

int main(void)
{
	static const char *const name[] = { "fsync", "fdatasync", "msync" };
	struct stat st;
	char *trace;

	t_begin();
	t_scene_open(&s, PAGES, T_WRITTEN);
	t_must(!fstat(s.f.fd, &st), "fstat");
	ino = st.st_ino;
	for (int i = 0; i < 3; i++) {
		unsigned int first = i == 2 ? 3 : 0, count = i == 2 ? 5 : PAGES;

		t_dma_fill(&s.p, s.mr, 0, s.f.len, 2 + i);
		t_trace_start("pui:pui_snapshot");
		if (i == 0)
			t_must(!fsync(s.f.fd), "fsync");
		else if (i == 1)
			t_must(!fdatasync(s.f.fd), "fdatasync");
		else
			t_must(!msync(s.f.map + first * T_PAGE, count * T_PAGE,
				      MS_SYNC), "msync");
		trace = t_trace_stop();
		t_ok(right(trace, first, count), "%s: one snapshot of each page",
		     name[i]);
		free(trace);
	}
	t_ok(t_disk_is(s.f.fd, 0, 3 * T_PAGE, 3), "msync wrote no page before");
	t_dereg(s.mr);
	s.mr = NULL;
	t_trace_start("pui:pui_snapshot");
	t_must(!fsync(s.f.fd), "fsync");
	trace = t_trace_stop();
	t_ok(right(trace, 0, 0), "released, pages are written themselves");
	t_ok(t_disk_is(s.f.fd, 0, s.f.len, 4), "and are on the disk");
	free(trace);
	t_scene_close(&s);
	change_while_the_disk_waits();
	t_done();
}
