// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of 8 pages and three regions over it,
 * when it is truncated or punched, and there is no memory for what the first,
 * second or third of them loses,
 * then that fails with ENOMEM and nothing has changed: not the file's size nor
 * its bytes, and the peer still writes to all of each region; with memory it
 * works.
 *
 * Guards that __pui_revoke() has all its memory before its first change.
 */
#include <sys/stat.h>

#include "fault.h"
#include "scene.h"

#define PAGES	8U
#define HOLDERS	3U
#define FROM	(3 * T_PAGE)

static int punch(int fd)
{
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, FROM,
			 2 * T_PAGE);
}

static int truncate_it(int fd)
{
	return ftruncate(fd, FROM);
}

static void sweep(const char *what, int (*change)(int fd))
{
	struct t_scene s = { .mr = NULL };
	struct ibv_mr *mr[HOLDERS];
	unsigned int refused;
	struct stat st;

	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	for (unsigned int i = 0; i < HOLDERS; i++)
		mr[i] = t_reg_must(&s.p, s.f.map, s.f.len);

	for (refused = 0; refused <= HOLDERS; refused++) {
		int ret;

		t_fail_nth(refused + 1);
		ret = change(s.f.fd);
		if (!t_failed_nth()) {
			t_ok(!ret, "%s: with memory it works", what);
			break;
		}
		t_ok(ret < 0 && errno == ENOMEM, "%s, holder %u: ENOMEM", what,
		     refused);
		t_ok(!fstat(s.f.fd, &st) && st.st_size == (off_t)s.f.len &&
		     t_under_io(s.f.fd, 0, PAGES), "the file is as it was");
		for (unsigned int i = 0; i < HOLDERS; i++) {
			t_dma_fill(&s.p, mr[i], 0, s.f.len, 10 * refused + i);
			t_ok(t_is(s.f.map, s.f.len, 10 * refused + i),
			     "the peer writes to all of region %u", i);
		}
	}
	t_ok(refused == HOLDERS, "%s: each holder's memory has failed", what);
	for (unsigned int i = 0; i < HOLDERS; i++)
		t_ok(t_write_denied(&s.p, mr[i], FROM, T_PAGE),
		     "then region %u has lost the bytes", i);
	t_ok(!fsync(s.f.fd) &&
	     t_disk_is(s.f.fd, 0, FROM, 10 * (HOLDERS - 1) + HOLDERS - 1),
	     "the others get to the disk");
	for (unsigned int i = 0; i < HOLDERS; i++)
		t_dereg(mr[i]);
	t_scene_close(&s);
}

int main(void)
{
	t_begin();
	t_faults(T_OWN_FAULTS);
	sweep("truncate", truncate_it);
	sweep("punch", punch);
	t_done();
}
