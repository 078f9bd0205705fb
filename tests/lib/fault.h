/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fault injection, on the debug kernel: let the Nth thing fail that a call
 * asks for, one N after the other, until it asks for no more.
 *
 *	for (n = 1, hit = true; hit; n++) {
 *		t_fail_nth(n);
 *		mr = ibv_reg_mr(...);
 *		hit = t_failed_nth();
 *		...
 *	}
 *
 * The last round is one in which nothing has failed.
 */
#ifndef T_FAULT_H
#define T_FAULT_H

#include <stdbool.h>

enum t_faults {
	T_OWN_FAULTS,	/* fail_umem_pin only */
	T_ALL_FAULTS,	/* all allocations of memory, too */
};

/* What is counted from now on. Ends the test on a kernel that cannot do it. */
void t_faults(enum t_faults which);

/* In the calling thread, from here on, the @nth fault point fails. */
void t_fail_nth(unsigned int nth);
/* No more faults. Did it come to that? Does not change errno. */
bool t_failed_nth(void);

/* The page allocator has nothing for a function of the kernel; NULL: it has. */
void t_no_memory_in(const char *function);

/* Every fail_umem_pin fails, whoever asks, or none does. */
void t_own_faults_always(bool on);

#endif
