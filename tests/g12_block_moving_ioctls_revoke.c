// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file into which a peer has written,
 * when its blocks are moved or handed to another owner: online defrag
 * (EXT4_IOC_MOVE_EXT, as source and as donor), chattr +i, chattr +j, swapon,
 * EXT4_IOC_SWAP_BOOT,
 * then each works at once, the peer's bytes are in the file and on the disk
 * (but for a donor, whose bytes are given away), the peer is denied all of them
 * from then on, nothing of the file is under io, what is denied changes neither
 * the file nor the one that has its blocks now, and deregistration leaves nothing.
 *
 * Guards pui_revoke() in ext4_move_extents(), ext4_ioctl_setflags(), swapon()
 * and swap_inode_boot_loader().
 */
#include "movers.h"
#include "scene.h"

#define LEN	(T_MOVER_PAGES * T_PAGE)

/* What the page cache and the disk hold of a file; they need not be the same. */
struct look {
	unsigned char cache[LEN], disk[LEN];
};

static void look_at(int fd, struct look *look)
{
	memset(look, 0, sizeof(*look));
	t_must(pread(fd, look->cache, LEN, 0) >= 0 && !fsync(fd), "read it");
	t_disk_read(t_disk(), fd, 0, look->disk, LEN);
}

static bool looks_like(int fd, const struct look *before)
{
	static struct look now;

	look_at(fd, &now);
	return !memcmp(&now, before, sizeof(now));
}

static void run_one(const struct t_mover *mover)
{
	/* The boot loader's file has them then; the header tells ours from it */
	bool moved = !strcmp(mover->name, "SWAP_BOOT");
	bool donates = !strcmp(mover->name, "MOVE_EXT into it");
	static struct look file, other;
	struct t_scene s = { .mr = NULL };
	static unsigned char was[LEN];
	struct t_file donor;

	t_mover_files(&s.f, &donor);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	/* The first KiB is not part of a swap file's header */
	t_dma_fill(&s.p, s.mr, 0, T_PAGE / 4, 2);
	t_dma_fill(&s.p, s.mr, T_PAGE, 8 * T_PAGE, 3);
	memcpy(was, s.f.map, LEN);
	t_must(t_is(was, T_PAGE / 4, 2) && t_is(was + T_PAGE, 8 * T_PAGE, 3), "DMA");

	t_ok(!mover->call(&s.f, &donor), "%s: works", mover->name);
	t_ok(t_no_entry(s.f.fd, 0, T_MOVER_PAGES) && t_vmstat("nr_pui_pages") == 0,
	     "%s: nothing is under io", mover->name);
	look_at(s.f.fd, &file);
	look_at(donor.fd, &other);
	t_ok(t_write_denied(&s.p, s.mr, 0, 1) && t_write_denied(&s.p, s.mr, 0, LEN) &&
	     t_write_denied(&s.p, s.mr, LEN - 1, 1) &&
	     t_read_denied(&s.p, s.mr, 5 * T_PAGE, 8),
	     "%s: the peer is denied", mover->name);
	t_ok(moved || donates || !memcmp(file.cache, was, LEN),
	     "%s: the file has the peer's bytes", mover->name);
	t_ok(moved || donates || !memcmp(file.disk, was, LEN),
	     "%s: and the disk", mover->name);
	/* A donor's blocks are exchanged, what it has in its cache is its own */
	t_ok(t_is(other.cache, LEN, 1) &&
	     (!strcmp(mover->name, "MOVE_EXT from it") || t_is(other.disk, LEN, 1)),
	     "%s: the other file has its own", mover->name);
	t_ok(looks_like(s.f.fd, &file) && looks_like(donor.fd, &other),
	     "%s: what was denied is in neither", mover->name);
	if (moved) {
		t_must(!mover->call(&s.f, &donor), "swap it back");
		look_at(s.f.fd, &file);
		t_ok(!memcmp(file.cache, was, LEN) && !memcmp(file.disk, was, LEN),
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
