// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file,
 * when its blocks are to be moved or handed to another owner: online defrag
 * (EXT4_IOC_MOVE_EXT, as source and as donor), EXT4_IOC_SWAP_BOOT, chattr +i,
 * chattr +j, swapon,
 * then each fails with ETXTBSY and nothing has changed: bytes, size, extents,
 * flags; after deregistration each works.
 *
 * Guards mext_check_arguments(), swap_inode_boot_loader(),
 * ext4_ioctl_setflags(), ext4_change_inode_journal_flag(), and swapon().
 */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/swap.h>

#include "scene.h"

#define PAGES	64U

struct move_extent {
	uint32_t reserved, donor_fd;
	uint64_t orig_start, donor_start, len, moved_len;
};

#define EXT4_IOC_MOVE_EXT	_IOWR('f', 15, struct move_extent)
#define EXT4_IOC_SWAP_BOOT	_IO('f', 17)

static struct t_scene s;
static struct t_file donor;
static char *extents;
static int flags;

static int move(int from, int to)
{
	struct move_extent me = { .donor_fd = to, .len = PAGES };

	return ioctl(from, EXT4_IOC_MOVE_EXT, &me);
}

static int do_move(void)
{
	return move(s.f.fd, donor.fd);
}

static int do_move_into(void)
{
	return move(donor.fd, s.f.fd);
}

static int do_swap_boot(void)
{
	return ioctl(s.f.fd, EXT4_IOC_SWAP_BOOT);
}

static int set_flag(int flag)
{
	int wanted = flags | flag, ret = ioctl(s.f.fd, FS_IOC_SETFLAGS, &wanted);
	int err = errno;

	if (!ret)
		ioctl(s.f.fd, FS_IOC_SETFLAGS, &flags);
	errno = err;
	return ret;
}

static int do_immutable(void)
{
	return set_flag(FS_IMMUTABLE_FL);
}

static int do_journal(void)
{
	return set_flag(FS_JOURNAL_DATA_FL);
}

static int do_swapon(void)
{
	int ret = swapon(s.f.path, 0);

	return ret ? ret : swapoff(s.f.path);
}

static const struct {
	const char *name;
	int (*call)(void);
} operation[] = {
	{ "MOVE_EXT from it", do_move }, { "MOVE_EXT into it", do_move_into },
	{ "chattr +i", do_immutable }, { "chattr +j", do_journal },
	{ "swapon", do_swapon }, { "SWAP_BOOT", do_swap_boot },
};

static bool unchanged(void)
{
	char *now = t_fiemap_text(s.f.fd);
	bool same = !strcmp(now, extents);
	int now_flags;
	struct stat st;

	free(now);
	return same && !ioctl(s.f.fd, FS_IOC_GETFLAGS, &now_flags) &&
	       now_flags == flags && !fstat(s.f.fd, &st) &&
	       st.st_size == (off_t)s.f.len && t_under_io(s.f.fd, 0, PAGES) &&
	       t_dma_is(&s.p, s.mr, 0, T_PAGE / 4, 2);
}

int main(void)
{
	int ret;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_file_make(&donor, "donor", PAGES * T_PAGE, T_WRITTEN);
	/* A real swap file, so that only the pin stands in the way */
	t_must(!t_run("chmod 600 %s && mkswap -q %s", s.f.path, s.f.path) &&
	       !fsync(s.f.fd), "mkswap");
	extents = t_fiemap_text(s.f.fd);
	t_must(!ioctl(s.f.fd, FS_IOC_GETFLAGS, &flags), "get flags");
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	/* The first KiB is not part of a swap file's header */
	t_dma_fill(&s.p, s.mr, 0, T_PAGE / 4, 2);

	for (unsigned int i = 0; i < sizeof(operation) / sizeof(*operation); i++) {
		ret = operation[i].call();
		t_ok(ret && errno == ETXTBSY, "%s: ETXTBSY, not %s",
		     operation[i].name, ret ? strerror(errno) : "success");
		t_ok(unchanged(), "%s: nothing has changed", operation[i].name);
	}
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, T_PAGE / 4, 2),
	     "the peer's bytes still get to the disk");
	t_dereg(s.mr);
	s.mr = NULL;
	t_must(!fsync(s.f.fd) && !fsync(donor.fd), "fsync, as e4defrag does");
	for (unsigned int i = 0; i < sizeof(operation) / sizeof(*operation); i++)
		t_ok(!operation[i].call(), "%s: works after deregistration",
		     operation[i].name);
	free(extents);
	t_file_close(&donor);
	t_scene_close(&s);
	t_done();
}
