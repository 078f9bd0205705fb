// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of one page, registered, so that the page cache's tree is a
 * single entry at its head,
 * when write() extends the file, to page 1, to page 70, to page 5000, each of
 * which makes the tree higher, and when truncate and drop_caches make it small
 * again,
 * then the page stays under io on its folio, peer and CPU share it, and fsync
 * brings all of it to the disk.
 *
 * Guards the entry in xas_expand() and xas_shrink() of lib/xarray.c.
 */
#include "scene.h"

static const unsigned long grow_to[] = { 1, 70, 5000 };

int main(void)
{
	unsigned char buf[T_PAGE];
	struct t_slot before;
	struct t_scene s;

	t_begin();
	t_scene_open(&s, 1, T_WRITTEN);
	t_slots(s.f.fd, 0, 1, &before);
	for (unsigned int i = 0; i < 3; i++) {
		off_t at = grow_to[i] * T_PAGE;

		t_fill(buf, T_PAGE, 20 + i);
		t_must(pwrite(s.f.fd, buf, T_PAGE, at) == (long)T_PAGE, "extend");
		t_dma_fill(&s.p, s.mr, 0, T_PAGE, 10 + i);
		t_ok(t_under_io(s.f.fd, 0, 1) && t_slots_same(s.f.fd, &before, 1),
		     "extended to page %lu: the same folio under io", grow_to[i]);
		t_ok(t_read_is(s.f.fd, 0, T_PAGE, 10 + i) &&
		     t_read_is(s.f.fd, at, T_PAGE, 20 + i),
		     "extended to page %lu: read() sees both", grow_to[i]);
		t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, T_PAGE, 10 + i) &&
		     t_disk_is(s.f.fd, at, T_PAGE, 20 + i),
		     "extended to page %lu: so does the disk", grow_to[i]);
	}
	t_drop_caches(3);
	t_ok(t_slots_are(s.f.fd, 5000, 1, "none"), "the other pages are dropped");
	t_ok(t_slots_same(s.f.fd, &before, 1), "the page under io is not");
	t_must(!ftruncate(s.f.fd, T_PAGE), "truncate to what is pinned");
	t_dma_fill(&s.p, s.mr, 0, T_PAGE, 30);
	t_ok(t_under_io(s.f.fd, 0, 1) && t_slots_same(s.f.fd, &before, 1),
	     "alone again: the same folio under io");
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, T_PAGE, 30),
	     "alone again: its bytes get to the disk");
	t_scene_close(&s);
	t_done();
}
