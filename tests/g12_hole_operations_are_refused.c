// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of 32 pages of which 8..11 are registered, by a driver that
 * cannot revoke,
 * when a hole is punched, a range zeroed, collapsed or inserted, or MADV_REMOVE
 * called, so that pinned bytes would go or their blocks would change,
 * then that fails with ETXTBSY and nothing has changed: size, bytes, extents;
 * the same outside the pinned bytes works; afterwards everything does.
 *
 * Guards the answer of pui_revoke(), and ext4_punch_hole(), ext4_zero_range(),
 * ext4_collapse_range(), ext4_insert_range().
 */
#include <linux/falloc.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "scene.h"

#define PAGES	32U
#define PUNCH	(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

static const struct {
	const char *name;
	int mode;
	size_t first, count;	/* in pages */
} refused[] = {
	{ "punch all of them", PUNCH, 8, 4 },
	{ "punch the first", PUNCH, 4, 5 },
	{ "punch the whole file", PUNCH, 0, 32 },
	{ "zero the last", FALLOC_FL_ZERO_RANGE, 11, 4 },
	{ "zero, keep size", FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 8, 1 },
	{ "collapse them", FALLOC_FL_COLLAPSE_RANGE, 8, 4 },
	{ "collapse before them", FALLOC_FL_COLLAPSE_RANGE, 2, 2 },
	{ "insert in them", FALLOC_FL_INSERT_RANGE, 9, 2 },
	{ "insert before them", FALLOC_FL_INSERT_RANGE, 0, 4 },
}, allowed[] = {
	{ "allocate all", 0, 0, 32 },
	{ "punch before", PUNCH, 6, 2 },
	{ "punch behind", PUNCH, 12, 2 },
	{ "zero behind", FALLOC_FL_ZERO_RANGE, 14, 2 },
	{ "collapse behind", FALLOC_FL_COLLAPSE_RANGE, 16, 4 },
	{ "insert behind", FALLOC_FL_INSERT_RANGE, 16, 4 },
};

static struct t_scene s;
static char *extents;

static bool pinned_bytes_are(unsigned int seed)
{
	return t_read_is(s.f.fd, 8 * T_PAGE, 4 * T_PAGE, seed) &&
	       t_dma_is(&s.p, s.mr, 0, 4 * T_PAGE, seed) &&
	       t_under_io(s.f.fd, 8, 4);
}

static bool unchanged(void)
{
	struct stat st;
	char *now = t_fiemap_text(s.f.fd);
	bool same = !strcmp(now, extents);

	free(now);
	return same && !fstat(s.f.fd, &st) && st.st_size == (off_t)s.f.len &&
	       t_read_is(s.f.fd, 0, 8 * T_PAGE, 1) && pinned_bytes_are(2);
}

int main(void)
{
	unsigned int i;
	int ret;

	t_begin();
	t_set_revocable(false);
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	extents = t_fiemap_text(s.f.fd);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map + 8 * T_PAGE, 4 * T_PAGE);
	t_dma_fill(&s.p, s.mr, 0, 4 * T_PAGE, 2);

	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		ret = fallocate(s.f.fd, refused[i].mode, refused[i].first * T_PAGE,
				refused[i].count * T_PAGE);
		t_ok(ret && errno == ETXTBSY, "%s: ETXTBSY", refused[i].name);
		t_ok(unchanged(), "%s: nothing has changed", refused[i].name);
	}
	ret = madvise(s.f.map + 9 * T_PAGE, T_PAGE, MADV_REMOVE);
	t_ok(ret && errno == ETXTBSY && unchanged(), "MADV_REMOVE: ETXTBSY");

	for (i = 0; i < sizeof(allowed) / sizeof(*allowed); i++) {
		ret = fallocate(s.f.fd, allowed[i].mode, allowed[i].first * T_PAGE,
				allowed[i].count * T_PAGE);
		t_ok(!ret && pinned_bytes_are(2), "%s: works", allowed[i].name);
	}
	t_dma_fill(&s.p, s.mr, 0, 4 * T_PAGE, 3);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 8 * T_PAGE, 4 * T_PAGE, 3),
	     "the peer's bytes still get to the disk");
	t_dereg(s.mr);
	s.mr = NULL;
	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		t_ok(!fallocate(s.f.fd, refused[i].mode, refused[i].first * T_PAGE,
				refused[i].count * T_PAGE),
		     "%s: works after deregistration", refused[i].name);
	free(extents);
	t_scene_close(&s);
	t_done();
}
