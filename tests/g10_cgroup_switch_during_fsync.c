// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file whose inode is written back on behalf of one control group and
 * whose pages, registered, are charged to another,
 * when fsync snapshots them so often that the kernel hands the inode over to
 * the other group, which happens while writeback is in flight,
 * then the switch happens (a trace event says so), nothing breaks, and every
 * byte is on the disk.
 *
 * Guards inode_do_switch_wbs() of fs/fs-writeback.c, which meets entries that
 * carry the WRITEBACK mark.
 */
#include "scene.h"

#define PAGES	256U

static struct t_file f;
static struct t_gate ready;

/* The second group: charged for the pages, registers, and keeps syncing. */
static void second(void *unused)
{
	unsigned int seed = 0;
	struct ibv_mr *mr;
	struct t_pair p;

	(void)unused;
	t_cgroup_enter("t_second");
	t_pair_open(&p, t_device());
	mr = t_reg_must(&p, f.map + T_PAGE, f.len - T_PAGE);
	t_gate_open(&ready);
	for (int round = 0; round < 80; round++) {
		seed = 2 + round;
		t_dma_fill(&p, mr, 0, T_PAGE * 4, seed);
		t_must(!fsync(f.fd), "fsync");
		if (round % 8 == 0)
			t_must(t_disk_is(f.fd, T_PAGE, 4 * T_PAGE, seed),
			       "the disk has the peer's bytes");
	}
	t_dereg(mr);
}

static void also_sync(void *unused)
{
	(void)unused;
	for (;;)
		t_must(!fsync(f.fd), "fsync");
}

int main(void)
{
	pid_t pid, syncer;
	char *trace;

	t_begin();
	t_fs_make(64, "", "");
	t_cgroup_make("t_first");
	t_cgroup_make("t_second");
	t_cgroup_enter("t_first");
	t_file_make(&f, "file", PAGES * T_PAGE, T_HOLE);
	/* The first to dirty the inode owns its writeback */
	t_must(pwrite(f.fd, "first", 5, 0) == 5 && !fsync(f.fd), "write");
	t_trace_start("writeback:inode_switch_wbs");
	t_gate_make(&ready);
	pid = t_fork(second, NULL);
	t_gate_wait(&ready);
	syncer = t_fork(also_sync, NULL);
	t_ok(t_join(pid, 120), "the second group's fsyncs all work");
	t_kill(syncer);
	trace = t_trace_stop();
	t_ok(strstr(trace, "inode_switch_wbs"), "the inode changed hands");
	free(trace);
	t_ok(t_nothing_under_io(), "nothing is left under io");
	t_must(!fsync(f.fd), "fsync");
	t_ok(t_disk_is(f.fd, T_PAGE, 4 * T_PAGE, 81), "the last bytes are there");
	t_cgroup_enter("");
	t_file_close(&f);
	errno = t_fs_umount();
	t_ok(!errno, "the file system can be unmounted");
	t_done();
}
