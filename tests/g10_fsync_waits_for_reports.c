// SPDX-License-Identifier: GPL-2.0
/*
 * Given a driver that says what its device writes, and takes its time for it,
 * and a process that polls the last byte that the peer is to write,
 * when that process calls fsync as soon as it sees the byte,
 * then it waits for the report, if it is a driver that reports, and all bytes are
 * on the disk when fsync returns.
 *
 * Guards pui_wait_reports() in ext4_writepages().
 */
#include <pthread.h>

#include "scene.h"

#define DELAY	"/sys/kernel/debug/fail_umem_pin/report-delay-ms"

static struct t_scene s;

static void poll_and_sync(void *seed)
{
	unsigned char wanted[T_PAGE];
	volatile unsigned char *last = s.f.map + T_PAGE - 1;

	t_fill(wanted, T_PAGE, (unsigned long)seed);
	while (*last != wanted[T_PAGE - 1])
		;
	t_must(!fsync(s.f.fd), "fsync");
	t_must(t_disk_is(s.f.fd, 0, T_PAGE, (unsigned long)seed),
	       "what was seen is on the disk");
}

static void *write_page(void *seed)
{
	t_dma_fill(&s.p, s.mr, 0, T_PAGE, (unsigned long)seed);
	return NULL;
}

int main(void)
{
	unsigned int waited = 0;
	bool kept = true;

	t_begin();
	t_scene_open(&s, 1, T_WRITTEN);
	for (unsigned long seed = 2; seed < 6; seed++) {
		pthread_t peer;
		pid_t pid;

		t_must(!fsync(s.f.fd), "fsync");
		t_write_file(DELAY, "1000");
		pid = t_fork(poll_and_sync, (void *)seed);
		t_must(!pthread_create(&peer, NULL, write_page, (void *)seed),
		       "a thread");
		waited += t_blocked_in(pid, "synchronize_rcu_expedited");
		kept &= t_join(pid, 20);
		pthread_join(peer, NULL);
		t_write_file(DELAY, "0");
	}
	t_ok(kept, "fsync wrote what was seen");
	/* siw does not report, and then a page is always written */
	t_ok(waited || t_is_iwarp(), "and had to wait for that, %u times", waited);
	t_scene_close(&s);
	t_done();
}
