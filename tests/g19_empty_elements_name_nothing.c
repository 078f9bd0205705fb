// SPDX-License-Identifier: GPL-2.0
/*
 * Given a send from, and a receive into, lists of which some elements are of
 * length zero and have a key that is nobody's,
 * when the message is sent,
 * then all of it arrives in the file, and after deregistration nothing is under
 * io and the file system can be unmounted.
 *
 * Guards siw_check_sgl_tx() and siw_unref_mem_sgl().
 */
#include "scene.h"

#define LEN	2000U

static struct t_scene s;

/* Element number @place of three is the one that is not empty. */
static void list(struct ibv_sge *sge, int place, void *addr, uint32_t lkey)
{
	for (int i = 0; i < 3; i++)
		sge[i] = (struct ibv_sge){ .addr = 8 * i + 1, .lkey = 0xdead };
	sge[place] = (struct ibv_sge){ .addr = (uintptr_t)addr, .length = LEN,
				       .lkey = lkey };
}

int main(void)
{
	unsigned int seed = 2;

	t_begin();
	t_scene_open(&s, 1, T_WRITTEN);
	for (int out = 0; out < 3; out++) {
		for (int in = 0; in < 3; in++, seed++) {
			struct ibv_sge from[3], into[3];

			t_fill(s.p.bounce, LEN, seed);
			list(from, out, s.p.bounce, s.p.bounce_mr->lkey);
			list(into, in, s.f.map, s.mr->lkey);
			t_ok(!t_send_lists(&s.p, from, 3, into, 3) &&
			     t_is(s.f.map, LEN, seed),
			     "from element %d into element %d", out, in);
		}
	}
	t_dereg(s.mr);
	s.mr = NULL;
	t_ok(t_nothing_under_io(), "nothing is under io");
	t_scene_close(&s);
	t_done();
}
