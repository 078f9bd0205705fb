// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file system mounted for quota, and a registered file on it,
 * when quota is to be turned on with that file,
 * then it fails with ETXTBSY and nothing has changed if the driver cannot
 * revoke; else the peer is denied the bytes before the kernel looks at them,
 * which are in the file.
 *
 * Guards pui_revoke() in ext4_quota_on().
 */
#include <sys/quota.h>

#include "scene.h"

#define VFSV1	4

static struct t_scene s;

static int quota_on(void)
{
	return quotactl(QCMD(Q_QUOTAON, USRQUOTA), t_disk(), VFSV1, s.f.path) ?
		errno : 0;
}

int main(void)
{
	int err;

	t_begin();
	t_fs_make(64, "", "usrquota");
	t_pair_open(&s.p, t_device());
	t_file_make(&s.f, "file", 4 * T_PAGE, T_WRITTEN);

	t_set_revocable(false);
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	err = quota_on();
	t_ok(err == ETXTBSY, "not revocable: ETXTBSY, not %s", strerror(err));
	t_ok(t_under_io(s.f.fd, 0, 4) && t_dma_is(&s.p, s.mr, 0, s.f.len, 2),
	     "not revocable: nothing has changed");
	t_dereg(s.mr);
	t_must(t_nothing_under_io(), "nothing is under io");

	t_set_revocable(true);
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 3);
	/* It is not a quota file, really */
	err = quota_on();
	t_ok(err && err != ETXTBSY, "revocable: quota gets to see the file: %s",
	     strerror(err));
	t_ok(t_no_entry(s.f.fd, 0, 4) && t_write_denied(&s.p, s.mr, 0, 1),
	     "revocable: the peer is denied");
	t_ok(t_read_is(s.f.fd, 0, s.f.len, 3), "revocable: its bytes are in the file");
	t_scene_close(&s);
	t_done();
}
