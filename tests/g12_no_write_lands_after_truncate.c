// SPDX-License-Identifier: GPL-2.0
/*
 * Given a peer that keeps writing all over a registered file, as fast as it can,
 * when the file is truncated in the midst of that, in the middle of a page, and
 * made as long again as soon as the call has returned,
 * then from that moment on every byte behind the cut is zero and stays zero,
 * whatever was on its way; and the peer's next write there is an access error.
 *
 * Guards that a revoke waits for copies under way: rcu_read_lock() in
 * rxe_mr_copy() and siw_rx_umem(), umem_pin_revoke_rcu().
 */
#include <sched.h>

#include "scene.h"

#define PAGES	32U
#define ROUNDS	12

static struct t_file f;
static struct t_gate running, over;

/* Write until that fails, which has to be an access error. */
static void peer(void *arg)
{
	unsigned char *buf = malloc(PAGES * T_PAGE);
	struct t_pair p;
	struct ibv_mr *mr;
	int status;

	(void)arg;
	memset(buf, 0xff, PAGES * T_PAGE);
	t_pair_open(&p, t_device());
	mr = t_reg_must(&p, f.map, f.len);
	t_must(!t_rdma_write(&p, mr, 0, buf, f.len), "first write");
	t_gate_open(&running);
	do {
		status = t_rdma_write(&p, mr, 0, buf, f.len);
	} while (!status);
	if (!t_is_iwarp())
		t_must(status == IBV_WC_REM_ACCESS_ERR, "access error, not %s",
		       ibv_wc_status_str(status));
	t_gate_wait(&over);
	t_dereg(mr);
	t_pair_close(&p);
	free(buf);
}

static bool zeros_from(off_t cut)
{
	for (size_t i = cut; i < f.len; i++)
		if (f.map[i]) {
			t_note("byte %zu, cut at %lld", i, (long long)cut);
			return false;
		}
	return true;
}

int main(void)
{
	off_t cut;
	pid_t pid;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&f, "file", PAGES * T_PAGE, T_WRITTEN);
	for (int round = 0; round < ROUNDS; round++) {
		bool at_once, later;

		t_gate_make(&running);
		t_gate_make(&over);
		pid = t_fork(peer, NULL);
		t_gate_wait(&running);
		for (int i = 0; i < round * 7; i++)
			sched_yield();
		cut = round * 2503 + 1;
		t_must(!ftruncate(f.fd, cut) && !ftruncate(f.fd, f.len),
		       "shorter and longer again");
		at_once = zeros_from(cut);
		/* what was on its way has its chance */
		for (double end = t_deadline(0.2); !t_over(end); t_pause())
			;
		later = zeros_from(cut);
		t_ok(at_once && later, "round %d: zeros, and they stay", round);
		t_gate_open(&over);
		t_ok(t_join(pid, 30), "round %d: the peer got its error", round);
		t_ok(t_within(10, t_nothing_under_io()), "round %d: nothing is left",
		     round);
	}
	t_file_close(&f);
	t_done();
}
