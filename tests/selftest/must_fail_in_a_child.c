// SPDX-License-Identifier: GPL-2.0
/* Test of the runner: a child fails, and whoever started it does not ask. */
#include <stddef.h>

#include "proc.h"
#include "tap.h"

static void fails(void *unused)
{
	(void)unused;
	t_ok(false, "what does not hold");
}

int main(void)
{
	t_begin();
	t_join(t_fork(fails, NULL), 10);
	t_ok(true, "what holds");
	t_done();
}
