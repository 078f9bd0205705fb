// SPDX-License-Identifier: GPL-2.0
/*
 * Test of the runner: the program is content, but a process that has left its
 * session sits in the file system and keeps it busy.
 */
#include <unistd.h>

#include "fs.h"
#include "proc.h"
#include "tap.h"

int main(void)
{
	struct t_gate there;

	t_begin();
	t_fs_make(16, "", "");
	t_gate_make(&there);
	if (!fork()) {
		setsid();
		if (!chdir(T_MNT))
			t_gate_open(&there);
		/* longer than the runner waits, shorter than twice that */
		sleep(7);
		_exit(0);
	}
	t_gate_wait(&there);
	t_ok(true, "what holds");
	t_done();
}
