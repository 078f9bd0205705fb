// SPDX-License-Identifier: GPL-2.0
/*
 * The entry, its place in an XArray, the rule of who covers a folio, and what
 * holders lose.
 *
 * Included by page_under_io.c, whose functions it tests.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>

/* An address that could be a folio's, never dereferenced. */
#define PUI_TEST_FOLIO	((struct folio *)0xffffea0000123440UL)

static void pui_codec_test(struct kunit *test)
{
	void *entry = pui_make_entry(PUI_TEST_FOLIO);

	KUNIT_EXPECT_TRUE(test, pui_is_entry(entry));
	KUNIT_EXPECT_PTR_EQ(test, PUI_TEST_FOLIO, pui_entry_folio(entry));
	/* a folio and NULL stay what they are */
	KUNIT_EXPECT_FALSE(test, pui_is_entry(PUI_TEST_FOLIO));
	KUNIT_EXPECT_PTR_EQ(test, PUI_TEST_FOLIO,
			    pui_entry_folio(PUI_TEST_FOLIO));
	KUNIT_EXPECT_FALSE(test, pui_is_entry(NULL));
	KUNIT_EXPECT_NULL(test, pui_entry_folio(NULL));
}

/* Whatever else a slot can hold is not taken for a page under io. */
static void pui_codec_strangers_test(struct kunit *test)
{
	unsigned long i;

	KUNIT_EXPECT_FALSE(test, xa_is_value(pui_make_entry(PUI_TEST_FOLIO)));
	KUNIT_EXPECT_FALSE(test,
			   xa_is_internal(pui_make_entry(PUI_TEST_FOLIO)));
	for (i = 0; i < 64; i++) {
		KUNIT_EXPECT_FALSE(test, pui_is_entry(xa_mk_value(i)));
		KUNIT_EXPECT_FALSE(test, pui_is_entry(xa_mk_internal(i)));
	}
}

/*
 * A folio of any order goes under io and back at all its indices, without an
 * allocation, and its neighbours do not notice.
 */
static void pui_xarray_test(struct kunit *test)
{
	static const unsigned int orders[] = { 0, 2, 6, 9 };
	struct xarray xa;
	int i;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		unsigned int order = orders[i];
		struct folio *folio, *before, *after;
		struct xa_node *seen = NULL;
		unsigned long index, nr = 1UL << order;
		XA_STATE_ORDER(xas, &xa, 2 * nr, order);
		void *entry;

		folio = folio_alloc(GFP_KERNEL, order);
		KUNIT_ASSERT_NOT_NULL(test, folio);
		before = PUI_TEST_FOLIO;
		after = PUI_TEST_FOLIO + 1;
		folio->index = 2 * nr;
		entry = pui_make_entry(folio);
		/* not DEFINE_XARRAY: lockdep wants keys of static memory */
		xa_init_flags(&xa, XA_FLAGS_LOCK_IRQ);
		xa_store_irq(&xa, 2 * nr - 1, before, GFP_KERNEL);
		xa_store_irq(&xa, 3 * nr, after, GFP_KERNEL);
		do {
			xas_lock_irq(&xas);
			xas_store(&xas, folio);
			xas_unlock_irq(&xas);
		} while (xas_nomem(&xas, GFP_KERNEL));
		xas_lock_irq(&xas);
		xas_set(&xas, 2 * nr);
		xas_load(&xas);
		xas_set_mark(&xas, PAGECACHE_TAG_DIRTY);

		/* from a page in the middle, as a range would come */
		xas_set_order(&xas, 2 * nr + nr / 2, 0);
		KUNIT_EXPECT_PTR_EQ(test, (void *)folio, xas_load(&xas));
		pui_replace(&xas, pui_make_entry(folio));
		pui_start_marks(&xas, 1);
		KUNIT_EXPECT_EQ(test, 0, xas_error(&xas));
		for (index = 2 * nr; index < 3 * nr; index++) {
			KUNIT_EXPECT_PTR_EQ(test, entry, xa_load(&xa, index));
			KUNIT_EXPECT_FALSE(test,
					   xa_get_mark(&xa, index,
						       PAGECACHE_TAG_DIRTY));
			KUNIT_EXPECT_TRUE(test,
					  xa_get_mark(&xa, index,
						      PAGECACHE_TAG_TOWRITE));
		}

		xas_set_order(&xas, 2 * nr + nr / 2, 0);
		xas_load(&xas);
		seen = NULL;
		pui_end_entry(&xas, folio, &seen);
		KUNIT_EXPECT_EQ(test, 0, xas_error(&xas));
		for (index = 2 * nr; index < 3 * nr; index++) {
			KUNIT_EXPECT_PTR_EQ(test, (void *)folio,
					    xa_load(&xa, index));
			KUNIT_EXPECT_TRUE(test,
					  xa_get_mark(&xa, index,
						      PAGECACHE_TAG_DIRTY));
			/* an fsync under way must still find it */
			KUNIT_EXPECT_TRUE(test,
					  xa_get_mark(&xa, index,
						      PAGECACHE_TAG_TOWRITE));
		}
		xas_unlock_irq(&xas);
		KUNIT_EXPECT_PTR_EQ(test, (void *)before,
				    xa_load(&xa, 2 * nr - 1));
		KUNIT_EXPECT_PTR_EQ(test, (void *)after, xa_load(&xa, 3 * nr));
		xa_destroy(&xa);
		folio->index = 0;
		folio_put(folio);
	}
}

