// SPDX-License-Identifier: GPL-2.0
/*
 * Given a machine of two nodes and registered pages, on one node as on the other,
 * when all of them are to move to the one node and to the other, by
 * move_pages(2), by migrate_pages(2), and by mbind(2) of all who map them, while
 * the peer writes,
 * then each says that it could not, pages keep their folios, frames and bytes,
 * and fsync writes them; once released they move, with their bytes.
 *
 * Needs numa=fake=2 on the kernel's command line; the runner leaves it out of
 * any other boot.
 * Guards that migration finds the pin: folio_maybe_dma_pinned() and the
 * expected reference count.
 */
#include <linux/mempolicy.h>
#include <sys/syscall.h>

#include "scene.h"

#define PAGES	256U

static struct t_scene s;
static unsigned long pfn[PAGES];

/* Pages that are on @node. */
static unsigned int on_node(int node)
{
	int status[PAGES];
	void *pages[PAGES];
	unsigned int n = 0;

	for (unsigned int i = 0; i < PAGES; i++)
		pages[i] = s.f.map + i * T_PAGE;
	t_must(!syscall(SYS_move_pages, 0, PAGES, pages, NULL, status, 0),
	       "where are they?");
	for (unsigned int i = 0; i < PAGES; i++)
		n += status[i] == node;
	return n;
}

static long by_move_pages(int node)
{
	int nodes[PAGES], status[PAGES];
	void *pages[PAGES];

	for (unsigned int i = 0; i < PAGES; i++) {
		pages[i] = s.f.map + i * T_PAGE;
		nodes[i] = node;
	}
	return syscall(SYS_move_pages, 0, PAGES, pages, nodes, status,
		       MPOL_MF_MOVE_ALL);
}

static long by_migrate_pages(int node)
{
	unsigned long from = 1UL << !node, to = 1UL << node;

	return syscall(SYS_migrate_pages, 0, 64, &from, &to);
}

static long by_mbind(int node)
{
	unsigned long nodes = 1UL << node;

	return syscall(SYS_mbind, s.f.map, s.f.len, MPOL_BIND, &nodes, 64,
		       MPOL_MF_MOVE_ALL | MPOL_MF_STRICT);
}

static void stay(const char *what, long (*move)(int node), unsigned int seed)
{
	for (int node = 0; node < 2; node++) {
		unsigned int there = on_node(node);
		bool stayed = true;
		long ret;

		t_dma_fill(&s.p, s.mr, 0, s.f.len, seed + node);
		ret = move(node);
		/* how many could not, or EIO; other pages of ours may be among them */
		t_ok(ret >= (long)(PAGES - there) || (ret < 0 && errno == EIO),
		     "%s to node %d: refused (%ld)", what, node, ret);
		for (unsigned int i = 0; i < PAGES; i++)
			stayed &= t_pfn(s.f.map + i * T_PAGE) == pfn[i];
		t_ok(stayed && t_is(s.f.map, s.f.len, seed + node),
		     "every page kept its frame and its bytes");
	}
}

int main(void)
{
	struct t_slot before[PAGES];
	unsigned long both = 3;
	int node;

	t_begin();
	t_must(!syscall(SYS_set_mempolicy, MPOL_INTERLEAVE, &both, 64), "interleave");
	t_scene_open(&s, PAGES, T_WRITTEN);
	t_must(!syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0), "as it was");
	node = on_node(0);
	errno = ERANGE;
	t_must(node > 0 && node < (int)PAGES, "%d pages are on node 0", node);
	t_slots(s.f.fd, 0, PAGES, before);
	t_fill(s.f.map, s.f.len, 1);
	for (unsigned int i = 0; i < PAGES; i++)
		pfn[i] = t_pfn(s.f.map + i * T_PAGE);
	stay("move_pages", by_move_pages, 2);
	stay("migrate_pages", by_migrate_pages, 4);
	stay("mbind", by_mbind, 6);
	t_ok(t_under_io(s.f.fd, 0, PAGES) && t_slots_same(s.f.fd, before, PAGES),
	     "the same folios are under io");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 8);
	t_ok(t_is(s.f.map, s.f.len, 8), "CPU and peer share them");
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 8),
	     "fsync writes every byte");

	t_dereg(s.mr);
	s.mr = NULL;
	t_must(!fsync(s.f.fd), "fsync");
	node = on_node(0) < PAGES / 2 ? 0 : 1;
	t_ok(t_within(10, !by_move_pages(node)) && on_node(node) == PAGES,
	     "once released all move to node %d", node);
	t_ok(t_is(s.f.map, s.f.len, 8) && t_read_is(s.f.fd, 0, s.f.len, 8),
	     "with their bytes");
	t_scene_close(&s);
	t_done();
}
