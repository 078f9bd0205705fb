// SPDX-License-Identifier: GPL-2.0
/*
 * Test of the runner: the program is content, but the kernel log has what a
 * WARN() would print.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

int main(void)
{
	const char *text = "WARNING: CPU: 0 PID: 0 at tests/selftest/must_splat.c:1\n";
	int fd = open("/dev/kmsg", O_WRONLY);

	t_begin();
	t_must(fd >= 0 && write(fd, text, strlen(text)) > 0, "write to the log");
	t_ok(true, "what holds");
	t_done();
}
