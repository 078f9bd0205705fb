// SPDX-License-Identifier: GPL-2.0
/*
 * Given a process that registers and deregisters a file of 16 MiB again and
 * again,
 * when it is killed at any moment,
 * then soon nothing is under io, all that was acquired is released, and the
 * file system can be unmounted.
 *
 * Guards the fatal signal's way out of pui_prepare() and umem_pin_get().
 */
#include "scene.h"

#define MIB 16

static struct t_gate ready;

static void register_all_the_time(void *file)
{
	struct t_file *f = file;
	struct t_pair p;

	t_pair_open(&p, t_device());
	t_gate_open(&ready);
	for (;;) {
		/* Start from nothing: faults, page_mkwrite, and then the pin */
		t_must(!ftruncate(f->fd, 0) && !ftruncate(f->fd, f->len),
		       "truncate");
		t_dereg(t_reg_must(&p, f->map, f->len));
	}
}

int main(void)
{
	unsigned int in_the_middle = 0;
	struct t_file f;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&f, "file", MIB << 20, T_HOLE);
	for (int round = 0; round < 12; round++) {
		double end;
		pid_t pid;

		t_gate_make(&ready);
		pid = t_fork(register_all_the_time, &f);
		t_gate_wait(&ready);
		/* Some time into a round; let it be another each time */
		end = t_deadline(0.05 + 0.037 * round);
		while (!t_over(end))
			t_pause();
		t_must(!t_ended(pid), "the child works");
		in_the_middle += t_vmstat("nr_pui_pages") > 0;
		t_kill(pid);
		if (!t_within(20, t_nothing_under_io()))
			t_ok(false, "round %d leaves pages under io", round);
	}
	t_ok(in_the_middle, "%u of 12 were killed with pages under io",
	     in_the_middle);
	t_ok(t_nothing_under_io(), "nothing is left under io");
	t_ok(t_no_entry(f.fd, 0, MIB << 8), "no slot holds an entry");
	t_file_close(&f);
	errno = t_fs_umount();
	t_ok(!errno, "the file system can be unmounted");
	t_done();
}
