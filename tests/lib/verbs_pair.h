/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two reliable connected queue pairs of one RDMA device, connected to each
 * other in this process: "ours" asks, "theirs" owns the regions under test.
 *
 * The connection is made with rdma_cm, which is the one way that works for
 * Soft-RoCE and for Soft-iWARP. The device is the one of the environment's
 * T_DEVICE, rxe0 without it; tests that need a second name it.
 */
#ifndef T_VERBS_PAIR_H
#define T_VERBS_PAIR_H

#include <infiniband/verbs.h>
#include <rdma/rdma_cma.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define T_BOUNCE (256UL << 10)

struct t_pair {
	struct rdma_event_channel *events;
	struct rdma_cm_id *listener, *ours, *theirs;
	struct ibv_context *context;
	struct ibv_pd *pd;
	struct ibv_cq *cq;
	unsigned char *bounce;		/* our side's memory, T_BOUNCE bytes */
	struct ibv_mr *bounce_mr;
	int access;			/* all a region can be given */
};

const char *t_device(void);
bool t_is_iwarp(void);

/* init and connect; ends the test when the device does not work. */
void t_pair_open(struct t_pair *p, const char *device);
void t_pair_close(struct t_pair *p);
/*
 * The same with new queue pairs: an access error is the end of the old ones.
 * The regions stay.
 */
void t_pair_reconnect(struct t_pair *p);

/* Register with every access there is. NULL and errno, as ibv_reg_mr(). */
struct ibv_mr *t_reg(struct t_pair *p, void *addr, size_t len);
/* The same, and end the test when it fails. */
struct ibv_mr *t_reg_must(struct t_pair *p, void *addr, size_t len);
/* Did ibv_reg_mr() fail with this errno? A region that was made is undone. */
bool t_reg_fails(struct t_pair *p, void *addr, size_t len, int err);
void t_dereg(struct ibv_mr *mr);
/*
 * What ibv_rereg_mr() would ask the kernel for, if the libraries of our two
 * devices had it. 0 or errno. Of the flags, IBV_REREG_MR_*, any.
 */
int t_rereg(struct ibv_mr *mr, int flags, uint64_t addr, uint64_t len,
	    struct ibv_pd *pd, unsigned int access);

/*
 * Operations of the peer on bytes of a region. They return when the bytes
 * are placed: 0, or the status of the failed work completion, or, which is no
 * status a completion can have:
 */
enum {
	T_NOT_TAKEN = 256,	/* ibv_post_send() failed, the connection had ended */
	T_VANISHED,		/* no completion, for as long as ten seconds */
};

const char *t_status_str(int status);
int t_rdma_write(struct t_pair *p, struct ibv_mr *mr, size_t off,
		 const void *src, size_t len);
int t_rdma_read(struct t_pair *p, struct ibv_mr *mr, size_t off, void *dst,
		size_t len);
int t_fetch_add(struct t_pair *p, struct ibv_mr *mr, size_t off, uint64_t add);
int t_send_into(struct t_pair *p, struct ibv_mr *mr, size_t off,
		const void *src, size_t len);
/* A send from a list of up to three pieces of memory into another one. */
int t_send_lists(struct t_pair *p, struct ibv_sge *from, int nr_from,
		 struct ibv_sge *into, int nr_into);

/*
 * The same operations on bytes that the region has lost: each has to complete
 * with an access error (over iWARP, whose peer ends the connection, as flushed or
 * not sent), and nothing may be moved. Connects anew after each.
 */
bool t_write_denied(struct t_pair *p, struct ibv_mr *mr, size_t off, size_t len);
bool t_read_denied(struct t_pair *p, struct ibv_mr *mr, size_t off, size_t len);
bool t_atomic_denied(struct t_pair *p, struct ibv_mr *mr, size_t off);
/* As buffer of our own requests: of a send, a receive, a read. */
bool t_send_from_denied(struct t_pair *p, struct ibv_mr *mr, size_t off, size_t len);
bool t_recv_into_denied(struct t_pair *p, struct ibv_mr *mr, size_t off, size_t len);
bool t_read_into_denied(struct t_pair *p, struct ibv_mr *mr, size_t off, size_t len);

/* Is a queue pair at its end, after an error? */
bool t_in_error(struct ibv_qp *qp);

/* May regions registered from now on lose bytes? The runner sets it back. */
void t_set_revocable(bool on);

/* Let the peer write pattern @seed, starting at its offset 0; must work. */
void t_dma_fill(struct t_pair *p, struct ibv_mr *mr, size_t off, size_t len,
		unsigned int seed);
/* Does the peer read that pattern? */
bool t_dma_is(struct t_pair *p, struct ibv_mr *mr, size_t off, size_t len,
	      unsigned int seed);

#endif
