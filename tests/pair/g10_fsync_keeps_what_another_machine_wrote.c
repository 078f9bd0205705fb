// SPDX-License-Identifier: GPL-2.0
/*
 * Given two machines, of which one, the owner, has registered a file of holes,
 * when the other, the peer, writes into it by RDMA: all of it, an odd piece of
 * it, and single pages all the while the owner calls fsync,
 * then after each fsync the disk of the owner has every byte of the file as the
 * peer made it, with the region still registered; a store of the owner is what
 * the peer reads; and what the peer writes last, with no sync after it, survives
 * deregistration and a remount.
 *
 * Runs on both machines at once, as "owner" and as "peer":
 *   rxe-setup/vm pair --share DIR -- './pair/NAME owner' './pair/NAME peer'
 *
 * Guards the same as g10_every_sync_call_writes_rdma_bytes, over a network.
 */
#include <infiniband/verbs.h>
#include <rdma/rdma_cma.h>
#include <rdma/rdma_verbs.h>
#include <signal.h>
#include <sys/mman.h>

#include "scene.h"

#define LEN (1UL << 20)
#define PORT "7777"

/*
 * What the two tell each other.  A message is there when all that was written
 * before it is.
 */
struct word {
	uint64_t addr;		/* as the owner accepts: where to write */
	uint32_t rkey;
	uint32_t seed;		/* from the peer: pattern of a piece it wrote */
	uint64_t off, len;
};

static struct rdma_cm_id *id;
static struct ibv_mr *word_mr;
static struct word *in, *out;	/* one page */
static unsigned char model[LEN];	/* what the file should hold */

static const char *address(void)
{
	return t_is_iwarp() ? "10.77.1.1" : "10.77.0.1";
}

static int endpoint(struct rdma_cm_id **ep, int flags)
{
	struct rdma_addrinfo hints = { .ai_port_space = RDMA_PS_TCP, .ai_flags = flags };
	struct ibv_qp_init_attr attr = {
		.qp_type = IBV_QPT_RC, .sq_sig_all = 1,
		.cap = { .max_send_wr = 8, .max_recv_wr = 8,
			 .max_send_sge = 1, .max_recv_sge = 1 },
	};
	struct rdma_addrinfo *info;
	int failed;

	if (rdma_getaddrinfo(address(), PORT, &hints, &info))
		return -1;
	failed = rdma_create_ep(ep, info, NULL, &attr);
	rdma_freeaddrinfo(info);
	return failed;
}

static void expect_word(void)
{
	t_must(!rdma_post_recv(id, NULL, in, sizeof(*in), word_mr), "post a receive");
}

static void make_words(void)
{
	in = mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	t_must(in != MAP_FAILED, "memory");
	out = in + 1;
	word_mr = rdma_reg_msgs(id, in, T_PAGE);
	t_must(word_mr, "register memory for messages");
	expect_word();
}

/* Wait for what was posted on one of our queues. */
static void done(struct ibv_cq *cq, const char *what)
{
	double end = t_deadline(30);
	struct ibv_wc wc;
	int n;

	while (!(n = ibv_poll_cq(cq, 1, &wc)))
		t_must(!t_over(end), "%s in time", what);
	errno = EIO;
	t_must(n == 1 && wc.status == IBV_WC_SUCCESS, "%s: %s", what,
	       n == 1 ? ibv_wc_status_str(wc.status) : "no completion");
}

static void say_word(void)
{
	t_must(!rdma_post_send(id, NULL, out, sizeof(*out), word_mr, 0), "post a send");
	done(id->send_cq, "a message to the other machine");
}

static void hear_word(void)
{
	done(id->recv_cq, "a message from the other machine");
}

/* --- the owner */

static bool disk_is_model(int fd)
{
	static unsigned char disk[LEN];

	return t_disk_read(t_disk(), fd, 0, disk, LEN) == LEN && !memcmp(disk, model, LEN);
}

static void look(struct t_file *f, const char *what)
{
	t_fill(model + in->off, in->len, in->seed);
	t_ok(!memcmp(f->map, model, LEN), "%s: the owner sees it", what);
	t_ok(!fsync(f->fd) && disk_is_model(f->fd),
	     "%s: after fsync every byte of the file is on the disk", what);
	expect_word();
	say_word();
}

