// SPDX-License-Identifier: GPL-2.0
/*
 * Given a region of two pages,
 * when the peer reads few bytes around the border of the pages,
 * then it gets what the file has there.
 *
 * Guards siw_try_1seg(), which answers short reads out of the packet's header.
 */
#include "scene.h"

int main(void)
{
	struct t_scene s;
	unsigned int bad = 0;

	t_begin();
	t_scene_open(&s, 2, T_WRITTEN);
	for (size_t len = 2; len <= 40; len += 3)
		for (size_t before = 1; before < len; before += 3) {
			unsigned char got[40];
			size_t off = T_PAGE - before;

			t_must(!t_rdma_read(&s.p, s.mr, off, got, len),
			       "read %zu bytes at %zu", len, off);
			if (t_is_from(got, off, len, 1))
				continue;
			if (!bad++)
				t_note("%zu bytes at %zu differ", len, off);
		}
	t_ok(!bad, "the peer gets the bytes on both sides of the border");
	t_scene_close(&s);
	t_done();
}
