// SPDX-License-Identifier: GPL-2.0
/*
 * Given a peer in the middle of a long RDMA write,
 * when the region is deregistered,
 * then, whoever gives the pages back in the end, may sleep (the kernel log says
 * if not), no page stays under io, and the bytes that came are in the file.
 *
 * Guards siw_free_mem(), and might_sleep() of umem_pin_release().
 */
#include <pthread.h>

#include "scene.h"

#define LEN	(4UL << 20)
#define ROUNDS	100
#define ENOUGH	4

static struct t_file f;
static struct t_pair p;
static struct ibv_mr *mr;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void *deregister(void *when)
{
	double seconds = *(double *)when;
	struct timespec ts = { seconds, (seconds - (long)seconds) * 1e9 };

	nanosleep(&ts, NULL);
	t_dereg(mr);
	return NULL;
}

int main(void)
{
	unsigned char *src = malloc(LEN);
	unsigned int cut_off = 0;
	double whole = 0;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&f, "file", LEN, T_WRITTEN);
	t_pair_open(&p, t_device());
	t_fill(src, LEN, 2);
	mr = t_reg_must(&p, f.map, LEN);
	for (int i = 0; i < 2; i++) {
		whole = -now();
		t_must(!t_rdma_write(&p, mr, 0, src, LEN), "write");
		whole += now();
	}
	t_dereg(mr);

	for (int round = 0; round < ROUNDS && cut_off < ENOUGH; round++) {
		double when = whole * (round % 8) / 16;
		struct ibv_mr keys;
		pthread_t thread;

		mr = t_reg_must(&p, f.map, LEN);
		keys = *mr;
		t_must(!pthread_create(&thread, NULL, deregister, &when),
		       "a thread");
		cut_off += t_rdma_write(&p, &keys, 0, src, LEN) != 0;
		pthread_join(thread, NULL);
		t_must(t_nothing_under_io(), "round %d: nothing is under io",
		       round);
		t_pair_reconnect(&p);
	}
	t_ok(cut_off == ENOUGH, "%u writes were cut off", cut_off);
	t_ok(t_is(f.map, LEN, 2), "the bytes are what the peer wrote");
	t_pair_close(&p);
	t_file_close(&f);
	t_ok(!t_fs_umount(), "the file system is free");
	t_done();
}
