// SPDX-License-Identifier: GPL-2.0
/*
 * Given registered files with written and with reserved blocks,
 * when their file system is shut down (EXT4_IOC_SHUTDOWN, what a dying journal
 * comes to),
 * then the peer still reaches all of the memory, fsync says EIO, deregistration
 * works, and the file system can be unmounted; after that it is as it was synced
 * last.
 *
 * Guards that release and mpage_release_unused_pages() get along.
 */
#include <sys/ioctl.h>

#include "scene.h"

#define PAGES		8U
#define SHUTDOWN	_IOR('X', 125, __u32)
#define NO_LOG_FLUSH	2

int main(void)
{
	__u32 how = NO_LOG_FLUSH;
	struct ibv_mr *reserved;
	struct t_file f;
	struct t_scene s;
	int fd;

	t_begin();
	t_scene_open(&s, PAGES, T_WRITTEN);
	t_file_make(&f, "reserved", PAGES * T_PAGE, T_DELALLOC);
	reserved = t_reg_must(&s.p, f.map, f.len);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_must(!fsync(s.f.fd), "fsync");
	t_must(!ioctl(s.f.fd, SHUTDOWN, &how), "shut down");

	t_dma_fill(&s.p, s.mr, 0, s.f.len, 3);
	t_dma_fill(&s.p, reserved, 0, f.len, 4);
	t_ok(t_is(s.f.map, s.f.len, 3) && t_is(f.map, f.len, 4),
	     "the peer reaches the memory");
	t_ok(fsync(s.f.fd) < 0 && errno == EIO, "fsync: EIO");
	t_ok(fsync(f.fd) < 0 && errno == EIO, "fsync, reserved blocks: EIO");
	t_ok(t_under_io(s.f.fd, 0, PAGES) && t_under_io(f.fd, 0, PAGES),
	     "the pages stay under io");
	t_ok(!ibv_dereg_mr(s.mr) && !ibv_dereg_mr(reserved), "deregistration works");
	s.mr = NULL;
	t_ok(t_within(10, t_nothing_under_io()), "nothing stays under io");
	t_pair_close(&s.p);
	t_file_close(&s.f);
	t_file_close(&f);
	errno = t_fs_umount();
	t_ok(!errno, "the file system can be unmounted");
	errno = t_fs_mount("ext4", "");
	t_ok(!errno, "and mounted again");
	fd = open(s.f.path, O_RDONLY);
	t_ok(t_read_is(fd, 0, PAGES * T_PAGE, 2), "with the bytes synced last");
	close(fd);
	t_done();
}
