/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page tables of processes. */
#include "lib/base/clock.h"
#include "lib/sys/holders/pagemap.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <fcntl.h>

#define PRESENT	  (1ULL << 63)
#define SWAPPED	  (1ULL << 62)
#define BUFFER	  0x7f8322e00000ULL
#define FIRST_PFN (33 * 32768ULL) /* of memory33 */
#define PID	  412

static void pages_of_a_process(void **state)
{
	const uint64_t entries[] = {
		PRESENT | FIRST_PFN, PRESENT | (FIRST_PFN + 1), 0, SWAPPED | 7 << 5, PRESENT | 5,
	};
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_range block = { FIRST_PFN, FIRST_PFN + 32768 };
	uint64_t first = 0, later = clock_msec() + 5000;
	cleanup_close int fd = -1;

	fakesys_pagemap(fs, PID, BUFFER, entries, ARRAY_SIZE(entries));
	fd = pagemap_open(&fs->ctx->sys, PID);
	assert_true(fd >= 0);
	assert_int_equal(pagemap_pfn(&fs->ctx->sys, fd, BUFFER), FIRST_PFN);
	assert_int_equal(pagemap_pfn(&fs->ctx->sys, fd, BUFFER + PAGE + 5), FIRST_PFN + 1);
	assert_int_equal(pagemap_pfn(&fs->ctx->sys, fd, BUFFER + 2 * PAGE), 0);
	assert_int_equal(pagemap_pfn(&fs->ctx->sys, fd, BUFFER + 3 * PAGE),
			 0); /* swapped out to a disk */
	assert_int_equal(pagemap_pfn(&fs->ctx->sys, fd, BUFFER + 900 * PAGE), 0);
	assert_int_equal(pagemap_count(&fs->ctx->sys, fd,
				       (struct mhp_range){ BUFFER, BUFFER + 8 * PAGE }, block,
				       &first, later),
			 2);
	assert_true(first == BUFFER);
	assert_int_equal(pagemap_count(&fs->ctx->sys, fd,
				       (struct mhp_range){ BUFFER + PAGE, BUFFER + 8 * PAGE },
				       block, &first, later),
			 1);
	assert_true(first == BUFFER + PAGE);
	assert_int_equal(pagemap_open(&fs->ctx->sys, 7), -ENOENT);
}

/* During migration a page is a special swap entry with its pfn. */
static void pages_that_are_being_migrated(void **state)
{
	const uint64_t entries[] = { SWAPPED | FIRST_PFN << 5 | 30, SWAPPED | FIRST_PFN << 5 | 3 };
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_close int fd = -1;

	fakesys_pagemap(fs, PID, BUFFER, entries, ARRAY_SIZE(entries));
	fd = pagemap_open(&fs->ctx->sys, PID);
	assert_int_equal(pagemap_pfn(&fs->ctx->sys, fd, BUFFER), FIRST_PFN);
	assert_int_equal(pagemap_pfn(&fs->ctx->sys, fd, BUFFER + PAGE), 0);
}

static void no_time_to_count(void **state)
{
	const uint64_t entry = PRESENT | FIRST_PFN;
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	uint64_t pages[2] = { 0 }, addresses[2] = { 0 };
	cleanup_close int fd = -1;

	fakesys_pagemap(fs, PID, BUFFER, &entry, 1);
	fd = pagemap_open(&fs->ctx->sys, PID);
	assert_int_equal(pagemap_tally(&fs->ctx->sys, fd,
				       (struct mhp_range){ BUFFER, BUFFER + PAGE }, FIRST_PFN,
				       32768, 2, pages, addresses, 0),
			 -ETIMEDOUT);
	assert_int_equal(pages[0], 0);
}

/* A buffer need not be page-aligned: all pages that it touches are pinned. */
static void a_part_of_a_page_is_a_page(void **state)
{
	const uint64_t entries[] = { PRESENT | FIRST_PFN, PRESENT | (FIRST_PFN + 1) };
	const struct {
		uint64_t start, end, count;
	} cases[] = {
		{ 0, PAGE, 1 },	    { 100, 200, 1 },   { 100, PAGE + 1, 2 }, { PAGE - 1, PAGE, 1 },
		{ 0, 2 * PAGE, 2 }, { PAGE, PAGE, 0 }, { 0, 0, 0 },
	};
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_close int fd = -1;

	fakesys_pagemap(fs, PID, BUFFER, entries, ARRAY_SIZE(entries));
	fd = pagemap_open(&fs->ctx->sys, PID);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mhp_range addresses = { BUFFER + cases[i].start, BUFFER + cases[i].end };
		uint64_t first, count;

		count = pagemap_count(&fs->ctx->sys, fd, addresses,
				      (struct mhp_range){ 0, UINT64_MAX }, &first,
				      clock_msec() + 5000);
		if (count != cases[i].count)
			fail_msg("case %zu: %d pages", i, (int)count);
	}
}

UNIT_TESTS(cmocka_unit_test(pages_of_a_process), cmocka_unit_test(pages_that_are_being_migrated),
	   cmocka_unit_test(no_time_to_count), cmocka_unit_test(a_part_of_a_page_is_a_page))
