// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of 32 pages of which 8..15 are registered,
 * when a hole is punched, a range zeroed, collapsed or inserted, MADV_REMOVE
 * called, or the file truncated by open(O_TRUNC), over some of them,
 * then that works at once and does to every byte of the file what it does to any
 * file; the bytes whose pages went are denied to the peer, and what it is denied
 * is nowhere in the file, on the disk, or behind the file's end; the others of the
 * region are read and written as before and reach the disk; a page of which only
 * a part is punched or zeroed stays in the region.
 *
 * Guards pui_revoke() in ext4_punch_hole(), ext4_zero_range(),
 * ext4_collapse_range(), ext4_insert_range(), ext4_setattr().
 */
#include <linux/falloc.h>
#include <sys/mman.h>

#include "scene.h"

#define PAGES	32U
#define FIRST	8U
#define COUNT	8U
#define MAX	(40 * T_PAGE)	/* no operation makes it so long */
#define PUNCH	(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

enum { MADVISE = -1, OPEN = -2 };

/* What is done, in bytes; which pages of the region are lost, in pages. */
static const struct operation {
	const char *name;
	int mode;
	off_t off, len;
	unsigned int lost, nr_lost;
} operation[] = {
	{ "punch one", PUNCH, 10 * T_PAGE, T_PAGE, 2, 1 },
	{ "punch the first and what is before", PUNCH, 0, 9 * T_PAGE, 0, 1 },
	{ "punch the last and what is behind", PUNCH, 15 * T_PAGE, 9 * T_PAGE, 7, 1 },
	{ "punch all", PUNCH, 0, PAGES * T_PAGE, 0, 8 },
	{ "punch from middle to middle", PUNCH, 9 * T_PAGE + 10, 3 * T_PAGE, 2, 2 },
	{ "punch a part of one", PUNCH, 9 * T_PAGE + 10, 100, 0, 0 },
	{ "zero two", FALLOC_FL_ZERO_RANGE, 11 * T_PAGE, 2 * T_PAGE, 3, 2 },
	{ "zero parts of two", FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
	  11 * T_PAGE + 1, T_PAGE, 0, 0 },
	{ "collapse", FALLOC_FL_COLLAPSE_RANGE, 12 * T_PAGE, 2 * T_PAGE, 4, 4 },
	{ "collapse before", FALLOC_FL_COLLAPSE_RANGE, 2 * T_PAGE, 2 * T_PAGE, 0, 8 },
	{ "insert", FALLOC_FL_INSERT_RANGE, 14 * T_PAGE, 4 * T_PAGE, 6, 2 },
	{ "MADV_REMOVE", MADVISE, 13 * T_PAGE, 2 * T_PAGE, 5, 2 },
	{ "open with O_TRUNC", OPEN, 0, PAGES * T_PAGE, 0, 8 },
};

static int run(struct t_scene *s, const struct operation *op)
{
	int fd;

	if (op->mode == MADVISE)
		return madvise(s->f.map + op->off, op->len, MADV_REMOVE);
	if (op->mode != OPEN)
		return fallocate(s->f.fd, op->mode, op->off, op->len);
	fd = open(s->f.path, O_RDWR | O_TRUNC);
	return fd < 0 ? fd : close(fd);
}

/* What every byte of the file has to be; zeros behind its end. */
static unsigned char want[MAX];

/* What @op does to a file of PAGES; return how long that is then. */
static off_t expect(const struct operation *op)
{
	unsigned char *at = want + op->off, *end = want + PAGES * T_PAGE;

	switch (op->mode) {
	case FALLOC_FL_COLLAPSE_RANGE:
		memmove(at, at + op->len, end - at - op->len);
		memset(end - op->len, 0, op->len);
		return PAGES * T_PAGE - op->len;
	case FALLOC_FL_INSERT_RANGE:
		memmove(at + op->len, at, end - at);
		memset(at, 0, op->len);
		return PAGES * T_PAGE + op->len;
	case OPEN:
		memset(want, 0, MAX);
		return 0;
	default:
		memset(at, 0, op->len);
		return PAGES * T_PAGE;
	}
}

