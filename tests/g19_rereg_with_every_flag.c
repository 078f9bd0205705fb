// SPDX-License-Identifier: GPL-2.0
/*
 * Given an ordinary user with a live region on a file and a second protection
 * domain,
 * when he reregisters it with every combination of flags there is, with each
 * flag there is not, with good and bad addresses, lengths, domains and access,
 * then each is refused with an errno of a few, or done, which the devices know
 * for access and domain only; the region's pages are under io all the time, the
 * accounting stays, the region works on, and deregistration gives all back.
 *
 * Guards umem_pin_check_rereg(), and that drivers do not let go of memory.
 */
#include <sys/resource.h>

#include "scene.h"

#define PAGES	16U
#define KNOWN	(IBV_REREG_MR_CHANGE_TRANSLATION | IBV_REREG_MR_CHANGE_PD | \
		 IBV_REREG_MR_CHANGE_ACCESS)

static const struct {
	const char *name;
	int translation;	/* new address and length are no good */
	int pd;			/* the same of the domain */
	int access;		/* and of the access */
} kinds[] = {
	{ "good", 0, 0, 0 }, { "no bytes", 1, 0, 0 }, { "wrapping", 2, 0, 0 },
	{ "unmapped", 3, 0, 0 }, { "no such domain", 0, 1, 0 },
	{ "no such access", 0, 0, 1 }, { "remote without local", 0, 0, 2 },
	{ "on demand", 0, 0, 3 },
};

static struct t_scene s;
static struct ibv_pd *other;
static unsigned int done;

static bool is_an_errno(int err)
{
	return !err || err == EINVAL || err == EOPNOTSUPP || err == EFAULT ||
	       err == ENOENT || err == EPERM;
}

static int try(int flags, unsigned int kind)
{
	uint64_t addr = (uintptr_t)s.f.map, len = s.f.len;
	unsigned int access = s.p.access;
	struct ibv_pd none = { .handle = 0x7ffffff0 }, *pd = other;

	if (kinds[kind].translation == 1)
		len = 0;
	if (kinds[kind].translation == 2)
		len = -addr;
	if (kinds[kind].translation == 3)
		addr = T_PAGE;
	if (kinds[kind].pd)
		pd = &none;
	if (kinds[kind].access == 1)
		access |= 1U << 31;
	if (kinds[kind].access == 2)
		access = IBV_ACCESS_REMOTE_WRITE;
	if (kinds[kind].access == 3)
		access |= IBV_ACCESS_ON_DEMAND;
	return t_rereg(s.mr, flags, addr, len, pd, access);
}

static void rereg_every_way(void *unused)
{
	(void)unused;
	for (unsigned int kind = 0; kind < sizeof(kinds) / sizeof(*kinds); kind++)
		for (unsigned int bit = 2; bit < 32; bit++)
			for (int flags = 0; flags <= KNOWN; flags++) {
				/* bit 2 is the last one that exists */
				int all = flags | (bit > 2 ? 1 << bit : 0);
				int err = try(all, kind);

				done += !err;
				if (!is_an_errno(err) ||
				    (!err && (bit > 2 || !flags)))
					t_ok(false, "%s, flags %#x: %s",
					     kinds[kind].name, all, strerror(err));
			}
}

int main(void)
{
	const struct rlimit limit = { 1 << 20, 1 << 20 };
	long pinned;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_must(!setrlimit(RLIMIT_MEMLOCK, &limit), "setrlimit");
	t_pair_open(&s.p, t_device());
	other = ibv_alloc_pd(s.p.context);
	t_must(other, "another domain");
	pinned = t_vmpin();
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_as_user(rereg_every_way, NULL);
	t_ok(t_is_iwarp() ? !done : done > 2,
	     "%u of %zu requests were granted, the others refused", done,
	     sizeof(kinds) / sizeof(*kinds) * 30 * (KNOWN + 1));
	t_ok(t_under_io(s.f.fd, 0, PAGES) && t_vmstat("nr_pui_pages") == PAGES,
	     "the region's pages are under io");
	t_ok(t_vmpin() == pinned + (long)PAGES * 4, "and accounted for once");
	/* Back to where the peer can reach it */
	t_must(t_is_iwarp() || !t_rereg(s.mr, KNOWN & ~IBV_REREG_MR_CHANGE_TRANSLATION,
					0, 0, s.p.pd, s.p.access), "back");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 2),
	     "it works, and fsync writes it");
	t_dereg(s.mr);
	s.mr = NULL;
	t_ok(t_within(10, t_nothing_under_io() && t_vmpin() == pinned),
	     "deregistration gives all back");
	t_ok(!ibv_dealloc_pd(other), "no domain is used any more");
	t_scene_close(&s);
	t_done();
}