/* Neighbours come under io together, one of them for the second time. */
static void pui_marks_test(struct kunit *test)
{
	/* deep enough for a node above the one with the entries */
	const unsigned long first = XA_CHUNK_SIZE + 1;
	struct xarray xa;
	unsigned long i;

	XA_STATE(xas, &xa, first);

	xa_init_flags(&xa, XA_FLAGS_LOCK_IRQ);
	for (i = 0; i < 3; i++) {
		xa_store_irq(&xa, first + i, PUI_TEST_FOLIO + i, GFP_KERNEL);
		xa_set_mark(&xa, first + i, PAGECACHE_TAG_DIRTY);
	}
	xas_lock_irq(&xas);
	xas_load(&xas);
	pui_start_marks(&xas, 1);
	KUNIT_EXPECT_TRUE(test, xa_marked(&xa, PAGECACHE_TAG_DIRTY));

	xas_set(&xas, first);
	xas_load(&xas);
	pui_start_marks(&xas, 2);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, i == 2, xa_get_mark(&xa, first + i,
							  PAGECACHE_TAG_DIRTY));
		KUNIT_EXPECT_EQ(test, i < 2, xa_get_mark(&xa, first + i,
							 PAGECACHE_TAG_TOWRITE));
	}

	xas_set(&xas, first);
	xas_load(&xas);
	pui_start_marks(&xas, 3);
	/* not in the nodes above, either */
	KUNIT_EXPECT_FALSE(test, xa_marked(&xa, PAGECACHE_TAG_DIRTY));
	xas_unlock_irq(&xas);
	xa_destroy(&xa);
}

/* A folio as ext4 has it when a CPU has stored to it, with one buffer. */
static struct folio *pui_ready_folio(struct kunit *test, pgoff_t index,
				     unsigned int order)
{
	struct buffer_head *bh = kunit_kzalloc(test, sizeof(*bh), GFP_KERNEL);
	/* one node: statistics of a second one would have to be flushed */
	struct page *page = alloc_pages_node(first_online_node, GFP_KERNEL |
					     __GFP_THISNODE | __GFP_COMP, order);
	struct folio *folio;

	KUNIT_ASSERT_NOT_NULL(test, bh);
	KUNIT_ASSERT_NOT_NULL(test, page);
	folio = page_folio(page);
	folio->index = index;
	bh->b_this_page = bh;
	bh->b_state = BIT(BH_Dirty) | BIT(BH_Mapped);
	folio_attach_private(folio, bh);
	folio_mark_uptodate(folio);
	folio_set_dirty(folio);
	return folio;
}

