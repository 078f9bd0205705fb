// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered page that has no block yet, in a sparse file, behind what
 * an indirect map can tell,
 * when the file is to have an indirect map instead of extents (chattr -e),
 * then that fails with EOPNOTSUPP, as for ordinary pages; and the next fsync
 * brings to the disk what the peer has written.
 *
 * Guards ext4_ind_migrate().
 */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "scene.h"

#define FAR	(5UL << 40)

int main(void)
{
	struct t_pair p;
	unsigned char *map;
	struct ibv_mr *mr;
	int fd, flags;

	t_begin();
	t_fs_make(64, "", "");
	t_pair_open(&p, t_device());
	fd = open(T_MNT "/file", O_RDWR | O_CREAT, 0600);
	t_must(fd >= 0 && !ftruncate(fd, FAR + T_PAGE), "a sparse file");
	map = mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, FAR);
	t_must(map != MAP_FAILED && !ioctl(fd, FS_IOC_GETFLAGS, &flags) &&
	       (flags & FS_EXTENT_FL), "a file with extents");

	mr = t_reg_must(&p, map, T_PAGE);
	t_dma_fill(&p, mr, 0, T_PAGE, 2);
	flags &= ~FS_EXTENT_FL;
	t_ok(ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0 && errno == EOPNOTSUPP,
	     "chattr -e: EOPNOTSUPP, not %s", strerror(errno));
	t_dma_fill(&p, mr, 0, T_PAGE, 3);
	t_ok(!fsync(fd) && t_disk_is(fd, FAR, T_PAGE, 3),
	     "fsync brings the peer's bytes to the disk");
	t_ok(t_under_io(fd, FAR / T_PAGE, 1), "the page is under io");
	t_dereg(mr);
	munmap(map, T_PAGE);
	close(fd);
	t_pair_close(&p);
	errno = t_fs_umount();
	t_ok(!errno, "umount");
	t_done();
}
