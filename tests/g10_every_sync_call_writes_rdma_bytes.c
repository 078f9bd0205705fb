// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file of holes, or of data on the disk,
 * when the peer writes and one of fsync, fdatasync, msync(MS_SYNC),
 * sync_file_range(WRITE_AND_WAIT), syncfs and sync is called, and then twice
 * more the peer writes and the same call is made,
 * then each time the disk has every byte, and the pages stay dirty, with
 * buffers, under io on their folios.
 *
 * Guards the snapshot in ext4_bio_write_folio() and that it keeps buffers
 * dirty, filemap_fdatawrite_wbc(), ext4_do_writepages(),
 * folio_clear_dirty_for_io(), __folio_start_writeback().
 */
#include <sys/mman.h>

#include "scene.h"

#define PAGES 20U

static int do_fsync(struct t_file *f)
{
	return fsync(f->fd);
}

static int do_fdatasync(struct t_file *f)
{
	return fdatasync(f->fd);
}

static int do_msync(struct t_file *f)
{
	return msync(f->map, f->len, MS_SYNC);
}

static int do_sync_file_range(struct t_file *f)
{
	return sync_file_range(f->fd, 0, f->len, SYNC_FILE_RANGE_WRITE_AND_WAIT |
			       SYNC_FILE_RANGE_WAIT_BEFORE);
}

static int do_syncfs(struct t_file *f)
{
	return syncfs(f->fd);
}

static int do_sync(struct t_file *f)
{
	(void)f;
	sync();
	return 0;
}

static const struct {
	const char *name;
	int (*call)(struct t_file *f);
} call[] = {
	{ "fsync", do_fsync }, { "fdatasync", do_fdatasync },
	{ "msync", do_msync }, { "sync_file_range", do_sync_file_range },
	{ "syncfs", do_syncfs }, { "sync", do_sync },
};

static void try(struct t_pair *p, unsigned int n, enum t_how how)
{
	const char *kind = how == T_HOLE ? "hole" : "written";
	struct t_slot before[PAGES];
	struct ibv_mr *mr;
	struct t_file f;

	t_file_make(&f, "file", PAGES * T_PAGE, how);
	mr = t_reg_must(p, f.map, f.len);
	t_slots(f.fd, 0, PAGES, before);
	for (unsigned int seed = 2; seed < 5; seed++) {
		t_dma_fill(p, mr, 0, f.len, seed);
		/*
		 * sync_file_range() is not about metadata: it writes into
		 * blocks whose extents a crash could still lose, but it does
		 * write, and waits.
		 */
		t_ok(!call[n].call(&f) && t_disk_is(f.fd, 0, f.len, seed),
		     "%s, %s, time %u: on the disk", call[n].name, kind, seed - 1);
		t_ok(t_under_io(f.fd, 0, PAGES) &&
		     t_slots_same(f.fd, before, PAGES),
		     "%s, %s, time %u: still dirty and under io", call[n].name,
		     kind, seed - 1);
	}
	t_dereg(mr);
	t_file_close(&f);
}

int main(void)
{
	struct t_pair p;

	t_begin();
	t_fs_make(64, "", "");
	t_pair_open(&p, t_device());
	for (unsigned int n = 0; n < sizeof(call) / sizeof(*call); n++) {
		try(&p, n, T_HOLE);
		try(&p, n, T_WRITTEN);
	}
	t_pair_close(&p);
	t_done();
}
