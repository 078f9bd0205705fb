// SPDX-License-Identifier: GPL-2.0
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs.h"
#include "tap.h"

#define DEBUGFS	"/sys/kernel/debug/"

/* One file of this thread, opened where opening cannot fail. */
static __thread int fail_nth = -1;

static void knob(const char *attr, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", attr, name);
	t_write_file(path, value);
}

void t_faults(enum t_faults which)
{
	static const char *const attr[] = {
		"failslab", "fail_page_alloc", "fail_umem_pin",
	};
	const char *spared = which == T_ALL_FAULTS ? "N" : "Y";

	/* It would print a stack each time */
	for (int i = 0; i < 3; i++)
		knob(attr[i], "verbose", "0");
	/* Spared: whatever may wait, is of no marked cache, of few pages */
	knob("failslab", "ignore-gfp-wait", spared);
	knob("failslab", "cache-filter", spared);
	knob("fail_page_alloc", "ignore-gfp-wait", spared);
	knob("fail_page_alloc", "ignore-gfp-highmem", spared);
	knob("fail_page_alloc", "min-order", which == T_ALL_FAULTS ? "0" : "20");
}

static void set_nth(unsigned int nth)
{
	char text[16];

	if (fail_nth < 0)
		fail_nth = open("/proc/thread-self/fail-nth", O_RDWR);
	t_must(fail_nth >= 0, "open fail-nth");
	snprintf(text, sizeof(text), "%u", nth);
	t_must(pwrite(fail_nth, text, strlen(text), 0) == (long)strlen(text),
	       "write fail-nth");
}

void t_fail_nth(unsigned int nth)
{
	set_nth(nth);
}

bool t_failed_nth(void)
{
	char text[16] = "";
	int err = errno;

	t_must(pread(fail_nth, text, sizeof(text) - 1, 0) > 0, "read fail-nth");
	set_nth(0);
	errno = err;
	return !atoi(text);
}

void t_own_faults_always(bool on)
{
	knob("fail_umem_pin", "times", "-1");
	knob("fail_umem_pin", "probability", on ? "100" : "0");
}

/* Where does a function of the kernel begin and end? */
static void find_function(const char *name, char start[20], char end[20])
{
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long address, from = 0, to = -1UL;
	char line[256], symbol[200];

	t_must(file, "open kallsyms");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx %*c %199s", &address, symbol) == 2 &&
		    !strcmp(symbol, name))
			from = address;
	}
	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx", &address) == 1 && address > from &&
		    address < to)
			to = address;
	}
	fclose(file);
	t_must(from && to != -1UL, "find %s", name);
	snprintf(start, 20, "%#lx", from);
	snprintf(end, 20, "%#lx", to);
}

void t_no_memory_in(const char *function)
{
	/* as they were: any function */
	char start[20] = "0", end[20] = "0xffffffffffffffff";

	if (function)
		find_function(function, start, end);
	/* first and last: without the filter everything would fail */
	knob("fail_page_alloc", "probability", "0");
	knob("fail_page_alloc", "verbose", "0");
	knob("fail_page_alloc", "ignore-gfp-wait", "N");
	knob("fail_page_alloc", "min-order", "0");
	knob("fail_page_alloc", "times", "-1");
	knob("fail_page_alloc", "stacktrace-depth", function ? "32" : "0");
	knob("fail_page_alloc", "require-start", start);
	knob("fail_page_alloc", "require-end", end);
	if (function)
		knob("fail_page_alloc", "probability", "100");
}
