/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel says about pages under io: the slots of a file's page
 * cache (debugfs page_under_io/slots), counters, trace events, and what a
 * process has pinned.
 */
#ifndef T_SLOTS_H
#define T_SLOTS_H

#include <stdbool.h>
#include <sys/types.h>

struct t_slot {
	unsigned long index;
	char kind[16];		/* none, folio, pui, value */
	char pointer[32];	/* the folio, as the kernel prints it */
	char marks[4];		/* D or -, W or -, T or - */
	int dirty, buffers, writeback, refs;
};

/* The slots [first, first + count) of @fd's file. */
void t_slots(int fd, unsigned long first, unsigned int count, struct t_slot *out);
/* All of @count slots of that @kind? */
bool t_slots_are(int fd, unsigned long first, unsigned int count,
		 const char *kind);
/*
 * A page under io as it has to be at any moment without writeback:
 * entry in the slot, DIRTY mark off, TOWRITE on, dirty, buffers attached.
 * Prints the slot that is not.
 */
bool t_under_io(int fd, unsigned long first, unsigned int count);
/*
 * No entry in any of the slots, whatever else is there. Waits for it a little:
 * siw lets go of a region a moment after deregistration has returned, when it
 * is through with the message that last named it. So does t_nothing_under_io().
 */
bool t_no_entry(int fd, unsigned long first, unsigned int count);
/* Same folios in the same kind of slots as in @before. */
bool t_slots_same(int fd, const struct t_slot *before, unsigned int count);

long t_vmstat(const char *name);	/* exact for root; -1: no such counter */
long t_meminfo(const char *name);	/* kB, -1 */
/* The number after @name and a blank, colon or tab in a file; -1. */
long t_number_in(const char *path, const char *name);
long t_vmpin(void);			/* VmPin of this process, kB */
/* Nothing under io, and all that was acquired was released. */
bool t_nothing_under_io(void);
unsigned long t_pfn(const void *addr);	/* 0 when not present */

/* Trace events, "system:event" separated by spaces. */
void t_trace_start(const char *events);
char *t_trace_stop(void);		/* the lines, in order of time; free it */
/* The line at or after @trace of @event whose @field is @value, or NULL. */
const char *t_trace_find(const char *trace, const char *event,
			 const char *field, unsigned long value);

#endif
