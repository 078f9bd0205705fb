// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file, two descriptors of it, and a disk whose writes of
 * data begin to fail,
 * when the peer writes and fsync is called,
 * then it says EIO, the pages stay dirty and under io and hold the peer's
 * bytes; when the disk works again, the next fsync of the same descriptor works
 * and the bytes are on the disk, the other descriptor hears of the error once,
 * and one that was opened since does not; all of it as the kernel does with
 * ordinary pages.
 *
 * Guards ext4_finish_bio() for snapshots, and that the buffers stay dirty.
 */
#include <sys/mman.h>

#include "bad_disk.h"
#include "scene.h"

#define PAGES	8U

static struct t_scene s;

static bool says_eio(int ret)
{
	return ret < 0 && errno == EIO;
}

static bool nothing_lost(unsigned int seed)
{
	return t_under_io(s.f.fd, 0, PAGES) && t_is(s.f.map, s.f.len, seed) &&
	       t_dma_is(&s.p, s.mr, 0, s.f.len, seed);
}

int main(void)
{
	int other, later;

	t_begin();
	t_bad_disk_open(64, "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	other = open(s.f.path, O_RDWR);
	t_must(other >= 0 && !fsync(other) && !fsync(s.f.fd), "fsync");

	t_bad_disk(T_DISK_NO_WRITES);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_ok(says_eio(fsync(s.f.fd)), "fsync says EIO");
	t_ok(nothing_lost(2), "the pages stay dirty, under io and as they are");
	t_ok(t_disk_is(s.f.fd, 0, s.f.len, 1), "nothing got to the disk");
	t_ok(says_eio(fdatasync(s.f.fd)), "so does fdatasync");
	t_ok(says_eio(msync(s.f.map, s.f.len, MS_SYNC)), "and msync");
	t_ok(nothing_lost(2), "they still do");

	t_bad_disk(T_DISK_GOOD);
	later = open(s.f.path, O_RDWR);
	t_ok(!fsync(s.f.fd), "on a disk that works again, fsync works");
	t_ok(t_disk_is(s.f.fd, 0, s.f.len, 2), "and brings the bytes to it");
	t_ok(says_eio(fsync(other)), "another descriptor hears of the error");
	t_ok(!fsync(other), "once");
	t_ok(!fsync(later), "one that was opened since does not");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 3);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 3) &&
	     nothing_lost(3), "and so it goes on");

	/* Release does not care; then they are ordinary pages on a bad disk. */
	t_bad_disk(T_DISK_NO_WRITES);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 4);
	t_ok(!ibv_dereg_mr(s.mr), "deregistration does not depend on the disk");
	t_ok(t_within(10, t_nothing_under_io()), "it gives up all pages");
	t_ok(says_eio(fsync(s.f.fd)), "fsync of the released pages says EIO");
	t_bad_disk(T_DISK_GOOD);
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 5);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 5),
	     "on a good disk the file can be registered and synced again");
	close(other);
	close(later);
	t_scene_close(&s);
	t_done();
}
