// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file registered by a driver that cannot revoke,
 * when its blocks are to be moved or handed to another owner: online defrag
 * (EXT4_IOC_MOVE_EXT, as source and as donor), EXT4_IOC_SWAP_BOOT, chattr +i,
 * chattr +j, swapon,
 * then each fails with ETXTBSY and nothing has changed: bytes, size, extents,
 * flags; after deregistration each works.
 *
 * Guards the answer of pui_revoke(), and ext4_move_extents(),
 * swap_inode_boot_loader(), ext4_ioctl_setflags(), and swapon().
 */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/swap.h>

#include "movers.h"
#include "scene.h"

static struct t_scene s;
static struct t_file donor;
static char *extents;
static int flags;

static bool unchanged(void)
{
	char *now = t_fiemap_text(s.f.fd);
	bool same = !strcmp(now, extents);
	int now_flags;
	struct stat st;

	free(now);
	return same && !ioctl(s.f.fd, FS_IOC_GETFLAGS, &now_flags) &&
	       now_flags == flags && !fstat(s.f.fd, &st) &&
	       st.st_size == (off_t)s.f.len && t_under_io(s.f.fd, 0, T_MOVER_PAGES) &&
	       t_dma_is(&s.p, s.mr, 0, T_PAGE / 4, 2);
}

int main(void)
{
	static unsigned char before[T_MOVER_PAGES * T_PAGE], after[sizeof(before)];
	int ret;

	t_begin();
	t_set_revocable(false);
	t_fs_make(64, "", "");
	t_mover_files(&s.f, &donor);
	extents = t_fiemap_text(s.f.fd);
	t_must(!ioctl(s.f.fd, FS_IOC_GETFLAGS, &flags), "get flags");
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	/* The first KiB is not part of a swap file's header */
	t_dma_fill(&s.p, s.mr, 0, T_PAGE / 4, 2);

	for (unsigned int i = 0; i < t_nr_movers; i++) {
		ret = t_movers[i].call(&s.f, &donor);
		t_ok(ret && errno == ETXTBSY, "%s: ETXTBSY, not %s",
		     t_movers[i].name, ret ? strerror(errno) : "success");
		t_ok(unchanged(), "%s: nothing has changed", t_movers[i].name);
	}
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, T_PAGE / 4, 2),
	     "the peer's bytes still get to the disk");
	t_disk_read(t_disk(), s.f.fd, 0, before, sizeof(before));
	ret = swapon(s.f.path, SWAP_FLAG_DISCARD);
	t_ok(ret && errno == ETXTBSY, "swapon that discards: ETXTBSY, too");
	t_disk_read(t_disk(), s.f.fd, 0, after, sizeof(after));
	t_ok(!memcmp(before, after, sizeof(after)), "nothing was discarded");
	t_dereg(s.mr);
	s.mr = NULL;
	t_must(!fsync(s.f.fd) && !fsync(donor.fd), "fsync, as e4defrag does");
	for (unsigned int i = 0; i < t_nr_movers; i++)
		t_ok(!t_movers[i].call(&s.f, &donor), "%s: works after deregistration",
		     t_movers[i].name);
	free(extents);
	t_file_close(&donor);
	t_scene_close(&s);
	t_done();
}