/* Pages of small and large folios side by side are found, each the right one. */
static void pui_mixed_folios_test(struct kunit *test)
{
	static const struct {
		pgoff_t index;
		unsigned int order;
	} layout[] = { { 2, 0 }, { 3, 0 }, { 4, 2 }, { 8, 0 }, { 9, 0 } };
	struct folio *folios[ARRAY_SIZE(layout)];
	struct page *expected[10] = {}, *pages[10];
	struct pui_stats stats = PUI_STATS_INIT;
	struct address_space mapping = {};
	struct pui_range range = { .mapping = &mapping, .reports = true };
	unsigned long i, first, nr, done;

	XA_STATE(xas, &mapping.i_pages, 0);
	XA_STATE(walk, &mapping.i_pages, 0);

	xa_init_flags(&mapping.i_pages, XA_FLAGS_LOCK_IRQ);
	for (i = 0; i < ARRAY_SIZE(layout); i++) {
		struct folio *folio = pui_ready_folio(test, layout[i].index,
						      layout[i].order);

		folios[i] = folio;
		for (nr = 0; nr < folio_nr_pages(folio); nr++)
			expected[folio->index + nr] = folio_page(folio, nr);
		xas_set_order(&xas, folio->index, layout[i].order);
		do {
			xas_lock_irq(&xas);
			xas_store(&xas, folio);
			if (!xas_error(&xas))
				xas_set_mark(&xas, PAGECACHE_TAG_DIRTY);
			xas_unlock_irq(&xas);
		} while (xas_nomem(&xas, GFP_KERNEL));
	}

	/* from each page on: what one pass leaves, the next meets under io */
	for (first = 9; first >= 2; first--) {
		xas_lock_irq(&walk);
		for (done = 0; first + done < 10; done += nr) {
			nr = pui_start_node(&walk, first + done, pages + done,
					    10 - first - done, &stats, &range);
			if (!nr)
				break;
		}
		xas_unlock_irq(&walk);
		KUNIT_EXPECT_EQ(test, done, 10 - first);
		for (i = 0; i < done; i++) {
			KUNIT_EXPECT_PTR_EQ(test, pages[i], expected[first + i]);
			pui_unpin(page_folio(pages[i]),
				  PageCompound(pages[i]));
		}
	}
	for (i = 2; i < 10; i++) {
		KUNIT_EXPECT_PTR_EQ(test, xa_load(&mapping.i_pages, i),
				    pui_make_entry(page_folio(expected[i])));
		KUNIT_EXPECT_TRUE(test,
				  xa_get_mark(&mapping.i_pages, i,
					      PAGECACHE_TAG_TOWRITE));
		KUNIT_EXPECT_FALSE(test,
				   xa_get_mark(&mapping.i_pages, i,
					       PAGECACHE_TAG_DIRTY));
	}
	xa_destroy(&mapping.i_pages);
	for (i = 0; i < ARRAY_SIZE(layout); i++) {
		KUNIT_EXPECT_EQ(test, folio_ref_count(folios[i]), 2);
		folio_clear_dirty(folios[i]);
		folio_detach_private(folios[i]);
		folios[i]->index = 0;
		folio_put(folios[i]);
	}
}

/* Only ranges that have this very folio pinned answer for its pins. */
static void pui_all_report_test(struct kunit *test)
{
	unsigned long start = 5 * PAGE_SIZE, last = 6 * PAGE_SIZE - 1;
	struct address_space mapping = { .i_pui = RB_ROOT_CACHED };
	struct pui_range range = {
		.node = { .start = start, .last = last },
		.mapping = &mapping, .first = 5, .next = 6, .reports = true,
	};
	struct pui_range older = range;
	struct pui_lost lost = { .node = { .start = start, .last = last } };
	struct page *page = alloc_page(GFP_KERNEL);
	struct folio *folio;

	KUNIT_ASSERT_NOT_NULL(test, page);
	folio = page_folio(page);
	folio->mapping = &mapping;
	folio->index = 5;
	xa_init_flags(&mapping.i_pages, XA_FLAGS_LOCK_IRQ);

	interval_tree_insert(&range.node, &mapping.i_pui);
	pui_pin(folio, false);
	KUNIT_EXPECT_TRUE(test, pui_all_report(folio));
	/* a range that has lost its page, to which this one is the successor */
	interval_tree_insert(&lost.node, &older.lost);
	interval_tree_insert(&older.node, &mapping.i_pui);
	KUNIT_EXPECT_TRUE(test, pui_all_report(folio));
	/* somebody else */
	pui_pin(folio, false);
	KUNIT_EXPECT_FALSE(test, pui_all_report(folio));
	pui_unpin(folio, false);
	KUNIT_EXPECT_TRUE(test, pui_all_report(folio));
	range.reports = false;
	KUNIT_EXPECT_FALSE(test, pui_all_report(folio));

	pui_unpin(folio, false);
	folio->mapping = NULL;
	folio->index = 0;
	folio_put(folio);
}

struct pui_cover_case {
	const char *name;
	/* a range: its bytes, and the pages that it has under io */
	unsigned long start, last;
	pgoff_t window_first, window_next;
	/* the folio asked for */
	pgoff_t first, next;
	bool covered;
};

