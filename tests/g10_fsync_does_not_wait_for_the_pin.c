// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file into which the peer writes without a pause,
 * when fsync is called 30 times,
 * then each returns soon, none fails, every byte on the disk is then of one of
 * the peer's writes around that time: not older than the last one that was
 * complete before, nor younger than the one that may have begun since; and when
 * the peer is still the last fsync leaves exactly its last bytes on the disk.
 *
 * Guards that the snapshot copies and never waits for a holder, that the page
 * itself is never in a bio while the device may write.
 */
#include <pthread.h>

#include "scene.h"

#define PAGES	8U
#define LEN	(PAGES * T_PAGE)
#define ROUNDS	30
#define SEEDS	200U	/* of so many, a byte says of which it is */

static struct t_scene s;
static volatile bool stop;
static volatile unsigned int last;	/* seed of the last complete write */

static void *peer(void *unused)
{
	(void)unused;
	for (unsigned int seed = 2; !stop; seed++) {
		t_dma_fill(&s.p, s.mr, 0, s.f.len, seed);
		last = seed;
	}
	return NULL;
}

/* Is each byte on the disk of one of the writes @first to @end? */
static bool disk_is_of(unsigned int first, unsigned int end)
{
	static unsigned char disk[LEN], one[LEN];
	static bool known[LEN];

	memset(known, false, LEN);
	if (t_disk_read(t_disk(), s.f.fd, 0, disk, LEN) != LEN)
		return false;
	for (unsigned int seed = first; seed <= end; seed++) {
		t_fill(one, LEN, seed);
		for (size_t i = 0; i < LEN; i++)
			known[i] |= disk[i] == one[i];
	}
	return !memchr(known, false, LEN);
}

int main(void)
{
	unsigned int begun, told = 0;
	bool quick = true, right = true;
	pthread_t thread;

	t_begin();
	t_scene_open(&s, PAGES, T_HOLE);
	t_must(!pthread_create(&thread, NULL, peer, NULL), "a thread");
	t_must(t_within(10, last), "the peer writes");
	begun = last;
	for (int i = 0; i < ROUNDS; i++) {
		unsigned int before = last, after;
		double end = t_deadline(10);

		t_must(!fsync(s.f.fd), "fsync");
		quick &= !t_over(end);
		after = last + 1;
		if (after - before >= SEEDS)
			continue;
		told++;
		if (!disk_is_of(before, after)) {
			t_note("fsync %d: not of writes %u to %u", i, before, after);
			right = false;
		}
	}
	t_ok(quick, "%d fsyncs beside a busy peer, none fails, none is slow", ROUNDS);
	t_ok(last > begun + 1, "the peer wrote %u times meanwhile", last - begun);
	t_ok(right && told > ROUNDS / 2,
	     "what was on the disk after %u of them was of that time", told);
	stop = true;
	pthread_join(thread, NULL);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, last),
	     "the last leaves the peer's last bytes on the disk");
	t_ok(t_under_io(s.f.fd, 0, PAGES), "the pages are still under io");
	t_scene_close(&s);
	t_done();
}
