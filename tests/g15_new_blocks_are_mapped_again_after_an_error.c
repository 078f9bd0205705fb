// SPDX-License-Identifier: GPL-2.0
/*
 * Given registered files whose blocks are written, unwritten, reserved or not
 * there, and a disk whose writes of data fail,
 * when fsync has said EIO, the disk works again, and fsync is called once more,
 * before or after deregistration,
 * then the bytes are on the disk and in the file after a remount: the file does
 * not read as zeros because its extents have stayed unwritten.
 *
 * Guards ext4_io_stays_unwritten() of fs/ext4/page-io.c.
 */
#include "bad_disk.h"
#include "scene.h"

#define PAGES	8U

static const struct kind {
	const char *name;
	enum t_how how;
} kinds[] = {
	{ "written", T_WRITTEN },
	{ "unwritten", T_FALLOC },
	{ "reserved", T_DELALLOC },
	{ "a hole", T_HOLE },
};

static void error_between(const struct kind *kind, bool release)
{
	const char *when = release ? "released" : "under io";
	struct t_scene s = { .mr = NULL };
	int fd;

	t_file_make(&s.f, "file", PAGES * T_PAGE, kind->how);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_bad_disk(T_DISK_NO_WRITES);
	t_ok(fsync(s.f.fd) < 0 && errno == EIO, "%s, %s: fsync says EIO",
	     kind->name, when);
	t_bad_disk(T_DISK_GOOD);
	if (release)
		t_dereg(s.mr);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 2),
	     "%s, %s: the next one brings the bytes to the disk", kind->name, when);
	if (!release)
		t_dereg(s.mr);
	t_pair_close(&s.p);
	t_file_close(&s.f);
	t_fs_remount("");
	fd = open(s.f.path, O_RDONLY);
	t_ok(t_read_is(fd, 0, s.f.len, 2), "%s, %s: after a remount they are there",
	     kind->name, when);
	close(fd);
	t_must(!unlink(s.f.path), "unlink");
}

int main(void)
{
	t_begin();
	t_bad_disk_open(64, "");
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		error_between(&kinds[i], false);
		error_between(&kinds[i], true);
	}
	t_done();
}
