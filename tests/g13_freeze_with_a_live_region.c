// SPDX-License-Identifier: GPL-2.0
/*
 * Given a frozen file system with a live region on one of its files, and an
 * eager flusher,
 * when the peer writes, the flusher goes its rounds, sync() is called and one
 * of two regions is deregistered,
 * then not a byte of the disk changes (hash of the whole file system); fsync
 * waits until the thaw, which the process's kernel stack proves, and then has
 * the peer's bytes on the disk; what the released region left gets there too.
 *
 * Guards pui_write_begin() in ext4_writepages() on a frozen file system.
 */
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "scene.h"

#define MIB	32
#define HALF	(8 * T_PAGE)

static struct t_scene s;

static void do_fsync(void *unused)
{
	(void)unused;
	t_must(!fsync(s.f.fd), "fsync");
}

static void do_sync(void *unused)
{
	(void)unused;
	sync();
}

int main(void)
{
	struct ibv_mr *second;
	unsigned long frozen;
	pid_t syncer;
	int dir;

	t_begin();
	t_fs_make2(16);
	t_fs_make(MIB, "", "");
	t_file_make(&s.f, "file", 2 * HALF, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, HALF);
	second = t_reg_must(&s.p, s.f.map + HALF, HALF);
	t_dma_fill(&s.p, s.mr, 0, HALF, 2);
	dir = open(T_MNT, O_RDONLY | O_DIRECTORY);
	t_must(dir >= 0 && !ioctl(dir, FIFREEZE, 0), "freeze");
	t_ok(t_disk_is(s.f.fd, 0, HALF, 2),
	     "freezing wrote what the peer had written before");
	frozen = t_disk_hash(MIB);

	t_eager_flusher();
	t_dma_fill(&s.p, s.mr, 0, HALF, 3);
	t_dma_fill(&s.p, second, 0, HALF, 4);
	t_flusher_rounds(3);
	t_ok(t_disk_hash(MIB) == frozen, "the flusher wrote nothing");
	t_dereg(second);
	t_flusher_rounds(3);
	t_ok(t_disk_hash(MIB) == frozen, "nor did it after a deregistration");
	/* It holds s_umount, which the thaw needs: it must not wait for that */
	t_ok(t_join(t_fork(do_sync, NULL), 20), "sync() does not wait");
	t_ok(t_disk_hash(MIB) == frozen, "and wrote nothing");
	syncer = t_fork(do_fsync, NULL);
	t_ok(t_blocked_in(syncer, "ext4_sync_file"), "fsync waits");
	t_ok(t_disk_hash(MIB) == frozen, "fsync wrote nothing yet");
	t_ok(!ioctl(dir, FITHAW, 0), "thawing works");
	t_ok(t_join(syncer, 20), "then fsync comes back");
	t_ok(t_disk_is(s.f.fd, 0, HALF, 3),
	     "and what the peer wrote while frozen is on the disk");
	t_ok(t_within(20, t_disk_is(s.f.fd, HALF, HALF, 4)),
	     "and so is what the released region left");
	t_ok(t_under_io(s.f.fd, 0, 8), "the live region's pages are under io");
	close(dir);
	t_scene_close(&s);
	t_done();
}
