// SPDX-License-Identifier: GPL-2.0
#include "verbs_pair.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "file_buf.h"
#include "tap.h"

#define DEPTH 16

const char *t_device(void)
{
	const char *device = getenv("T_DEVICE");

	return device ? device : "rxe0";
}

bool t_is_iwarp(void)
{
	return !strncmp(t_device(), "siw", 3);
}

/*
 * The guest's setup gives each device a network of its own; so does the test
 * that makes rxe9 or siw9.
 */
static struct sockaddr_in address_of(const char *device)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	const char *text = strchr(device, '9') ? "10.77.9.1" :
			   strncmp(device, "siw", 3) ? "10.77.0.1" : "10.77.1.1";

	inet_pton(AF_INET, text, &addr.sin_addr);
	return addr;
}

/* The id the next event is for, which must be of type @want. */
static struct rdma_cm_id *event(struct t_pair *p, enum rdma_cm_event_type want)
{
	struct pollfd poller = { .fd = p->events->fd, .events = POLLIN };
	double end = t_deadline(20);
	struct rdma_cm_event *ev;
	struct rdma_cm_id *id;

	while (poll(&poller, 1, 100) != 1 && !t_over(end))
		;
	errno = ETIMEDOUT;
	t_must(poller.revents & POLLIN, "connection event %s",
	       rdma_event_str(want));
	t_must(!rdma_get_cm_event(p->events, &ev), "rdma_get_cm_event");
	errno = ev->status < 0 ? -ev->status : EPROTO;
	t_must(ev->event == want, "connection event %s, not %s",
	       rdma_event_str(want), rdma_event_str(ev->event));
	id = ev->id;
	rdma_ack_cm_event(ev);
	return id;
}

/* New ids, of which one has found its way to the other. */
static void resolve(struct t_pair *p, const char *device)
{
	struct sockaddr_in addr = address_of(device);

	p->events = rdma_create_event_channel();
	t_must(p->events, "rdma_create_event_channel");
	t_must(!rdma_create_id(p->events, &p->listener, NULL, RDMA_PS_TCP) &&
	       !rdma_bind_addr(p->listener, (struct sockaddr *)&addr) &&
	       !rdma_listen(p->listener, 1), "listen on %s", device);
	addr.sin_port = rdma_get_src_port(p->listener);
	t_must(!rdma_create_id(p->events, &p->ours, NULL, RDMA_PS_TCP) &&
	       !rdma_resolve_addr(p->ours, NULL, (struct sockaddr *)&addr, 5000),
	       "resolve the address of %s", device);
	event(p, RDMA_CM_EVENT_ADDR_RESOLVED);
	t_must(!rdma_resolve_route(p->ours, 5000), "rdma_resolve_route");
	event(p, RDMA_CM_EVENT_ROUTE_RESOLVED);
}

