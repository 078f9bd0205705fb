// SPDX-License-Identifier: GPL-2.0
/*
 * Given live regions on three files,
 * when one is unmapped and closed, one renamed over another file, and one
 * unlinked,
 * then the peer goes on writing and reading all of them; the bytes of the first
 * two are in the files after a remount; the unlinked one keeps its inode and
 * its blocks until its region is released, and gives them back then.
 *
 * Guards the reference to the file in pui_prepare() and pui_finish().
 */
#include <sys/statfs.h>

#include "scene.h"

#define PAGES 64U
#define LEN   (PAGES * T_PAGE)

static struct t_file closed, renamed, unlinked;

static long used_blocks(void)
{
	struct statfs fs;

	/* Blocks of a file that is going are free when the journal says so */
	sync();
	t_must(!statfs(T_MNT, &fs), "statfs");
	return fs.f_blocks - fs.f_bfree;
}

static bool file_is(const char *path, unsigned int seed)
{
	int fd = open(path, O_RDONLY);
	bool same = fd >= 0 && t_read_is(fd, 0, LEN, seed);

	close(fd);
	return same;
}

int main(void)
{
	struct ibv_mr *mr[3];
	struct t_pair p;
	long before;
	int fd;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&closed, "closed", LEN, T_WRITTEN);
	t_file_make(&renamed, "renamed", LEN, T_WRITTEN);
	t_pair_open(&p, t_device());
	fd = open(T_MNT "/target", O_RDWR | O_CREAT, 0600);
	t_must(fd >= 0, "create a file");
	close(fd);
	before = used_blocks();
	t_file_make(&unlinked, "unlinked", LEN, T_WRITTEN);
	mr[0] = t_reg_must(&p, closed.map, LEN);
	mr[1] = t_reg_must(&p, renamed.map, LEN);
	mr[2] = t_reg_must(&p, unlinked.map, LEN);

	t_file_close(&closed);
	t_must(!rename(renamed.path, T_MNT "/target"), "rename");
	t_file_close(&renamed);
	t_must(!unlink(unlinked.path), "unlink");
	fd = unlinked.fd;
	for (int i = 0; i < 3; i++)
		t_dma_fill(&p, mr[i], 0, LEN, 10 + i);
	t_drop_caches(3);
	for (int i = 0; i < 3; i++)
		t_ok(t_dma_is(&p, mr[i], 0, LEN, 10 + i), "region %d works", i);
	t_ok(file_is(closed.path, 10) && file_is(T_MNT "/target", 11),
	     "the bytes are seen under the files' names");
	t_ok(t_under_io(fd, 0, PAGES), "the unlinked file is under io");
	t_ok(!fsync(fd) && t_disk_is(fd, 0, LEN, 12), "fsync writes it, too");
	t_file_close(&unlinked);
	t_dma_fill(&p, mr[2], 0, LEN, 13);
	t_ok(t_dma_is(&p, mr[2], 0, LEN, 13), "closed, too, it still works");
	t_ok(used_blocks() >= before + (long)PAGES, "and has its blocks");
	t_dma_fill(&p, mr[0], 0, LEN, 14);
	t_dma_fill(&p, mr[1], 0, LEN, 15);
	for (int i = 0; i < 3; i++)
		t_dereg(mr[i]);
	t_ok(t_within(20, used_blocks() == before),
	     "released, it gives them back");
	t_pair_close(&p);
	t_fs_remount("");
	t_ok(file_is(closed.path, 14), "closed: the file has the last bytes");
	t_ok(file_is(T_MNT "/target", 15), "renamed: the file has the last bytes");
	t_ok(access(unlinked.path, F_OK) && errno == ENOENT,
	     "unlinked: there is no file");
	errno = t_fs_umount();
	t_ok(!errno, "the file system can be unmounted");
	t_done();
}
