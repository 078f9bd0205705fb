// SPDX-License-Identifier: GPL-2.0
/*
 * Given a process with regions on a file, and another one in fsync, whose
 * snapshots are on their way to a disk that hangs,
 * when the peer writes once more, the first process deregisters a region, ends
 * with another one alive, or is killed,
 * then it does not wait for the disk: all is given back while fsync still hangs;
 * and when the disk goes on, fsync works and the disk has what was there when it
 * was called, with the next fsync it has the last bytes, and after a remount the
 * file has them.
 *
 * Guards that pui_end() and umem_pin_release() do not wait for writeback, and that
 * a snapshot does without the range that it was made for.
 */
#include "bad_disk.h"
#include "scene.h"

#define PAGES	16U
#define HALF	(PAGES / 2 * T_PAGE)

enum { EXIT, KILLED, HOWS };

static const char *const name[HOWS] = { "exit", "SIGKILL" };

static struct t_gate ready, rewrite, done;
static struct t_file f;
static int how;

/* Seeds: of what is there when fsync is called, and of the last bytes. */
static unsigned int synced(void) { return 10 + how; }
static unsigned int last(void) { return 20 + how; }

static void hold(void *unused)
{
	struct ibv_mr *first, *second;
	struct t_pair p;

	(void)unused;
	t_pair_open(&p, t_device());
	first = t_reg_must(&p, f.map, HALF);
	second = t_reg_must(&p, f.map + HALF, HALF);
	t_dma_fill(&p, first, 0, HALF, synced());
	t_dma_fill(&p, second, 0, HALF, synced());
	t_gate_open(&ready);
	t_gate_wait(&rewrite);
	t_dma_fill(&p, first, 0, HALF, last());
	t_dma_fill(&p, second, 0, HALF, last());
	t_dereg(first);
	t_gate_open(&done);
	if (how == KILLED)
		pause();
	/* EXIT: ends with the second region alive */
}

static void do_fsync(void *unused)
{
	(void)unused;
	t_must(!fsync(f.fd), "fsync");
}

static bool disk_is(unsigned int seed)
{
	return t_disk_is(f.fd, 0, HALF, seed) && t_disk_is(f.fd, HALF, HALF, seed);
}

static void release_while_the_disk_hangs(void)
{
	pid_t holder, syncer;

	holder = t_fork(hold, NULL);
	t_gate_wait(&ready);
	t_must(t_under_io(f.fd, 0, PAGES), "under io");
	t_slow_disk(100000);
	syncer = t_fork(do_fsync, NULL);
	t_must(t_blocked_in(syncer, "folio_wait_writeback"),
	       "fsync waits for the disk");
	t_gate_open(&rewrite);
	t_gate_wait(&done);
	t_ok(t_no_entry(f.fd, 0, PAGES / 2), "%s: one is deregistered", name[how]);
	t_ok(!t_ended(holder), "%s: the other is alive", name[how]);
	if (how == KILLED)
		t_kill(holder);
	else
		t_ok(t_join(holder, 20), "%s: ends well", name[how]);
	t_ok(t_within(20, t_nothing_under_io()) && t_no_entry(f.fd, 0, PAGES),
	     "%s: all is given back", name[how]);
	t_ok(t_blocked_in(syncer, "folio_wait_writeback"),
	     "%s: and fsync still waits for the disk", name[how]);
	t_slow_disk(0);
	t_ok(t_join(syncer, 20), "%s: until that goes on", name[how]);
	t_ok(disk_is(synced()), "%s: which has what was there at fsync", name[how]);
	t_ok(!fsync(f.fd) && disk_is(last()),
	     "%s: and with the next fsync the last bytes", name[how]);
}

int main(void)
{
	int fd;

	t_begin();
	t_bad_disk_open(64, "");
	for (how = 0; how < HOWS; how++) {
		t_gate_make(&ready);
		t_gate_make(&rewrite);
		t_gate_make(&done);
		t_file_make(&f, name[how], 2 * HALF, T_WRITTEN);
		release_while_the_disk_hangs();
		t_file_close(&f);
		t_fs_remount("");
		fd = open(f.path, O_RDONLY);
		t_ok(t_read_is(fd, 0, HALF, last()),
		     "%s: after a remount they are in the file", name[how]);
		close(fd);
	}
	t_done();
}
