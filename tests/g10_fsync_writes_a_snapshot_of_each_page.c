// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file, and trace events for snapshots,
 * when fsync, fdatasync or msync is called, for all of it or for a part,
 * then exactly one snapshot of each page asked for is written, never the page
 * itself, which the device may change while the disk reads it.
 *
 * Guards io_submit_add_bh() of fs/ext4/page-io.c.
 */
#include <sys/mman.h>
#include <sys/stat.h>

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
	t_done();
}
