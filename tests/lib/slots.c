// SPDX-License-Identifier: GPL-2.0
#include "slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs.h"
#include "tap.h"

#define SLOTS	"/sys/kernel/debug/page_under_io/slots"
#define TRACING	"/sys/kernel/tracing"

static int field(const char *line, const char *name)
{
	const char *at = strstr(line, name);

	return at ? atoi(at + strlen(name)) : -1;
}

static void parse(const char *line, struct t_slot *slot)
{
	const char *marks = strstr(line, "marks=");

	memset(slot, 0, sizeof(*slot));
	t_must(sscanf(line, "%lu %15s %31s", &slot->index, slot->kind,
		      slot->pointer) >= 2, "a line of slots: %s", line);
	if (marks)
		memcpy(slot->marks, marks + strlen("marks="), 3);
	slot->dirty = field(line, "dirty=");
	slot->buffers = field(line, "buffers=");
	slot->writeback = field(line, "writeback=");
	slot->refs = field(line, "refs=");
}

void t_slots(int fd, unsigned long first, unsigned int count, struct t_slot *out)
{
	size_t room = 160UL * count + 1;
	char *text = calloc(1, room), *line, *save;
	int slots = open(SLOTS, O_RDWR);
	unsigned int i = 0;
	char ask[64];
	ssize_t got;

	t_must(slots >= 0, "open " SLOTS);
	snprintf(ask, sizeof(ask), "%d %lu %u\n", fd, first, count);
	t_must(write(slots, ask, strlen(ask)) == (ssize_t)strlen(ask),
	       "ask for slots: %s", ask);
	for (size_t at = 0; at < room - 1; at += got) {
		got = pread(slots, text + at, room - 1 - at, at);
		t_must(got >= 0, "read " SLOTS);
		if (!got)
			break;
	}
	for (line = strtok_r(text, "\n", &save); line && i < count;
	     line = strtok_r(NULL, "\n", &save), i++)
		parse(line, &out[i]);
	errno = ENODATA;
	t_must(i == count, "one line for each of %u slots, not %u", count, i);
	free(text);
	close(slots);
}

static bool each_slot(int fd, unsigned long first, unsigned int count,
		      bool (*good)(const struct t_slot *, const void *),
		      const void *arg)
{
	struct t_slot *s = calloc(count, sizeof(*s));
	bool all = true;

	t_slots(fd, first, count, s);
	for (unsigned int i = 0; i < count && all; i++) {
		all = good(&s[i], arg);
		if (!all)
			t_note("slot %lu: %s marks=%s dirty=%d buffers=%d writeback=%d",
			       s[i].index, s[i].kind, s[i].marks, s[i].dirty,
			       s[i].buffers, s[i].writeback);
	}
	free(s);
	return all;
}

static bool is_kind(const struct t_slot *s, const void *kind)
{
	return !strcmp(s->kind, kind);
}

bool t_slots_are(int fd, unsigned long first, unsigned int count,
		 const char *kind)
{
	return each_slot(fd, first, count, is_kind, kind);
}

static bool is_under_io(const struct t_slot *s, const void *unused)
{
	(void)unused;
	return !strcmp(s->kind, "pui") && !strcmp(s->marks, "--T") &&
	       s->dirty == 1 && s->buffers == 1 && !s->writeback;
}

bool t_under_io(int fd, unsigned long first, unsigned int count)
{
	return each_slot(fd, first, count, is_under_io, NULL);
}

static bool is_no_entry(const struct t_slot *s, const void *unused)
{
	(void)unused;
	return !strcmp(s->kind, "none") || !strcmp(s->kind, "folio");
}

bool t_no_entry(int fd, unsigned long first, unsigned int count)
{
	return t_within(2, each_slot(fd, first, count, is_no_entry, NULL));
}