static void init(struct t_pair *p, const char *device)
{
	memset(p, 0, sizeof(*p));
	resolve(p, device);
	p->context = p->ours->verbs;
	errno = ENODEV;
	t_must(!strcmp(ibv_get_device_name(p->context->device), device),
	       "the address leads to %s", device);
	p->pd = ibv_alloc_pd(p->context);
	t_must(p->pd, "ibv_alloc_pd");
	p->cq = ibv_create_cq(p->context, 4 * DEPTH, NULL, NULL, 0);
	t_must(p->cq, "ibv_create_cq");
	p->access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE |
		    IBV_ACCESS_REMOTE_READ;
	if (strncmp(device, "siw", 3))
		p->access |= IBV_ACCESS_REMOTE_ATOMIC;
	p->bounce = mmap(NULL, T_BOUNCE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	t_must(p->bounce != MAP_FAILED, "memory");
	p->bounce_mr = t_reg_must(p, p->bounce, T_BOUNCE);
}

static void make_qp(struct t_pair *p, struct rdma_cm_id *id)
{
	struct ibv_qp_init_attr attr = {
		.send_cq = p->cq, .recv_cq = p->cq, .qp_type = IBV_QPT_RC,
		.sq_sig_all = 1,
		.cap = { .max_send_wr = DEPTH, .max_recv_wr = DEPTH,
			 .max_send_sge = 3, .max_recv_sge = 3 },
	};

	t_must(!rdma_create_qp(id, p->pd, &attr), "rdma_create_qp");
}

/* rdma_cm takes the queue pairs through INIT and RTR to RTS on the way. */
static void connect_pair(struct t_pair *p)
{
	struct rdma_conn_param param = {
		.responder_resources = 1, .initiator_depth = 1,
		.retry_count = 7, .rnr_retry_count = 7,
	};

	make_qp(p, p->ours);
	t_must(!rdma_connect(p->ours, &param), "rdma_connect");
	p->theirs = event(p, RDMA_CM_EVENT_CONNECT_REQUEST);
	make_qp(p, p->theirs);
	t_must(!rdma_accept(p->theirs, &param), "rdma_accept");
	event(p, RDMA_CM_EVENT_ESTABLISHED);
	event(p, RDMA_CM_EVENT_ESTABLISHED);
}

void t_pair_open(struct t_pair *p, const char *device)
{
	init(p, device);
	connect_pair(p);
}

static void disconnect_pair(struct t_pair *p)
{
	rdma_disconnect(p->ours);
	rdma_destroy_qp(p->ours);
	rdma_destroy_qp(p->theirs);
}

static void close_ids(struct t_pair *p)
{
	rdma_destroy_id(p->theirs);
	rdma_destroy_id(p->ours);
	rdma_destroy_id(p->listener);
	rdma_destroy_event_channel(p->events);
}

void t_pair_close(struct t_pair *p)
{
	disconnect_pair(p);
	t_dereg(p->bounce_mr);
	munmap(p->bounce, T_BOUNCE);
	t_must(!ibv_destroy_cq(p->cq), "ibv_destroy_cq");
	t_must(!ibv_dealloc_pd(p->pd), "ibv_dealloc_pd");
	close_ids(p);
}

void t_pair_reconnect(struct t_pair *p)
{
	struct t_pair old = *p;
	struct ibv_wc wc;

	disconnect_pair(&old);
	/* what was flushed */
	while (ibv_poll_cq(p->cq, 1, &wc) > 0)
		;
	resolve(p, ibv_get_device_name(p->context->device));
	connect_pair(p);
	/* last: the device stays open as long as there is an id */
	close_ids(&old);
}

struct ibv_mr *t_reg(struct t_pair *p, void *addr, size_t len)
{
	return ibv_reg_mr(p->pd, addr, len, p->access);
}

struct ibv_mr *t_reg_must(struct t_pair *p, void *addr, size_t len)
{
	struct ibv_mr *mr = t_reg(p, addr, len);

	t_must(mr, "ibv_reg_mr of %zu bytes", len);
	return mr;
}

bool t_reg_fails(struct t_pair *p, void *addr, size_t len, int err)
{
	struct ibv_mr *mr = t_reg(p, addr, len);
	int got = errno;

	if (mr)
		t_dereg(mr);
	else if (got != err)
		t_note("ibv_reg_mr: %s", strerror(got));
	return !mr && got == err;
}

void t_dereg(struct ibv_mr *mr)
{
	errno = ibv_dereg_mr(mr);
	t_must(!errno, "ibv_dereg_mr");
}

int t_rereg(struct ibv_mr *mr, int flags, uint64_t addr, uint64_t len,
	    struct ibv_pd *pd, unsigned int access)
{
	struct ib_uverbs_rereg_mr_resp answer = { 0 };
	struct ib_uverbs_rereg_mr ask = {
		.mr_handle = mr->handle, .flags = flags, .start = addr,
		.length = len, .hca_va = addr, .pd_handle = pd ? pd->handle : 0,
		.access_flags = access,
	};
	struct {
		struct ib_uverbs_ioctl_hdr head;
		struct ib_uverbs_attr attr[3];
	} call = {
		.head = {
			.length = sizeof(call), .num_attrs = 3,
			.object_id = UVERBS_OBJECT_DEVICE,
			.method_id = UVERBS_METHOD_INVOKE_WRITE,
			.driver_id = strncmp(ibv_get_device_name(mr->context->device),
					     "siw", 3) ?
				     RDMA_DRIVER_RXE : RDMA_DRIVER_SIW,
		},
		.attr = {
			{ .attr_id = UVERBS_ATTR_WRITE_CMD,
			  .len = sizeof(uint64_t), .flags = UVERBS_ATTR_F_MANDATORY,
			  .data = IB_USER_VERBS_CMD_REREG_MR },
			{ .attr_id = UVERBS_ATTR_CORE_IN,
			  .len = sizeof(ask), .flags = UVERBS_ATTR_F_MANDATORY,
			  .data = (uintptr_t)&ask },
			{ .attr_id = UVERBS_ATTR_CORE_OUT,
			  .len = sizeof(answer), .flags = UVERBS_ATTR_F_MANDATORY,
			  .data = (uintptr_t)&answer },
		},
	};

	return ioctl(mr->context->cmd_fd, RDMA_VERBS_IOCTL, &call) ? errno : 0;
}

bool t_in_error(struct ibv_qp *qp)
{
	struct ibv_qp_init_attr init_attr;
	struct ibv_qp_attr attr;

	return !ibv_query_qp(qp, &attr, IBV_QP_STATE, &init_attr) &&
	       attr.qp_state == IBV_QPS_ERR;
}

const char *t_status_str(int status)
{
	return status == T_NOT_TAKEN ? "not taken" :
	       status == T_VANISHED ? "no completion" :
	       ibv_wc_status_str(status);
}

/* The first error among the next @want completions, or none of them is one. */
static int wait_done(struct t_pair *p, int want)
{
	double end = t_deadline(10);
	struct ibv_wc wc;
	int n;

	while (want) {
		n = ibv_poll_cq(p->cq, 1, &wc);
		errno = EIO;
		t_must(n >= 0, "ibv_poll_cq");
		if (n && wc.status != IBV_WC_SUCCESS)
			return wc.status;
		want -= n;
		if (!n && t_over(end))
			return T_VANISHED;
	}
	return 0;
}

/* False if the connection has just ended, as iWARP's do after an error. */
static bool posted(struct t_pair *p, struct ibv_send_wr *wr)
{
	struct ibv_send_wr *bad;

	errno = ibv_post_send(p->ours->qp, wr, &bad);
	if (!errno)
		return true;
	t_must(t_within(10, t_in_error(p->ours->qp)), "ibv_post_send");
	return false;
}

static bool post_only(struct t_pair *p, enum ibv_wr_opcode op, uint64_t remote,
		      uint32_t rkey, size_t len, uint64_t add)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)p->bounce, .length = len,
		.lkey = p->bounce_mr->lkey,
	};
	struct ibv_send_wr wr = { .opcode = op, .sg_list = &sge, .num_sge = 1 };

	if (op == IBV_WR_ATOMIC_FETCH_AND_ADD) {
		wr.wr.atomic.remote_addr = remote;
		wr.wr.atomic.rkey = rkey;
		wr.wr.atomic.compare_add = add;
	} else if (op != IBV_WR_SEND) {
		wr.wr.rdma.remote_addr = remote;
		wr.wr.rdma.rkey = rkey;
	}
	return posted(p, &wr);
}

