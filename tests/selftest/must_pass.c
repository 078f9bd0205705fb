// SPDX-License-Identifier: GPL-2.0
/* Test of the runner: all is well. */
#include "tap.h"

int main(void)
{
	t_begin();
	t_ok(true, "what holds");
	t_done();
}
