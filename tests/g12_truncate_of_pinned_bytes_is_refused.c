// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of 16 pages and some bytes of which 4..7 are registered, by a
 * driver that cannot revoke,
 * when the file is made shorter than them (ftruncate, truncate, open with
 * O_TRUNC),
 * then that fails with ETXTBSY and nothing has changed: size, bytes, extents,
 * entries; making it longer, or shorter behind the pinned bytes, works; and
 * after deregistration everything does.
 *
 * Guards the answer of pui_revoke(), and ext4_setattr().
 */
#include <sys/stat.h>

#include "scene.h"

#define LEN (16 * T_PAGE + 77)

static struct t_scene s;
static char *extents;

/* @ret: what the call returned, just now */
static void unchanged(int ret, const char *what)
{
	struct stat st;
	char *now;

	t_ok(ret < 0 && errno == ETXTBSY, "%s: ETXTBSY", what);
	now = t_fiemap_text(s.f.fd);
	t_ok(!fstat(s.f.fd, &st) && st.st_size == LEN && !strcmp(now, extents) &&
	     t_read_is(s.f.fd, 0, 4 * T_PAGE, 1) && t_under_io(s.f.fd, 4, 4) &&
	     t_dma_is(&s.p, s.mr, 0, 4 * T_PAGE, 2),
	     "%s: nothing has changed", what);
	free(now);
}

int main(void)
{
	struct stat st;

	t_begin();
	t_set_revocable(false);
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", LEN, T_WRITTEN);
	extents = t_fiemap_text(s.f.fd);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map + 4 * T_PAGE, 4 * T_PAGE);
	t_dma_fill(&s.p, s.mr, 0, 4 * T_PAGE, 2);

	unchanged(ftruncate(s.f.fd, 0), "ftruncate to nothing");
	unchanged(ftruncate(s.f.fd, 5 * T_PAGE + 1), "ftruncate into the pinned bytes");
	unchanged(truncate(s.f.path, 8 * T_PAGE - 1), "truncate of the last pinned byte");
	unchanged(open(s.f.path, O_RDWR | O_TRUNC), "open with O_TRUNC");

	t_ok(!ftruncate(s.f.fd, 40 * T_PAGE) && t_under_io(s.f.fd, 4, 4),
	     "making it longer works");
	t_ok(!ftruncate(s.f.fd, 8 * T_PAGE) && t_under_io(s.f.fd, 4, 4),
	     "making it end with the pinned bytes works");
	t_dma_fill(&s.p, s.mr, 0, 4 * T_PAGE, 3);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 4 * T_PAGE, 4 * T_PAGE, 3),
	     "the peer's bytes still get to the disk");
	t_dereg(s.mr);
	s.mr = NULL;
	t_ok(!ftruncate(s.f.fd, 100) && !fstat(s.f.fd, &st) && st.st_size == 100,
	     "after deregistration it can be truncated");
	t_ok(t_read_is(s.f.fd, 0, 100, 1), "to the bytes before");
	free(extents);
	t_scene_close(&s);
	t_done();
}
