/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Structs that a caller allocates: of older and newer programs, and invalid ones. */
#include "lib/base/sized.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Copies a struct of another version, of that size, directly before an inaccessible page. */
static void *cut_to(const void *whole, size_t size)
{
	void *cut = malloc(size);

	assert_non_null(cut);
	memcpy(cut, whole, size);
	memcpy(cut, &size, sizeof(size));
	return cut;
}

static void a_caller_of_this_version(void **state)
{
	const char *const targets[] = { "region0" };
	struct mhp_request request = MHP_REQUEST_INIT(.verb = MHP_VERB_OFFLINE, .targets = targets,
						      .nr_targets = 1, .first = 7);
	struct mhp_request known;

	assert_int_equal(request.size, sizeof(request));
	assert_int_equal(request_take(&known, &request, NULL), 0);
	assert_memory_equal(&known, &request, sizeof(known));
}

static void what_an_older_program_does_not_know_is_default(void **state)
{
	struct mhp_request request = MHP_REQUEST_INIT(.bytes = 5, .list_hidden = true, .first = 7);
	struct mhp_run_options options = MHP_RUN_OPTIONS_INIT(.timeout_ms = 3, .fingerprint = 9);
	struct mhp_monitor_options watch = MHP_MONITOR_OPTIONS_INIT(.timeout_ms = 3, .count = 9);
	struct mhp_recover_options recover =
		MHP_RECOVER_OPTIONS_INIT(.forget = true, .run = &options);
	void *cut = cut_to(&request, offsetof(struct mhp_request, first));
	struct mhp_request known;
	struct mhp_run_options known_options;
	struct mhp_monitor_options known_watch;
	struct mhp_recover_options known_recover;

	memset(&known, 0xff, sizeof(known));
	assert_int_equal(request_take(&known, cut, NULL), 0);
	free(cut);
	assert_int_equal(known.size, sizeof(known));
	assert_true(known.bytes == 5 && known.list_hidden);
	assert_true(known.first == 0);

	cut = cut_to(&options, offsetof(struct mhp_run_options, fingerprint));
	memset(&known_options, 0xff, sizeof(known_options));
	assert_int_equal(run_options_take(&known_options, cut, NULL), 0);
	free(cut);
	assert_true(known_options.timeout_ms == 3 && known_options.fingerprint == 0);

	cut = cut_to(&watch, offsetof(struct mhp_monitor_options, count));
	memset(&known_watch, 0xff, sizeof(known_watch));
	assert_int_equal(monitor_options_take(&known_watch, cut, NULL), 0);
	free(cut);
	assert_true(known_watch.timeout_ms == 3 && known_watch.count == 0);

	cut = cut_to(&recover, offsetof(struct mhp_recover_options, run));
	memset(&known_recover, 0xff, sizeof(known_recover));
	assert_int_equal(recover_options_take(&known_recover, cut, NULL), 0);
	free(cut);
	assert_true(known_recover.forget && !known_recover.run);
}

/* A struct of a later version, with further members that the program leaves at their defaults. */
struct later {
	struct mhp_request now;
	uint64_t further[2];
};

static void what_a_newer_program_does_not_ask_for(void **state)
{
	struct later later = { .now = MHP_REQUEST_INIT(.first = 7) };
	struct mhp_request known[2];
	char untouched[sizeof(known[1])];

	memset(known, 0x55, sizeof(known));
	memset(untouched, 0x55, sizeof(untouched));
	later.now.size = sizeof(later);
	assert_int_equal(request_take(known, &later.now, NULL), 0);
	assert_int_equal(known->size, sizeof(*known));
	assert_true(known->first == 7);
	assert_memory_equal(&known[1], untouched, sizeof(untouched));
}

static void what_a_newer_program_asks_for_is_refused(void **state)
{
	struct later later = { .now = MHP_REQUEST_INIT(), .further = { 0, 1 } };
	struct mhp_request known;
	struct mhp_error err = { 0 };

	later.now.size = sizeof(later);
	assert_int_equal(request_take(&known, &later.now, &err), -E2BIG);
	assert_int_equal(err.reason, MHP_REASON_UNSUPPORTED);
	assert_non_null(strstr(err.message, "mhp_request"));
	later.now.size -= sizeof(later.further[1]); /* the last member lies outside of that size */
	assert_int_equal(request_take(&known, &later.now, NULL), 0);
}

static void a_struct_without_a_size_is_refused(void **state)
{
	static const size_t sizes[] = { 0, 1, sizeof(size_t) - 1, 4097, SIZE_MAX };
	struct mhp_request request = { .first = 7 }, known;
	struct mhp_run_options options = { 0 }, known_options;
	struct mhp_monitor_options watch = { 0 }, known_watch;
	struct mhp_recover_options recover = { 0 }, known_recover;
	struct mhp_error err = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		request.size = sizes[i];
		assert_int_equal(request_take(&known, &request, &err), -EINVAL);
		assert_int_equal(err.reason, MHP_REASON_USAGE);
		assert_string_equal(err.message, "struct mhp_request has no valid size");
		assert_true(*err.hint != '\0');
	}
	assert_int_equal(run_options_take(&known_options, &options, NULL), -EINVAL);
	assert_int_equal(monitor_options_take(&known_watch, &watch, NULL), -EINVAL);
	assert_int_equal(recover_options_take(&known_recover, &recover, NULL), -EINVAL);
}

/* A member that a later version puts into padding would be read from old programs unset. */
static void no_struct_ends_in_padding(void **state)
{
#define END_OF(type, last) (offsetof(struct type, last) + sizeof(((struct type *)NULL)->last))
	assert_int_equal(END_OF(mhp_request, drain_ms), sizeof(struct mhp_request));
	assert_int_equal(END_OF(mhp_run_options, begin), sizeof(struct mhp_run_options));
	assert_int_equal(END_OF(mhp_monitor_options, count), sizeof(struct mhp_monitor_options));
	assert_int_equal(END_OF(mhp_recover_options, run), sizeof(struct mhp_recover_options));
	assert_int_equal(END_OF(mhp_error, reserved), sizeof(struct mhp_error));
}

UNIT_TESTS(cmocka_unit_test(a_caller_of_this_version),
	   cmocka_unit_test(what_an_older_program_does_not_know_is_default),
	   cmocka_unit_test(what_a_newer_program_does_not_ask_for),
	   cmocka_unit_test(what_a_newer_program_asks_for_is_refused),
	   cmocka_unit_test(a_struct_without_a_size_is_refused),
	   cmocka_unit_test(no_struct_ends_in_padding))
