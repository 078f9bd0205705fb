// SPDX-License-Identifier: GPL-2.0
#include "storm.h"

#include <errno.h>
#include <string.h>

#define FOREVER (1L << 40)

void model_init(struct model *m, long max, bool revoke)
{
	memset(m, 0, sizeof(*m));
	m->max = max;
	m->revoke = revoke;
}

bool model_is_lost(const struct region *r, long byte)
{
	return r->lost[byte / 8] >> byte % 8 & 1;
}

#define for_each_region(m, r)						\
	for (struct region *r = (m)->region[0]; r < (m)->region[WORKERS]; r++)	\
		if (!r->live) {} else

bool model_under_io(const struct model *m, long page)
{
	for_each_region((struct model *)m, r) {
		long from = page * PAGE, to = from + PAGE;

		if (from < r->off)
			from = r->off;
		if (to > r->off + r->len)
			to = r->off + r->len;
		for (; from < to; from++)
			if (!model_is_lost(r, from))
				return true;
	}
	return false;
}

/*
 * May [from, to) leave the file? Where regions cannot be revoked, not if one
 * holds any of these bytes.
 */
static int may_take(const struct model *m, long from, long to)
{
	for_each_region((struct model *)m, r) {
		if (!m->revoke && r->off < to && from < r->off + r->len)
			return ETXTBSY;
	}
	return 0;
}

/* All regions lose [from, to), as far as they have it. */
static void lose(struct model *m, long from, long to)
{
	for_each_region(m, r) {
		long a = from > r->off ? from : r->off;
		long b = to < r->off + r->len ? to : r->off + r->len;

		for (; a < b; a++)
			r->lost[a / 8] |= 1 << a % 8;
	}
}

static void put(struct model *m, struct effect *e, long off,
		const unsigned char *data, long len, uint32_t nr)
{
	e->from = off < m->size ? off : m->size;
	e->to = off + len;
	memcpy(m->byte + off, data, len);
	for (long i = off; i < off + len; i++)
		m->last[i] = nr;
	if (m->size < off + len)
		m->size = off + len;
}

static void wipe(struct model *m, long from, long to, uint32_t nr)
{
	if (to > m->max)
		to = m->max;
	for (; from < to; from++) {
		m->byte[from] = 0;
		m->last[from] = nr;
	}
}

/* Bytes from @src on move to @dst, where everything is taken over. */
static void shift(struct model *m, long dst, long src, uint32_t nr)
{
	long n = m->max - (dst > src ? dst : src);

	memmove(m->byte + dst, m->byte + src, n);
	if (dst < src)
		memset(m->byte + dst + n, 0, m->max - dst - n);
	else
		memset(m->byte + src, 0, dst - src);
	for (long i = dst < src ? dst : src; i < m->max; i++)
		m->last[i] = nr;
}

static void promise(struct effect *e, long from, long to, bool whole)
{
	e->on_disk = true;
	e->durable = true;
	e->whole = whole;
	e->disk_from = from;
	e->disk_to = to;
}

static void fill(unsigned char *data, long len, uint32_t seed)
{
	uint64_t word = 0;

	for (long i = 0; i < len; i++) {
		if (i % 8 == 0) {
			word = (seed + 0x9e3779b97f4a7c15 * (i / 8 + 1));
			word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
			word = (word ^ word >> 27) * 0x94d049bb133111eb;
			word ^= word >> 31;
		}
		data[i] = word >> i % 8 * 8;
	}
}

/* Bytes [off, off + len) are replaced by zeros. */
static void clear(struct model *m, const struct op *op, uint32_t nr,
		  struct effect *e, bool keep)
{
	long end = op->off + op->len, to = end;

	/* Pages that go are lost, of others the bytes are zeroed */
	lose(m, (op->off + PAGE - 1) & -PAGE, end & -PAGE);
	if (keep && to > m->size)
		to = m->size;
	e->from = op->off < m->size ? op->off : m->size;
	e->to = end;
	wipe(m, op->off, to, nr);
	if (!keep && end > m->size)
		m->size = end;
}

static void resize(struct model *m, long size, uint32_t nr, struct effect *e)
{
	if (size < m->size)
		lose(m, size, FOREVER);
	e->from = size < m->size ? size : m->size;
	e->to = size < m->size ? m->size : size;
	wipe(m, size, m->size, nr);
	m->size = size;
}

static void move(struct model *m, const struct op *op, uint32_t nr,
		 struct effect *e)
{
	long end = op->off + op->len, old = m->size;

	lose(m, op->off, FOREVER);
	if (op->kind == op_collapse) {
		shift(m, op->off, end, nr);
		m->size -= op->len;
	} else {
		shift(m, end, op->off, nr);
		m->size += op->len;
	}
	e->from = op->off;
	e->to = m->size > old ? m->size : old;
	e->moves = true;
}

static void atomic(struct model *m, const struct op *op, uint32_t nr,
		   unsigned char *data, struct effect *e)
{
	uint64_t new;

	memcpy(&e->old, m->byte + op->off, sizeof(e->old));
	memcpy(&new, data, sizeof(new));
	if (op->kind == op_fetch_add)
		new += e->old;
	else if (op->arg)
		new = e->old;	/* compared with something else */
	put(m, e, op->off, (void *)&new, sizeof(new), nr);
}

