// SPDX-License-Identifier: GPL-2.0
/*
 * Given a region on an ext4 file that is registered for reading only, and one
 * for writing,
 * when reregistration is to make the first writable and the second read only,
 * then the first is refused: its page never comes under io and no write of
 * the peer gets into the file; the second, whether the driver can do it or
 * not, stays under io until it is deregistered.
 *
 * Guards umem_pin_check_rereg().
 */
#include "scene.h"

int main(void)
{
	struct t_scene s = { .mr = NULL };
	unsigned char bytes[100];
	struct ibv_mr *mr;
	int ret;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", 2 * T_PAGE, T_WRITTEN);
	t_pair_open(&s.p, t_device());

	mr = t_reg_must(&s.p, s.f.map + T_PAGE, T_PAGE);
	t_dma_fill(&s.p, mr, 0, T_PAGE, 2);
	ret = t_rereg(mr, IBV_REREG_MR_CHANGE_ACCESS, 0, 0, NULL,
		      IBV_ACCESS_REMOTE_READ);
	t_ok(ret == (t_is_iwarp() ? EOPNOTSUPP : 0),
	     "a writable region made read only: %s", strerror(ret));
	t_ok(t_under_io(s.f.fd, 1, 1), "its page stays under io");
	t_ok(t_dma_is(&s.p, mr, 0, T_PAGE, 2), "the peer still reads");
	t_dereg(mr);
	t_ok(t_no_entry(s.f.fd, 1, 1) && t_slots_are(s.f.fd, 1, 1, "folio"),
	     "released by deregistration");

	mr = ibv_reg_mr(s.p.pd, s.f.map, T_PAGE, IBV_ACCESS_REMOTE_READ);
	t_must(mr, "register for reading");
	t_ok(t_dma_is(&s.p, mr, 0, T_PAGE, 1), "the peer reads");
	ret = t_rereg(mr, IBV_REREG_MR_CHANGE_ACCESS, 0, 0, NULL, s.p.access);
	t_ok(ret == (t_is_iwarp() ? EOPNOTSUPP : EACCES),
	     "a read only region is not made writable: %s", strerror(ret));
	t_ok(t_slots_are(s.f.fd, 0, 1, "folio") && t_nothing_under_io(),
	     "its page is not under io");
	/* Last, for it takes the connection down */
	memset(bytes, 0xee, sizeof(bytes));
	t_ok(t_rdma_write(&s.p, mr, 0, bytes, sizeof(bytes)),
	     "the peer may not write");
	t_ok(t_is(s.f.map, T_PAGE, 1) && t_read_is(s.f.fd, 0, T_PAGE, 1),
	     "and the file has not changed");
	t_dereg(mr);
	t_must(!fsync(s.f.fd), "fsync");
	t_ok(t_disk_is(s.f.fd, 0, T_PAGE, 1), "nor has the disk");
	t_scene_close(&s);
	t_done();
}
