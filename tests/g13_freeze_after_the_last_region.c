// SPDX-License-Identifier: GPL-2.0
/*
 * Given a frozen file system, and a file on it to which the peer writes after
 * the freeze,
 * when its only region is deregistered and fsync is called; or the region stays
 * and sync_file_range() is to write and wait,
 * then both wait for the thaw, and then the peer's bytes are on the disk; a
 * direct read does not wait, and sees them, before and after deregistration.
 *
 * Guards pui_write_begin() in ext4_writepages(), and ext4_dio_read_iter(), on a
 * frozen file system.
 */
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "scene.h"

#define PAGES	4

static struct t_scene s;

static void do_fsync(void *unused)
{
	(void)unused;
	t_must(!fsync(s.f.fd), "fsync");
}

static void do_range(void *unused)
{
	(void)unused;
	t_must(!sync_file_range(s.f.fd, 0, 0, SYNC_FILE_RANGE_WRITE_AND_WAIT),
	       "sync_file_range");
}

static void read_direct(void *seed)
{
	void *buf = aligned_alloc(T_PAGE, s.f.len);
	int fd = open(s.f.path, O_RDONLY | O_DIRECT);

	t_must(fd >= 0 && read(fd, buf, s.f.len) == (ssize_t)s.f.len, "read");
	t_must(t_is(buf, s.f.len, (unsigned long)seed), "the peer's bytes");
}

/* @call waits until the thaw and then has brought pattern @seed to the disk. */
static void waits(const char *what, void (*call)(void *), int dir,
		  unsigned int seed)
{
	pid_t pid = t_fork(call, NULL);

	t_ok(t_blocked_in(pid, "ext4_writepages"), "%s waits", what);
	t_ok(!t_disk_is(s.f.fd, 0, s.f.len, seed), "%s: nothing is written",
	     what);
	t_must(!ioctl(dir, FITHAW, 0), "thaw");
	t_ok(t_join(pid, 20), "%s: comes back after the thaw", what);
	t_ok(t_disk_is(s.f.fd, 0, s.f.len, seed),
	     "%s: what the peer wrote is on the disk", what);
}

int main(void)
{
	int dir;

	t_begin();
	t_scene_open(&s, PAGES, T_WRITTEN);
	dir = open(T_MNT, O_RDONLY | O_DIRECTORY);

	t_must(dir >= 0 && !ioctl(dir, FIFREEZE, 0), "freeze");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_ok(t_join(t_fork(read_direct, (void *)2), 20),
	     "a direct read sees the peer's bytes and does not wait");
	waits("sync_file_range()", do_range, dir, 2);

	t_must(!ioctl(dir, FIFREEZE, 0), "freeze");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 3);
	t_dereg(s.mr);
	s.mr = NULL;
	t_must(t_no_entry(s.f.fd, 0, PAGES), "no page is under io");
	t_ok(t_join(t_fork(read_direct, (void *)3), 20),
	     "without a region, a direct read sees them, too");
	waits("fsync()", do_fsync, dir, 3);
	close(dir);
	t_scene_close(&s);
	t_done();
}