static void forget_regions(struct model *m, int who)
{
	for (int slot = 0; slot < SLOTS; slot++)
		m->region[who][slot].live = false;
}

/* How will an operation of the device on [off, off + len) end? */
static void check_device(const struct model *m, const struct op *op,
			 struct effect *e)
{
	const struct region *r = &m->region[op->who][op->slot];
	long end = op->off + op->len;

	if (!r->live || op->off < r->off || end > r->off + r->len) {
		e->none = true;
		return;
	}
	for (long i = op->off; i < end; i++)
		e->refused |= model_is_lost(r, i);
	if (end > m->size && !e->refused)
		e->none = true;
}

void model_check(const struct model *m, const struct op *op, struct effect *e)
{
	bool live = m->region[op->who][op->slot].live;
	long end = op->off + op->len;

	memset(e, 0, sizeof(*e));
	e->none = end > m->max || (op_is(op, 'r') && end > m->size);
	if (op_is(op, 'm') && op->kind != op_dereg)
		check_device(m, op, e);
	switch (op->kind) {
	case op_map_write:
	case op_fork:
	case op_pageout:
	case op_dontneed:
		e->none |= end > m->size;
		break;
	case op_msync:
	case op_sync_range:
		promise(e, op->off & -PAGE, (end + PAGE - 1) & -PAGE, false);
		e->durable = op->kind == op_msync;
		break;
	case op_freeze:
		/* First everything goes to the disk, then the device writes */
		e->none |= e->refused;
		promise(e, 0, m->max, true);
		break;
	case op_fsync:
	case op_fdatasync:
	case op_sync:
	case op_syncfs:
	case op_remount:
		promise(e, 0, m->max, true);
		break;
	case op_fetch_add:
	case op_cmp_swap:
		/* iWARP has no atomic operations */
		e->none |= op->who % 2 || op->off % 8 || op->len != 8;
		break;
	case op_copy:
		e->none |= op->arg + op->len > m->size ||
			   (op->arg < end && op->off < op->arg + op->len);
		break;
	case op_reg:
		e->none |= live;
		if (end > ((m->size + PAGE - 1) & -PAGE))
			e->err = EFAULT;
		break;
	case op_dereg:
		e->none |= !live;
		break;
	case op_truncate:
		if (op->off < m->size)
			e->err = may_take(m, op->off, FOREVER);
		break;
	case op_open_trunc:
		if (m->size)
			e->err = may_take(m, 0, FOREVER);
		break;
	case op_punch:
	case op_zero:
	case op_zero_keep:
		e->err = may_take(m, (op->off + PAGE - 1) & -PAGE, end & -PAGE);
		break;
	case op_collapse:
	case op_insert:
		e->none |= (op->off | op->len) % PAGE || op->off >= m->size;
		e->none |= op->kind == op_collapse ? end >= m->size :
						     m->size + op->len > m->max;
		e->err = may_take(m, op->off, FOREVER);
		break;
	default:
		break;
	}
}

void model_apply(struct model *m, const struct op *op, uint32_t nr,
		 unsigned char *data, struct effect *e)
{
	struct region *r = &m->region[op->who][op->slot];
	long end = op->off + op->len;

	model_check(m, op, e);
	if (e->none || e->err)
		return;
	if (op_is(op, 'w'))
		fill(data, op->len, op->seed);
	if (e->refused) {
		/*
		 * What comes before the lost byte may have been done. So write
		 * what is there already, and nothing new is to be seen.
		 */
		for (long i = 0; i < op->len; i++)
			if (!model_is_lost(r, op->off + i))
				data[i] = m->byte[op->off + i];
		return;
	}

	switch (op->kind) {
	case op_write:
	case op_map_write:
	case op_direct_write:
	case op_splice_in:
	case op_fork:
	case op_rdma_write:
	case op_send:
	case op_local_write:
	case op_freeze:
		put(m, e, op->off, data, op->len, nr);
		break;
	case op_fetch_add:
	case op_cmp_swap:
		atomic(m, op, nr, data, e);
		break;
	case op_copy:
		memcpy(data, m->byte + op->arg, op->len);
		put(m, e, op->off, data, op->len, nr);
		break;
	case op_reg:
		memset(r, 0, sizeof(*r));
		r->live = true;
		r->off = op->off;
		r->len = op->len;
		break;
	case op_dereg:
		r->live = false;
		break;
	case op_truncate:
		resize(m, op->off, nr, e);
		break;
	case op_open_trunc:
		resize(m, 0, nr, e);
		break;
	case op_alloc:
		if (end > m->size)
			resize(m, end, nr, e);
		break;
	case op_punch:
	case op_zero_keep:
		clear(m, op, nr, e, true);
		break;
	case op_zero:
		clear(m, op, nr, e, false);
		break;
	case op_collapse:
	case op_insert:
		move(m, op, nr, e);
		break;
	case op_kill:
		forget_regions(m, op->who);
		break;
	case op_remount:
		for (int who = 0; who < WORKERS; who++)
			forget_regions(m, who);
		break;
	default:
		break;
	}
}
