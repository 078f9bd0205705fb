// SPDX-License-Identifier: GPL-2.0
/* One of the processes that work on the file, and what each operation does. */
#include "storm.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scene.h"

/* Halves of the peer's memory: what it sends, and what it gets. */
#define OUT	0UL
#define IN	(T_BOUNCE / 2)

static long max;
static int fd, direct;
static unsigned char *map;
static struct t_pair pair;
static struct ibv_mr *mr[SLOTS];

static void open_file(void)
{
	fd = open(STORM_FILE, O_RDWR);
	direct = open(STORM_FILE, O_RDWR | O_DIRECT);
	t_must(fd >= 0 && direct >= 0, "open " STORM_FILE);
	map = mmap(NULL, max, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	t_must(map != MAP_FAILED, "mmap " STORM_FILE);
}

static void close_file(void)
{
	for (int slot = 0; slot < SLOTS; slot++) {
		if (mr[slot])
			t_dereg(mr[slot]);
		mr[slot] = NULL;
	}
	munmap(map, max);
	close(fd);
	close(direct);
}

/*
 * What requests bring at the other end: the status of the first of @want
 * completions that is an error.  They have to come, over iWARP, too, which
 * flushes what is posted when the other side ends the connection.
 * The emulated device needs the processor, so give it up between two looks.
 */
static int complete(struct ibv_send_wr *wr, int want)
{
	struct ibv_send_wr *bad;
	double end = t_deadline(20);
	struct ibv_wc wc;
	int n;

	errno = ibv_post_send(pair.ours->qp, wr, &bad);
	t_must(!errno, "ibv_post_send");
	while (want) {
		n = ibv_poll_cq(pair.cq, 1, &wc);
		errno = EIO;
		t_must(n >= 0, "ibv_poll_cq");
		if (n && wc.status)
			return wc.status;
		want -= n;
		if (!n && t_over(end))
			return T_VANISHED;
		if (!n)
			sched_yield();
	}
	return 0;
}

static int request(enum ibv_wr_opcode opcode, struct ibv_sge sge, uint64_t to,
		   uint32_t rkey, uint64_t swap)
{
	struct ibv_send_wr wr = {
		.opcode = opcode, .sg_list = &sge, .num_sge = 1,
		.wr.rdma = { .remote_addr = to, .rkey = rkey },
	};

	if (opcode == IBV_WR_ATOMIC_FETCH_AND_ADD ||
	    opcode == IBV_WR_ATOMIC_CMP_AND_SWP) {
		wr.wr.atomic.remote_addr = to;
		wr.wr.atomic.compare_add = *(uint64_t *)(pair.bounce + OUT);
		wr.wr.atomic.swap = swap;
		wr.wr.atomic.rkey = rkey;
	}
	return complete(&wr, opcode == IBV_WR_SEND ? 2 : 1);
}

static struct ibv_sge bounce(size_t at, size_t len)
{
	return (struct ibv_sge){ (uintptr_t)pair.bounce + at, len,
				 pair.bounce_mr->lkey };
}

/*
 * A write has arrived when a read behind it is answered.  Both are posted at
 * once: siw forgets what is posted when the connection has ended.
 */
static int write_to(struct ibv_sge from, uint64_t to, uint32_t rkey)
{
	struct ibv_sge into = bounce(T_BOUNCE - 1, 1);
	struct ibv_send_wr read = {
		.opcode = IBV_WR_RDMA_READ, .sg_list = &into, .num_sge = 1,
		.wr.rdma = { .remote_addr = to, .rkey = rkey },
	};
	struct ibv_send_wr write = {
		.opcode = IBV_WR_RDMA_WRITE, .sg_list = &from, .num_sge = 1,
		.wr.rdma = { .remote_addr = to, .rkey = rkey },
		.next = &read,
	};

	return complete(&write, 2);
}

static int do_device(struct work *w)
{
	const struct op *op = &w->op;
	struct ibv_mr *m = mr[op->slot];
	uint64_t at = (uintptr_t)map + op->off;
	uint64_t peer = (uintptr_t)pair.bounce;
	uint32_t key = pair.bounce_mr->rkey;
	struct ibv_sge local = { at, op->len, m->lkey };
	struct ibv_recv_wr recv = { .sg_list = &local, .num_sge = 1 }, *bad;
	uint64_t swap;

	if (op_is(op, 'w'))
		memcpy(pair.bounce + OUT, w->data, op->len);
	switch (op->kind) {
	case op_rdma_write:
	case op_freeze:
		return write_to(bounce(OUT, op->len), at, m->rkey);
	case op_rdma_read:
		return request(IBV_WR_RDMA_READ, bounce(IN, op->len), at,
			       m->rkey, 0);
	case op_send:
		errno = ibv_post_recv(pair.theirs->qp, &recv, &bad);
		t_must(!errno, "ibv_post_recv");
		return request(IBV_WR_SEND, bounce(OUT, op->len), 0, 0, 0);
	case op_local_write:
		return request(IBV_WR_RDMA_READ, local, peer + OUT, key, 0);
	case op_local_read:
		return write_to(local, peer + IN, key);
	case op_fetch_add:
		return request(IBV_WR_ATOMIC_FETCH_AND_ADD, bounce(IN, 8), at,
			       m->rkey, 0);
	case op_cmp_swap:
		memcpy(&swap, w->data, sizeof(swap));
		/* Compare with what is there, or, to fail, with its opposite */
		w->old = op->arg ? ~w->old : w->old;
		memcpy(pair.bounce + OUT, &w->old, sizeof(w->old));
		return request(IBV_WR_ATOMIC_CMP_AND_SWP, bounce(IN, 8), at,
			       m->rkey, swap);
	default:
		t_must(false, "%s on a region", op_name[op->kind]);
		return -1;
	}
}

/* Through a pipe that the bytes enter (@in) or leave by reference. */
static long through_pipe(struct work *w, bool in)
{
	long done = 0, n = 0;
	loff_t off = w->op.off;
	int p[2];

	t_must(!pipe(p), "pipe");
	while (done < w->op.len) {
		n = w->op.len - done;
		if (n > 8 * PAGE)
			n = 8 * PAGE;
		if (in) {
			n = write(p[1], w->data + done, n);
			n = splice(p[0], NULL, fd, &off, n, 0);
		} else if (w->op.kind == op_sendfile) {
			n = sendfile(p[1], fd, &off, n);
		} else {
			n = splice(fd, &off, p[1], NULL, n, 0);
		}
		if (!in && n > 0)
			n = read(p[0], w->data + done, n);
		if (n <= 0)
			break;
		done += n;
	}
	close(p[0]);
	close(p[1]);
	return n < 0 ? n : done;
}

static long copy(const struct op *op)
{
	loff_t from = op->arg, to = op->off;
	long done = 0, n;

	while (done < op->len) {
		n = copy_file_range(fd, &from, fd, &to, op->len - done, 0);
		if (n <= 0)
			return n < 0 ? n : done;
		done += n;
	}
	return done;
}

/* A child that has the mapping, and the registered pages in it, writes. */
static int fork_and_write(struct work *w)
{
	int status;
	pid_t pid = fork();

	t_must(pid >= 0, "fork");
	if (!pid) {
		memcpy(map + w->op.off, w->data, w->op.len);
		_exit(0);
	}
	t_must(waitpid(pid, &status, 0) == pid && !status, "the child");
	return 0;
}

static int truncate_by_open(void)
{
	int again = open(STORM_FILE, O_RDWR | O_TRUNC);

	if (again < 0)
		return -1;
	close(again);
	return 0;
}

/* The operation itself: bytes it moved, 0, or -1 and errno. */
static long perform(struct work *w)
{
	const struct op *op = &w->op;
	long off = op->off, len = op->len;

	switch (op->kind) {
	case op_read:
		return pread(fd, w->data, len, off);
	case op_write:
		return pwrite(fd, w->data, len, off);
	case op_direct_read:
		return pread(direct, w->data, len, off);
	case op_direct_write:
		return pwrite(direct, w->data, len, off);
	case op_map_read:
		memcpy(w->data, map + off, len);
		return len;
	case op_map_write:
		memcpy(map + off, w->data, len);
		return len;
	case op_splice_out:
	case op_sendfile:
		return through_pipe(w, false);
	case op_splice_in:
		return through_pipe(w, true);
	case op_copy:
		return copy(op);
	case op_reg:
		mr[op->slot] = t_reg(&pair, map + off, len);
		return mr[op->slot] ? 0 : -1;
	case op_dereg:
		t_dereg(mr[op->slot]);
		mr[op->slot] = NULL;
		return 0;
	case op_fsync:
		return fsync(fd);
	case op_fdatasync:
		return fdatasync(fd);
	case op_msync:
		return msync(map + off, len, MS_SYNC);
	case op_sync:
		sync();
		return 0;
	case op_syncfs:
		return syncfs(fd);
	case op_sync_range:
		return sync_file_range(fd, off, len,
				       SYNC_FILE_RANGE_WAIT_BEFORE |
				       SYNC_FILE_RANGE_WRITE |
				       SYNC_FILE_RANGE_WAIT_AFTER);
	case op_truncate:
		return ftruncate(fd, off);
	case op_open_trunc:
		return truncate_by_open();
	case op_alloc:
		return fallocate(fd, 0, off, len);
	case op_alloc_keep:
		return fallocate(fd, FALLOC_FL_KEEP_SIZE, off, len);
	case op_punch:
		return fallocate(fd, FALLOC_FL_PUNCH_HOLE |
				 FALLOC_FL_KEEP_SIZE, off, len);
	case op_zero:
		return fallocate(fd, FALLOC_FL_ZERO_RANGE, off, len);
	case op_zero_keep:
		return fallocate(fd, FALLOC_FL_ZERO_RANGE |
				 FALLOC_FL_KEEP_SIZE, off, len);
	case op_collapse:
		return fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, off, len);
	case op_insert:
		return fallocate(fd, FALLOC_FL_INSERT_RANGE, off, len);
	case op_drop_caches:
		t_drop_caches(1 + off % 3);
		return 0;
	case op_compact:
		t_write_file("/proc/sys/vm/compact_memory", "1");
		return 0;
	case op_pageout:
		return madvise(map + off, len, MADV_PAGEOUT);
	case op_dontneed:
		return madvise(map + off, len, MADV_DONTNEED);
	case op_fork:
		return fork_and_write(w);
	default:
		t_must(false, "%s in a worker", op_name[op->kind]);
		return -1;
	}
}

static void work_on(struct work *w)
{
	const struct op *op = &w->op;

	w->err = 0;
	w->status = 0;
	if (op_is(op, 'm') && op->kind != op_dereg) {
		w->status = do_device(w);
		if (op_is(op, 'r'))
			memcpy(w->data, pair.bounce + IN, op->len);
		if (op->kind == op_fetch_add || op->kind == op_cmp_swap)
			memcpy(&w->old, pair.bounce + IN, sizeof(w->old));
		w->n = op->len;
		/* After an error the connection is of no more use */
		if (w->status)
			t_pair_reconnect(&pair);
		return;
	}
	w->n = perform(w);
	if (w->n < 0)
		w->err = errno;
}

void worker_main(int who, struct work *w, long file_max, int ask, int answer)
{
	char byte;

	max = file_max;
	open_file();
	t_pair_open(&pair, who % 2 ? "siw0" : "rxe0");
	do {
		if (w->close)
			close_file();
		else if (w->open)
			open_file();
		else if (w->op.kind < op_kinds)
			work_on(w);
		t_must(write(answer, "", 1) == 1, "answer");
	} while (read(ask, &byte, 1) == 1 && !w->quit);
	close_file();
	t_pair_close(&pair);
	_exit(0);
}
