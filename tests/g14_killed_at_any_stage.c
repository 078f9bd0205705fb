// SPDX-License-Identifier: GPL-2.0
/*
 * Given a process that registers 3 MiB of a file that has no page yet,
 * lets the peer write to a second region, syncs, reregisters and deregisters,
 * again and again,
 * when it is killed in each of these, at many moments,
 * then soon nothing is under io, no slot has an entry, what was acquired is
 * released, the second file has the bytes of the last write that completed, or of
 * the one it was killed in, in memory and on the disk, and the file system can be
 * unmounted.
 *
 * Guards the ways out of pui_start() and umem_pin_get() by a fatal signal, and
 * that of umem_pin_release() without one.
 */
#include <sys/mman.h>
#include <time.h>

#include "scene.h"

#define MIB	3
#define PAGES	32U
#define WANTED	2		/* kills in each stage */
#define ROUNDS	40		/* at most */
#define REREG_US 20000		/* how long to go on with what is over at once */

enum { REG, WRITE, SYNC, REREG, DEREG, STAGES, BETWEEN = STAGES };

static const char *const name[STAGES + 1] = {
	"registration", "a write of the peer", "fsync", "reregistration",
	"deregistration", "truncate",
};

static struct shared {
	int stage;
	long took[STAGES + 1];	/* how long each was the last time, in us */
	unsigned int written;	/* seed of the last write that completed */
	int loops;
} *volatile shared;

static struct t_file big, kept;

static long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void enter(int stage)
{
	static long since;
	long now = now_us();

	__atomic_store_n(&shared->took[shared->stage], now - since, __ATOMIC_SEQ_CST);
	__atomic_store_n(&shared->stage, stage, __ATOMIC_SEQ_CST);
	since = now;
}

static void work(void *unused)
{
	struct ibv_mr *mr, *small;
	long end;
	struct t_pair p;

	(void)unused;
	t_pair_open(&p, t_device());
	for (;; shared->loops++) {
		enter(BETWEEN);
		t_must(!ftruncate(big.fd, 0) && !ftruncate(big.fd, big.len),
		       "truncate");
		enter(REG);
		mr = t_reg_must(&p, big.map, big.len);
		small = t_reg_must(&p, kept.map, kept.len);
		enter(WRITE);
		t_dma_fill(&p, small, 0, kept.len, shared->written + 1);
		shared->written++;
		enter(SYNC);
		t_must(!fsync(kept.fd), "fsync");
		enter(REREG);
		for (end = now_us() + REREG_US; now_us() < end; )
			t_rereg(mr, IBV_REREG_MR_CHANGE_ACCESS, 0, 0, NULL,
				p.access);
		enter(DEREG);
		t_dereg(mr);
		t_dereg(small);
	}
}

/* Kill a worker in @stage if possible; returns the stage it died in. */
static int kill_one(int stage, int round)
{
	pid_t pid;
	long end;

	shared->loops = 0;
	shared->stage = BETWEEN;
	pid = t_fork(work, NULL);
	t_must(t_within(60, shared->loops > 1 || t_ended(pid)) && !t_ended(pid),
	       "the child works");
	end = now_us() + 60000000;
	while (__atomic_load_n(&shared->stage, __ATOMIC_SEQ_CST) != stage &&
	       now_us() < end)
		;
	/* Not the same moment each time: 0, 1/4, 1/2, 3/4 of the stage */
	end = now_us() + shared->took[stage] * (round % 4) / 4;
	while (now_us() < end)
		;
	t_kill(pid);
	return shared->stage;
}

/* Is each byte of the last complete write, or of the next, if it was begun? */
static bool of_last_write(const unsigned char *bytes, bool begun)
{
	static unsigned char last[PAGES * T_PAGE], next[PAGES * T_PAGE];
	bool good = true;

	t_fill(last, kept.len, shared->written);
	t_fill(next, kept.len, shared->written + begun);
	for (size_t i = 0; i < kept.len; i++)
		good &= bytes[i] == last[i] || bytes[i] == next[i];
	return good;
}

static bool disk_is_of_last_write(bool begun)
{
	static unsigned char disk[PAGES * T_PAGE];

	return t_disk_read(t_disk(), kept.fd, 0, disk, kept.len) == kept.len &&
	       of_last_write(disk, begun);
}

int main(void)
{
	int killed[STAGES + 1] = { 0 }, stage = 0, round;
	long begun, longest = 0;
	bool clean = true, right = true;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&big, "big", MIB << 20, T_HOLE);
	t_file_make(&kept, "kept", PAGES * T_PAGE, T_WRITTEN);
	shared = mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	t_must(shared != MAP_FAILED, "shared memory");
	shared->written = 1;
	for (round = 0; round < ROUNDS && stage < STAGES; round++) {
		int died_in = kill_one(stage, round);

		killed[died_in]++;
		begun = now_us();
		clean &= t_within(30, t_nothing_under_io()) &&
			 t_no_entry(big.fd, 0, MIB << 8) &&
			 t_no_entry(kept.fd, 0, PAGES);
		if (longest < now_us() - begun)
			longest = now_us() - begun;
		right &= of_last_write(kept.map, died_in == WRITE) &&
			 !fsync(kept.fd) &&
			 disk_is_of_last_write(died_in == WRITE);
		if (!clean || !right)
			t_note("round %d, killed in %s", round, name[died_in]);
		while (stage < STAGES && killed[stage] >= WANTED)
			stage++;
	}
	t_note("%d rounds; all was given back after at most %ld ms", round,
	       longest / 1000);
	for (stage = 0; stage < STAGES; stage++)
		t_ok(killed[stage] >= WANTED, "%d were killed in %s",
		     killed[stage], name[stage]);
	t_ok(clean, "all was given back, each of %d times", round);
	t_ok(right, "and the last complete write was on the disk");
	t_file_close(&big);
	t_file_close(&kept);
	errno = t_fs_umount();
	t_ok(!errno, "the file system can be unmounted");
	t_done();
}
