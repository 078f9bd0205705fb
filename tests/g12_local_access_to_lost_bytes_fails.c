// SPDX-License-Identifier: GPL-2.0
/*
 * Given a region of which a hole punch has taken a page,
 * when a local work request has a buffer in the lost page: the source of a
 * write, the target of a read, a receive,
 * then it completes with a local protection error (a receive over siw with the
 * one error that siw has for receives) and moves nothing, and requests with
 * buffers in the rest of the region work.
 *
 * Guards umem_pin_test_lost() in copy_data() of rxe and siw_check_sge() of siw.
 */
#include <linux/falloc.h>

#include "scene.h"

int main(void)
{
	static const unsigned char zeros[T_PAGE];
	unsigned char buf[T_PAGE];
	struct t_scene s;

	t_begin();
	t_scene_open(&s, 4, T_WRITTEN);
	t_must(!fallocate(s.f.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			  2 * T_PAGE, T_PAGE), "punch");
	t_ok(t_send_from_denied(&s.p, s.mr, 2 * T_PAGE, 8), "source of a write");
	t_ok(t_send_from_denied(&s.p, s.mr, 3 * T_PAGE - 1, 2),
	     "source that begins in the lost page");
	t_ok(t_read_into_denied(&s.p, s.mr, 2 * T_PAGE, T_PAGE),
	     "target of a read");
	t_ok(t_recv_into_denied(&s.p, s.mr, 2 * T_PAGE + 100, 64),
	     "buffer of a receive");
	t_ok(pread(s.f.fd, buf, T_PAGE, 2 * T_PAGE) == (ssize_t)T_PAGE &&
	     !memcmp(buf, zeros, T_PAGE), "the hole is a hole");
	t_fill(buf, T_PAGE, 5);
	t_ok(!t_send_into(&s.p, s.mr, T_PAGE, buf, T_PAGE) &&
	     t_is(s.f.map + T_PAGE, T_PAGE, 5), "a receive beside it works");
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, T_PAGE, T_PAGE, 5),
	     "and reaches the disk");
	t_scene_close(&s);
	t_done();
}
