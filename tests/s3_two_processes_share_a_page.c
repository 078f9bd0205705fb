// SPDX-License-Identifier: GPL-2.0
/*
 * Given two processes, each with a device context of its own and a region on
 * the same page of a file, with overlapping bytes,
 * when the other process ends first (by dereg, by exit, by SIGKILL), or last,
 * then the page stays under io until the last of them is gone and what both
 * peers wrote is in the file.
 *
 * Guards the coverage test of pui_end() across holders.
 */
#include "scene.h"

static struct t_gate ready, go, done;
static struct t_file f;
static int how;

/* The second process: bytes 1000..2999 of the page. */
static void second(void *unused)
{
	struct t_pair p;
	struct ibv_mr *mr;

	(void)unused;
	t_pair_open(&p, t_device());
	mr = t_reg_must(&p, f.map + 1000, 2000);
	t_dma_fill(&p, mr, 0, 2000, 20 + how);
	t_gate_open(&ready);
	t_gate_wait(&go);
	if (how == 0)
		t_dereg(mr);
	t_gate_open(&done);
	if (how == 2)
		pause();
	/* how 1, 3: exit with the region alive */
}

int main(void)
{
	static const char *const name[] = {
		"the other one deregisters first", "the other one exits first",
		"the other one is killed first", "the other one is last",
	};
	struct ibv_mr *mr;
	struct t_pair p;
	pid_t pid;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&f, "file", T_PAGE, T_WRITTEN);
	for (how = 0; how < 4; how++) {
		t_gate_make(&ready);
		t_gate_make(&go);
		t_gate_make(&done);
		pid = t_fork(second, NULL);
		t_pair_open(&p, t_device());
		mr = t_reg_must(&p, f.map, 1000);
		t_dma_fill(&p, mr, 0, 1000, 10 + how);
		t_gate_wait(&ready);
		t_ok(t_under_io(f.fd, 0, 1), "%s: under io", name[how]);
		if (how == 3) {
			t_dereg(mr);
			t_ok(t_slots_are(f.fd, 0, 1, "pui"),
			     "%s: under io while it lives", name[how]);
			t_gate_open(&go);
			t_ok(t_join(pid, 20), "%s: it ends", name[how]);
		} else {
			t_gate_open(&go);
			t_gate_wait(&done);
			if (how == 2)
				t_kill(pid);
			else
				t_ok(t_join(pid, 20), "%s: it ends", name[how]);
			t_ok(t_slots_are(f.fd, 0, 1, "pui"),
			     "%s: under io while we live", name[how]);
			t_dereg(mr);
		}
		/* A killed process's regions go with its last reference */
		t_ok(t_within(10, t_slots_are(f.fd, 0, 1, "folio")),
		     "%s: released with the last", name[how]);
		t_pair_close(&p);
		t_must(!fsync(f.fd), "fsync");
		t_ok(t_disk_is(f.fd, 0, 1000, 10 + how) &&
		     t_disk_is(f.fd, 1000, 2000, 20 + how),
		     "%s: the disk has what both wrote", name[how]);
	}
	t_done();
}
