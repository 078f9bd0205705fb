/* SPDX-License-Identifier: GPL-2.0 */
/* Other processes a test needs, each wait with a deadline. */
#ifndef T_PROC_H
#define T_PROC_H

#include <stdbool.h>
#include <sys/types.h>

/* Run @fn(@arg) in a child; its status is T_PASS when it returns. */
pid_t t_fork(void (*fn)(void *arg), void *arg);
/* Has it ended by itself, with T_PASS, within @seconds? */
bool t_join(pid_t pid, double seconds);
bool t_ended(pid_t pid);	/* does not wait, does not collect it */
void t_kill(pid_t pid);		/* SIGKILL, and collect */

pid_t t_find_process(const char *name);	/* the first of that name */
double t_cpu_ms(pid_t pid);	/* the processor time it has taken */

/*
 * Proof that a process waits in the kernel: its kernel stack shows a
 * function whose name contains @symbol, for as long as half a second.
 */
bool t_blocked_in(pid_t pid, const char *symbol);

/*
 * Run @fn in a thread that is an ordinary user without any capability, uid
 * 65534. A thread, because who changed identity may no longer write() to the
 * device's file, which is how requests are posted.
 */
void t_as_user(void (*fn)(void *arg), void *arg);

/* A gate between two processes: one opens it, the other waits for that. */
struct t_gate {
	int fd[2];
};
void t_gate_make(struct t_gate *gate);
void t_gate_open(struct t_gate *gate);
void t_gate_wait(struct t_gate *gate);	/* ends the test after 30 seconds */

#endif
