// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * How a region is taken apart into files and other memory.
 *
 * Included by umem_pin.c, whose functions it tests.
 */
#include <kunit/test.h>

struct umem_pin_run_case {
	const char *name;
	unsigned long range_pos, range_npages;	/* no range if npages is 0 */
	unsigned long pos;
	unsigned long run;
	bool is_file;
};

static const struct umem_pin_run_case umem_pin_run_cases[] = {
	{ "no file at all",		0, 0,	5,	ULONG_MAX, false },
	{ "up to the file",		10, 4,	5,	5, false },
	{ "page before the file",	10, 4,	9,	1, false },
	{ "the file's first page",	10, 4,	10,	4, true },
	{ "the file's last page",	10, 4,	13,	1, true },
	{ "file at the very front",	0, 1,	0,	1, true },
	{ "largest region",		UINT_MAX - 1UL, 1, 0,
					UINT_MAX - 1UL, false },
};

static void umem_pin_run_desc(const struct umem_pin_run_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(umem_pin_run, umem_pin_run_cases, umem_pin_run_desc);

static void umem_pin_run_test(struct kunit *test)
{
	const struct umem_pin_run_case *c = test->param_value;
	struct umem_pin_range range = {
		.pos = c->range_pos,
		.npages = c->range_npages,
	};
	bool is_file;

	KUNIT_EXPECT_EQ(test, c->run,
			umem_pin_run(c->range_npages ? &range : NULL, c->pos,
				     &is_file));
	KUNIT_EXPECT_EQ(test, c->is_file, is_file);
}

/* Two files with other memory around them: the runs add up to the region. */
static void umem_pin_runs_add_up_test(struct kunit *test)
{
	struct umem_pin_range a = { .pos = 3, .npages = 2 };
	struct umem_pin_range b = { .pos = 5, .npages = 4 };
	static const unsigned long runs[] = { 3, 2, 4, ULONG_MAX };
	static const bool files[] = { false, true, true, false };
	struct umem_pin_range *range = &a;
	struct umem_pin pin = { };
	unsigned long pos = 0;
	bool is_file;
	int i;

	INIT_LIST_HEAD(&pin.ranges);
	list_add_tail(&a.list, &pin.ranges);
	list_add_tail(&b.list, &pin.ranges);
	for (i = 0; i < ARRAY_SIZE(runs); i++) {
		unsigned long run = umem_pin_run(range, pos, &is_file);

		KUNIT_EXPECT_EQ(test, runs[i], run);
		KUNIT_EXPECT_EQ(test, files[i], is_file);
		pos += run;
		if (is_file)
			range = umem_pin_next_range(&pin, range);
	}
	KUNIT_EXPECT_NULL(test, range);
}

/* Pages are counted whole, however the bytes lie in them. */
static void umem_pin_npages_test(struct kunit *test)
{
	struct umem_pin pin = { };

	pin.umem.iova = 3 * PAGE_SIZE - 1;
	pin.umem.length = 2;
	KUNIT_EXPECT_EQ(test, 2, umem_pin_npages(&pin));
	pin.umem.length = PAGE_SIZE + 2;
	KUNIT_EXPECT_EQ(test, 3, umem_pin_npages(&pin));
	pin.umem.iova = PAGE_SIZE;
	pin.umem.length = PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, 1, umem_pin_npages(&pin));
	pin.umem.length = 0;
	KUNIT_EXPECT_EQ(test, 0, umem_pin_npages(&pin));
}

static struct kunit_case umem_pin_cases[] = {
	KUNIT_CASE_PARAM(umem_pin_run_test, umem_pin_run_gen_params),
	KUNIT_CASE(umem_pin_runs_add_up_test),
	KUNIT_CASE(umem_pin_npages_test),
	{ }
};

static struct kunit_suite umem_pin_suite = {
	.name = "umem_pin",
	.test_cases = umem_pin_cases,
};

kunit_test_suite(umem_pin_suite);
