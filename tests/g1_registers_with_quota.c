// SPDX-License-Identifier: GPL-2.0
/*
 * Given an ext4 with quota and a sparse file of an ordinary user,
 * when the file is registered, written by the peer, synced and released,
 * then the bytes get there and the user is charged for exactly its blocks.
 *
 * Guards that the fault before the pin reserves through quota.
 */
#include <sys/quota.h>

#include "scene.h"

#define USER	65534
#define PAGES	16U

static long charged(void)
{
	struct dqblk q;

	t_must(!quotactl(QCMD(Q_GETQUOTA, USRQUOTA), t_disk(), USER, (void *)&q),
	       "Q_GETQUOTA");
	return q.dqb_curspace;
}

int main(void)
{
	struct t_scene s = { .mr = NULL };
	long before;

	t_begin();
	t_fs_make(64, "-O quota -E quotatype=usrquota", "usrquota");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_HOLE);
	t_must(!fchown(s.f.fd, USER, USER), "chown");
	before = charged();
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_ok(charged() == before + (long)s.f.len,
	     "the user is charged when the pages are pinned");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 2),
	     "fsync brings the peer's bytes to the disk");
	t_dereg(s.mr);
	s.mr = NULL;
	t_must(!fsync(s.f.fd), "fsync");
	t_ok(charged() == before + (long)s.f.len, "and for no more in the end");
	t_must(!ftruncate(s.f.fd, 0) && !fsync(s.f.fd), "truncate");
	t_ok(charged() == before, "and for nothing when the file is empty");
	t_scene_close(&s);
	t_done();
}
