// SPDX-License-Identifier: GPL-2.0
/* Test of the runner: one statement of two does not hold. */
#include "tap.h"

int main(void)
{
	t_begin();
	t_ok(true, "what holds");
	t_ok(false, "what does not");
	t_done();
}
