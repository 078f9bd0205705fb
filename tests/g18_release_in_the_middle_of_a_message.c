// SPDX-License-Identifier: GPL-2.0
/*
 * Given a peer in the middle of a long RDMA write,
 * when the region is deregistered,
 * then, whoever gives the pages back in the end, may sleep (the kernel log says
 * if not), no page stays under io, every byte of the file is one of the message or
 * what it was before, all are of the message if the peer was told so, and fsync
 * brings them to the disk.
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

/* How many bytes of the file come from @src; the others have to be from @old. */
static size_t count_new(const unsigned char *src, const unsigned char *old)
{
	size_t n = 0;

	for (size_t i = 0; i < LEN; i++) {
		n += f.map[i] == src[i];
		errno = EIO;
		t_must(f.map[i] == src[i] || f.map[i] == old[i],
		       "byte %zu is of the message or as it was, not 0x%x", i, f.map[i]);
	}
	return n;
}

int main(void)
{
	unsigned char *src = malloc(LEN), *old = malloc(LEN), *disk = malloc(LEN);
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
		size_t came;
		int status;

		mr = t_reg_must(&p, f.map, LEN);
		keys = *mr;
		memcpy(old, f.map, LEN);
		t_fill(src, LEN, 3 + round);
		t_must(!pthread_create(&thread, NULL, deregister, &when),
		       "a thread");
		status = t_rdma_write(&p, &keys, 0, src, LEN);
		pthread_join(thread, NULL);
		t_must(t_nothing_under_io(), "round %d: nothing is under io",
		       round);
		came = count_new(src, old);
		t_must(status ? status != T_VANISHED : came == LEN,
		       "round %d: %zu bytes came, and the peer was told: %s", round,
		       came, t_status_str(status));
		cut_off += status && came && came < LEN;
		t_must(!fsync(f.fd) && t_disk_read(t_disk(), f.fd, 0, disk, LEN) == LEN &&
		       !memcmp(disk, f.map, LEN), "round %d: fsync", round);
		t_pair_reconnect(&p);
	}
	t_ok(cut_off == ENOUGH, "%u writes were cut off after some of their bytes",
	     cut_off);
	t_pair_close(&p);
	t_file_close(&f);
	t_ok(!t_fs_umount(), "the file system is free");
	t_done();
}