static bool as_expected(const unsigned char *buf, const char *where)
{
	for (size_t i = 0; i < MAX; i++)
		if (buf[i] != want[i]) {
			t_note("%s, byte %zu: 0x%x, not 0x%x", where, i, buf[i], want[i]);
			return false;
		}
	return true;
}

/* Is the file as expected, and @size long? */
static bool file_is(int fd, off_t size)
{
	static unsigned char buf[MAX];

	memset(buf, 0, MAX);
	return pread(fd, buf, MAX, 0) == size && as_expected(buf, "file");
}

static bool disk_is(int fd)
{
	static unsigned char buf[MAX];

	t_disk_read(t_disk(), fd, 0, buf, MAX);
	return as_expected(buf, "disk");
}

static bool is_lost(const struct operation *op, unsigned int page)
{
	return page >= op->lost && page < op->lost + op->nr_lost;
}

/* Lost pages are denied at both ends, all others work and reach the disk. */
static void look_at_pages(struct t_scene *s, const struct operation *op, off_t size)
{
	bool denied = true, works = true;

	for (unsigned int i = 0; i < COUNT; i++) {
		if (is_lost(op, i))
			continue;
		t_dma_fill(&s->p, s->mr, i * T_PAGE, T_PAGE, 20 + i);
		t_fill(want + (FIRST + i) * T_PAGE, T_PAGE, 20 + i);
		works &= t_dma_is(&s->p, s->mr, i * T_PAGE, T_PAGE, 20 + i) &&
			 t_under_io(s->f.fd, FIRST + i, 1);
	}
	/* The first and the last byte of what is lost, and all of it */
	if (op->nr_lost) {
		denied &= t_write_denied(&s->p, s->mr, op->lost * T_PAGE, 1);
		denied &= t_write_denied(&s->p, s->mr, (op->lost + op->nr_lost) *
					 T_PAGE - 1, 1);
		denied &= t_write_denied(&s->p, s->mr, op->lost * T_PAGE,
					 op->nr_lost * T_PAGE);
		denied &= t_read_denied(&s->p, s->mr, op->lost * T_PAGE, 8);
	}
	t_ok(denied, "%s: lost bytes are denied", op->name);
	t_ok(works && file_is(s->f.fd, size), "%s: the others work", op->name);
	t_ok(!fsync(s->f.fd) && disk_is(s->f.fd), "%s: and reach the disk", op->name);
	t_ok(op->mode == OPEN || t_no_entry(s->f.fd, FIRST + op->lost, op->nr_lost),
	     "%s: lost pages are not under io", op->name);
}

static void run_one(const struct operation *op)
{
	struct t_scene s = { .mr = NULL };
	off_t size;

	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map + FIRST * T_PAGE, COUNT * T_PAGE);
	t_dma_fill(&s.p, s.mr, 0, COUNT * T_PAGE, 2);
	memset(want, 0, MAX);
	t_fill(want, PAGES * T_PAGE, 1);
	t_fill(want + FIRST * T_PAGE, COUNT * T_PAGE, 2);
	size = expect(op);
	t_ok(!run(&s, op), "%s: works", op->name);
	t_ok(file_is(s.f.fd, size), "%s: every byte is what it should be", op->name);
	look_at_pages(&s, op, size);
	t_ok(!ftruncate(s.f.fd, MAX) && file_is(s.f.fd, MAX),
	     "%s: behind the end are zeros", op->name);
	t_dereg(s.mr);
	t_ok(t_within(10, t_nothing_under_io()), "%s: nothing is left", op->name);
	t_ok(file_is(s.f.fd, MAX) && !fsync(s.f.fd) && disk_is(s.f.fd),
	     "%s: and nothing is changed by that", op->name);
	t_pair_close(&s.p);
	t_file_close(&s.f);
	t_must(!unlink(s.f.path), "unlink");
}

int main(void)
{
	t_begin();
	t_fs_make(64, "", "");
	for (unsigned int i = 0; i < sizeof(operation) / sizeof(*operation); i++)
		run_one(&operation[i]);
	errno = t_fs_umount();
	t_must(!errno, "umount");
	t_ok(!t_run("e2fsck -fn %s >/dev/null 2>&1", t_disk()), "the file system is clean");
	t_done();
}
