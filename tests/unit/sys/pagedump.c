/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page dumps in the kernel's log, and their interpretation. */
#include "lib/sys/pagedump.h"
#include "lib/model/page.h"
#include "lib/sys/kmsg.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DUMPS_MAX 8

/* Reads the dumps in a file of tests/unit/data. */
static size_t read_dumps(const char *name, struct page_dump *dumps, uint64_t *suppressed)
{
	cleanup_fclose FILE *file = tree_data(name);
	struct dump_parser parser = { 0 };
	struct kmsg_record record;
	size_t nr = 0;
	char line[512];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		uint64_t count;

		assert_int_equal(kmsg_parse(line, &record), 0);
		if (pagedump_suppressed(record.text, &count))
			*suppressed += count;
		else if (nr < DUMPS_MAX && pagedump_feed(&parser, record.text, &dumps[nr]))
			nr++;
	}
	return nr;
}

/* Feeds lines up to NULL; returns true if the last one completed a dump. */
static bool feed(const char *const *lines, struct page_dump *dump)
{
	struct dump_parser parser = { 0 };
	bool done = false;

	for (; *lines; lines++)
		done = pagedump_feed(&parser, *lines, dump);
	return done;
}

static void pages_of_vmsplice_on_6_1(void **state)
{
	struct page_dump dumps[DUMPS_MAX];
	uint64_t suppressed = 0;
	struct mhp_page page;

	assert_int_equal(read_dumps("kmsg-vmsplice-6.1.txt", dumps, &suppressed), 2);
	assert_int_equal(suppressed, 29814);
	assert_int_equal(dumps[0].pfn, 0x108000);
	assert_int_equal(dumps[0].refcount, 3);
	assert_int_equal(dumps[0].mapcount, 1);
	assert_true(dumps[0].pincount == COUNT_UNKNOWN);
	assert_true(dumps[0].has_index && dumps[0].index == 0x7f12dea3f);
	assert_false(dumps[0].has_mapping);
	assert_int_equal(dumps[0].order, 0);
	assert_int_equal(dumps[0].flags, PAGE_ANON | PAGE_SWAPBACKED);
	assert_string_equal(dumps[0].because, "migration failure");
	assert_int_equal(dumps[0].ret, 64);
	assert_int_equal(dumps[1].pfn, 0x108001);
	page = page_judge(&dumps[0]);
	assert_int_equal(page.kind, MHP_PAGE_ANON);
	assert_int_equal(page.pins, 0);
	assert_int_equal(page.extra_references, 1);
	assert_int_equal(page.verdict, MHP_REASON_EXTRA_REFERENCE);
}

static void pages_of_io_uring_on_6_12(void **state)
{
	struct page_dump dumps[DUMPS_MAX];
	uint64_t suppressed = 0;
	struct mhp_page page;

	assert_int_equal(read_dumps("kmsg-iouring-6.12.txt", dumps, &suppressed), 2);
	assert_int_equal(suppressed, 53238);
	assert_int_equal(dumps[0].pfn, 0x1087ff);
	assert_int_equal(dumps[0].refcount, 1026);
	page = page_judge(&dumps[0]);
	assert_int_equal(page.pfn, 0x1087ff);
	assert_int_equal(page.kind, MHP_PAGE_ANON);
	assert_int_equal(page.pins, 1);
	assert_int_equal(page.extra_references, 0);
	assert_int_equal(page.verdict, MHP_REASON_PINNED);
}

static void huge_pages_count_their_pins(void **state)
{
	struct page_dump dumps[DUMPS_MAX];
	uint64_t suppressed = 0;
	struct mhp_page page;

	assert_int_equal(read_dumps("kmsg-thp-6.12.txt", dumps, &suppressed), 1);
	assert_int_equal(dumps[0].order, 9);
	assert_int_equal(dumps[0].mapcount, 1); /* of the folio, not of its first page */
	assert_int_equal(dumps[0].pincount, 1);
	page = page_judge(&dumps[0]);
	assert_int_equal(page.pins, 1);
	assert_int_equal(page.extra_references, 0);
	assert_int_equal(page.verdict, MHP_REASON_PINNED);
}

