// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of which nothing is cached, and a direct write to it that is on
 * its way to a slow disk,
 * when the same bytes are registered,
 * then the region has what was written, not what was in the file before, and so
 * has the disk after fsync.
 *
 * Guards inode_dio_wait() in pui_prepare(): the page would be read before the
 * write arrives, and be written over it.
 */
#include <sys/mman.h>

#include "bad_disk.h"
#include "scene.h"

#define PAGES	4U
#define LEN	(PAGES * T_PAGE)

static struct t_scene s;

static void write_directly(void *unused)
{
	static unsigned char buf[LEN] __attribute__((aligned(T_PAGE)));
	int fd = open(s.f.path, O_RDWR | O_DIRECT);

	(void)unused;
	t_fill(buf, LEN, 2);
	t_must(fd >= 0 && pwrite(fd, buf, LEN, 0) == (ssize_t)LEN, "write");
}

static bool is_cached(void)
{
	unsigned char in_core[PAGES];

	t_must(!mincore(s.f.map, LEN, in_core), "mincore");
	for (unsigned int i = 0; i < PAGES; i++)
		if (in_core[i] & 1)
			return true;
	return false;
}

int main(void)
{
	pid_t writer;

	t_begin();
	t_bad_disk_open(64, "");
	t_file_make(&s.f, "file", LEN, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	t_must(!madvise(s.f.map, LEN, MADV_DONTNEED) &&
	       !posix_fadvise(s.f.fd, 0, 0, POSIX_FADV_DONTNEED) && !is_cached(),
	       "nothing is cached");
	t_slow_disk(3000);
	writer = t_fork(write_directly, NULL);
	t_must(t_blocked_in(writer, "iomap_dio_rw"), "the write is on its way");
	s.mr = t_reg_must(&s.p, s.f.map, LEN);
	t_slow_disk(1);
	t_ok(t_join(writer, 20), "the write comes to its end");
	t_ok(t_under_io(s.f.fd, 0, PAGES), "the pages are under io");
	t_ok(t_is(s.f.map, LEN, 2) && t_dma_is(&s.p, s.mr, 0, LEN, 2),
	     "with what was written");
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, LEN, 2), "and so is the disk");
	t_scene_close(&s);
	t_done();
}
