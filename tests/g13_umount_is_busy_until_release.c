// SPDX-License-Identifier: GPL-2.0
/*
 * Given a live region on a file that nobody has open or mapped any more,
 * when the file system is to be unmounted, remounted read-only, and then is
 * detached from the tree (lazy umount),
 * then the first two are EBUSY and change nothing; the detached file system
 * lives on until the region is released, takes the peer's bytes meanwhile, and
 * has them on the disk when it is mounted again.
 *
 * Guards the file, open for writing, that pui_prepare() keeps until
 * pui_finish().
 */
#include <sys/mount.h>

#include "scene.h"

#define PAGES 8U

static int remount_read_only(void)
{
	return mount(NULL, T_MNT, NULL, MS_REMOUNT | MS_RDONLY, NULL) ? errno : 0;
}

/* A mounted file system keeps its disk from being opened for itself. */
static bool disk_is_free(void)
{
	int fd = open(t_disk(), O_RDONLY | O_EXCL);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int main(void)
{
	struct t_scene s;
	int fd;

	t_begin();
	t_scene_open(&s, PAGES, T_WRITTEN);
	t_file_close(&s.f);

	t_ok(t_fs_umount() == EBUSY, "umount: EBUSY");
	t_ok(remount_read_only() == EBUSY, "remount read-only: EBUSY");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	fd = open(s.f.path, O_RDWR);
	t_ok(fd >= 0, "it is still mounted for writing");
	t_ok(t_under_io(fd, 0, PAGES) && t_read_is(fd, 0, s.f.len, 2),
	     "the region's pages are under io and work");
	t_ok(!fsync(fd) && t_disk_is(fd, 0, s.f.len, 2),
	     "fsync brings them to the disk");
	close(fd);
	t_ok(t_fs_umount() == EBUSY, "umount after fsync: EBUSY");

	t_ok(!umount2(T_MNT, MNT_DETACH), "lazy umount works");
	t_ok(access(s.f.path, F_OK) && errno == ENOENT, "the file is out of sight");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 3);
	sync();
	t_ok(t_dma_is(&s.p, s.mr, 0, s.f.len, 3), "its region still works");
	t_ok(!disk_is_free(), "the file system lives as long as the region");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 4);
	t_dereg(s.mr);
	t_ok(t_within(20, disk_is_free()), "released, the file system is gone");
	t_ok(t_nothing_under_io(), "and nothing is under io");
	errno = t_fs_mount("ext4", "");
	t_must(!errno, "mount again");
	fd = open(s.f.path, O_RDONLY);
	t_ok(t_read_is(fd, 0, s.f.len, 4), "the file has the peer's last bytes");
	close(fd);
	t_ok(!remount_read_only(), "without a region it can be made read-only");
	errno = t_fs_umount();
	t_ok(!errno, "and unmounted");
	t_pair_close(&s.p);
	t_done();
}
