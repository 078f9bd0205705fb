// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file into which a peer has written,
 * when its blocks are moved or handed to another owner: online defrag
 * (EXT4_IOC_MOVE_EXT, as source and as donor), chattr +i, chattr +j, swapon,
 * EXT4_IOC_SWAP_BOOT,
 * then each works at once, the peer's bytes are in the file and on the disk
 * (but for a donor, whose bytes are given away), the peer is denied all of them from then on, nothing of the file is under io,
 * and deregistration leaves nothing.
 *
 * Guards pui_revoke() in ext4_move_extents(), ext4_ioctl_setflags(), swapon()
 * and swap_inode_boot_loader().
 */
#include "movers.h"
#include "scene.h"

static void run_one(const struct t_mover *mover)
{
	struct t_scene s = { .mr = NULL };
	struct t_file donor;
	bool moved, donates;

	t_mover_files(&s.f, &donor);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	/* The first KiB is not part of a swap file's header */
	t_dma_fill(&s.p, s.mr, 0, T_PAGE / 4, 2);
	t_dma_fill(&s.p, s.mr, T_PAGE, 8 * T_PAGE, 3);

	t_ok(!mover->call(&s.f, &donor), "%s: works", mover->name);
	t_ok(t_no_entry(s.f.fd, 0, T_MOVER_PAGES) && t_vmstat("nr_pui_pages") == 0,
	     "%s: nothing is under io", mover->name);
	t_ok(t_write_denied(&s.p, s.mr, 0, 1) &&
	     t_write_denied(&s.p, s.mr, s.f.len - 1, 1) &&
	     t_read_denied(&s.p, s.mr, 5 * T_PAGE, 8),
	     "%s: the peer is denied", mover->name);
	/* The boot loader's file has them now; the header tells ours from it */
	moved = !strcmp(mover->name, "SWAP_BOOT");
	donates = !strcmp(mover->name, "MOVE_EXT into it");
	t_ok(moved || donates || (t_read_is(s.f.fd, 0, T_PAGE / 4, 2) &&
		       t_read_is(s.f.fd, T_PAGE, 8 * T_PAGE, 3)),
	     "%s: the file has the peer's bytes", mover->name);
	t_ok(moved || donates || (!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, T_PAGE / 4, 2) &&
		       t_disk_is(s.f.fd, T_PAGE, 8 * T_PAGE, 3)),
	     "%s: and the disk", mover->name);
	if (moved) {
		t_must(!mover->call(&s.f, &donor), "swap it back");
		t_ok(t_read_is(s.f.fd, T_PAGE, 8 * T_PAGE, 3),
		     "%s: and they come back from there", mover->name);
	}
	t_dereg(s.mr);
	t_ok(t_within(10, t_nothing_under_io()), "%s: nothing is left",
	     mover->name);
	t_pair_close(&s.p);
	t_file_close(&donor);
	t_file_close(&s.f);
	t_must(!unlink(s.f.path) && !unlink(donor.path), "unlink");
}

int main(void)
{
	t_begin();
	t_fs_make(64, "", "");
	for (unsigned int i = 0; i < t_nr_movers; i++)
		run_one(&t_movers[i]);
	errno = t_fs_umount();
	t_must(!errno, "umount");
	t_ok(!t_run("e2fsck -fn %s >/dev/null 2>&1", t_disk()),
	     "the file system is clean");
	t_done();
}
