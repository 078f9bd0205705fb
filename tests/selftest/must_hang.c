// SPDX-License-Identifier: GPL-2.0
/*
 * Test of the runner: it ends only when somebody ends it, and has a child that
 * waits for a disk, for longer than the next tests would.
 */
#include <signal.h>
#include <unistd.h>

#include "bad_disk.h"
#include "file_buf.h"
#include "proc.h"
#include "tap.h"

static struct t_file f;

static void wait_for_the_disk(void *unused)
{
	(void)unused;
	fsync(f.fd);
}

int main(void)
{
	pid_t pid;

	t_begin();
	t_bad_disk_open(64, "");
	t_file_make(&f, "file", T_PAGE, T_WRITTEN);
	t_slow_disk(100000);
	t_fill(f.map, f.len, 2);
	pid = t_fork(wait_for_the_disk, NULL);
	signal(SIGTERM, SIG_IGN);
	t_ok(t_blocked_in(pid, "folio_wait_writeback"), "what holds");
	for (;;)
		pause();
}
