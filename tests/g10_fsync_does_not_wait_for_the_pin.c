// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file into which the peer writes without a pause,
 * when fsync is called 30 times,
 * then each returns soon, none fails, every page it wrote is of one of the
 * peer's writes around that time, and when the peer is still the last fsync
 * leaves exactly its last bytes on the disk.
 *
 * Guards that the snapshot copies and never waits for a holder, that the page
 * itself is never in a bio while the device may write (H3, H24).
 */
#include <pthread.h>

#include "scene.h"

#define PAGES 8U

static struct t_scene s;
static volatile bool stop;
static unsigned int last;

static void *peer(void *unused)
{
	(void)unused;
	for (unsigned int seed = 2; !stop; seed = seed < 200 ? seed + 1 : 2) {
		t_dma_fill(&s.p, s.mr, 0, s.f.len, seed);
		last = seed;
	}
	return NULL;
}

int main(void)
{
	pthread_t thread;
	bool quick = true;

	t_begin();
	t_scene_open(&s, PAGES, T_HOLE);
	t_must(!pthread_create(&thread, NULL, peer, NULL), "a thread");
	for (int i = 0; i < 30; i++) {
		double end = t_deadline(10);

		t_must(!fsync(s.f.fd), "fsync");
		quick &= !t_over(end);
	}
	t_ok(quick, "30 fsyncs beside a busy peer, none fails, none is slow");
	stop = true;
	pthread_join(thread, NULL);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, last),
	     "the last leaves the peer's last bytes on the disk");
	t_ok(t_under_io(s.f.fd, 0, PAGES), "the pages are still under io");
	t_scene_close(&s);
	t_done();
}
