// SPDX-License-Identifier: GPL-2.0
/*
 * Given a process with a live region that forks,
 * when parent, peer and child write to the pages by turns, and then the child
 * dies first, or the parent (whose open device the child has inherited),
 * then all three see each other's bytes on the same folios, the pages stay
 * under io until the last of the two is gone, and every byte is on the disk.
 *
 * Guards that a region belongs to the device's file and not to a process.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "scene.h"

#define PAGES	16U
#define PART	(4 * T_PAGE)	/* each writer's; the last one is nobody's */

static struct t_gate wrote, go, done;
static struct t_slot before[PAGES];
static struct t_file f;
static bool child_first;
static volatile pid_t *child_pid;	/* and [1]: main */

static bool parts_are(unsigned int parent, unsigned int peer, unsigned int child)
{
	return t_is(f.map, PART, parent) && t_is(f.map + PART, PART, peer) &&
	       t_is(f.map + 2 * PART, PART, child);
}

static void child(void *unused)
{
	(void)unused;
	/* Else it is killed when its parent ends */
	prctl(PR_SET_PDEATHSIG, 0);
	t_fill(f.map + 2 * PART, PART, 22);
	t_must(parts_are(20, 21, 22), "the child sees what others wrote before");
	t_gate_open(&wrote);
	t_gate_wait(&go);
	t_must(parts_are(30, 31, 22), "the child sees what they wrote after");
	if (child_first)
		return;
	t_must(t_within(20, getppid() == child_pid[1]), "we are alone");
	t_fill(f.map + 2 * PART, PART, 32);
	t_gate_open(&done);
	pause();		/* until main ends it */
}

static void parent(void *unused)
{
	struct ibv_mr *mr;
	struct t_pair p;

	(void)unused;
	t_pair_open(&p, t_device());
	mr = t_reg_must(&p, f.map, f.len);
	t_slots(f.fd, 0, PAGES, before);
	t_fill(f.map, PART, 20);
	t_dma_fill(&p, mr, PART, PART, 21);
	*child_pid = t_fork(child, NULL);
	t_gate_wait(&wrote);
	t_must(t_dma_is(&p, mr, 2 * PART, PART, 22), "the peer sees the child's");
	t_fill(f.map, PART, 30);
	t_dma_fill(&p, mr, PART, PART, 31);
	t_must(t_slots_same(f.fd, before, PAGES), "fork copied no page");
	t_gate_open(&go);
	if (!child_first)
		return;		/* without deregistering */
	t_must(t_join(*child_pid, 30), "the child ends well");
	t_must(t_under_io(f.fd, 0, PAGES), "under io without the child");
	t_dma_fill(&p, mr, 2 * PART, PART, 32);
	t_must(parts_are(30, 31, 32), "the region works on");
}

int main(void)
{
	t_begin();
	t_fs_make(64, "", "");
	child_pid = mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	t_must(child_pid != MAP_FAILED, "shared memory");
	child_pid[1] = getpid();
	/* The child of a child that ended becomes ours */
	t_must(!prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl");
	t_file_make(&f, "file", PAGES * T_PAGE, T_HOLE);
	for (int round = 0; round < 2; round++) {
		const char *who = round ? "the parent" : "the child";

		child_first = !round;
		t_gate_make(&wrote);
		t_gate_make(&go);
		t_gate_make(&done);
		t_ok(t_join(t_fork(parent, NULL), 60),
		     "%s dies first: all see all bytes", who);
		if (!child_first) {
			t_gate_wait(&done);
			t_ok(t_under_io(f.fd, 0, PAGES) &&
			     t_vmstat("nr_pui_pages") == PAGES,
			     "%s dies first: under io as long as the child lives",
			     who);
			t_ok(!fsync(f.fd) && t_disk_is(f.fd, 2 * PART, PART, 32),
			     "%s dies first: fsync writes them", who);
			t_kill(*child_pid);
		}
		t_ok(t_within(20, t_nothing_under_io() &&
			      t_slots_are(f.fd, 0, PAGES, "folio")),
		     "%s dies first: all is given back in the end", who);
		t_ok(parts_are(30, 31, 32) && !fsync(f.fd) &&
		     t_disk_is(f.fd, 0, PART, 30) &&
		     t_disk_is(f.fd, PART, PART, 31) &&
		     t_disk_is(f.fd, 2 * PART, PART, 32),
		     "%s dies first: the disk has what all three wrote", who);
	}
	t_file_close(&f);
	errno = t_fs_umount();
	t_ok(!errno, "the file system can be unmounted");
	t_done();
}
