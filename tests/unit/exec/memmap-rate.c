/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rate at which memmaps are initialised, and estimates from it. */
#include "lib/exec/memmap-rate.h"
#include "lib/base/clock.h"
#include "tests/unit/fake/fakesys.h"

#include <string.h>

#define RATE_FILE "run/mhpctl/memmap-rate"
#define STRUCTS	  1000000

static struct memmap_rate load(struct fakesys *fs, const char *text)
{
	struct memmap_rate rate = { 1, 2, 3 };

	fakesys_put(fs, RATE_FILE, text);
	memmap_rate_load(fs->ctx, &rate);
	assert_int_equal(rate.structs, 0);
	assert_int_equal(rate.usec, 0);
	return rate;
}

static struct memmap_work work_of(uint64_t structs, bool begun, bool ended)
{
	uint64_t now = clock_msec();

	return (struct memmap_work){
		.bytes = GIB,
		.structs = structs,
		.start_ms = begun ? now - 1000 : 0,
		.end_ms = ended ? now : 0,
	};
}

static void a_file_that_is_not_there(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct memmap_rate rate = { 1, 2, 3 };

	memmap_rate_load(fs->ctx, &rate);
	assert_int_equal(rate.known_per_s, 0);
}

/* The file of root may have any content. */
static void files_that_hold_something_else(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"0\n",
		"fast\n",
		"-5\n",
		"12 13\n",
		"0x10\n",
		"7\n",
		"9999\n",
		"1000000001\n",
		"18446744073709551615\n",
		"99999999999999999999999999999999999999999999\n",
	};
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	assert_int_equal(load(fs, "12345678\n").known_per_s, 12345678);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (load(fs, texts[i]).known_per_s)
			fail_msg("taken: \"%s\"", texts[i]);
}

static void what_was_measured_is_kept(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct memmap_rate rate = load(fs, "7\n");
	struct memmap_work work = work_of(STRUCTS, true, true);

	memmap_rate_save(fs->ctx, &rate); /* no new rate: the old one stays */
	assert_string_equal(fakesys_get(fs, RATE_FILE), "7");
	memmap_rate_take(&rate, &work, 500000);
	work.structs = 3 * STRUCTS;
	memmap_rate_take(&rate, &work, 1500000);
	memmap_rate_save(fs->ctx, &rate);
	assert_string_equal(fakesys_get(fs, RATE_FILE), "2000000");
	assert_int_equal(load(fs, "2000000\n").known_per_s, 2000000);
}

/* Few structs mostly measure the start of a process; a time of 0 measures nothing. */
static void what_says_nothing_is_left_out(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct memmap_rate rate = { 0 };
	struct memmap_work work = work_of(100, true, true);

	memmap_rate_take(&rate, &work, 1000);
	work.structs = STRUCTS;
	memmap_rate_take(&rate, &work, 0);
	assert_int_equal(rate.usec, 0);
	memmap_rate_save(fs->ctx, &rate);
	assert_string_equal(fakesys_get(fs, RATE_FILE), "");
}

static void a_link_is_not_followed(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct memmap_rate rate = { .structs = STRUCTS, .usec = 1000000 };

	fakesys_put(fs, "precious", "text\n");
	assert_int_equal(tree_folder(fs->tree.fd, "run/mhpctl"), 0);
	assert_int_equal(tree_link(fs->tree.fd, RATE_FILE, "../../precious"), 0);
	memmap_rate_save(fs->ctx, &rate);
	assert_string_equal(fakesys_get(fs, "precious"), "text");
}

/* ---- progress ---------------------------------------------------------------------------- */

static struct mhp_event_part add(struct memmap_progress *sum, const struct memmap_rate *rate,
				 struct memmap_work work)
{
	struct mhp_event_part part = { 0 };

	memmap_progress_add(sum, rate, &work, &part);
	assert_true(part.done_bytes <= part.total_bytes);
	assert_true(sum->done_bytes <= sum->total_bytes);
	return part;
}

/* Without a rate there is no estimate. */
static void what_is_known_is_no_guess(void **state)
{
	const struct memmap_rate none = { 0 };
	struct memmap_progress sum = { 0 };
	struct mhp_event_part part;

	part = add(&sum, &none, work_of(STRUCTS, false, false));
	assert_false(part.is_active || part.is_estimated || part.done_bytes);
	part = add(&sum, &none, work_of(STRUCTS, true, false));
	assert_true(part.is_active && !part.is_estimated && !part.done_bytes);
	part = add(&sum, &none, work_of(STRUCTS, true, true));
	assert_true(!part.is_active && !part.is_estimated && part.done_bytes == GIB);
	assert_false(sum.estimated);
	assert_int_equal(sum.left, 2);
	assert_int_equal(sum.left_structs, 2 * STRUCTS);
	assert_true(sum.done_bytes == GIB && sum.total_bytes == 3 * GIB);
}

static void what_is_at_work_is_guessed(void **state)
{
	const struct memmap_rate rate = { .known_per_s = STRUCTS / 4 };
	struct memmap_progress sum = { 0 };
	struct mhp_event_part part = add(&sum, &rate, work_of(STRUCTS, true, false));

	assert_true(part.is_estimated && sum.estimated && part.is_active);
	assert_between(part.done_bytes, GIB / 4, GIB - 1);
	assert_between(sum.left_structs, 1, STRUCTS / 4 * 3);
	assert_int_equal(sum.per_s, STRUCTS / 4);
}

/* The rate of this run replaces that of an earlier one. */
static void this_run_counts_first(void **state)
{
	const struct memmap_rate rate = { STRUCTS, 1000000, 5 };
	struct memmap_progress sum = { 0 };

	add(&sum, &rate, work_of(STRUCTS, false, false));
	assert_int_equal(sum.per_s, STRUCTS);
}

/* An estimate never reaches the total: only the end of a task does. */
static void a_guess_never_says_all(void **state)
{
	const struct memmap_rate rate = { .known_per_s = 1000000000 };
	struct memmap_progress sum = { 0 };
	struct mhp_event_part part = add(&sum, &rate, work_of(STRUCTS, true, false));

	assert_true(part.done_bytes < part.total_bytes);
	assert_int_equal(sum.left_structs, STRUCTS / 100);
	part = add(&sum, &rate, work_of(0, true, false));
	assert_int_equal(part.done_bytes, 0);
	part = add(&sum, &rate, work_of(99, true, false));
	assert_int_equal(part.done_bytes, 0);
}

/* ---- shape ------------------------------------------------------------------------------- */

static void the_shape_decides_how_much_there_is(void **state)
{
	const struct mhp_memory memory = { .page_size = 4096 };
	struct memmap_work work = { .bytes = GIB };

	memmap_shape(&work, &memory, 4096, true);
	assert_between(work.structs, GIB / 4096 - 32, GIB / 4096);
}

UNIT_TESTS(cmocka_unit_test(a_file_that_is_not_there),
	   cmocka_unit_test(files_that_hold_something_else),
	   cmocka_unit_test(what_was_measured_is_kept),
	   cmocka_unit_test(what_says_nothing_is_left_out),
	   cmocka_unit_test(a_link_is_not_followed), cmocka_unit_test(what_is_known_is_no_guess),
	   cmocka_unit_test(what_is_at_work_is_guessed), cmocka_unit_test(this_run_counts_first),
	   cmocka_unit_test(a_guess_never_says_all),
	   cmocka_unit_test(the_shape_decides_how_much_there_is))
