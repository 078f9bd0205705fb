// SPDX-License-Identifier: GPL-2.0
/*
 * Given a writable shared mapping of an ext4 file,
 * when it is made a fixed buffer of io_uring, with no region on it and while
 * the very pages are registered,
 * then it is refused as by the stock kernel, and anonymous memory is not.
 *
 * Guards writable_file_mapping_allowed() and gup_fast_folio_allowed() of
 * mm/gup.c.
 */
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "scene.h"

static int fix(int ring, void *addr, size_t len)
{
	struct iovec iov = { addr, len };
	int err = syscall(__NR_io_uring_register, ring, IORING_REGISTER_BUFFERS,
			  &iov, 1) ? errno : 0;

	syscall(__NR_io_uring_register, ring, IORING_UNREGISTER_BUFFERS, NULL, 0);
	return err;
}

int main(void)
{
	struct io_uring_params params = { 0 };
	struct t_scene s = { .mr = NULL };
	int ring;

	t_begin();
	ring = syscall(__NR_io_uring_setup, 4, &params);
	t_must(ring >= 0, "io_uring_setup");
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", 8 * T_PAGE, T_WRITTEN);
	t_fill(s.f.map, s.f.len, 1);
	t_pair_open(&s.p, t_device());
	t_ok(fix(ring, s.p.bounce, T_BOUNCE) == 0, "anonymous memory: accepted");
	t_ok(fix(ring, s.f.map, s.f.len) == EFAULT, "ext4 mapping: EFAULT");
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_ok(fix(ring, s.f.map, s.f.len) == EFAULT,
	     "ext4 mapping while registered: EFAULT");
	t_ok(fix(ring, s.f.map, T_PAGE) == EFAULT, "a single page of it: EFAULT");
	t_ok(t_under_io(s.f.fd, 0, 8), "the region's pages are still under io");
	close(ring);
	t_scene_close(&s);
	t_done();
}
