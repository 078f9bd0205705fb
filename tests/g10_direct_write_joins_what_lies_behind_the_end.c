// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file that ends in the middle of a page, a region that goes to the
 * page's end, a peer that has written there, and an fsync,
 * when a direct write makes the file longer, behind that page, and fsync is
 * called again,
 * then the disk has what the page has, which is all in the file now, and a
 * remount changes nothing of it.
 *
 * Guards ext4_io_keep_dirty(): the copy has zeros behind the end, so the page
 * has still something to write.
 */
#include "scene.h"

#define LEN 100

int main(void)
{
	unsigned char page[T_PAGE], block[T_PAGE];
	struct t_scene s = { .mr = NULL };
	void *more = NULL;
	int fd;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", LEN, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, T_PAGE);
	t_dma_fill(&s.p, s.mr, 0, T_PAGE, 2);
	t_must(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, LEN, 2), "fsync");

	fd = open(s.f.path, O_RDWR | O_DIRECT);
	t_must(fd >= 0 && !posix_memalign(&more, T_PAGE, T_PAGE), "open");
	memset(more, 7, T_PAGE);
	t_must(pwrite(fd, more, T_PAGE, T_PAGE) == (ssize_t)T_PAGE,
	       "a direct write behind the page");
	t_must(pread(s.f.fd, page, T_PAGE, 0) == (ssize_t)T_PAGE, "read");
	t_ok(!fsync(s.f.fd) &&
	     t_disk_read(t_disk(), s.f.fd, 0, block, T_PAGE) == T_PAGE &&
	     !memcmp(page, block, T_PAGE), "the disk has what the page has");
	t_dereg(s.mr);
	s.mr = NULL;
	close(fd);
	t_pair_close(&s.p);
	t_file_close(&s.f);
	t_fs_remount("");
	fd = open(s.f.path, O_RDONLY);
	t_ok(pread(fd, block, T_PAGE, 0) == (ssize_t)T_PAGE &&
	     !memcmp(page, block, T_PAGE), "the same after a remount");
	close(fd);
	t_done();
}
