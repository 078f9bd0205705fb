// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file and a memory error in one of its pages (injected by
 * debugfs hwpoison),
 * when the kernel takes that page out of the file,
 * then the log stays clean of splats, fsync reports EIO once, the peer is soon
 * denied the page, the other pages stay under io and get to the disk,
 * deregistration works, counters balance.
 *
 * Guards pui_cancel() in truncate_cleanup_folio() of mm/truncate.c, and the
 * revoke that follows.
 */
#include "scene.h"

#define PAGES	4U
#define CORRUPT	"/sys/kernel/debug/hwpoison/corrupt-pfn"
#define REPAIR	"/sys/kernel/debug/hwpoison/unpoison-pfn"

int main(void)
{
	struct t_scene s;
	unsigned long pfn;
	struct t_slot slot;
	char text[32];

	t_begin();
	t_scene_open(&s, PAGES, T_WRITTEN);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_must(!fsync(s.f.fd), "fsync");
	pfn = t_pfn(s.f.map + T_PAGE);
	t_must(pfn, "page 1 is mapped");
	snprintf(text, sizeof(text), "%#lx", pfn);
	/* It says EBUSY when the page cannot be freed, which is so by the pin */
	t_try_write_file(CORRUPT, text);

	t_slots(s.f.fd, 1, 1, &slot);
	t_ok(!strcmp(slot.kind, "none"), "the page is out of the file");
	t_ok(t_under_io(s.f.fd, 0, 1) && t_under_io(s.f.fd, 2, 2),
	     "its neighbours stay under io");
	t_ok(fsync(s.f.fd) < 0 && errno == EIO, "fsync says EIO");
	t_ok(!fsync(s.f.fd), "and says it once");
	t_ok(t_within(10, t_rdma_write(&s.p, s.mr, T_PAGE, "", 1) != 0),
	     "the peer is denied the page");
	t_pair_reconnect(&s.p);
	t_ok(t_read_denied(&s.p, s.mr, T_PAGE, 8), "for reading, too");
	t_dma_fill(&s.p, s.mr, 2 * T_PAGE, 2 * T_PAGE, 3);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 2 * T_PAGE, 2 * T_PAGE, 3),
	     "what the peer writes to the neighbours gets to the disk");
	t_ok(!ibv_dereg_mr(s.mr), "deregistration works");
	s.mr = NULL;
	t_ok(t_nothing_under_io(), "counters balance");
	t_ok(t_slots_are(s.f.fd, 2, 2, "folio") && t_no_entry(s.f.fd, 0, PAGES),
	     "no entry is left");
	t_try_write_file(REPAIR, text);
	t_scene_close(&s);
	t_done();
}