static void owner(void)
{
	struct rdma_conn_param param = {
		.responder_resources = 1, .initiator_depth = 1, .rnr_retry_count = 7,
		.private_data_len = sizeof(struct word),
	};
	struct rdma_cm_id *listener;
	struct ibv_mr *mr;
	struct ibv_wc wc;
	struct t_file f;
	int syncs = 0, fd;

	t_fs_make(64, "", "");
	t_file_make(&f, "file", LEN, T_HOLE);
	t_must(!endpoint(&listener, RAI_PASSIVE), "an endpoint at %s", address());
	t_must(!rdma_listen(listener, 1), "listen");
	t_must(!rdma_get_request(listener, &id), "rdma_get_request");
	make_words();
	mr = ibv_reg_mr(id->pd, f.map, LEN, IBV_ACCESS_LOCAL_WRITE |
			IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ);
	t_must(mr, "register the file");
	*out = (struct word){ .addr = (uintptr_t)f.map, .rkey = mr->rkey };
	param.private_data = out;
	t_must(!rdma_accept(id, &param), "rdma_accept");

	hear_word();
	look(&f, "all of the file");
	hear_word();
	look(&f, "an odd piece");

	/* The peer writes on until it says so */
	while (!ibv_poll_cq(id->recv_cq, 1, &wc) && ++syncs)
		t_must(!fsync(f.fd), "fsync");
	errno = EIO;
	t_must(wc.status == IBV_WC_SUCCESS, "a message: %s", ibv_wc_status_str(wc.status));
	t_ok(syncs > 1, "the peer wrote during %d calls of fsync", syncs);
	t_fill(f.map + 3 * T_PAGE, T_PAGE, 9);
	t_fill(model + 3 * T_PAGE, T_PAGE, 9);
	look(&f, "written during fsync");

	hear_word();
	t_fill(model + in->off, in->len, in->seed);
	errno = ibv_dereg_mr(mr);
	t_must(!errno, "ibv_dereg_mr");
	say_word();
	t_ok(t_within(10, t_no_entry(f.fd, 0, LEN / T_PAGE)), "nothing is under io any more");
	t_file_close(&f);
	t_fs_remount("");
	fd = open(f.path, O_RDONLY);
	t_ok(fd >= 0 && read(fd, f.map = malloc(LEN), LEN) == LEN && !memcmp(f.map, model, LEN),
	     "a remount has what was written last");
	close(fd);
	errno = t_fs_umount();
	t_must(!errno, "umount");
	rdma_destroy_ep(listener);
}

/* --- the peer */

/* Until the owner is there, connecting fails. */
static bool dial(void)
{
	if (endpoint(&id, 0))
		return false;
	make_words();
	if (!rdma_connect(id, NULL))
		return true;
	ibv_dereg_mr(word_mr);
	munmap(in, T_PAGE);
	rdma_destroy_ep(id);
	return false;
}

static void put(struct ibv_mr *mr, const struct word *file, size_t off, size_t len,
		unsigned int seed)
{
	t_fill(mr->addr, len, seed);
	t_must(!rdma_post_write(id, NULL, mr->addr, len, mr, 0, file->addr + off, file->rkey),
	       "post an RDMA write");
	done(id->send_cq, "an RDMA write");
	*out = (struct word){ .seed = seed, .off = off, .len = len };
}

static void say_and_hear(void)
{
	say_word();
	hear_word();
	expect_word();
}

static void peer(void)
{
	unsigned char *buf = malloc(LEN);
	struct ibv_mr *mr;
	struct word file;

	t_must(t_within(60, dial()), "connect to the owner at %s", address());
	mr = ibv_reg_mr(id->pd, buf, LEN, IBV_ACCESS_LOCAL_WRITE);
	t_must(mr, "register memory");
	file = *(const struct word *)id->event->param.conn.private_data;

	put(mr, &file, 0, LEN, 2);
	say_and_hear();
	put(mr, &file, 5001, 123457, 3);
	say_and_hear();
	for (int i = 0; i < 200; i++)
		put(mr, &file, 7 * T_PAGE, T_PAGE, 4 + i % 5);
	say_and_hear();
	t_must(!rdma_post_read(id, NULL, buf, T_PAGE, mr, 0, file.addr + 3 * T_PAGE, file.rkey),
	       "post an RDMA read");
	done(id->send_cq, "an RDMA read");
	t_ok(t_is(buf, T_PAGE, 9), "the peer reads what the owner stored");
	put(mr, &file, 0, LEN, 10);
	say_and_hear();
	ibv_dereg_mr(mr);
}

int main(int argc, char **argv)
{
	const char *role = argc == 2 ? argv[1] : "";

	if (strcmp(role, "owner") && strcmp(role, "peer")) {
		fprintf(stderr, "usage: %s owner|peer\n", argv[0]);
		return 2;
	}
	t_begin();
	/* A machine that is gone says nothing; SIGALRM ends us */
	alarm(t_deadline(120) - t_deadline(0));
	if (!strcmp(role, "owner"))
		owner();
	else
		peer();
	rdma_disconnect(id);
	rdma_destroy_ep(id);
	t_done();
}
