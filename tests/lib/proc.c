// SPDX-License-Identifier: GPL-2.0
#include "proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

pid_t t_fork(void (*fn)(void *arg), void *arg)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	t_must(pid >= 0, "fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fn(arg);
	fflush(stdout);
	_exit(T_PASS);
}

bool t_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return !waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) &&
	       info.si_pid == pid;
}

bool t_join(pid_t pid, double seconds)
{
	int status;

	if (!t_within(seconds, t_ended(pid))) {
		t_note("process %d did not end in time", pid);
		return false;
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == T_PASS;
}

void t_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

pid_t t_find_process(const char *name)
{
	DIR *proc = opendir("/proc");
	char path[300], comm[32];
	struct dirent *entry;
	pid_t pid = 0;

	t_must(proc, "open /proc");
	while (!pid && (entry = readdir(proc))) {
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fscanf(file, "%31s", comm) == 1 && !strcmp(comm, name))
			pid = atoi(entry->d_name);
		fclose(file);
	}
	closedir(proc);
	errno = ESRCH;
	t_must(pid, "find %s", name);
	return pid;
}

double t_cpu_ms(pid_t pid)
{
	struct timespec ts;
	clockid_t clock;

	t_must(!clock_getcpuclockid(pid, &clock) && !clock_gettime(clock, &ts),
	       "processor time of process %d", pid);
	return ts.tv_sec * 1e3 + ts.tv_nsec / 1e6;
}

static bool stack_shows(pid_t pid, const char *symbol)
{
	char path[64], text[4096];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	fd = open(path, O_RDONLY);
	t_must(fd >= 0, "open %s", path);
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = 0;
	return strstr(text, symbol);
}

static bool stays_in(pid_t pid, const char *symbol)
{
	double end;

	for (end = t_after(0.5); !t_over(end); t_pause())
		if (!stack_shows(pid, symbol))
			return false;
	return true;
}

bool t_blocked_in(pid_t pid, const char *symbol)
{
	/* what is on its way there is seen, too, and goes on */
	return t_within(20, stays_in(pid, symbol) || t_ended(pid)) &&
	       !t_ended(pid);
}

struct job {
	void (*fn)(void *arg);
	void *arg;
};

static void *as_user(void *arg)
{
	struct job *job = arg;

	/* The system call itself: the library's would change every thread */
	t_must(!syscall(SYS_setresuid, 65534, 65534, 65534), "become a user");
	job->fn(job->arg);
	return NULL;
}

void t_as_user(void (*fn)(void *arg), void *arg)
{
	struct job job = { fn, arg };
	pthread_t thread;

	t_must(!pthread_create(&thread, NULL, as_user, &job) &&
	       !pthread_join(thread, NULL), "a thread");
}

void t_gate_make(struct t_gate *gate)
{
	t_must(!pipe(gate->fd), "pipe");
}

void t_gate_open(struct t_gate *gate)
{
	t_must(write(gate->fd[1], "", 1) == 1, "open a gate");
}

void t_gate_wait(struct t_gate *gate)
{
	struct pollfd p = { .fd = gate->fd[0], .events = POLLIN };
	double end = t_deadline(30);
	char byte;

	while (poll(&p, 1, 100) != 1 && !t_over(end))
		;
	errno = ETIMEDOUT;
	t_must(p.revents & POLLIN && read(gate->fd[0], &byte, 1) == 1,
	       "the other process gets here");
}
