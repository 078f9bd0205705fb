// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file,
 * when the first, second, third ... allocation of memory that a rereg or a
 * deregistration makes fails, over rxe and over siw,
 * then a rereg that fails leaves the region as it was, and deregistration works
 * each time: nothing is left pinned, under io or accounted.
 *
 * Guards umem_pin_release(), which allocates nothing.
 */
#include "fault.h"
#include "scene.h"

#define PAGES	3U

static struct t_scene s;
static long pinned;

static bool nothing_left(void)
{
	return t_vmpin() == pinned && t_nothing_under_io() &&
	       t_no_entry(s.f.fd, 0, PAGES);
}

static bool as_before(void)
{
	return t_under_io(s.f.fd, 0, PAGES) &&
	       t_vmpin() == pinned + PAGES * 4 &&
	       t_dma_is(&s.p, s.mr, 0, s.f.len, 2);
}

/* siw cannot, and says so. */
static void rereg(const char *device)
{
	const int cannot = t_is_iwarp() ? EOPNOTSUPP : 0;
	unsigned int nth;
	bool hit = true;

	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	for (nth = 1; hit; nth++) {
		t_fail_nth(nth);
		errno = t_rereg(s.mr, IBV_REREG_MR_CHANGE_ACCESS, 0, 0, NULL,
				s.p.access);
		hit = t_failed_nth();
		t_must((hit && errno == ENOMEM) || errno == cannot,
		       "%s: rereg, allocation %u", device, nth);
		errno = 0;
		t_must(as_before(), "%s: the region is as it was", device);
	}
	t_ok(nth > 2 || cannot, "%s: rereg with %u failed allocations leaves the region as it was",
	     device, nth - 2);
	t_dereg(s.mr);
}

static void dereg(const char *device)
{
	unsigned int nth;
	bool hit = true;

	for (nth = 1; hit; nth++) {
		s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
		t_dma_fill(&s.p, s.mr, 0, s.f.len, nth);
		t_fail_nth(nth);
		errno = ibv_dereg_mr(s.mr);
		hit = t_failed_nth();
		t_must(!errno, "%s: deregistration, allocation %u", device, nth);
		t_must(t_within(10, nothing_left()), "%s: nothing is left", device);
		t_must(t_is(s.f.map, s.f.len, nth), "%s: no byte is lost", device);
	}
	t_ok(true, "%s: deregistration works with each of %u allocations failing",
	     device, nth - 2);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, nth - 1),
	     "%s: the peer's bytes get to the disk", device);
}

static void sweep_device(const char *device)
{
	t_must(!setenv("T_DEVICE", device, 1), "setenv");
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_HOLE);
	t_pair_open(&s.p, device);
	pinned = t_vmpin();
	rereg(device);
	dereg(device);
	s.mr = NULL;
	t_scene_close(&s);
}

int main(void)
{
	t_begin();
	t_faults(T_ALL_FAULTS);
	sweep_device("rxe0");
	sweep_device("siw0");
	t_done();
}
