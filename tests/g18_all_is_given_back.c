// SPDX-License-Identifier: GPL-2.0
/*
 * Given the kernel's counters at rest,
 * when regions of many sizes are made, synced and released, some registrations
 * fail, and a process ends without deregistering,
 * then pages acquired equal pages released, both have moved by as much as was
 * registered, none is under io, no slot has an entry, GUP's own pins balance,
 * and VmPin is where it was.
 *
 * Guards the counters of mm/page_under_io.c and every way out of umem_pin.
 */
#include "scene.h"

#define PAGES 300U

static struct t_scene s;

static void end_without_a_word(void *unused)
{
	struct t_pair p;

	(void)unused;
	t_pair_open(&p, t_device());
	t_reg_must(&p, s.f.map, s.f.len);
	t_reg_must(&p, s.f.map, 10);
}

static bool pins_balance(void)
{
	return t_vmstat("nr_foll_pin_acquired") == t_vmstat("nr_foll_pin_released");
}

int main(void)
{
	long acquired, released, pinned, pages = 0;

	t_begin();
	t_must(t_within(10, t_nothing_under_io() && pins_balance()), "at rest");
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_HOLE);
	/* Before we open the device: a child would share what we have open */
	t_ok(t_join(t_fork(end_without_a_word, NULL), 20), "a process ends");
	t_ok(t_within(10, t_nothing_under_io()), "all is given back");
	t_pair_open(&s.p, t_device());
	acquired = t_vmstat("nr_pui_acquired");
	released = t_vmstat("nr_pui_released");
	pinned = t_vmpin();

	for (unsigned int n = 1; n <= PAGES; n = n * 2 + 1) {
		struct ibv_mr *mr = t_reg_must(&s.p, s.f.map, n * T_PAGE);

		pages += n;
		t_ok(t_vmstat("nr_pui_pages") == n &&
		     t_vmstat("nr_pui_acquired") == acquired + pages &&
		     t_vmpin() == pinned + (long)n * 4, "%u pages: counted", n);
		t_must(!fsync(s.f.fd), "fsync");
		t_dereg(mr);
		t_ok(t_vmstat("nr_pui_pages") == 0 &&
		     t_vmstat("nr_pui_released") == released + pages &&
		     t_vmpin() == pinned, "%u pages: given back", n);
	}
	t_must(!ftruncate(s.f.fd, 200 * T_PAGE), "truncate");
	t_ok(t_reg_fails(&s.p, s.f.map, s.f.len, EFAULT), "past the end: EFAULT");
	t_ok(t_vmpin() == pinned && t_nothing_under_io(), "all is given back");
	t_must(!ftruncate(s.f.fd, s.f.len), "truncate");
	t_ok(t_no_entry(s.f.fd, 0, PAGES), "no slot has an entry");
	t_pair_close(&s.p);
	t_ok(t_within(10, pins_balance()), "GUP's pins balance");
	t_file_close(&s.f);
	errno = t_fs_umount();
	t_ok(!errno, "the file system can be unmounted");
	t_done();
}
