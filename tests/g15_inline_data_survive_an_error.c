// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of 60 bytes that live in its inode, and a disk whose writes of
 * data fail,
 * when it is registered, which needs a block, and after the disk has been put
 * right once more,
 * then the first attempt fails, the second works, and what the peer writes then
 * is in the file after a remount; e2fsck finds nothing wrong.
 *
 * Guards ext4_convert_inline_data_nolock(): it takes back the block.
 */
#include <linux/fiemap.h>

#include "bad_disk.h"
#include "scene.h"

#define LEN 60

int main(void)
{
	struct t_scene s = { .mr = NULL };
	int fd;

	t_begin();
	t_bad_disk_open(64, "-O inline_data -I 256");
	t_file_make(&s.f, "file", LEN, T_DELALLOC);
	t_must(!fsync(s.f.fd), "fsync");
	errno = EINVAL;
	t_must(t_extent_flags(s.f.fd, 0) & FIEMAP_EXTENT_DATA_INLINE,
	       "the file's data are inline");
	t_pair_open(&s.p, t_device());
	t_bad_disk(T_DISK_NO_WRITES);
	t_ok(t_reg_fails(&s.p, s.f.map, LEN, EFAULT), "it cannot be registered");
	t_bad_disk(T_DISK_GOOD);
	t_ok(t_is(s.f.map, LEN, 1), "the file is as it was");
	s.mr = t_reg_must(&s.p, s.f.map, LEN);
	t_dma_fill(&s.p, s.mr, 0, LEN, 2);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, LEN, 2),
	     "then it can, and fsync brings the peer's bytes to the disk");
	t_dereg(s.mr);
	s.mr = NULL;
	t_pair_close(&s.p);
	t_file_close(&s.f);
	t_fs_remount("");
	fd = open(s.f.path, O_RDONLY);
	t_ok(t_read_is(fd, 0, LEN, 2), "after a remount they are there");
	close(fd);
	t_must(!t_fs_umount(), "umount");
	t_ok(!t_run("e2fsck -fn %s >/dev/null 2>&1", t_disk()),
	     "the file system is clean");
	t_done();
}