static int post(struct t_pair *p, enum ibv_wr_opcode op, uint64_t remote,
		uint32_t rkey, size_t len, uint64_t add)
{
	if (!post_only(p, op, remote, rkey, len, add))
		return T_NOT_TAKEN;
	return wait_done(p, op == IBV_WR_SEND ? 2 : 1);
}

static uint64_t at(struct ibv_mr *mr, size_t off)
{
	return (uintptr_t)mr->addr + off;
}

/*
 * A write's completion does not say that iWARP has placed the bytes; that
 * a read sent after it was answered does.  Both are posted at once: siw forgets
 * what is posted when the connection has ended.
 */
static int write_and_read(struct t_pair *p, struct ibv_mr *mr, size_t off,
			  size_t len, uint64_t read_at, uint32_t read_key)
{
	struct ibv_sge from = { (uintptr_t)p->bounce, len, p->bounce_mr->lkey };
	struct ibv_sge into = { (uintptr_t)p->bounce, 1, p->bounce_mr->lkey };
	struct ibv_send_wr read = {
		.opcode = IBV_WR_RDMA_READ, .sg_list = &into, .num_sge = 1,
		.wr.rdma = { .remote_addr = read_at, .rkey = read_key },
	};
	struct ibv_send_wr write = {
		.opcode = IBV_WR_RDMA_WRITE, .sg_list = &from, .num_sge = 1,
		.wr.rdma = { .remote_addr = at(mr, off), .rkey = mr->rkey },
		.next = &read,
	};

	return posted(p, &write) ? wait_done(p, 2) : T_NOT_TAKEN;
}

