// SPDX-License-Identifier: GPL-2.0
#include "tap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int checks;
static int failures;
static pid_t main_pid;

void t_begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	main_pid = getpid();
	puts("TAP version 13");
}

static const char *base(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

bool t_ok_at(bool good, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	if (getpid() == main_pid) {
		checks++;
		failures += !good;
		printf("%s %d - ", good ? "ok" : "not ok", checks);
	} else {
		/* A child has no TAP stream of its own */
		printf("# child %d %s: ", getpid(), good ? "sees" : "failed");
	}
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	if (!good)
		printf(" (%s:%d)", base(file), line);
	putchar('\n');
	if (!good && getpid() != main_pid) {
		fflush(stdout);
		_exit(T_FAIL);
	}
	return good;
}

void t_must_at(bool good, const char *file, int line, const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	if (good)
		return;
	if (getpid() == main_pid)
		printf("not ok %d - ", ++checks);
	else
		printf("# child %d failed: ", getpid());
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(": %s (%s:%d)\n", strerror(err), base(file), line);
	fflush(stdout);
	if (getpid() != main_pid)
		_exit(T_FAIL);
	failures++;
	t_done();
}

void t_skip(const char *fmt, ...)
{
	va_list ap;

	printf("1..0 # SKIP ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	exit(T_SKIP);
}

void t_note(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* A test that stated nothing has not passed. */
void t_done(void)
{
	printf("1..%d\n", checks);
	exit(checks && !failures ? T_PASS : T_FAIL);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

double t_deadline(double seconds)
{
	const char *scale = getenv("T_TIMEOUT_SCALE");

	return now() + seconds * (scale ? atof(scale) : 1);
}

double t_after(double seconds)
{
	return now() + seconds;
}

bool t_over(double deadline)
{
	return now() > deadline;
}

void t_pause(void)
{
	usleep(5000);
}
