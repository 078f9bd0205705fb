// SPDX-License-Identifier: GPL-2.0
/*
 * Given a process that has a live region, written by its peer, and passes the
 * device's open file (the command file, the asynchronous events' file) on over
 * a socket,
 * when it ends and the other process closes what it got, exits, is killed, or
 * never takes it out of the socket,
 * then the pages stay under io as long as somebody has the command file, fsync
 * writes them meanwhile, and all is given back with the last one, by whoever
 * holds it; the events' file alone keeps nothing.
 *
 * Guards umem_pin_release() in another process than the one that registered:
 * whose memory is accounted for, and that it may be gone.
 */
#include <sys/socket.h>

#include "scene.h"

#define PAGES 32U

enum { CLOSES, EXITS, KILLED, IGNORES, EVENTS_ONLY, HOWS };

static const char *const name[HOWS] = {
	"the receiver closes it", "the receiver exits", "the receiver is killed",
	"nobody takes it", "only the events' file",
};

static struct t_gate got, sent, end;
static int sockets[2];
static struct t_file f;
static int how;

static void send_fd(int fd)
{
	char room[CMSG_SPACE(sizeof(int))] = "";
	struct iovec byte = { .iov_base = "", .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &byte, .msg_iovlen = 1,
		.msg_control = room, .msg_controllen = sizeof(room),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	t_must(sendmsg(sockets[0], &msg, 0) == 1, "send a file");
}

static int receive_fd(void)
{
	char room[CMSG_SPACE(sizeof(int))], c;
	struct iovec byte = { .iov_base = &c, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &byte, .msg_iovlen = 1,
		.msg_control = room, .msg_controllen = sizeof(room),
	};
	int fd;

	t_must(recvmsg(sockets[1], &msg, 0) == 1 && CMSG_FIRSTHDR(&msg),
	       "receive a file");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	return fd;
}

static void owner(void *unused)
{
	struct ibv_mr *mr;
	struct t_pair p;

	(void)unused;
	t_pair_open(&p, t_device());
	mr = t_reg_must(&p, f.map, f.len);
	t_dma_fill(&p, mr, 0, f.len, 10 + how);
	send_fd(how == EVENTS_ONLY ? p.context->async_fd : p.context->cmd_fd);
	t_gate_open(&sent);
	if (how != IGNORES)
		t_gate_wait(&got);
}

static void receiver(void *unused)
{
	int fd;

	(void)unused;
	/* The socket's end is ours alone; else it would keep what it carries */
	close(sockets[0]);
	t_gate_wait(&sent);
	fd = how == IGNORES ? -1 : receive_fd();
	t_gate_open(&got);
	t_gate_wait(&end);
	if (how == CLOSES || how == EVENTS_ONLY) {
		close(fd);
		t_must(how == EVENTS_ONLY || t_within(20, t_nothing_under_io()),
		       "given back while we live");
	} else if (how == KILLED) {
		pause();
	}
}

int main(void)
{
	t_begin();
	t_fs_make2(16);
	t_fs_make(64, "", "");
	t_eager_flusher();
	t_file_make(&f, "file", PAGES * T_PAGE, T_WRITTEN);
	for (how = 0; how < HOWS; how++) {
		pid_t first, second;

		t_must(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), "sockets");
		t_gate_make(&sent);
		t_gate_make(&got);
		t_gate_make(&end);
		second = t_fork(receiver, NULL);
		first = t_fork(owner, NULL);
		close(sockets[0]);
		close(sockets[1]);
		t_must(t_join(first, 30), "the owner ends");
		if (how == EVENTS_ONLY) {
			t_ok(t_within(20, t_nothing_under_io()),
			     "%s: given back with the owner", name[how]);
		} else {
			t_flusher_rounds(2);
			t_ok(t_under_io(f.fd, 0, PAGES),
			     "%s: under io without the owner", name[how]);
			t_ok(!fsync(f.fd) && t_disk_is(f.fd, 0, f.len, 10 + how),
			     "%s: fsync writes them", name[how]);
		}
		t_gate_open(&end);
		if (how == KILLED)
			t_kill(second);
		else
			t_ok(t_join(second, 30), "%s: ends well", name[how]);
		t_ok(t_within(20, t_nothing_under_io() &&
			      t_slots_are(f.fd, 0, PAGES, "folio")),
		     "%s: all is given back", name[how]);
		t_ok(t_within(20, t_disk_is(f.fd, 0, f.len, 10 + how)),
		     "%s: the disk has the peer's bytes", name[how]);
	}
	t_file_close(&f);
	errno = t_fs_umount();
	t_ok(!errno, "the file system can be unmounted");
	t_done();
}
