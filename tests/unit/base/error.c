/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors, names of enumerators, time, and log lines. */
#include "lib/base/error.h"
#include "lib/base/clock.h"
#include "lib/base/counts.h"
#include "lib/base/log.h"
#include "tests/unit/fake/unit.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void a_failure_is_one_statement(void **state)
{
	struct mhp_error err = { 0 };

	assert_int_equal(err_set(&err, -EBUSY, MHP_REASON_PINNED, "memory%d: no", 40), -EBUSY);
	assert_int_equal(err.errnum, EBUSY);
	assert_int_equal(err.reason, MHP_REASON_PINNED);
	assert_string_equal(err.message, "memory40: no");
	assert_string_equal(err.hint, err_reason_hint(MHP_REASON_PINNED));
	assert_int_equal(err_hint(&err, -EBUSY, "stop %s", "it"), -EBUSY);
	assert_string_equal(err.hint, "stop it");
}

static void nobody_need_listen(void **state)
{
	assert_int_equal(err_set(NULL, -EBUSY, MHP_REASON_PINNED, "x"), -EBUSY);
	assert_int_equal(err_errno(NULL, -ENOMEM, "x"), -ENOMEM);
	assert_int_equal(err_hint(NULL, -EIO, "x"), -EIO);
}

static void an_errno_tells_its_reason(void **state)
{
	struct mhp_error err = { 0 };

	assert_int_equal(err_errno(&err, -EACCES, "/sys/%s", "x"), -EACCES);
	assert_string_equal(err.message, "/sys/x: Permission denied");
	assert_int_equal(err.reason, MHP_REASON_NOT_PERMITTED);
	/* err_errno() derives a reason from the errno; err_set() is given one */
	err_errno(&err, -EIO, "/sys/x");
	assert_string_equal(err.hint, "");
	err_set(&err, -EIO, MHP_REASON_KERNEL, "/sys/x");
	assert_string_not_equal(err.hint, "");
	err_errno(&err, -EROFS, "/sys/x");
	assert_int_equal(err.reason, MHP_REASON_NOT_PERMITTED);
	assert_non_null(strstr(err.hint, "read-only"));
	assert_int_equal(err_reason(-EPERM), MHP_REASON_NOT_PERMITTED);
	assert_int_equal(err_reason(EPERM), MHP_REASON_NOT_PERMITTED);
	assert_int_equal(err_reason(-ENOMEM), MHP_REASON_OUT_OF_MEMORY);
	assert_int_equal(err_reason(-ETIMEDOUT), MHP_REASON_DEADLINE);
	assert_int_equal(err_reason(-ECANCELED), MHP_REASON_INTERRUPTED);
	assert_int_equal(err_reason(-EOPNOTSUPP), MHP_REASON_UNSUPPORTED);
	assert_int_equal(err_reason(-ENOSPC), MHP_REASON_NO_SPACE);
	assert_int_equal(err_reason(-EIO), MHP_REASON_KERNEL);
	err_errno(&err, -EMFILE, "/sys/x");
	assert_int_equal(err.reason, MHP_REASON_KERNEL);
	assert_string_equal(err.hint, "raise the limit of open files: ulimit -n shows it");
}

static void long_messages_are_cut(void **state)
{
	struct mhp_error err = { 0 };
	char text[2000];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	err_set(&err, -EIO, MHP_REASON_KERNEL, "%s", text);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	err_hint(&err, -EIO, "%s", text);
	assert_int_equal(strlen(err.hint), sizeof(err.hint) - 1);
	err_errno(&err, -EIO, "%s", text);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
}

static void a_wrong_request_has_a_hint(void **state)
{
	struct mhp_error err = { 0 };

	assert_int_equal(err_usage(&err, "use 4G", "\"%s\" is not a size", "x"), -EINVAL);
	assert_int_equal(err.reason, MHP_REASON_USAGE);
	assert_string_equal(err.message, "\"x\" is not a size");
	assert_string_equal(err.hint, "use 4G");
	err_usage(&err, "use 8G", "--size: %s", err.message);
	assert_string_equal(err.message, "--size: \"x\" is not a size");
	assert_string_equal(err.hint, "use 8G");
	assert_int_equal(err_usage(NULL, "", "x"), -EINVAL);
}

static void the_first_of_several_failures_is_kept(void **state)
{
	struct mhp_error err = { 0 };
	struct err_first first = { .err = &err };

	assert_int_equal(err_keep(&first, 0), 0);
	assert_ptr_equal(err_slot(&first), &err);
	assert_int_equal(err_keep(&first, err_errno(err_slot(&first), -ENOENT, "a")), -ENOENT);
	assert_int_equal(err_keep(&first, err_errno(err_slot(&first), -EIO, "b")), -EIO);
	assert_int_equal(err_keep(&first, 0), 0);
	assert_int_equal(first.rc, -ENOENT);
	assert_int_equal(err.errnum, ENOENT);
	first = (struct err_first){ 0 };
	assert_null(err_slot(&first));
}