int t_rdma_write(struct t_pair *p, struct ibv_mr *mr, size_t off,
		 const void *src, size_t len)
{
	int status = 0;

	for (size_t done = 0, n; !status && done < len; done += n) {
		n = len - done < T_BOUNCE ? len - done : T_BOUNCE;
		memcpy(p->bounce, (const char *)src + done, n);
		status = write_and_read(p, mr, off + done, n,
					at(mr, off + done), mr->rkey);
	}
	return status;
}

int t_rdma_read(struct t_pair *p, struct ibv_mr *mr, size_t off, void *dst,
		size_t len)
{
	int status = 0;

	for (size_t done = 0, n; !status && done < len; done += n) {
		n = len - done < T_BOUNCE ? len - done : T_BOUNCE;
		status = post(p, IBV_WR_RDMA_READ, at(mr, off + done), mr->rkey,
			      n, 0);
		memcpy((char *)dst + done, p->bounce, n);
	}
	return status;
}

int t_fetch_add(struct t_pair *p, struct ibv_mr *mr, size_t off, uint64_t add)
{
	return post(p, IBV_WR_ATOMIC_FETCH_AND_ADD, at(mr, off), mr->rkey,
		    sizeof(uint64_t), add);
}

int t_send_into(struct t_pair *p, struct ibv_mr *mr, size_t off,
		const void *src, size_t len)
{
	struct ibv_sge sge = { .addr = at(mr, off), .length = len,
			       .lkey = mr->lkey };
	struct ibv_recv_wr wr = { .sg_list = &sge, .num_sge = 1 }, *bad;

	memcpy(p->bounce, src, len);
	errno = ibv_post_recv(p->theirs->qp, &wr, &bad);
	t_must(!errno, "ibv_post_recv");
	return post(p, IBV_WR_SEND, 0, 0, len, 0);
}

int t_send_lists(struct t_pair *p, struct ibv_sge *from, int nr_from,
		 struct ibv_sge *into, int nr_into)
{
	struct ibv_recv_wr recv = { .sg_list = into, .num_sge = nr_into }, *bad;
	struct ibv_send_wr send = {
		.opcode = IBV_WR_SEND, .sg_list = from, .num_sge = nr_from,
	};

	errno = ibv_post_recv(p->theirs->qp, &recv, &bad);
	t_must(!errno, "ibv_post_recv");
	return posted(p, &send) ? wait_done(p, 2) : T_NOT_TAKEN;
}

static bool iwarp(struct t_pair *p)
{
	return !strncmp(ibv_get_device_name(p->context->device), "siw", 3);
}

static bool denied(struct t_pair *p, int status, int want)
{
	if (status != want)
		t_note("%s, not %s", t_status_str(status), t_status_str(want));
	t_pair_reconnect(p);
	return status == want;
}

/*
 * Soft-RoCE says what was wrong. iWARP's peer ends the connection: what is being
 * sent then fails, and what was not yet complete is flushed.
 */
static bool denied_remote(struct t_pair *p, int status)
{
	if (iwarp(p) && status == IBV_WC_LOC_QP_OP_ERR)
		status = IBV_WC_WR_FLUSH_ERR;
	return denied(p, status, iwarp(p) ? IBV_WC_WR_FLUSH_ERR : IBV_WC_REM_ACCESS_ERR);
}

bool t_write_denied(struct t_pair *p, struct ibv_mr *mr, size_t off, size_t len)
{
	memset(p->bounce, 0xee, len);
	/* It is the write that fails, not the read behind it */
	return denied_remote(p, write_and_read(p, mr, off, len, (uintptr_t)p->bounce,
					       p->bounce_mr->rkey));
}

