// SPDX-License-Identifier: GPL-2.0
/*
 * Given a process with a live region that its peer has written,
 * when it executes another program, with the device's file closed by that (as
 * libibverbs wants it) or kept open; exits; exits while a thread of it keeps
 * registering; or is killed,
 * then the pages are under io exactly as long as the device's file is open, all
 * is given back when it is closed, and the file has the peer's bytes.
 *
 * Guards that umem_pin_release() needs neither the process nor its memory.
 */
#include <pthread.h>
#include <signal.h>

#include "scene.h"

#define PAGES 64U

enum { EXEC_CLOSED, EXEC_OPEN, EXIT, EXIT_BUSY, KILLED, HOWS };

static const char *const name[HOWS] = {
	"exec", "exec with the device open", "exit", "exit while registering",
	"SIGKILL",
};

static struct t_gate ready;
static struct t_file f;
static int how;

static void *register_all_the_time(void *pair)
{
	for (;;) {
		struct ibv_mr *mr = t_reg(pair, f.map, f.len);

		if (mr)
			ibv_dereg_mr(mr);
	}
	return NULL;
}

static void end_somehow(void *unused)
{
	pthread_t thread;
	struct ibv_mr *mr;
	struct t_pair p;

	(void)unused;
	t_pair_open(&p, t_device());
	mr = t_reg_must(&p, f.map, f.len);
	t_dma_fill(&p, mr, 0, f.len, 10 + how);
	t_must(t_under_io(f.fd, 0, PAGES), "under io");
	if (how == EXEC_OPEN)
		t_must(!fcntl(p.context->cmd_fd, F_SETFD, 0) &&
		       !fcntl(p.events->fd, F_SETFD, 0), "keep it open");
	if (how == EXIT_BUSY) {
		t_must(!pthread_create(&thread, NULL, register_all_the_time, &p),
		       "a thread");
		usleep(100000);
	}
	t_gate_open(&ready);
	if (how == KILLED)
		pause();
	if (how == EXEC_CLOSED)
		execl("/bin/true", "true", NULL);
	if (how == EXEC_OPEN)
		execl("/bin/sleep", "sleep", "1000", NULL);
}

static bool runs(pid_t pid, const char *program)
{
	char path[64], comm[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "r");
	if (file) {
		fgets(comm, sizeof(comm), file);
		fclose(file);
	}
	return !strcmp(comm, program);
}

int main(void)
{
	t_begin();
	t_fs_make2(16);
	t_fs_make(64, "", "");
	t_eager_flusher();
	t_file_make(&f, "file", PAGES * T_PAGE, T_WRITTEN);
	for (how = 0; how < HOWS; how++) {
		pid_t pid;

		t_gate_make(&ready);
		pid = t_fork(end_somehow, NULL);
		t_gate_wait(&ready);
		if (how == EXEC_OPEN) {
			t_must(t_within(20, runs(pid, "sleep\n")), "exec");
			t_flusher_rounds(2);
			t_ok(t_under_io(f.fd, 0, PAGES),
			     "%s: under io after it", name[how]);
			t_ok(!fsync(f.fd) && t_disk_is(f.fd, 0, f.len, 10 + how),
			     "%s: fsync writes it", name[how]);
		}
		if (how == EXEC_OPEN || how == KILLED) {
			t_ok(how == KILLED ? t_blocked_in(pid, "sys_pause") :
			     !t_ended(pid), "%s: lives until it is killed",
			     name[how]);
			t_kill(pid);
		} else {
			t_ok(t_join(pid, 30), "%s: ends well", name[how]);
		}
		t_ok(t_within(20, t_nothing_under_io() &&
			      t_no_entry(f.fd, 0, PAGES)),
		     "%s: all is given back", name[how]);
		t_ok(t_is(f.map, f.len, 10 + how) &&
		     t_within(20, t_disk_is(f.fd, 0, f.len, 10 + how)),
		     "%s: the disk gets the peer's bytes", name[how]);
	}
	t_file_close(&f);
	errno = t_fs_umount();
	t_ok(!errno, "the file system can be unmounted");
	t_done();
}
