// SPDX-License-Identifier: GPL-2.0
/*
 * Given a region that cannot be revoked, and a memory error in one of its
 * pages, which the kernel takes out of the file,
 * when the same mapping is registered again, and then another one, into which
 * the peer writes and which is deregistered while the first region lives on,
 * then the first attempt says EHWPOISON; what comes in the place of the page is
 * an ordinary dirty page after its deregistration, and fsync writes it; if
 * somebody else has it pinned, too, after that of the first region at the latest;
 * in the end counters balance.
 *
 * Guards pui_end_batch(): who has lost a page does not cover its successor; and
 * FOLL_HWPOISON in pin_user_pages_for_pui().
 */
#include <sys/mman.h>

#include "scene.h"

#define PAGES	4U
#define CORRUPT	"/sys/kernel/debug/hwpoison/corrupt-pfn"
#define REPAIR	"/sys/kernel/debug/hwpoison/unpoison-pfn"

int main(void)
{
	unsigned char *again;
	unsigned long pfn;
	struct ibv_mr *mr, *other;
	struct t_scene s;
	char text[32];

	t_begin();
	t_set_revocable(false);
	t_scene_open(&s, PAGES, T_WRITTEN);
	t_must(!fsync(s.f.fd), "fsync");
	pfn = t_pfn(s.f.map + T_PAGE);
	t_must(pfn, "page 1 is mapped");
	snprintf(text, sizeof(text), "%#lx", pfn);
	t_try_write_file(CORRUPT, text);
	t_must(fsync(s.f.fd) < 0 && errno == EIO, "fsync says EIO");

	t_ok(t_reg_fails(&s.p, s.f.map + T_PAGE, T_PAGE, EHWPOISON),
	     "to register the mapping fails with EHWPOISON");
	again = mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, s.f.fd,
		     T_PAGE);
	t_must(again != MAP_FAILED, "mmap");
	mr = t_reg_must(&s.p, again, T_PAGE);
	t_dma_fill(&s.p, mr, 0, T_PAGE, 5);
	t_ok(t_under_io(s.f.fd, 1, 1), "its successor is under io");
	t_dereg(mr);
	t_ok(t_no_entry(s.f.fd, 1, 1) && t_slots_are(s.f.fd, 1, 1, "folio"),
	     "and an ordinary page after its deregistration");
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, T_PAGE, T_PAGE, 5),
	     "fsync writes it");
	t_ok(t_under_io(s.f.fd, 0, 1) && t_under_io(s.f.fd, 2, 2),
	     "the first region has the others");

	mr = t_reg_must(&s.p, again, T_PAGE);
	other = ibv_reg_mr(s.p.pd, again, T_PAGE, IBV_ACCESS_REMOTE_READ);
	t_must(other, "register it for reading");
	t_dma_fill(&s.p, mr, 0, T_PAGE, 6);
	t_dereg(mr);
	t_dereg(s.mr);
	s.mr = NULL;
	t_ok(t_within(10, t_slots_are(s.f.fd, 0, PAGES, "folio")),
	     "all are ordinary pages without the first region");
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, T_PAGE, T_PAGE, 6),
	     "fsync writes the successor");
	t_dereg(other);
	munmap(again, T_PAGE);
	t_ok(t_nothing_under_io(), "counters balance");
	t_try_write_file(REPAIR, text);
	t_scene_close(&s);
	t_done();
}