bool t_slots_same(int fd, const struct t_slot *before, unsigned int count)
{
	struct t_slot *s = calloc(count, sizeof(*s));
	bool same = true;

	t_slots(fd, before->index, count, s);
	for (unsigned int i = 0; i < count && same; i++) {
		same = !strcmp(s[i].kind, before[i].kind) &&
		       !strcmp(s[i].pointer, before[i].pointer);
		if (!same)
			t_note("slot %lu: %s %s, was %s %s", s[i].index,
			       s[i].kind, s[i].pointer, before[i].kind,
			       before[i].pointer);
	}
	free(s);
	return same;
}

long t_number_in(const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	size_t len = strlen(name);
	char line[256];
	long value = -1;

	t_must(file, "open %s", path);
	while (value < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, len) && strchr(" :\t", line[len]))
			value = strtol(line + len + 1, NULL, 10);
	fclose(file);
	return value;
}

long t_vmstat(const char *name)
{
	/* Counters lag behind by what each processor keeps for itself */
	t_try_write_file("/proc/sys/vm/stat_refresh", "1");
	return t_number_in("/proc/vmstat", name);
}

long t_meminfo(const char *name)
{
	return t_number_in("/proc/meminfo", name);
}

long t_vmpin(void)
{
	return t_number_in("/proc/self/status", "VmPin");
}

/* A kernel without these counters has nothing under io. */
static bool nothing_under_io(void)
{
	return t_vmstat("nr_pui_pages") <= 0 &&
	       t_vmstat("nr_pui_acquired") == t_vmstat("nr_pui_released");
}

bool t_nothing_under_io(void)
{
	return t_within(2, nothing_under_io());
}

unsigned long t_pfn(const void *addr)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	t_must(fd >= 0, "open pagemap");
	t_must(pread(fd, &entry, sizeof(entry), (uintptr_t)addr / T_PAGE *
		     sizeof(entry)) == sizeof(entry), "read pagemap");
	close(fd);
	return entry >> 63 ? entry & ((1UL << 55) - 1) : 0;
}

void t_trace_start(const char *events)
{
	char *names = strdup(events), *save, *name;

	t_write_file(TRACING "/tracing_on", "0");
	/*
	 * Else the first event also switches on a probe in schedule(), and
	 * emulated processors that run just there may trip over the change of
	 * code.
	 */
	t_write_file(TRACING "/options/record-cmd", "0");
	t_write_file(TRACING "/events/enable", "0");
	close(open(TRACING "/trace", O_WRONLY | O_TRUNC));
	for (name = strtok_r(names, " ", &save); name;
	     name = strtok_r(NULL, " ", &save))
		t_write_file(TRACING "/set_event", name);
	t_write_file(TRACING "/tracing_on", "1");
	free(names);
}

char *t_trace_stop(void)
{
	char *text = malloc(1 << 20);
	size_t len = 0;
	ssize_t got;
	int fd;

	t_write_file(TRACING "/tracing_on", "0");
	fd = open(TRACING "/trace", O_RDONLY);
	t_must(fd >= 0, "open trace");
	while ((got = read(fd, text + len, (1 << 20) - 1 - len)) > 0)
		len += got;
	text[len] = 0;
	close(fd);
	t_write_file(TRACING "/events/enable", "0");
	return text;
}

/* Fields come as "name value" or "name=value", decimal or 0x.... */
static bool has_field(const char *line, const char *end, const char *field,
		      unsigned long value)
{
	size_t len = strlen(field);
	const char *at = line;

	while ((at = strstr(at, field)) && at < end) {
		if (at[-1] == ' ' && strchr(" =", at[len]) &&
		    strtoul(at + len + 1, NULL, 0) == value)
			return true;
		at += len;
	}
	return false;
}

const char *t_trace_find(const char *trace, const char *event,
			 const char *field, unsigned long value)
{
	char name[64];

	snprintf(name, sizeof(name), ": %s: ", event);
	for (const char *at = trace; (at = strstr(at, name)); at++) {
		const char *end = strchrnul(at, '\n');

		if (has_field(at, end, field, value))
			return at;
	}
	return NULL;
}