#define PG(n)	((n) * PAGE_SIZE)
static const struct pui_cover_case pui_cover_cases[] = {
	{ "same page",		 PG(5), PG(6) - 1, 5, 6,   5, 6, true },
	{ "page before",	 PG(5), PG(6) - 1, 5, 6,   4, 5, false },
	{ "page after",		 PG(5), PG(6) - 1, 5, 6,   6, 7, false },
	{ "one byte of it",	 PG(5) + 9, PG(5) + 9, 5, 6, 5, 6, true },
	{ "last byte of it",	 PG(6) - 1, PG(7), 5, 8,   5, 6, true },
	{ "not yet under io",	 PG(0), PG(9) - 1, 0, 5,   5, 6, false },
	{ "last one under io",	 PG(0), PG(9) - 1, 0, 6,   5, 6, true },
	{ "already given up",	 PG(0), PG(9) - 1, 6, 9,   5, 6, false },
	{ "next to be given up", PG(0), PG(9) - 1, 5, 9,   5, 6, true },
	{ "nothing under io",	 PG(5), PG(6) - 1, 5, 5,   5, 6, false },
	{ "large folio's tail",	 PG(7), PG(8) - 1, 7, 8,   4, 8, true },
	{ "large folio, rest given up", PG(4), PG(8) - 1, 7, 8, 4, 8, true },
	{ "large folio, all given up", PG(4), PG(8) - 1, 8, 8, 4, 8, false },
	{ "page 2^40",	PG(1UL << 40), PG(1UL << 40), 1UL << 40,
			(1UL << 40) + 1, 1UL << 40, (1UL << 40) + 1, true },
};

static void pui_cover_desc(const struct pui_cover_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(pui_cover, pui_cover_cases, pui_cover_desc);

static void pui_cover_test(struct kunit *test)
{
	const struct pui_cover_case *c = test->param_value;
	struct pui_range range = {
		.node.start = c->start,
		.node.last = c->last,
		.first = c->window_first,
		.next = c->window_next,
	};
	struct rb_root_cached root = RB_ROOT_CACHED;

	KUNIT_EXPECT_FALSE(test, pui_covered(&root, c->first, c->next));
	interval_tree_insert(&range.node, &root);
	KUNIT_EXPECT_EQ(test, c->covered,
			pui_covered(&root, c->first, c->next));
	interval_tree_remove(&range.node, &root);
	KUNIT_EXPECT_FALSE(test, pui_covered(&root, c->first, c->next));
}

/* Three holders of parts of one page: it is covered until the last has gone. */
static void pui_cover_last_test(struct kunit *test)
{
	struct pui_range ranges[] = {
		{ .node = { .start = 0, .last = 99 }, .first = 0, .next = 1 },
		{ .node = { .start = 50, .last = 150 }, .first = 0, .next = 1 },
		{ .node = { .start = PG(1) - 1, .last = PG(3) }, .first = 0,
		  .next = 4 },
	};
	static const int orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	struct rb_root_cached root = RB_ROOT_CACHED;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		for (j = 0; j < ARRAY_SIZE(ranges); j++) {
			ranges[j].first = 0;
			interval_tree_insert(&ranges[j].node, &root);
		}
		for (j = 0; j < ARRAY_SIZE(ranges); j++) {
			struct pui_range *range = &ranges[orders[i][j]];

			KUNIT_EXPECT_TRUE(test, pui_covered(&root, 0, 1));
			/* it gives up the page, then everything */
			range->first = 1;
			KUNIT_EXPECT_EQ(test, j < ARRAY_SIZE(ranges) - 1,
					pui_covered(&root, 0, 1));
			interval_tree_remove(&range->node, &root);
		}
	}
}

#define PUI_TEST_BYTES	256

