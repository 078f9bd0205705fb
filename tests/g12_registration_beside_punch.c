// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of which one thread registers all pages,
 * when another thread punches some of them at the same time, a hundred times
 * (thirty where that takes long), later when it was too early and earlier when
 * it was too late,
 * then both work, and the region is either wholly before, with just the punched
 * pages lost, or wholly after, with all pages under io and reachable; never
 * anything between.
 *
 * And the same with deregistration: whichever comes first, nothing is left under
 * io, and the file has its hole, which reads as zeros, as what is on the disk does.
 *
 * Guards -EAGAIN of pui_start(), the loop in umem_pin_get_revocable(), and
 * pui_finish() waiting for a revoke.
 */
#include <linux/falloc.h>
#include <pthread.h>
#include <sched.h>

#include "scene.h"

#define PAGES	256U
#define HOLE	96U		/* first page of the hole */
#define COUNT	32U
#define ROUNDS	100	/* or fewer, on a kernel that takes its time */
#define LEAST	30

static struct t_scene s;
static int delay;
static volatile bool go;

static void *punch(void *arg)
{
	while (!go)
		;
	for (volatile int i = 0; i < delay; i++)
		;
	arg = fallocate(s.f.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			HOLE * T_PAGE, COUNT * T_PAGE) ? &s : NULL;
	return arg;
}

/* Run @fn while the other thread punches; did the punch work? */
static bool beside(void (*fn)(void))
{
	pthread_t thread;
	void *failed;

	go = false;
	t_must(!pthread_create(&thread, NULL, punch, NULL), "thread");
	go = true;
	fn();
	pthread_join(thread, &failed);
	return !failed;
}

static void reg(void)
{
	s.mr = t_reg(&s.p, s.f.map, s.f.len);
}

static void dereg(void)
{
	t_dereg(s.mr);
	s.mr = NULL;
}

static unsigned int under_io(void)
{
	struct t_slot slot[COUNT];
	unsigned int n = 0;

	t_slots(s.f.fd, HOLE, COUNT, slot);
	for (unsigned int i = 0; i < COUNT; i++)
		n += !strcmp(slot[i].kind, "pui");
	return n;
}

/* The hole, as the file has it or the disk. */
static bool zeros(bool disk)
{
	static unsigned char buf[COUNT * T_PAGE];

	if (disk)
		t_disk_read(t_disk(), s.f.fd, HOLE * T_PAGE, buf, sizeof(buf));
	else if (pread(s.f.fd, buf, sizeof(buf), HOLE * T_PAGE) != sizeof(buf))
		return false;
	for (unsigned int i = 0; i < sizeof(buf); i++)
		if (buf[i]) {
			t_note("%s: byte %u is 0x%x", disk ? "disk" : "file", i, buf[i]);
			return false;
		}
	return true;
}

int main(void)
{
	unsigned int before = 0, after = 0;
	bool works = true, whole = true, gone = true, hole = true;
	double soon = t_after(20);

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	for (int round = 0; round < LEAST || (round < ROUNDS && !t_over(soon)); round++) {
		unsigned int n;

		works &= beside(reg) && s.mr;
		t_must(s.mr, "ibv_reg_mr beside a punch");
		n = under_io();
		if (n == 0) {
			before++;
			delay /= 2;
			if (before % 8 == 1)
				whole &= t_write_denied(&s.p, s.mr, HOLE * T_PAGE, 1) &&
					 t_write_denied(&s.p, s.mr, (HOLE + COUNT) *
							T_PAGE - 1, 1);
			hole &= zeros(false);
		} else if (n == COUNT) {
			after++;
			delay += delay / 2 + 400;
			t_dma_fill(&s.p, s.mr, HOLE * T_PAGE, COUNT * T_PAGE, 3);
			whole &= t_is(s.f.map + HOLE * T_PAGE, COUNT * T_PAGE, 3);
		} else {
			t_note("round %d: %u of %u pages", round, n, COUNT);
			whole = false;
		}
		t_dma_fill(&s.p, s.mr, (HOLE - 1) * T_PAGE, T_PAGE, 4);
		t_dma_fill(&s.p, s.mr, (HOLE + COUNT) * T_PAGE, T_PAGE, 5);
		gone &= beside(dereg) && t_within(10, t_nothing_under_io());
		hole &= zeros(false) && !fsync(s.f.fd) && zeros(true);
	}
	t_ok(works, "registration and punch always work");
	t_ok(whole, "wholly before (%u) or wholly after (%u)", before, after);
	t_ok(before && after, "there was some of both");
	t_ok(gone, "deregistration beside a punch leaves nothing");
	t_ok(hole, "every time the hole is a hole, in the file and on the disk");
	t_ok(t_read_is(s.f.fd, (HOLE - 1) * T_PAGE, T_PAGE, 4) &&
	     t_read_is(s.f.fd, (HOLE + COUNT) * T_PAGE, T_PAGE, 5),
	     "the pages beside the hole have the peer's bytes");
	t_scene_close(&s);
	t_ok(!t_run("e2fsck -fn %s >/dev/null 2>&1", t_disk()),
	     "the file system is clean");
	t_done();
}
