/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test Anything Protocol, exit codes as in kselftest: 0 pass, 1 fail, 4 skip.
 *
 * t_ok()    one statement the test makes about the kernel; always printed.
 * t_must()  something without which going on makes no sense; silent when it
 *	     holds, ends the test when it does not. Works in a child process
 *	     too: the child ends with status 1 and the parent must look at it.
 */
#ifndef T_TAP_H
#define T_TAP_H

#include <stdbool.h>

enum { T_PASS = 0, T_FAIL = 1, T_SKIP = 4 };

void t_begin(void);
bool t_ok_at(bool good, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void t_must_at(bool good, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
_Noreturn void t_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void t_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void t_done(void);

#define t_ok(cond, ...)		t_ok_at(cond, __FILE__, __LINE__, __VA_ARGS__)
#define t_must(cond, ...)	t_must_at(cond, __FILE__, __LINE__, __VA_ARGS__)

/* Deadlines: seconds from now, longer on a slow kernel (T_TIMEOUT_SCALE). */
double t_deadline(double seconds);
double t_after(double seconds);	/* the same on any kernel: how long to go on */
bool t_over(double deadline);
void t_pause(void);		/* a few milliseconds between two looks */

/* Look again and again until @cond holds or @seconds are over; the result. */
#define t_within(seconds, cond) ({			\
	double t_end_ = t_deadline(seconds);		\
	bool t_good_;					\
	while (!(t_good_ = (cond)) && !t_over(t_end_))	\
		t_pause();				\
	t_good_; })

#endif
