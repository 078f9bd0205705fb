// SPDX-License-Identifier: GPL-2.0
/*
 * Given a process whose peer writes to a region on a file all the time,
 * when the file system is frozen and thawed again and again, and while it is
 * frozen: a file is synced, sync() is called, a region is deregistered, another
 * registered, and a process with a region is killed,
 * then the peer's writes go on; sync, deregistration and the killed process
 * come to their end while it is frozen, fsync and registration with the thaw;
 * not a byte of the disk changes while it is frozen (hash of the whole file
 * system), and what all regions left is on the disk after the thaw.
 *
 * Guards pui_write_begin() in ext4_writepages() on a frozen file system, and
 * that neither umem_pin_release() nor a fault waits with what a thaw needs.
 */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "scene.h"

#define MIB	32
#define ROUNDS	3
#define PAGES	16U		/* of each of four regions */
#define PART	(PAGES * T_PAGE)

enum { BUSY, OURS, KILLED, NEW };	/* whose part of the file is which */

/* The seed of the last complete write; and whether there are to be no more. */
static volatile unsigned int *written, *stop;
static struct t_gate ready, go;
static struct t_file f;

static void keep_writing(void *part)
{
	struct ibv_mr *mr;
	struct t_pair p;

	t_pair_open(&p, t_device());
	mr = t_reg_must(&p, f.map + *(int *)part * PART, PART);
	t_gate_open(&ready);
	for (unsigned int n = 0; !*stop; n++) {
		t_dma_fill(&p, mr, 0, PART, n);
		if (*(int *)part == BUSY)
			*written = n;
	}
}

static void deregister(void *seed)
{
	struct ibv_mr *mr;
	struct t_pair p;

	t_pair_open(&p, t_device());
	mr = t_reg_must(&p, f.map + OURS * PART, PART);
	t_gate_open(&ready);
	t_gate_wait(&go);
	t_dma_fill(&p, mr, 0, PART, *(unsigned int *)seed);
	t_dereg(mr);
}

static void register_new(void *unused)
{
	struct ibv_mr *mr;
	struct t_pair p;

	(void)unused;
	t_pair_open(&p, t_device());
	t_gate_open(&ready);
	mr = t_reg_must(&p, f.map + NEW * PART, PART);
	t_dma_fill(&p, mr, 0, PART, 50);
}

static void do_fsync(void *unused)
{
	(void)unused;
	t_must(!fsync(f.fd), "fsync");
}

static void do_sync(void *unused)
{
	(void)unused;
	sync();
}

static void frozen_round(int dir, unsigned int seed)
{
	pid_t victim, other, syncer, newcomer;
	unsigned int before;
	unsigned long hash;

	/* They share no open device with us, for we have none */
	victim = t_fork(keep_writing, (int []){ KILLED });
	t_gate_wait(&ready);
	other = t_fork(deregister, &seed);
	t_gate_wait(&ready);
	/* Nothing dirty in NEW, so that registering it is a fault */
	t_must(!fsync(f.fd), "fsync");
	t_ok(!ioctl(dir, FIFREEZE, 0), "freezing works");
	hash = t_disk_hash(MIB);
	before = *written;
	syncer = t_fork(do_fsync, NULL);
	newcomer = t_fork(register_new, NULL);
	t_gate_wait(&ready);
	t_ok(t_join(t_fork(do_sync, NULL), 30), "sync() comes back");
	t_gate_open(&go);
	t_ok(t_join(other, 30), "and so does a deregistration");
	t_ok(!t_ended(victim), "who is to be killed has lived until then");
	t_kill(victim);
	t_ok(t_within(30, t_vmstat("nr_pui_pages") == PAGES),
	     "deregistered and killed: given back while frozen");
	t_ok(t_blocked_in(syncer, "ext4_sync_file"), "fsync waits");
	t_ok(t_blocked_in(newcomer, "ext4_page_mkwrite"), "registration waits");
	t_ok(t_within(30, *written > before + 2), "the peer writes on");
	t_ok(t_disk_hash(MIB) == hash, "not a byte of the disk has changed");
	t_ok(!ioctl(dir, FITHAW, 0), "thawing works");
	t_ok(t_join(syncer, 30) && t_join(newcomer, 30),
	     "then fsync and registration come back");
	t_ok(!fsync(f.fd) && t_disk_is(f.fd, OURS * PART, PART, seed) &&
	     t_disk_is(f.fd, NEW * PART, PART, 50),
	     "the disk has what the regions left");
}

int main(void)
{
	pid_t writer;
	int dir;

	t_begin();
	t_fs_make(MIB, "", "");
	t_file_make(&f, "file", 4 * PART, T_WRITTEN);
	written = mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	dir = open(T_MNT, O_RDONLY | O_DIRECTORY);
	t_must(written != MAP_FAILED && dir >= 0, "memory, directory");
	t_gate_make(&ready);
	t_gate_make(&go);
	stop = &written[1];
	writer = t_fork(keep_writing, (int []){ BUSY });
	t_gate_wait(&ready);
	for (unsigned int round = 0; round < ROUNDS; round++)
		frozen_round(dir, 10 + round);
	*stop = 1;
	t_ok(t_join(writer, 30), "the busy process ends well");
	t_ok(!fsync(f.fd) &&
	     t_disk_is(f.fd, BUSY * PART, PART, *written),
	     "the disk has its last write");
	close(dir);
	t_file_close(&f);
	t_ok(!t_fs_umount(), "the file system can be unmounted");
	t_done();
}
