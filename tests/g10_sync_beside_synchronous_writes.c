// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of which the first half is registered and a process that
 * writes to the second half with O_SYNC, and to the first bytes of the pinned
 * half's last page, without a pause,
 * when the peer writes and fsync is called, again and again,
 * then after each fsync the disk has the peer's bytes, after each O_SYNC write
 * it has the process's, and neither waits for the other for long.
 *
 * Guards two snapshots of one page at a time: __folio_start_writeback() that
 * keeps TOWRITE.
 */
#include "scene.h"

#define HALF	(8 * T_PAGE)
#define SHARED	(7 * T_PAGE)	/* page 7: its last 1000 bytes are the process's */
#define OWN	(SHARED + T_PAGE - 1000)

static struct t_scene s;

static void write_synchronously(void *unused)
{
	int fd = open(s.f.path, O_RDWR | O_SYNC);
	unsigned char buf[HALF];

	(void)unused;
	t_must(fd >= 0, "open O_SYNC");
	for (unsigned int seed = 50; seed < 90; seed++) {
		t_fill(buf, HALF, seed);
		t_must(pwrite(fd, buf, HALF, HALF) == (long)HALF, "write");
		t_must(t_disk_is(fd, HALF, HALF, seed), "O_SYNC: on the disk");
		t_must(pwrite(fd, buf, 1000, OWN) == 1000, "write");
		t_must(t_disk_is(fd, OWN, 1000, seed),
		       "O_SYNC to a pinned page: on the disk");
	}
}

int main(void)
{
	unsigned int rounds = 0;
	bool right = true;
	pid_t pid;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", 2 * HALF, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, HALF);
	pid = t_fork(write_synchronously, NULL);
	while (!t_ended(pid)) {
		/* All but the process's bytes */
		t_dma_fill(&s.p, s.mr, 0, OWN, 2 + rounds % 40);
		t_must(!fsync(s.f.fd), "fsync");
		right &= t_disk_is(s.f.fd, 0, OWN, 2 + rounds % 40);
		rounds++;
	}
	t_ok(rounds > 5, "%u fsyncs went on beside it", rounds);
	t_ok(right, "after each the disk had the peer's bytes");
	t_ok(t_join(pid, 5), "after each O_SYNC write it had the process's");
	t_ok(t_within(5, t_under_io(s.f.fd, 0, 8)), "the pages stay under io");
	t_scene_close(&s);
	t_done();
}
