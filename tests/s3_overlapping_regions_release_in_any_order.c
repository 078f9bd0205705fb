// SPDX-License-Identifier: GPL-2.0
/*
 * Given four regions of one process on two pages: a few bytes, an overlapping
 * range across the page border, an adjacent rest, and a whole page,
 * when the peer writes through each and they are released in each of the 24
 * orders,
 * then a page is under io exactly as long as a region covers a byte of it, and
 * in the end the disk has every byte.
 *
 * Guards the coverage test of pui_end() and the interval tree.
 */
#include "scene.h"

#define REGIONS 4

static const struct {
	size_t off, len;
} part[REGIONS] = {
	{ 0, 100 }, { 50, 4100 }, { 4150, 4042 }, { 4096, 4096 },
};

/* The @n-th order of 0..3, as the digits of a number in factorial base. */
static void order_of(unsigned int n, unsigned int order[REGIONS])
{
	unsigned int left[REGIONS] = { 0, 1, 2, 3 };

	for (unsigned int i = 0, f = 6; i < REGIONS; i++) {
		unsigned int pick = n / f;

		n %= f;
		order[i] = left[pick];
		memmove(left + pick, left + pick + 1,
			(REGIONS - 1 - pick) * sizeof(*left));
		f = i < 2 ? f / (3 - i) : 1;
	}
}

static bool covered(struct ibv_mr **mr, size_t page)
{
	for (int i = 0; i < REGIONS; i++)
		if (mr[i] && part[i].off < (page + 1) * T_PAGE &&
		    part[i].off + part[i].len > page * T_PAGE)
			return true;
	return false;
}

/* Returns whether the slots were right after each step. */
static bool run_order(struct t_scene *s, unsigned int n)
{
	unsigned int order[REGIONS];
	struct ibv_mr *mr[REGIONS];
	bool right = true;

	order_of(n, order);
	for (int i = 0; i < REGIONS; i++)
		mr[i] = t_reg_must(&s->p, s->f.map + part[i].off, part[i].len);
	for (int i = 0; i < REGIONS; i++)
		t_dma_fill(&s->p, mr[i], 0, part[i].len, 10 + n + i);
	for (int i = 0; i < REGIONS; i++) {
		t_dereg(mr[order[i]]);
		mr[order[i]] = NULL;
		for (size_t page = 0; page < 2; page++)
			right &= covered(mr, page) ?
				 t_slots_are(s->f.fd, page, 1, "pui") :
				 t_no_entry(s->f.fd, page, 1) &&
				 t_slots_are(s->f.fd, page, 1, "folio");
	}
	/* What the writes above left, in their order */
	right &= t_is(s->f.map, 50, 10 + n) &&
		 t_is(s->f.map + 50, 4046, 11 + n) &&
		 t_is(s->f.map + 4096, 4096, 13 + n);
	return right;
}

int main(void)
{
	struct t_scene s;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", 2 * T_PAGE, T_HOLE);
	t_pair_open(&s.p, t_device());
	s.mr = NULL;
	for (unsigned int n = 0; n < 24; n++)
		t_ok(run_order(&s, n), "order %u of release", n);
	t_ok(t_nothing_under_io(), "nothing is left under io");
	t_must(!fsync(s.f.fd), "fsync");
	t_ok(t_disk_is(s.f.fd, 0, 50, 33) && t_disk_is(s.f.fd, 50, 4046, 34) &&
	     t_disk_is(s.f.fd, 4096, 4096, 36), "every byte is on the disk");
	t_scene_close(&s);
	t_done();
}