static void slab_pages(void **state)
{
	static const char *const names[] = { "kmsg-slab-6.1.txt", "kmsg-slab-7.2.txt" };
	static const uint64_t pfns[] = { 0x108800, 0x108000 };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct page_dump dumps[DUMPS_MAX];
		uint64_t suppressed = 0;
		struct mhp_page page;

		assert_int_equal(read_dumps(names[i], dumps, &suppressed), 1);
		assert_int_equal(suppressed, 0);
		assert_int_equal(dumps[0].pfn, pfns[i]);
		assert_string_equal(dumps[0].because, "unmovable page");
		page = page_judge(&dumps[0]);
		assert_int_equal(page.kind, MHP_PAGE_SLAB);
		assert_int_equal(page.pins, 0);
		assert_int_equal(page.verdict, MHP_REASON_UNMOVABLE);
	}
}

/* ---- malformed dumps --------------------------------------------------------------------- */

static void lines_of_others_come_between(void **state)
{
	static const char *const lines[] = {
		"usb 1-1: new device",
		"migrating pfn 108000 failed ret:64",
		"usb 1-1: Product: page",
		"page: refcount:3 mapcount:1 mapping:0000000000000000 index:0x7f1 pfn:0x108000",
		"e1000e: NIC Link is Up",
		"anon flags: 0x9(swapbacked|node=2|zone=3)",
		"page dumped because: migration failure",
		NULL,
	};
	struct page_dump dump;

	assert_true(feed(lines, &dump));
	assert_int_equal(dump.pfn, 0x108000);
	assert_int_equal(dump.flags, PAGE_ANON | PAGE_SWAPBACKED);
}

static void a_dump_that_is_cut_off_gives_way(void **state)
{
	static const char *const lines[] = {
		"migrating pfn 108000 failed ret:64",
		"page: refcount:3 mapcount:1 mapping:0000000000000000 index:0x7f1 pfn:0x108000",
		"anon flags: 0x9(locked|swapbacked)",
		"migrating pfn 108001 failed ret:64",
		"page: refcount:5 mapcount:2 mapping:0000000000000000 index:0x7f2 pfn:0x108001",
		"page dumped because: migration failure",
		NULL,
	};
	static const char *const only_end[] = { "page dumped because: migration failure", NULL };
	static const char *const no_page[] = { "migrating pfn 108001 failed ret:64",
					       "page dumped because: migration failure", NULL };
	struct page_dump dump;

	assert_true(feed(lines, &dump));
	assert_int_equal(dump.pfn, 0x108001);
	assert_int_equal(dump.refcount, 5);
	assert_int_equal(dump.flags, 0);
	assert_false(feed(only_end, &dump));
	assert_false(feed(no_page, &dump));
}

static void a_dump_without_an_announcement(void **state)
{
	static const char *const lines[] = {
		"page:00000000ec444145 refcount:1 mapcount:0 mapping:ffff8 index:0x0 pfn:0x108800",
		"aops:ext4_da_aops ino:1234",
		"flags: 0x17ff(locked|uptodate|lru|private|node=2)",
		"page dumped because: failed to isolate",
		NULL,
	};
	struct page_dump dump;
	struct mhp_page page;

	assert_true(feed(lines, &dump));
	assert_string_equal(dump.aops, "ext4_da_aops");
	assert_true(dump.has_mapping);
	assert_int_equal(dump.flags, PAGE_LOCKED | PAGE_LRU | PAGE_PRIVATE);
	assert_int_equal(dump.ret, 0);
	page = page_judge(&dump);
	assert_int_equal(page.kind, MHP_PAGE_FILE);
	assert_int_equal(page.verdict, MHP_REASON_LOCKED_OR_WRITEBACK);
}

static void an_errno_in_place_of_a_count(void **state)
{
	static const char *const lines[] = {
		"migrating pfn 108000 failed ret:-12",
		"page: refcount:2 mapcount:1 mapping:0000000000000000 index:0x7f1 pfn:0x108000",
		"anon flags: 0x9(swapbacked)",
		"page dumped because: migration failure",
		NULL,
	};
	struct page_dump dump;

	assert_true(feed(lines, &dump));
	assert_int_equal(dump.ret, -ENOMEM);
	assert_int_equal(page_judge(&dump).verdict, MHP_REASON_NO_TARGET_MEMORY);
}

