// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file, an eager flusher, and a control group in which there is
 * little memory and a process that keeps reclaim busy,
 * when region after region is registered, written by the peer, sometimes
 * synced, with caches dropped at every moment, and released,
 * then after a remount every byte is in the file; the runner looks for
 * "page does not have buffers attached" and the like in the kernel log.
 *
 * Guards the whole: try_to_free_buffers(), writeback and reclaim against
 * pui_start() and pui_end().
 */
#include <sys/mman.h>
#include "scene.h"

#define ROUNDS	40	/* or fewer, on a kernel that takes its time */
#define LEAST	8
#define PAGES	64U

static void reclaim_all_the_time(void *unused)
{
	char *buf = malloc(1 << 20);
	int fd = open(T_MNT "/ballast", O_RDONLY);

	(void)unused;
	t_must(fd >= 0, "open the ballast");
	for (;;) {
		lseek(fd, 0, SEEK_SET);
		while (read(fd, buf, 1 << 20) > 0)
			;
	}
}

/* What the peer leaves in the file in a round. */
static bool is_of_round(const unsigned char *bytes, size_t len, int round)
{
	return t_is(bytes, T_PAGE, round) &&
	       t_is(bytes + T_PAGE, T_PAGE, round + 100) &&
	       t_is_from(bytes + 2 * T_PAGE, 2 * T_PAGE, len - 2 * T_PAGE, round);
}

static bool reclaimed(long before)
{
	return t_cgroup_stat("t_small", "pgscan") > before + 5000;
}

int main(void)
{
	double soon = t_after(6), end = t_deadline(120);
	int round = 0;
	struct t_file f, ballast;
	unsigned char *bytes;
	long scanned;
	struct t_pair p;
	pid_t pid;
	int fd;

	t_begin();
	t_fs_make(128, "", "");
	t_cgroup_make("t_small");
	t_cgroup_write("t_small", "memory.max", "16M");
	/* Or reclaim takes the test's own text, and nothing gets done */
	t_must(!mlockall(MCL_CURRENT), "mlockall");
	t_cgroup_enter("t_small");
	t_file_make(&f, "file", PAGES * T_PAGE, T_HOLE);
	t_file_make(&ballast, "ballast", 48 << 20, T_FALLOC);
	t_pair_open(&p, t_device());
	t_eager_flusher();
	scanned = t_cgroup_stat("t_small", "pgscan");
	pid = t_fork(reclaim_all_the_time, NULL);

	for (; round < LEAST || (round < ROUNDS && !t_over(soon)) ||
	       (!reclaimed(scanned) && !t_over(end)); round++) {
		struct ibv_mr *mr = t_reg_must(&p, f.map, f.len);

		t_dma_fill(&p, mr, 0, f.len, round);
		if (round % 3 == 1)
			t_must(!fdatasync(f.fd), "fdatasync");
		if (round % 8 == 2)
			t_drop_caches(3);
		t_dma_fill(&p, mr, T_PAGE, T_PAGE, round + 100);
		t_dereg(mr);
		if (round % 8 == 5)
			t_drop_caches(3);
		if (!is_of_round(f.map, f.len, round))
			t_ok(false, "round %d: bytes in the mapping", round);
	}
	t_ok(!t_ended(pid), "the process that reads the ballast lives");
	t_ok(reclaimed(scanned), "reclaim was at work: %ld pages scanned in %d rounds",
	     t_cgroup_stat("t_small", "pgscan") - scanned, round);
	t_kill(pid);
	t_ok(t_nothing_under_io(), "nothing is left under io");
	t_pair_close(&p);
	t_file_close(&f);
	t_file_close(&ballast);
	t_fs_remount("");
	fd = open(f.path, O_RDONLY);
	bytes = malloc(f.len);
	t_ok(read(fd, bytes, f.len) == (ssize_t)f.len &&
	     is_of_round(bytes, f.len, round - 1),
	     "the last bytes of the peer are in the file");
	free(bytes);
	close(fd);
	t_done();
}
