// SPDX-License-Identifier: GPL-2.0
/*
 * Given a user with a quota of 4 blocks more than he uses, and his sparse file
 * of 16 pages,
 * when he registers all of it,
 * then it fails with EDQUOT, ENOSPC, or with EFAULT and a trace event, and
 * nothing is left behind; 4 pages of it work, and all of it with more quota.
 *
 * Guards the undo in umem_pin_get(), the event pui_fault_failed.
 */
#include <sys/quota.h>
#include <sys/resource.h>

#include "scene.h"

#define USER	65534

static struct t_scene s;
static int err;

/* Not root: the superuser may exceed a quota. */
static void register_bytes(void *len)
{
	s.mr = t_reg(&s.p, s.f.map, *(size_t *)len);
	err = errno;
}

/* Allow the user this many pages more than he had at @start. */
static void limit(struct dqblk *start, unsigned int pages)
{
	/* In units of 1 KiB */
	start->dqb_bhardlimit = start->dqb_curspace / 1024 + pages * T_PAGE / 1024;
	start->dqb_valid = QIF_BLIMITS;
	t_must(!quotactl(QCMD(Q_SETQUOTA, USRQUOTA), t_disk(), USER, (void *)start),
	       "Q_SETQUOTA");
}

int main(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	size_t too_much = 16 * T_PAGE, enough = 4 * T_PAGE;
	struct dqblk q = { 0 };
	char *trace;
	long pinned;

	t_begin();
	t_fs_make(64, "-O quota -E quotatype=usrquota", "usrquota");
	t_file_make(&s.f, "file", 16 * T_PAGE, T_HOLE);
	t_must(!fchown(s.f.fd, USER, USER), "chown");
	t_must(!quotactl(QCMD(Q_GETQUOTA, USRQUOTA), t_disk(), USER, (void *)&q),
	       "Q_GETQUOTA");
	limit(&q, 4);
	t_pair_open(&s.p, t_device());
	t_must(!setrlimit(RLIMIT_MEMLOCK, &all), "setrlimit");
	pinned = t_vmpin();
	t_trace_start("pui:pui_fault_failed");
	t_as_user(register_bytes, &too_much);
	trace = t_trace_stop();
	t_ok(!s.mr && (err == EFAULT || err == EDQUOT || err == ENOSPC),
	     "registration fails: %s", s.mr ? "it worked" : strerror(err));
	t_ok(err != EFAULT || strstr(trace, "pui_fault_failed"),
	     "an event or the error says why");
	t_ok(t_vmpin() == pinned && t_nothing_under_io(), "nothing is left behind");
	t_as_user(register_bytes, &enough);
	errno = err;
	t_must(s.mr, "register as much as the quota allows");
	t_dma_fill(&s.p, s.mr, 0, 4 * T_PAGE, 2);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, 4 * T_PAGE, 2),
	     "what the quota allows works");
	t_dereg(s.mr);
	limit(&q, 16);
	t_as_user(register_bytes, &too_much);
	errno = err;
	t_must(s.mr, "register all with more quota");
	t_dma_fill(&s.p, s.mr, 0, 16 * T_PAGE, 3);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, 16 * T_PAGE, 3),
	     "with more quota all of it works");
	t_scene_close(&s);
	free(trace);
	t_done();
}
