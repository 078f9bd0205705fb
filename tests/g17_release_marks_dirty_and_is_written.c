// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file of data on the disk, of holes, or of unwritten
 * extents, and a peer's bytes of which the disk has none,
 * when the region is deregistered and nobody calls any sync,
 * then the pages are dirty and marked, counted as dirty, and background
 * writeback brings every byte to the disk within its time; a remount has them.
 *
 * Guards pui_end(): the DIRTY mark, the accounting, __mark_inode_dirty().
 */
#include "scene.h"

#define PAGES 32U

static bool all_marked(int fd)
{
	struct t_slot slot[PAGES];

	t_slots(fd, 0, PAGES, slot);
	for (unsigned int i = 0; i < PAGES; i++)
		if (strcmp(slot[i].kind, "folio") || slot[i].marks[0] != 'D' ||
		    slot[i].dirty != 1 || slot[i].buffers != 1)
			return false;
	return true;
}

int main(void)
{
	static const struct {
		const char *name;
		enum t_how how;
	} kind[] = { { "written", T_WRITTEN }, { "hole", T_HOLE },
		     { "unwritten", T_FALLOC } };
	struct t_scene s;
	long dirty;
	int fd;

	t_begin();
	/* Nobody but us dirties or cleans pages while we count them */
	t_write_file("/proc/sys/vm/dirty_writeback_centisecs", "0");
	for (int i = 0; i < 3; i++) {
		const char *name = kind[i].name;

		t_scene_open(&s, PAGES, kind[i].how);
		t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
		t_must(!t_disk_is(s.f.fd, 0, s.f.len, 2), "not there yet");
		dirty = t_vmstat("nr_dirty");
		t_dereg(s.mr);
		s.mr = NULL;
		t_ok(t_no_entry(s.f.fd, 0, PAGES) && all_marked(s.f.fd),
		     "%s: every page is dirty and marked", name);
		t_ok(t_vmstat("nr_dirty") >= dirty + (long)PAGES,
		     "%s: they count as dirty again", name);
		t_eager_flusher();
		t_ok(t_within(20, t_disk_is(s.f.fd, 0, s.f.len, 2)),
		     "%s: background writeback brings them to the disk", name);
		t_write_file("/proc/sys/vm/dirty_writeback_centisecs", "0");
		t_write_file("/proc/sys/vm/dirty_expire_centisecs", "3000");
		t_scene_close(&s);
		t_must(!t_fs_mount("ext4", ""), "mount again");
		fd = open(s.f.path, O_RDONLY);
		t_ok(t_read_is(fd, 0, s.f.len, 2), "%s: a remount has them", name);
		close(fd);
		errno = t_fs_umount();
		t_must(!errno, "umount");
	}
	t_done();
}
