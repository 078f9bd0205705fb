// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file whose inode is written back on behalf of one control group and
 * whose pages, registered, are charged to another,
 * when fsync snapshots them so often that the kernel hands the inode over to
 * the other group, which happens while writeback is in flight,
 * then the switch happens (a trace event of this inode says so), nothing breaks,
 * and every byte is on the disk.
 *
 * Guards inode_do_switch_wbs() of fs/fs-writeback.c, which meets entries that
 * carry the WRITEBACK mark.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include "scene.h"

#define PAGES	256U

static struct t_file f;
static struct t_gate ready;
static struct shared {
	bool stop;
	unsigned int seed;	/* of the last bytes of the peer */
} *volatile shared;

/* The second group: charged for the pages, registers, and keeps syncing. */
static void second(void *unused)
{
	struct ibv_mr *mr;
	struct t_pair p;

	(void)unused;
	t_cgroup_enter("t_second");
	t_pair_open(&p, t_device());
	mr = t_reg_must(&p, f.map + T_PAGE, f.len - T_PAGE);
	t_gate_open(&ready);
	for (shared->seed = 2; ; shared->seed++) {
		t_dma_fill(&p, mr, 0, T_PAGE * 4, shared->seed);
		t_must(!fsync(f.fd), "fsync");
		if (shared->seed % 8 == 0)
			t_must(t_disk_is(f.fd, T_PAGE, 4 * T_PAGE, shared->seed),
			       "the disk has the peer's bytes");
		if (__atomic_load_n(&shared->stop, __ATOMIC_SEQ_CST))
			break;
	}
	t_dereg(mr);
}

static void also_sync(void *unused)
{
	(void)unused;
	for (;;)
		t_must(!fsync(f.fd), "fsync");
}

/* Has our inode been handed over? Looks without stopping the trace. */
static bool switched(unsigned long ino)
{
	static char trace[64 << 10];
	int fd = open("/sys/kernel/tracing/trace", O_RDONLY);
	size_t len = 0;
	ssize_t got;

	t_must(fd >= 0, "open trace");
	while ((got = read(fd, trace + len, sizeof(trace) - 1 - len)) > 0)
		len += got;
	trace[len] = 0;
	close(fd);
	return t_trace_find(trace, "inode_switch_wbs", "ino", ino);
}

int main(void)
{
	pid_t pid, syncer;
	struct stat st;
	unsigned int seen;
	bool changed;

	t_begin();
	t_fs_make(64, "", "");
	t_cgroup_make("t_first");
	t_cgroup_make("t_second");
	t_cgroup_enter("t_first");
	t_file_make(&f, "file", PAGES * T_PAGE, T_HOLE);
	t_must(!fstat(f.fd, &st), "fstat");
	shared = mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	t_must(shared != MAP_FAILED, "shared memory");
	/* The first to dirty the inode owns its writeback */
	t_must(pwrite(f.fd, "first", 5, 0) == 5 && !fsync(f.fd), "write");
	t_trace_start("writeback:inode_switch_wbs");
	t_gate_make(&ready);
	pid = t_fork(second, NULL);
	t_gate_wait(&ready);
	syncer = t_fork(also_sync, NULL);
	/* First the kernel has to see who it is that dirties it */
	changed = t_within(100, switched(st.st_ino) || t_ended(pid) ||
			   t_ended(syncer)) && switched(st.st_ino);
	seen = shared->seed;
	t_ok(changed, "the inode changed hands, after %u fsyncs", seen - 2);
	t_ok(t_within(20, shared->seed > seen + 8), "and so it goes on");
	t_ok(!t_ended(syncer), "all fsyncs beside it work, too");
	t_kill(syncer);
	__atomic_store_n(&shared->stop, true, __ATOMIC_SEQ_CST);
	t_ok(t_join(pid, 60), "the second group's fsyncs all work");
	free(t_trace_stop());
	t_ok(t_nothing_under_io(), "nothing is left under io");
	t_must(!fsync(f.fd), "fsync");
	t_ok(t_disk_is(f.fd, T_PAGE, 4 * T_PAGE, shared->seed),
	     "the last bytes are there");
	t_cgroup_enter("");
	t_file_close(&f);
	errno = t_fs_umount();
	t_ok(!errno, "the file system can be unmounted");
	t_done();
}