static void copies_are_cut(void **state)
{
	char to[4] = "XXX";

	str_copy(to, "ab");
	assert_string_equal(to, "ab");
	str_copy(to, "abcdef");
	assert_string_equal(to, "abc");
	str_copy(to, to + 1); /* overlapping */
	assert_string_equal(to, "bc");
	str_copy(to, "");
	assert_string_equal(to, "");
}

static bool is_snake_case(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

static void every_reason_has_a_name_of_its_own(void **state)
{
	for (int i = 0; i < NR_REASONS; i++) {
		assert_non_null(mhp_reason_name(i));
		assert_true(is_snake_case(mhp_reason_name(i)));
		assert_non_null(err_reason_hint(i));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(mhp_reason_name(i), mhp_reason_name(k));
	}
	assert_string_equal(mhp_reason_name(NR_REASONS), "kernel");
	assert_string_equal(mhp_reason_name(-1), "kernel");
}

/* The table of exit codes in the manual. */
static void reasons_have_their_exit_codes(void **state)
{
	static const struct {
		enum mhp_reason reason;
		int code;
	} codes[] = {
		{ MHP_REASON_NONE, 0 },		  { MHP_REASON_KERNEL, 1 },
		{ MHP_REASON_USAGE, 2 },	  { MHP_REASON_NEEDS_CONSENT, 2 },
		{ MHP_REASON_NO_SUCH_TARGET, 3 }, { MHP_REASON_PINNED, 4 },
		{ MHP_REASON_UNMOVABLE, 4 },	  { MHP_REASON_HUGETLB, 4 },
		{ MHP_REASON_DEADLINE, 5 },	  { MHP_REASON_STUCK, 5 },
		{ MHP_REASON_NOT_PERMITTED, 6 },  { MHP_REASON_UNSUPPORTED, 7 },
		{ MHP_REASON_NO_SPACE, 7 },	  { MHP_REASON_LOCK_HELD, 8 },
		{ MHP_REASON_INTERRUPTED, 130 },  { NR_REASONS, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (mhp_reason_exit_code(codes[i].reason) != codes[i].code)
			fail_msg("%s: %d, not %d", mhp_reason_name(codes[i].reason),
				 mhp_reason_exit_code(codes[i].reason), codes[i].code);
}

typedef const char *(*name_fn)(int value);

/* The function that names the values of enum mhp_NAME is mhp_NAME_name(). */
#define NAMES(name)                                               \
	static const char *name##_name(int value)                 \
	{                                                         \
		return mhp_##name##_name((enum mhp_##name)value); \
	}

NAMES(zone)
NAMES(block_state)
NAMES(dax_mode)
NAMES(namespace_mode)
NAMES(memmap_location)
NAMES(onliner_kind)
NAMES(page_kind)
NAMES(holder_kind)
NAMES(confidence)
NAMES(verdict)
NAMES(step_type)
NAMES(zone_request)
NAMES(status)
NAMES(event_type)

static const char *step_type_text(int value)
{
	return mhp_step_type_text((enum mhp_step_type)value);
}

/* Every enumerator has a name, and a value after the last one reads nothing past the table. */
static void every_enumerator_has_a_name(void **state)
{
	static const struct {
		name_fn name;
		int first, last;
	} enums[] = {
		{ zone_name, MHP_ZONE_DMA, MHP_ZONE_UNKNOWN },
		{ block_state_name, MHP_BLOCK_OFFLINE, MHP_BLOCK_UNKNOWN },
		{ dax_mode_name, MHP_DAX_UNBOUND, MHP_DAX_FAMFS },
		{ namespace_mode_name, MHP_NAMESPACE_RAW, MHP_NAMESPACE_DEVDAX },
		{ memmap_location_name, MHP_MEMMAP_MEM, MHP_MEMMAP_DEV },
		{ onliner_kind_name, MHP_ONLINER_KERNEL_POLICY, MHP_ONLINER_DAXCTL_UNIT },
		{ page_kind_name, 0, NR_PAGE_KINDS - 1 },
		{ holder_kind_name, 0, NR_HOLDERS - 1 },
		{ confidence_name, MHP_CONFIDENCE_POSSIBLE, MHP_CONFIDENCE_CERTAIN },
		{ verdict_name, 0, NR_VERDICTS - 1 },
		{ step_type_name, 0, NR_STEP_TYPES - 1 },
		{ step_type_text, 0, NR_STEP_TYPES - 1 },
		{ zone_request_name, MHP_ZONE_REQUEST_MOVABLE, MHP_ZONE_REQUEST_AUTO },
		{ status_name, 0, NR_STATUSES - 1 },
		{ event_type_name, 0, NR_EVENT_TYPES - 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(enums); i++) {
		for (int k = enums[i].first; k <= enums[i].last; k++) {
			const char *name = enums[i].name(k);

			assert_non_null(name);
			assert_true(islower((unsigned char)*name));
			for (int other = enums[i].first; other < k; other++)
				assert_string_not_equal(name, enums[i].name(other));
		}
		assert_string_equal(enums[i].name(enums[i].last + 1), "unknown");
		assert_string_equal(enums[i].name(INT_MAX), "unknown");
	}
	assert_null(mhp_zone_name(MHP_ZONE_NONE));
	assert_null(mhp_memmap_location_name(MHP_MEMMAP_NONE));
}

static void deadlines(void **state)
{
	uint64_t now = clock_msec();

	assert_true(clock_deadline(0) == CLOCK_NEVER);
	assert_true(clock_deadline(UINT64_MAX) == CLOCK_NEVER);
	assert_true(clock_deadline(UINT64_MAX - now - 1000) != CLOCK_NEVER);
	assert_between(clock_deadline(5000), now + 5000, now + 6000);
	assert_int_equal(clock_poll_timeout(CLOCK_NEVER), -1);
	assert_int_equal(clock_poll_timeout(0), 0);
	assert_int_equal(clock_poll_timeout(now), 0);
	assert_between(clock_poll_timeout(now + 5000), 3000, 5000);
	assert_int_equal(clock_poll_timeout(CLOCK_NEVER - 1), INT_MAX);
}

static void times_go_forward(void **state)
{
	uint64_t before = clock_usec();

	assert_true(clock_usec() >= before);
	assert_between(clock_msec(), before / 1000, before / 1000 + 5000);
	assert_true(clock_real_usec() > 1600000000ULL * 1000000); /* later than 2020 */
}

static void keep_line(const char *line, void *data)
{
	str_copy_to(data, LOG_LINE_MAX + 100, line);
}

static void lines_for_developers(void **state)
{
	char got[LOG_LINE_MAX + 100] = "", text[2000];
	struct log log = { .fn = keep_line, .data = got, .start_ms = clock_msec() - 12345 };
	unsigned s, ms;

	log_at(&log, "../../lib/sys/root.c", "root_write", "block %d", 33);
	assert_int_equal(sscanf(got, "[ %u.%us] sys/root.c:root_write block 33", &s, &ms), 2);
	assert_between(s * 1000 + ms, 12345, 72345);
	assert_int_equal(strcspn(got, "]"), strlen("[   12.345s"));
	log.pid = 4711;
	log_at(&log, "log.c", "fn", "block");
	assert_string_equal(strchr(got, ']'), "] log.c:fn (process 4711) block");
	log_at(&log, "log.c", "fn", "two\nlines\033[2J");
	assert_string_equal(strchr(got, ']'), "] log.c:fn (process 4711) two\\x0alines\\x1b[2J");
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	errno = ENOTTY;
	log_line(&log, "%s", text);
	assert_int_equal(errno, ENOTTY);
	assert_int_equal(strlen(got), LOG_LINE_MAX - 1);
	log_line(&(struct log){ 0 }, "nobody listens");
	log_line(NULL, "nobody listens");
	assert_int_equal(strlen(got), LOG_LINE_MAX - 1);
}

static void results_in_words(void **state)
{
	char buf[LOG_RESULT_MAX];

	assert_string_equal(log_result(0, buf, sizeof(buf)), "ok");
	assert_string_equal(log_result(1, buf, sizeof(buf)), "ok");
	assert_string_equal(log_result(-EBUSY, buf, sizeof(buf)), "Device or resource busy");
}

UNIT_TESTS(cmocka_unit_test(a_failure_is_one_statement), cmocka_unit_test(nobody_need_listen),
	   cmocka_unit_test(an_errno_tells_its_reason), cmocka_unit_test(long_messages_are_cut),
	   cmocka_unit_test(a_wrong_request_has_a_hint),
	   cmocka_unit_test(the_first_of_several_failures_is_kept),
	   cmocka_unit_test(copies_are_cut), cmocka_unit_test(every_reason_has_a_name_of_its_own),
	   cmocka_unit_test(reasons_have_their_exit_codes),
	   cmocka_unit_test(every_enumerator_has_a_name), cmocka_unit_test(deadlines),
	   cmocka_unit_test(times_go_forward), cmocka_unit_test(lines_for_developers),
	   cmocka_unit_test(results_in_words))
