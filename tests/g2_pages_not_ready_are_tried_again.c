// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file,
 * when, at a registration, a page is not ready to go under io (its lock is
 * taken, it was just cleaned) for one moment, whichever page it is,
 * then it is faulted in again and the registration works; when no page is ever
 * ready, it ends with EBUSY and an event names the page; when the device refuses
 * the DMA mapping, with what that returned; and nothing is left behind.
 *
 * Guards the loop of pui_start(), the undo in umem_pin_get().
 */
#include <sys/stat.h>

#include "fault.h"
#include "scene.h"

#define PAGES	16U

static struct t_scene s;
static long pinned;

static bool nothing_left(void)
{
	return t_vmpin() == pinned && t_nothing_under_io() &&
	       t_no_entry(s.f.fd, 0, PAGES);
}

static void one_moment(void)
{
	unsigned int nth, refused = 0;
	bool hit = true;

	for (nth = 1; hit; nth++) {
		t_fail_nth(nth);
		s.mr = t_reg(&s.p, s.f.map, s.f.len);
		hit = t_failed_nth();
		if (s.mr) {
			errno = 0;
			t_must(t_under_io(s.f.fd, 0, PAGES), "fault %u: under io",
			       nth);
			t_dma_fill(&s.p, s.mr, 0, s.f.len, nth);
			t_dereg(s.mr);
		} else {
			refused++;
			t_must(errno == EIO, "fault %u: EIO of the DMA mapping",
			       nth);
		}
		t_must(t_within(10, nothing_left()), "fault %u: nothing is left",
		       nth);
	}
	t_ok(nth - 2 > PAGES, "each of %u pages was not ready once", PAGES);
	t_ok(refused == 1, "only the DMA mapping failed the registration");
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, nth - 1),
	     "the peer's bytes get to the disk");
}

int main(void)
{
	struct stat st;
	char *trace;

	t_begin();
	t_faults(T_OWN_FAULTS);
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	t_must(!fstat(s.f.fd, &st), "fstat");
	pinned = t_vmpin();
	one_moment();

	t_trace_start("pui:pui_fault_failed");
	t_own_faults_always(true);
	t_ok(t_reg_fails(&s.p, s.f.map, s.f.len, EBUSY), "never ready: EBUSY");
	t_own_faults_always(false);
	trace = t_trace_stop();
	t_ok(t_trace_find(trace, "pui_fault_failed", "ino", st.st_ino) &&
	     t_trace_find(trace, "pui_fault_failed", "index", 0),
	     "an event names the page");
	t_ok(nothing_left(), "nothing is left");
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_ok(t_under_io(s.f.fd, 0, PAGES), "and then it works");
	free(trace);
	t_scene_close(&s);
	t_done();
}