static void long_words_are_cut(void **state)
{
	struct dump_parser parser = { 0 };
	struct page_dump dump;
	char line[512];

	pagedump_feed(&parser, "page: refcount:1 mapcount:0 pfn:0x1", &dump);
	memset(line, 'x', sizeof(line));
	memcpy(line, "aops:", 5);
	line[sizeof(line) - 1] = '\0';
	pagedump_feed(&parser, line, &dump);
	memcpy(line, "page_type: f5(", 14);
	pagedump_feed(&parser, line, &dump);
	memcpy(line, "page dumped because: ", 21);
	assert_true(pagedump_feed(&parser, line, &dump));
	assert_int_equal(strlen(dump.aops), sizeof(dump.aops) - 1);
	assert_int_equal(strlen(dump.type), sizeof(dump.type) - 1);
	assert_int_equal(strlen(dump.because), sizeof(dump.because) - 1);
}

static void suppressed_messages(void **state)
{
	uint64_t count = 7;

	assert_true(pagedump_suppressed("do_migrate_range: 58358 callbacks suppressed", &count));
	assert_int_equal(count, 58358);
	assert_false(pagedump_suppressed("do_migrate_range: callbacks suppressed", &count));
	assert_false(pagedump_suppressed("do_migrate_range: 5 things", &count));
	assert_false(pagedump_suppressed("x: 58358 callbacks suppressed", &count));
	assert_false(pagedump_suppressed("", &count));
	assert_int_equal(count, 58358);
}

/* ---- interpretation ---------------------------------------------------------------------- */