/* Bytes are lost one stretch after the other; a bitmap knows which. */
static void pui_lose_test(struct kunit *test)
{
	struct pui_range range = {
		.node = { .start = 1000, .last = 1000 + PUI_TEST_BYTES - 1 },
	};
	DECLARE_BITMAP(lost, PUI_TEST_BYTES) = { };
	struct interval_tree_node *node, *prev;
	unsigned int seed = 1, i, j;
	struct pui_lost *one;
	LIST_HEAD(spare);

	for (i = 0; i < 60; i++) {
		unsigned int from, to;

		seed = seed * 1103515245 + 12345;
		from = (seed >> 8) % PUI_TEST_BYTES;
		to = from + (seed >> 20) % 20;
		one = kunit_kzalloc(test, sizeof(*one), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, one);
		list_add(&one->list, &spare);
		/* what is outside of the range is cut off */
		pui_lose(&range, 1000 + from, 1000 + to, &spare);
		pui_lost(&range, &spare);
		to = min(to, PUI_TEST_BYTES - 1U);
		bitmap_set(lost, from, to - from + 1);

		for (j = 0; j < PUI_TEST_BYTES; j++)
			KUNIT_EXPECT_EQ(test, test_bit(j, lost),
					pui_all_lost(&range, 1000 + j,
						     1000 + j));
		KUNIT_EXPECT_TRUE(test, pui_all_lost(&range, 1000 + from,
						     1000 + to));
		/* merged: a gap between each two */
		prev = NULL;
		for (node = interval_tree_iter_first(&range.lost, 0, ULONG_MAX);
		     node; prev = node,
		     node = interval_tree_iter_next(node, 0, ULONG_MAX)) {
			if (prev)
				KUNIT_EXPECT_GT(test, node->start,
						prev->last + 1);
		}
	}
	/* none got lost on the way */
	i = list_count_nodes(&spare);
	for (node = interval_tree_iter_first(&range.lost, 0, ULONG_MAX); node;
	     node = interval_tree_iter_next(node, 0, ULONG_MAX))
		i++;
	KUNIT_EXPECT_EQ(test, 60, i);
}

struct pui_lost_case {
	const char *name;
	unsigned long start, last;	/* what is lost of pages 4 to 7 */
	pgoff_t first, next;		/* the folio asked for */
	bool covered;
};

static const struct pui_lost_case pui_lost_cases[] = {
	{ "all of it",		PG(5), PG(6) - 1,	5, 6, false },
	{ "all but a byte",	PG(5) + 1, PG(6) - 1,	5, 6, true },
	{ "another page",	PG(5), PG(6) - 1,	6, 7, true },
	{ "first page, as far as it is the range's", PG(4) + 100, PG(5) - 1,
							4, 5, false },
	{ "last page, as far as it is the range's", PG(7), PG(7) + 99,
							7, 8, false },
	{ "half of a large folio", PG(4) + 100, PG(6) - 1, 4, 8, true },
	{ "all of a large folio", PG(4) + 100, PG(7) + 99, 4, 8, false },
};

static void pui_lost_desc(const struct pui_lost_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(pui_lost, pui_lost_cases, pui_lost_desc);

/* What is lost does not cover, and is not asked for again. */
static void pui_lost_test(struct kunit *test)
{
	const struct pui_lost_case *c = test->param_value;
	struct address_space mapping = { .i_pui = RB_ROOT_CACHED };
	struct pui_lost lost;
	struct pui_range range = {
		.node = { .start = PG(4) + 100, .last = PG(7) + 99 },
		.first = 4, .next = 8,
	};
	LIST_HEAD(spare);

	interval_tree_insert(&range.node, &mapping.i_pui);
	KUNIT_EXPECT_TRUE(test, pui_covered(&mapping.i_pui, c->first, c->next));
	KUNIT_EXPECT_PTR_EQ(test, &range,
			    pui_next_holder(&mapping, NULL, c->start, c->last));
	list_add(&lost.list, &spare);
	/* while its device may still write to them, they cover as before */
	pui_lose(&range, c->start, c->last, &spare);
	KUNIT_EXPECT_TRUE(test, pui_covered(&mapping.i_pui, c->first, c->next));
	pui_lost(&range, &spare);
	KUNIT_EXPECT_EQ(test, c->covered,
			pui_covered(&mapping.i_pui, c->first, c->next));
	KUNIT_EXPECT_NULL(test,
			  pui_next_holder(&mapping, NULL, c->start, c->last));
	KUNIT_EXPECT_EQ(test, !pui_all_lost(&range, range.node.start,
					    range.node.last),
			!!pui_next_holder(&mapping, NULL, 0, LLONG_MAX));
}

static struct kunit_case pui_cases[] = {
	KUNIT_CASE(pui_codec_test),
	KUNIT_CASE(pui_codec_strangers_test),
	KUNIT_CASE(pui_xarray_test),
	KUNIT_CASE(pui_marks_test),
	KUNIT_CASE(pui_mixed_folios_test),
	KUNIT_CASE(pui_all_report_test),
	KUNIT_CASE_PARAM(pui_cover_test, pui_cover_gen_params),
	KUNIT_CASE(pui_cover_last_test),
	KUNIT_CASE(pui_lose_test),
	KUNIT_CASE_PARAM(pui_lost_test, pui_lost_gen_params),
	{ }
};

static struct kunit_suite pui_suite = {
	.name = "page_under_io",
	.test_cases = pui_cases,
};

kunit_test_suite(pui_suite);
