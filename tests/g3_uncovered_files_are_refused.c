// SPDX-License-Identifier: GPL-2.0
/*
 * Given files the mechanism does not cover: on XFS, on an ext4 with blocks of
 * 1 KiB, with journalled data (data=journal, chattr +j), an immutable one, an active swap
 * file,
 * when they are registered with write access,
 * then it fails with EOPNOTSUPP, nothing is left behind, and the file's bytes
 * are what they were.
 *
 * Guards pui_check_inode() and ext4_set_aops()'s choice of AS_PUI.
 */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/swap.h>

#include "scene.h"

#define PAGES 64U

static void set_flag(int fd, int flag, bool on)
{
	int flags;

	t_must(!ioctl(fd, FS_IOC_GETFLAGS, &flags), "get flags");
	flags = on ? flags | flag : flags & ~flag;
	t_must(!ioctl(fd, FS_IOC_SETFLAGS, &flags), "set flag %x", flag);
}

static void refused(struct t_pair *p, struct t_file *f, const char *what)
{
	unsigned char first = f->map[0], last = f->map[f->len - 1];
	long pinned = t_vmpin();

	t_ok(t_reg_fails(p, f->map, f->len, EOPNOTSUPP), "%s: EOPNOTSUPP", what);
	t_ok(t_vmpin() == pinned && t_nothing_under_io(),
	     "%s: nothing is left behind", what);
	t_ok(f->map[0] == first && f->map[f->len - 1] == last,
	     "%s: the bytes are untouched", what);
}

/* t_file_make()'s T_WRITTEN looks at the disk as ext4 lays it out */
static void make(struct t_file *f, enum t_how how)
{
	t_file_make(f, "file", PAGES * T_PAGE, how);
	t_must(!fsync(f->fd), "fsync");
}

int main(void)
{
	struct t_file f;
	struct t_pair p;

	t_begin();
	t_pair_open(&p, t_device());

	t_fs_make_xfs();
	make(&f, T_DELALLOC);
	refused(&p, &f, "XFS");
	t_file_close(&f);
	t_must(!t_fs_umount(), "umount");

	t_fs_make(64, "-b 1024", "");
	make(&f, T_DELALLOC);
	refused(&p, &f, "blocks of 1 KiB");
	t_file_close(&f);
	t_must(!t_fs_umount(), "umount");

	t_fs_make(64, "", "data=journal");
	make(&f, T_DELALLOC);
	refused(&p, &f, "mounted data=journal");
	t_file_close(&f);
	t_must(!t_fs_umount(), "umount");

	/* With delayed allocation the flag has no effect */
	t_fs_make(64, "", "nodelalloc");
	make(&f, T_HOLE);
	set_flag(f.fd, FS_JOURNAL_DATA_FL, true);
	t_fill(f.map, f.len, 1);
	refused(&p, &f, "journalled data");
	set_flag(f.fd, FS_JOURNAL_DATA_FL, false);
	t_file_close(&f);
	t_must(!t_fs_umount(), "umount");

	t_fs_make(64, "", "");
	make(&f, T_WRITTEN);
	set_flag(f.fd, FS_IMMUTABLE_FL, true);
	refused(&p, &f, "immutable");
	set_flag(f.fd, FS_IMMUTABLE_FL, false);

	t_must(!t_run("mkswap -q %s 2>/dev/null", f.path), "mkswap");
	t_must(!fsync(f.fd), "fsync");
	t_must(!swapon(f.path, 0), "swapon");
	refused(&p, &f, "active swap file");
	t_must(!swapoff(f.path), "swapoff");

	/* The same file is covered when nothing of that holds any more */
	t_dereg(t_reg_must(&p, f.map, f.len));
	t_ok(t_nothing_under_io(), "and an ordinary file is not refused");
	t_done();
}