static void references_are_accounted_for(void **state)
{
	static const struct {
		struct page_dump dump;
		int64_t pins, extra;
	} cases[] = {
		{ { .refcount = 2, .mapcount = 1, .flags = PAGE_ANON }, 0, 0 },
		{ { .refcount = 1, .mapcount = 0, .flags = PAGE_ANON }, 0, 0 },
		{ { .refcount = 4, .mapcount = 3, .flags = PAGE_ANON }, 0, 0 },
		{ { .refcount = 4, .mapcount = 1, .flags = PAGE_ANON }, 0, 2 },
		{ { .refcount = 3, .mapcount = 1, .flags = PAGE_ANON | PAGE_SWAPCACHE }, 0, 0 },
		{ { .refcount = 3, .mapcount = 1, .has_mapping = true }, 0, 0 },
		{ { .refcount = 4, .mapcount = 1, .has_mapping = true, .flags = PAGE_PRIVATE },
		  0,
		  0 },
		{ { .refcount = 2 + 3 * 1024, .mapcount = 1, .flags = PAGE_ANON }, 3, 0 },
		{ { .refcount = 2 + 1024 + 5, .mapcount = 1, .flags = PAGE_ANON }, 1, 5 },
		{ { .refcount = 0, .mapcount = 0 }, 0, 0 },
		{ { .refcount = COUNT_UNKNOWN, .mapcount = COUNT_UNKNOWN }, 0, 0 },
		{ { .refcount = 514, .mapcount = 1, .has_mapping = true, .order = 9 }, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct page_dump dump = cases[i].dump;
		struct mhp_page page;

		dump.pincount = COUNT_UNKNOWN;
		page = page_judge(&dump);
		if (page.pins != cases[i].pins || page.extra_references != cases[i].extra)
			fail_msg("case %zu: %ld pins, %ld references", i, (long)page.pins,
				 (long)page.extra_references);
	}
}

static void kinds_of_pages(void **state)
{
	static const struct {
		struct page_dump dump;
		enum mhp_page_kind kind;
	} cases[] = {
		{ { .type = "hugetlb" }, MHP_PAGE_HUGETLB },
		{ { .aops = "hugetlbfs_aops" }, MHP_PAGE_HUGETLB },
		{ { .type = "slab" }, MHP_PAGE_SLAB },
		{ { .flags = PAGE_SLAB }, MHP_PAGE_SLAB },
		{ { .type = "table" }, MHP_PAGE_TABLE },
		{ { .type = "pgtable" }, MHP_PAGE_TABLE },
		{ { .type = "offline" }, MHP_PAGE_OFFLINE },
		{ { .flags = PAGE_ANON }, MHP_PAGE_ANON },
		{ { .aops = "shmem_aops", .has_mapping = true }, MHP_PAGE_SHMEM },
		{ { .aops = "xfs_address_space_operations" }, MHP_PAGE_FILE },
		{ { .has_mapping = true }, MHP_PAGE_FILE },
		{ { .flags = PAGE_SWAPBACKED, .mapcount = 1 }, MHP_PAGE_ANON },
		{ { .flags = PAGE_RESERVED }, MHP_PAGE_KERNEL },
		{ { .mapcount = 1 }, MHP_PAGE_UNKNOWN },
		{ { .mapcount = 0 }, MHP_PAGE_KERNEL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (page_judge(&cases[i].dump).kind != cases[i].kind)
			fail_msg("case %zu: %s", i,
				 mhp_page_kind_name(page_judge(&cases[i].dump).kind));
}

static void verdicts(void **state)
{
	struct page_dump dump = { .refcount = 2, .mapcount = 1, .flags = PAGE_ANON };

	dump.pincount = COUNT_UNKNOWN;
	assert_int_equal(page_judge(&dump).verdict, MHP_REASON_KERNEL);
	dump.flags |= PAGE_HWPOISON;
	assert_int_equal(page_judge(&dump).verdict, MHP_REASON_POISONED);
	dump.flags |= PAGE_WRITEBACK;
	assert_int_equal(page_judge(&dump).verdict, MHP_REASON_LOCKED_OR_WRITEBACK);
	strcpy(dump.type, "hugetlb");
	assert_int_equal(page_judge(&dump).verdict, MHP_REASON_HUGETLB);
}

/* Numbers that no kernel prints are unknown and cause no overflow. */
static void absurd_counts(void **state)
{
	static const char *const counts[] = { "-9223372036854775808", "-9223372036854775807",
					      "9223372036854775807",  "99999999999999999999",
					      "2147483648",	      "x" };

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		struct dump_parser parser = { 0 };
		struct mhp_page page;
		struct page_dump dump;
		char line[128];

		snprintf(line, sizeof(line), "page: refcount:2 mapcount:%s pfn:0x108000",
			 counts[i]);
		pagedump_feed(&parser, line, &dump);
		snprintf(line, sizeof(line), "head: order:9 pincount:%s", counts[i]);
		pagedump_feed(&parser, line, &dump);
		assert_true(
			pagedump_feed(&parser, "page dumped because: migration failure", &dump));
		page = page_judge(&dump);
		assert_true(page.mapcount == COUNT_UNKNOWN);
		assert_true(page.pincount == COUNT_UNKNOWN);
		assert_int_equal(page.pins, 0);
		assert_int_equal(page.extra_references, 1);
	}
}

static void the_largest_counts(void **state)
{
	static const char *const lines[] = {
		"page: refcount:2147483647 mapcount:-2147483648 mapping:ff index:0x7f1 pfn:0x1",
		"head: order:30 mapcount:2147483647 pincount:2147483647",
		"flags: 0x0(private)",
		"page dumped because: migration failure",
		NULL,
	};
	struct page_dump dump;

	assert_true(feed(lines, &dump));
	assert_int_equal(page_judge(&dump).pins, INT32_MAX);
	assert_int_equal(page_judge(&dump).extra_references, 0);
}

UNIT_TESTS(cmocka_unit_test(pages_of_vmsplice_on_6_1), cmocka_unit_test(pages_of_io_uring_on_6_12),
	   cmocka_unit_test(huge_pages_count_their_pins), cmocka_unit_test(slab_pages),
	   cmocka_unit_test(lines_of_others_come_between),
	   cmocka_unit_test(a_dump_that_is_cut_off_gives_way),
	   cmocka_unit_test(a_dump_without_an_announcement),
	   cmocka_unit_test(an_errno_in_place_of_a_count), cmocka_unit_test(long_words_are_cut),
	   cmocka_unit_test(suppressed_messages), cmocka_unit_test(references_are_accounted_for),
	   cmocka_unit_test(kinds_of_pages), cmocka_unit_test(verdicts),
	   cmocka_unit_test(absurd_counts), cmocka_unit_test(the_largest_counts))
