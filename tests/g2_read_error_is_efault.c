// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of 8 pages on the disk, the first two of them in the cache, and
 * a disk that no longer reads data,
 * when all of it is registered,
 * then that fails with EFAULT, as touching the page would, an event names the
 * page, and nothing is left behind; what is in the cache can be registered; and
 * all of it when the disk works again, with the file's bytes as they were.
 *
 * Guards the undo in umem_pin_get(), the event pui_fault_failed.
 */
#include <sys/mman.h>

#include "bad_disk.h"
#include "scene.h"

#define PAGES	8U
#define HAVE	2U

int main(void)
{
	struct t_scene s = { .mr = NULL };
	char buf[HAVE * T_PAGE];
	char *trace;
	long pinned;

	t_begin();
	t_bad_disk_open(64, "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	pinned = t_vmpin();
	t_must(!posix_fadvise(s.f.fd, 0, 0, POSIX_FADV_DONTNEED) &&
	       !posix_fadvise(s.f.fd, 0, 0, POSIX_FADV_RANDOM), "fadvise");
	t_must(t_slots_are(s.f.fd, 0, PAGES, "none"), "out of the cache");
	t_must(pread(s.f.fd, buf, sizeof(buf), 0) == (long)sizeof(buf), "read");

	t_bad_disk(T_DISK_NO_DATA);
	t_trace_start("pui:pui_fault_failed");
	t_ok(t_reg_fails(&s.p, s.f.map, s.f.len, EFAULT), "registration: EFAULT");
	trace = t_trace_stop();
	t_ok(t_trace_find(trace, "pui_fault_failed", "index", HAVE),
	     "an event names the page");
	t_ok(t_vmpin() == pinned && t_nothing_under_io() &&
	     t_no_entry(s.f.fd, 0, HAVE), "nothing is left behind");
	s.mr = t_reg_must(&s.p, s.f.map, HAVE * T_PAGE);
	t_ok(t_dma_is(&s.p, s.mr, 0, HAVE * T_PAGE, 1),
	     "what is in the cache can be registered");
	t_dereg(s.mr);

	t_bad_disk(T_DISK_GOOD);
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_ok(t_dma_is(&s.p, s.mr, 0, s.f.len, 1),
	     "with a good disk all of it, and the file has its bytes");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 2),
	     "and the peer's get to the disk");
	free(trace);
	t_scene_close(&s);
	t_done();
}
