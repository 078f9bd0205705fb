// SPDX-License-Identifier: GPL-2.0
/*
 * Given a writable shared mapping of an ext4 file,
 * when somebody who is not umem_pin pins it for long with write access
 * (debugfs gup_test, slow and fast), with no region on it, while the very
 * pages are registered, and after that,
 * then it is refused with EFAULT as by the stock kernel, and reading or short
 * pins still work.
 *
 * Guards writable_file_mapping_allowed() and gup_fast_folio_allowed() of
 * mm/gup.c.
 */
#include <sys/ioctl.h>

#include "scene.h"

struct pin_longterm_test {
	uint64_t addr, size;
	uint32_t flags;		/* 1: write, 2: fast */
};

struct gup_test {
	uint64_t get_usec, put_usec, addr, size;
	uint32_t nr_pages_per_call, gup_flags, test_flags, which_pages[8];
};

#define PIN_LONGTERM_BENCHMARK	_IOWR('g', 3, struct gup_test)
#define PIN_BASIC_TEST		_IOWR('g', 5, struct gup_test)
#define LONGTERM_START		_IOW('g', 7, struct pin_longterm_test)
#define LONGTERM_STOP		_IO('g', 8)
#define FOLL_WRITE		1

static int dev;

static int pin(struct t_file *f, uint32_t flags)
{
	struct pin_longterm_test t = { (uintptr_t)f->map, f->len, flags };
	int err = ioctl(dev, LONGTERM_START, &t) ? errno : 0;

	ioctl(dev, LONGTERM_STOP);
	return err;
}

/* How many bytes a benchmark command got pinned. */
static size_t bench(struct t_file *f, unsigned long command)
{
	struct gup_test t = { .addr = (uintptr_t)f->map, .size = f->len,
			      .nr_pages_per_call = f->len / T_PAGE,
			      .gup_flags = FOLL_WRITE };

	t_must(!ioctl(dev, command, &t), "gup_test");
	return t.size;
}

static void refused(struct t_file *f, const char *when)
{
	t_ok(pin(f, 1) == EFAULT, "%s: long-term, write: EFAULT", when);
	t_ok(pin(f, 3) == EFAULT, "%s: long-term, write, fast: EFAULT", when);
	t_ok(bench(f, PIN_LONGTERM_BENCHMARK) == 0, "%s: not a page of it", when);
	t_ok(pin(f, 0) == 0 && pin(f, 2) == 0, "%s: long-term, read: works", when);
	t_ok(bench(f, PIN_BASIC_TEST) == f->len, "%s: short, write: works", when);
}

int main(void)
{
	struct t_scene s = { .mr = NULL };

	t_begin();
	dev = open("/sys/kernel/debug/gup_test", O_RDWR);
	t_must(dev >= 0, "open gup_test");
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", 8 * T_PAGE, T_WRITTEN);
	t_fill(s.f.map, s.f.len, 1);
	refused(&s.f, "nothing registered");
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	refused(&s.f, "while registered");
	t_ok(t_under_io(s.f.fd, 0, 8), "the region's pages are still under io");
	t_dereg(s.mr);
	s.mr = NULL;
	refused(&s.f, "after deregistration");
	t_scene_close(&s);
	t_done();
}
