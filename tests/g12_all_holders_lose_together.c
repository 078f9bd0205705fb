// SPDX-License-Identifier: GPL-2.0
/*
 * Given 64 overlapping regions of both devices on the same pages, sub-page ones
 * among them, and one next to them,
 * when the pages are punched,
 * then all of them lose what they had there and the one beside nothing; that
 * takes no longer than a few grace periods; a region registered afterwards has
 * all; deregistration in any order leaves nothing.
 *
 * And given one holder among several that cannot revoke, when the pages are
 * punched, then that is refused and no holder has lost anything.
 *
 * Guards that pui_revoke() asks all holders before it takes from the first.
 */
#include <linux/falloc.h>

#include "scene.h"

#define REGIONS	64

static bool punch(struct t_file *f, unsigned int page, unsigned int count)
{
	return !fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			  page * T_PAGE, count * T_PAGE);
}

int main(void)
{
	struct ibv_mr *mr[REGIONS], *beside, *after, *stays;
	struct t_pair rxe, siw;
	bool denied = true;
	struct t_file f;
	double soon;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&f, "file", 16 * T_PAGE, T_WRITTEN);
	t_pair_open(&rxe, "rxe0");
	t_pair_open(&siw, "siw0");
	beside = t_reg_must(&rxe, f.map + 8 * T_PAGE, 4 * T_PAGE);
	for (int i = 0; i < REGIONS; i++)
		mr[i] = t_reg_must(i % 2 ? &siw : &rxe, f.map + 4 * T_PAGE + i * 50,
				   2 * T_PAGE + i);
	/* a grace period each would be a second and more */
	soon = t_deadline(0.5);
	t_ok(punch(&f, 4, 4), "the pages of %d regions are punched", REGIONS);
	t_ok(!t_over(soon), "that does not take a grace period for each");
	for (int i = 0; i < REGIONS; i++)
		denied &= t_write_denied(i % 2 ? &siw : &rxe, mr[i], i, 8);
	t_ok(denied, "all of them have lost their bytes");
	t_dma_fill(&rxe, beside, 0, 4 * T_PAGE, 3);
	t_ok(t_is(f.map + 8 * T_PAGE, 4 * T_PAGE, 3), "the one beside has not");
	after = t_reg_must(&rxe, f.map + 4 * T_PAGE, 4 * T_PAGE);
	t_dma_fill(&rxe, after, 0, 4 * T_PAGE, 4);
	for (int i = 0; i < REGIONS; i++)
		t_dereg(mr[i * 37 % REGIONS]);
	t_ok(t_under_io(f.fd, 4, 8), "those registered later are under io");
	t_ok(!fsync(f.fd) && t_disk_is(f.fd, 4 * T_PAGE, 4 * T_PAGE, 4),
	     "and reach the disk");

	t_set_revocable(false);
	stays = t_reg_must(&rxe, f.map + 7 * T_PAGE, 100);
	t_set_revocable(true);
	t_ok(!punch(&f, 4, 4) && errno == ETXTBSY,
	     "one that cannot give up its bytes: ETXTBSY");
	t_dma_fill(&rxe, after, 0, 4 * T_PAGE, 5);
	t_ok(t_is(f.map + 4 * T_PAGE, 4 * T_PAGE, 5), "nobody has lost anything");
	t_ok(punch(&f, 4, 3), "bytes that it does not hold can go");
	t_ok(t_write_denied(&rxe, after, 0, 8), "and are lost for the others");
	t_dma_fill(&rxe, stays, 0, 100, 6);
	t_ok(t_is(f.map + 7 * T_PAGE, 100, 6), "not for the one that stays");
	t_dereg(stays);
	t_dereg(after);
	t_dereg(beside);
	t_ok(t_within(10, t_nothing_under_io()), "nothing is left under io");
	t_pair_close(&rxe);
	t_pair_close(&siw);
	t_file_close(&f);
	t_done();
}