bool t_read_denied(struct t_pair *p, struct ibv_mr *mr, size_t off, size_t len)
{
	int status;

	memset(p->bounce, 0x5a, len);
	status = post(p, IBV_WR_RDMA_READ, at(mr, off), mr->rkey, len, 0);
	for (size_t i = 0; i < len; i++)
		if (p->bounce[i] != 0x5a) {
			t_note("read got byte %zu", i);
			status = IBV_WC_SUCCESS;
			break;
		}
	return denied_remote(p, status);
}

bool t_atomic_denied(struct t_pair *p, struct ibv_mr *mr, size_t off)
{
	return denied_remote(p, t_fetch_add(p, mr, off, 1));
}

/* A request of ours with a buffer in @mr. */
static int post_from(struct t_pair *p, enum ibv_wr_opcode op, struct ibv_mr *mr,
		     size_t off, size_t len)
{
	struct ibv_sge sge = { .addr = at(mr, off), .length = len,
			       .lkey = mr->lkey };
	struct ibv_send_wr wr = {
		.opcode = op, .sg_list = &sge, .num_sge = 1,
		.wr.rdma = { .remote_addr = (uintptr_t)p->bounce,
			     .rkey = p->bounce_mr->rkey },
	};

	return posted(p, &wr) ? wait_done(p, 1) : T_NOT_TAKEN;
}

bool t_send_from_denied(struct t_pair *p, struct ibv_mr *mr, size_t off, size_t len)
{
	return denied(p, post_from(p, IBV_WR_RDMA_WRITE, mr, off, len),
		      IBV_WC_LOC_PROT_ERR);
}

bool t_read_into_denied(struct t_pair *p, struct ibv_mr *mr, size_t off, size_t len)
{
	return denied(p, post_from(p, IBV_WR_RDMA_READ, mr, off, len),
		      IBV_WC_LOC_PROT_ERR);
}

bool t_recv_into_denied(struct t_pair *p, struct ibv_mr *mr, size_t off, size_t len)
{
	struct ibv_sge sge = { .addr = at(mr, off), .length = len,
			       .lkey = mr->lkey };
	struct ibv_recv_wr wr = { .sg_list = &sge, .num_sge = 1 }, *bad;
	double end = t_deadline(10);
	int status = T_VANISHED;
	struct ibv_wc wc;

	errno = ibv_post_recv(p->theirs->qp, &wr, &bad);
	t_must(!errno, "ibv_post_recv");
	post_only(p, IBV_WR_SEND, 0, 0, len, 0);
	/* of the two completions, the receive's is what this is about */
	while (!t_over(end)) {
		if (ibv_poll_cq(p->cq, 1, &wc) != 1)
			continue;
		if (wc.qp_num == p->theirs->qp->qp_num) {
			status = wc.status;
			break;
		}
	}
	/* siw has no other status for a receive that it may not place */
	return denied(p, status, iwarp(p) ? IBV_WC_GENERAL_ERR : IBV_WC_LOC_PROT_ERR);
}

void t_set_revocable(bool on)
{
	t_write_file("/sys/module/ib_uverbs/parameters/umem_pin_revoke",
		     on ? "Y" : "N");
}

void t_dma_fill(struct t_pair *p, struct ibv_mr *mr, size_t off, size_t len,
		unsigned int seed)
{
	unsigned char *buf = malloc(len);
	int status;

	t_fill(buf, len, seed);
	status = t_rdma_write(p, mr, off, buf, len);
	errno = EIO;
	t_must(!status, "RDMA write: %s", t_status_str(status));
	free(buf);
}

bool t_dma_is(struct t_pair *p, struct ibv_mr *mr, size_t off, size_t len,
	      unsigned int seed)
{
	unsigned char *buf = malloc(len);
	int status = t_rdma_read(p, mr, off, buf, len);
	bool same = t_is(buf, len, seed);

	if (status)
		t_note("RDMA read: %s", t_status_str(status));
	free(buf);
	return !status && same;
}
