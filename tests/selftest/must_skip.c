// SPDX-License-Identifier: GPL-2.0
/* Test of the runner: there is a reason not to run. */
#include "tap.h"

int main(void)
{
	t_begin();
	t_skip("for the runner to see");
}
