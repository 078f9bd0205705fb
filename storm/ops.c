// SPDX-License-Identifier: GPL-2.0
#include "storm.h"

#include <stdlib.h>
#include <string.h>

#define X(kind, weight, how) #kind,
const char *const op_name[op_kinds] = { KINDS(X) };
#undef X
#define X(kind, weight, how) weight,
static const int weight[op_kinds] = { KINDS(X) };
#undef X
/*
 * r reads [off, off + len) of the file, w writes it, m does so, if at all, by
 * way of a region, s is a sync call.
 */
#define X(kind, weight, how) how,
static const char *const how[op_kinds] = { KINDS(X) };
#undef X

static uint64_t state;

void ops_seed(uint64_t seed)
{
	state = seed * 2 + 1;
}

static uint64_t draw64(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* From 0 to @n - 1. */
static long draw(long n)
{
	return n > 0 ? (long)(draw64() % (uint64_t)n) : 0;
}

static bool one_in(long n)
{
	return !draw(n);
}

bool op_is(const struct op *op, char c)
{
	return strchr(how[op->kind], c);
}

static long draw_len(long max)
{
	static const long usual[] = { 64, PAGE, PAGE, 4 * PAGE };
	long most = one_in(5) ? max : usual[draw(4)];

	return 1 + draw(most < max ? most : max);
}

/* A part of [from, to), often with an end on a page's border. */
static void draw_part(struct op *op, long from, long to, long max_op)
{
	op->len = draw_len(to - from < max_op ? to - from : max_op);
	op->off = from + draw(to - from - op->len + 1);
	if (one_in(4) && (op->off & -PAGE) >= from)
		op->off &= -PAGE;
	if (one_in(4) && (op->off + op->len) % PAGE) {
		long end = (op->off + op->len) & -PAGE;

		if (end > op->off)
			op->len = end - op->off;
	}
}

static void align(struct op *op, const struct model *m)
{
	long end = (op->off + op->len + PAGE - 1) & -PAGE;

	op->off &= -PAGE;
	op->len = end - op->off;
	if (op->off + op->len > m->max)
		op->off = m->max - op->len;
}

static bool draw_region(const struct model *m, struct op *op, bool live)
{
	int n = WORKERS * SLOTS, first = draw(n);

	for (int i = 0; i < n; i++) {
		int at = (first + i) % n;

		op->who = at / SLOTS;
		op->slot = at % SLOTS;
		if (m->region[op->who][op->slot].live == live)
			return true;
	}
	return false;
}

/* A part of a region, as a rule one it has not lost. */
static bool draw_region_part(const struct model *m, struct op *op, long max_op)
{
	const struct region *r;
	long from, to, at;
	bool lost;

	if (!draw_region(m, op, true))
		return false;
	if (op->kind == op_fetch_add || op->kind == op_cmp_swap)
		op->who &= ~1;
	r = &m->region[op->who][op->slot];
	from = r->off;
	to = r->off + r->len;
	if (!r->live)
		return false;
	at = from + draw(to - from);
	lost = model_is_lost(r, at);
	if (lost && !one_in(20))
		return false;
	if (!lost || !one_in(4)) {
		/* As far as it is the same on both sides */
		for (long i = at; i >= r->off; i--)
			if (model_is_lost(r, i) == lost)
				from = i;
			else
				break;
		for (long i = at; i < r->off + r->len; i++)
			if (model_is_lost(r, i) == lost)
				to = i + 1;
			else
				break;
	}
	if (!lost && to > m->size)
		to = m->size;
	if (from >= to)
		return false;
	draw_part(op, from, to, max_op);
	if (op->kind == op_fetch_add || op->kind == op_cmp_swap) {
		op->off = (op->off + 7) & -8;
		op->len = 8;
		op->arg = one_in(4);
		return op->off + 8 <= to;
	}
	return true;
}

/* Fill in what the kind needs; false: there is nothing it could work on. */
static bool draw_details(const struct model *m, struct op *op, long max_op)
{
	long room = m->size + m->max / 8;

	if (room > m->max)
		room = m->max;
	if (op_is(op, 'm') && op->kind != op_dereg)
		return draw_region_part(m, op, max_op);
	if (op_is(op, 'r') || op->kind == op_map_write || op->kind == op_fork ||
	    op->kind == op_pageout || op->kind == op_dontneed) {
		if (!m->size)
			return false;
		draw_part(op, 0, m->size, max_op);
	} else {
		draw_part(op, 0, one_in(8) ? m->max : room, max_op);
	}

	switch (op->kind) {
	case op_direct_read:
		align(op, m);
		return op->off + op->len <= m->size;
	case op_direct_write:
		align(op, m);
		break;
	case op_pageout:
	case op_dontneed:
	case op_msync:
		align(op, m);
		break;
	case op_copy:
		op->arg = draw(m->size);
		break;
	case op_reg:
		if (!draw_region(m, op, false))
			return false;
		if (one_in(8))
			draw_part(op, 0, m->max, m->max);
		if (one_in(20))
			op->off = draw(m->max - op->len + 1);
		else if (op->off + op->len > ((m->size + PAGE - 1) & -PAGE))
			return false;
		break;
	case op_dereg:
		return draw_region(m, op, true);
	case op_truncate:
		op->len = 0;
		break;
	case op_open_trunc:
		op->off = 0;
		op->len = 0;
		break;
	case op_punch:
		/* It would end behind the last page, whatever it says */
		if (op->off + op->len > m->size)
			align(op, m);
		break;
	case op_collapse:
	case op_insert:
		align(op, m);
		if (op->len > 4 * PAGE)
			op->len = 4 * PAGE;
		break;
	case op_kill:
		op->arg = draw(3);
		break;
	case op_remount:
		return one_in(3);
	default:
		break;
	}
	return true;
}

static bool draw_one(const struct model *m, struct op *op, long max_op)
{
	int total = 0, kind = 0, at;

	for (int i = 0; i < op_kinds; i++)
		total += weight[i];
	for (at = draw(total); at >= weight[kind]; kind++)
		at -= weight[kind];
	memset(op, 0, sizeof(*op));
	op->kind = kind;
	op->who = draw(WORKERS);
	op->seed = draw64();
	return draw_details(m, op, max_op);
}

/* May it be done at the same time as others? */
static bool may_join(const struct op *op)
{
	switch (op->kind) {
	case op_read: case op_write: case op_map_read: case op_map_write:
	case op_rdma_write: case op_rdma_read: case op_send:
	case op_fetch_add: case op_cmp_swap:
	case op_local_write: case op_local_read: case op_splice_out:
	case op_fsync: case op_fdatasync: case op_msync: case op_sync:
	case op_syncfs: case op_drop_caches: case op_pageout: case op_dontneed:
	case op_reg: case op_dereg:
		return true;
	default:
		return false;
	}
}

/*
 * Joins only what touches no byte that another one of the batch touches, is
 * done by another process, leaves the file's size alone, and succeeds.
 */
static bool joins(const struct model *m, const struct op *op,
		  const struct op *batch, int n)
{
	struct effect e;

	model_check(m, op, &e);
	if (!may_join(op) || e.none || e.err || e.refused ||
	    op->off + op->len > m->size)
		return false;
	for (int i = 0; i < n; i++) {
		if (batch[i].who == op->who)
			return false;
		if ((op_is(op, 'r') || op_is(op, 'w')) &&
		    (op_is(&batch[i], 'r') || op_is(&batch[i], 'w')) &&
		    op->off < batch[i].off + batch[i].len &&
		    batch[i].off < op->off + op->len)
			return false;
	}
	return true;
}

/* One that makes sense. Where bytes are registered, most should succeed, too. */
static void draw_sensible(const struct model *m, struct op *op, long max_op)
{
	int patience = 8;
	struct effect e;

	do {
		while (!draw_one(m, op, max_op))
			;
		model_check(m, op, &e);
	} while (e.none || (e.err && patience--));
}

int ops_draw(const struct model *m, uint32_t nr, long max_op, bool concurrent,
	     struct op ops[WORKERS])
{
	int n = 1;

	draw_sensible(m, &ops[0], max_op);
	if (!concurrent || one_in(3) || !joins(m, &ops[0], NULL, 0))
		return 1;
	for (int i = 0; i < 12 && n < WORKERS; i++) {
		draw_sensible(m, &ops[n], max_op);
		if (joins(m, &ops[n], ops, n))
			n++;
	}
	for (int i = 0; i < n && n > 1; i++)
		ops[i].batch = nr;
	return n;
}

void op_print(FILE *to, const struct op *op)
{
	fprintf(to, "%s %d %d 0x%lx 0x%lx 0x%lx %u %u\n", op_name[op->kind],
		op->who, op->slot, op->off, op->len, op->arg, op->seed,
		op->batch);
}

bool op_parse(const char *line, struct op *op)
{
	char name[32];
	int n;

	memset(op, 0, sizeof(*op));
	n = sscanf(line, "%31s %d %d %li %li %li %u %u", name, &op->who,
		   &op->slot, &op->off, &op->len, &op->arg, &op->seed, &op->batch);
	while (op->kind < op_kinds && strcmp(name, op_name[op->kind]))
		op->kind++;
	return n == 8 && op->kind < op_kinds && op->who >= 0 &&
	       op->who < WORKERS && op->slot >= 0 && op->slot < SLOTS &&
	       op->off >= 0 && op->len >= 0 && op->len <= MAX_LEN &&
	       op->arg >= 0;
}
