// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file, and siw's send queue, which is memory of the program,
 * when the program writes requests into it that the library does not know (of
 * atomics, receives, read responses, registrations with an invented pointer),
 * which name the region,
 * then the kernel looks at each and ends the connection, nothing of the file is
 * changed, and after deregistration nothing is left under io; the runner looks for
 * warnings in the kernel log.
 *
 * Over siw: its queue's layout is used here.  Guards siw_activate_tx_from_sq().
 */
#include <rdma/siw-abi.h>
#include "scene.h"

#define MAGIC	0x756d656d5f70696eULL

static struct t_scene s;

static void post_send(uint64_t id)
{
	struct ibv_sge sge = { .addr = (uintptr_t)s.p.bounce, .length = 1,
			       .lkey = s.p.bounce_mr->lkey };
	struct ibv_send_wr wr = {
		.wr_id = id, .opcode = IBV_WR_RDMA_WRITE,
		.sg_list = &sge, .num_sge = 1,
		.wr.rdma = { .remote_addr = (uintptr_t)s.mr->addr,
			     .rkey = s.mr->rkey },
	}, *bad;

	/* It may say no because of what it finds behind */
	ibv_post_send(s.p.ours->qp, &wr, &bad);
}

/* The element of a send queue that has the id, in what the driver has mapped. */
static struct siw_sqe *find(uint64_t id)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	struct siw_sqe *found = NULL;
	unsigned long from, to;
	char line[256];

	t_must(maps, "open maps");
	while (!found && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "/uverbs") ||
		    sscanf(line, "%lx-%lx", &from, &to) != 2)
			continue;
		for (struct siw_sqe *sqe = (void *)from;
		     (unsigned long)(sqe + 1) <= to && !found; sqe++)
			if (sqe->id == id)
				found = sqe;
	}
	fclose(maps);
	t_must(found, "find the send queue");
	return found;
}

static bool completed(uint64_t id)
{
	struct ibv_wc wc;

	while (ibv_poll_cq(s.p.cq, 1, &wc) == 1)
		if (wc.wr_id == id)
			return wc.status == IBV_WC_SUCCESS;
	return false;
}

/* The request after the next one is of @opcode, and names the file. */
static void inject(unsigned int opcode, uint64_t id)
{
	struct siw_sqe *first, *third;

	post_send(id);
	first = find(id);
	third = first + 2;
	*third = *first;
	third->id = id + 2;
	third->opcode = opcode;
	third->base_mr = opcode == SIW_OP_REG_MR ? 8 : third->raddr;
	third->sge[0].laddr = (uintptr_t)s.mr->addr;
	third->sge[0].length = T_PAGE;
	third->sge[0].lkey = s.mr->lkey;
	third->num_sge = 1;
	__atomic_store_n(&third->flags, SIW_WQE_VALID | SIW_WQE_SIGNALLED,
			 __ATOMIC_RELEASE);
	post_send(id + 1);
}

int main(void)
{
	static const unsigned int opcodes[] = {
		SIW_OP_FETCH_AND_ADD, SIW_OP_COMP_AND_SWAP, SIW_OP_RECEIVE,
		SIW_OP_READ_RESPONSE, SIW_OP_SEND_WITH_IMM, SIW_OP_INVAL_STAG,
		SIW_OP_REG_MR, SIW_NUM_OPCODES, 255,
	};

	t_begin();
	t_must(!setenv("T_DEVICE", "siw0", 1), "setenv");
	t_scene_open(&s, 1, T_WRITTEN);
	t_dma_fill(&s.p, s.mr, 0, T_PAGE, 0);
	memcpy(s.p.bounce, s.f.map, 1);
	/* So it is known that the kernel looks there */
	inject(SIW_OP_WRITE, MAGIC);
	t_ok(t_within(10, completed(MAGIC + 2)), "one that is allowed is carried out");
	t_pair_reconnect(&s.p);
	for (unsigned int i = 0; i < sizeof(opcodes) / sizeof(*opcodes); i++) {
		uint64_t id = MAGIC + 3 * (i + 1);

		t_dma_fill(&s.p, s.mr, 0, T_PAGE, i);
		memcpy(s.p.bounce, s.f.map, 1);
		inject(opcodes[i], id);
		/* What the peer notices */
		t_ok(t_within(10, completed(id + 1)) &&
		     t_within(10, t_in_error(s.p.theirs->qp)),
		     "opcode %u: it ends the connection", opcodes[i]);
		t_ok(!completed(id + 2) && t_is(s.f.map, T_PAGE, i),
		     "opcode %u: the file is as it was", opcodes[i]);
		t_pair_reconnect(&s.p);
	}
	t_dereg(s.mr);
	s.mr = NULL;
	t_ok(t_within(10, t_nothing_under_io()), "nothing is under io");
	t_scene_close(&s);
	t_done();
}
