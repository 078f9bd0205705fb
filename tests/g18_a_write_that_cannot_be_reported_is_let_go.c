// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file, and a completion queue that nobody reads,
 * when the peer writes with immediate data until the queue is full, which ends
 * the connection,
 * then the region can be deregistered at once, and nothing is left under io.
 *
 * Over rxe: siw has no immediate data.  Guards rxe_receiver(), which without it
 * keeps the region, for whose sake deregistration waits for 50 seconds.
 */
#include "scene.h"

static struct t_scene s;

/* Both may say that their queues are full. */
static void write_with_imm(void)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)s.p.bounce, .length = T_PAGE,
		.lkey = s.p.bounce_mr->lkey,
	};
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_RDMA_WRITE_WITH_IMM,
		.sg_list = &sge, .num_sge = 1,
		.wr.rdma = { .remote_addr = (uintptr_t)s.mr->addr,
			     .rkey = s.mr->rkey },
	};
	struct ibv_recv_wr recv = { .num_sge = 0 }, *bad_recv;
	struct ibv_send_wr *bad;

	ibv_post_recv(s.p.theirs->qp, &recv, &bad_recv);
	ibv_post_send(s.p.ours->qp, &wr, &bad);
}

int main(void)
{
	double end, soon;

	t_begin();
	t_must(!setenv("T_DEVICE", "rxe0", 1), "setenv");
	t_scene_open(&s, 1, T_WRITTEN);
	end = t_deadline(20);
	while (!t_in_error(s.p.theirs->qp) && !t_over(end)) {
		write_with_imm();
		usleep(1000);
	}
	t_ok(t_in_error(s.p.theirs->qp), "the connection is at its end");
	soon = t_after(30);
	t_dereg(s.mr);
	s.mr = NULL;
	t_ok(!t_over(soon), "the region is deregistered at once");
	t_ok(t_nothing_under_io(), "nothing is under io");
	t_scene_close(&s);
	t_done();
}
