// SPDX-License-Identifier: GPL-2.0
/*
 * Given two processes, each with a device context of its own and a region on
 * the same page of a file, with overlapping bytes,
 * when the second ends first (by dereg, by exit, by SIGKILL), or last,
 * then the page stays under io until the last of them is gone and what both
 * peers wrote is in the file.
 *
 * Guards the coverage test of pui_end() across holders.
 */
#include <signal.h>
#include <sys/wait.h>

#include "scene.h"

enum { DEREG, EXIT, KILLED, LAST, HOWS };

static const char *const name[HOWS] = {
	"the second deregisters first", "the second exits first",
	"the second is killed first", "the second is last",
};

static struct t_gate ready, go, done;
static struct t_file f;
static pid_t second_pid;
static int how;

/* The second process: bytes 800..2999 of the page. */
static void second(void *unused)
{
	struct t_pair p;
	struct ibv_mr *mr;

	(void)unused;
	t_pair_open(&p, t_device());
	mr = t_reg_must(&p, f.map + 800, 2200);
	t_dma_fill(&p, mr, 200, 2000, 20 + how);
	t_gate_open(&ready);
	t_gate_wait(&go);
	if (how == DEREG)
		t_dereg(mr);
	t_gate_open(&done);
	if (how == KILLED)
		pause();
	/* EXIT, LAST: ends with the region alive */
}

/* The first: bytes 0..999. Main has no device open that they could share. */
static void first(void *unused)
{
	struct t_pair p;
	struct ibv_mr *mr;

	(void)unused;
	t_pair_open(&p, t_device());
	mr = t_reg_must(&p, f.map, 1000);
	t_dma_fill(&p, mr, 0, 1000, 10 + how);
	t_gate_wait(&ready);
	t_must(t_under_io(f.fd, 0, 1), "under io with both");
	if (how != LAST) {
		t_gate_open(&go);
		t_gate_wait(&done);
		if (how == KILLED)
			kill(second_pid, SIGKILL);
		t_must(t_within(20, t_ended(second_pid) || kill(second_pid, 0)),
		       "the second is gone");
		t_must(t_under_io(f.fd, 0, 1), "under io without the second");
	}
	t_dereg(mr);
	t_must(how == LAST ? t_under_io(f.fd, 0, 1) :
	       t_within(20, t_slots_are(f.fd, 0, 1, "folio")),
	       "%s", how == LAST ? "under io without us" : "released by us");
	if (how == LAST)
		t_gate_open(&go);
}

/* Has it ended as it was to end, and not before by a failure? */
static bool ended_as_told(pid_t pid)
{
	int status;

	return t_within(60, t_ended(pid)) && waitpid(pid, &status, 0) == pid &&
	       (how == KILLED ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL :
		WIFEXITED(status) && WEXITSTATUS(status) == T_PASS);
}

int main(void)
{
	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&f, "file", T_PAGE, T_WRITTEN);
	for (how = 0; how < HOWS; how++) {
		pid_t pid;

		t_gate_make(&ready);
		t_gate_make(&go);
		t_gate_make(&done);
		second_pid = t_fork(second, NULL);
		pid = t_fork(first, NULL);
		t_ok(ended_as_told(second_pid), "%s", name[how]);
		t_ok(t_join(pid, 60), "%s: under io as long as one lives", name[how]);
		t_ok(t_within(10, t_slots_are(f.fd, 0, 1, "folio")),
		     "%s: released with the last", name[how]);
		t_must(!fsync(f.fd), "fsync");
		t_ok(t_disk_is(f.fd, 0, 1000, 10 + how) &&
		     t_disk_is(f.fd, 1000, 2000, 20 + how),
		     "%s: the disk has what both wrote", name[how]);
	}
	t_done();
}
