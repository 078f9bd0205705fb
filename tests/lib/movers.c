// SPDX-License-Identifier: GPL-2.0
#include "movers.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/swap.h>
#include <unistd.h>

#include "tap.h"

struct move_extent {
	uint32_t reserved, donor_fd;
	uint64_t orig_start, donor_start, len, moved_len;
};

#define EXT4_IOC_MOVE_EXT	_IOWR('f', 15, struct move_extent)
#define EXT4_IOC_SWAP_BOOT	_IO('f', 17)

static int move(int from, int to)
{
	struct move_extent me = { .donor_fd = to, .len = T_MOVER_PAGES };
	int ret = ioctl(from, EXT4_IOC_MOVE_EXT, &me);

	if (!ret && me.moved_len != T_MOVER_PAGES) {
		errno = EIO;
		ret = -1;
	}
	return ret;
}

static int do_move(struct t_file *f, struct t_file *donor)
{
	return move(f->fd, donor->fd);
}

static int do_move_into(struct t_file *f, struct t_file *donor)
{
	return move(donor->fd, f->fd);
}

static int do_swap_boot(struct t_file *f, struct t_file *)
{
	return ioctl(f->fd, EXT4_IOC_SWAP_BOOT);
}

static int set_flag(int fd, int flag)
{
	int flags, wanted, ret, err;

	t_must(!ioctl(fd, FS_IOC_GETFLAGS, &flags), "get flags");
	wanted = flags | flag;
	ret = ioctl(fd, FS_IOC_SETFLAGS, &wanted);
	err = errno;
	if (!ret)
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
	errno = err;
	return ret;
}

static int do_immutable(struct t_file *f, struct t_file *)
{
	return set_flag(f->fd, FS_IMMUTABLE_FL);
}

static int do_journal(struct t_file *f, struct t_file *)
{
	return set_flag(f->fd, FS_JOURNAL_DATA_FL);
}

static int do_swapon(struct t_file *f, struct t_file *)
{
	int ret = swapon(f->path, 0);

	return ret ? ret : swapoff(f->path);
}

const struct t_mover t_movers[] = {
	{ "MOVE_EXT from it", do_move }, { "MOVE_EXT into it", do_move_into },
	{ "chattr +i", do_immutable }, { "chattr +j", do_journal },
	{ "swapon", do_swapon }, { "SWAP_BOOT", do_swap_boot },
};
const unsigned int t_nr_movers = sizeof(t_movers) / sizeof(*t_movers);

void t_mover_files(struct t_file *f, struct t_file *donor)
{
	t_file_make(f, "file", T_MOVER_PAGES * T_PAGE, T_WRITTEN);
	t_file_make(donor, "donor", T_MOVER_PAGES * T_PAGE, T_WRITTEN);
	/* A real swap file, so that only the pin can stand in the way */
	t_must(!t_run("chmod 600 %s && mkswap -q %s", f->path, f->path) &&
	       !fsync(f->fd), "mkswap");
}
