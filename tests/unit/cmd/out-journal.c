/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records of the journal sink and their fields. */
#include "cmd/out/journal/journal.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "tests/unit/fake/unit.h"

#include <stdio.h>
#include <string.h>

/* All records sent, one field a line; a line without a name starts a record. */
struct sent {
	char text[65536];
	size_t len;
	size_t nr_of[RECORD_MAX];
	char status[512];
	size_t nr_statuses;
};

static void send(void *data, const struct record *record)
{
	struct sent *sent = data;

	sent->nr_of[record->kind]++;
	for (size_t i = 0; i < record->nr_fields; i++)
		sent->len +=
			(size_t)snprintf(sent->text + sent->len, sizeof(sent->text) - sent->len,
					 "%s\n", record->fields[i]);
	assert_true(sent->len < sizeof(sent->text));
}

static void note_status(void *data, const char *text)
{
	struct sent *sent = data;

	str_copy(sent->status, text);
	sent->nr_statuses++;
}

static void keep(void *data)
{
	(void)data;
}

static struct out_journal *journal_to(struct sent *sent, uint64_t job)
{
	const struct journal_route route = {
		.send = send,
		.status = note_status,
		.free = keep,
		.data = sent,
	};

	*sent = (struct sent){ 0 };
	return out_journal_new("offline", job, &route);
}

static bool has(const struct sent *sent, const char *field)
{
	const char *at = sent->text;
	size_t len = strlen(field);

	while ((at = strstr(at, field))) {
		if ((at == sent->text || at[-1] == '\n') && at[len] == '\n')
			return true;
		at++;
	}
	return false;
}

static void assert_has(const struct sent *sent, const char *field)
{
	if (!has(sent, field))
		fail_msg("no %s in:\n%s", field, sent->text);
}

static void assert_has_not(const struct sent *sent, const char *name)
{
	char line[64];

	str_format(line, "\n%s=", name);
	if (strstr(sent->text, line))
		fail_msg("%s in:\n%s", name, sent->text);
}

static const struct mhp_step blocks_step = {
	.type = MHP_STEP_ONLINE_BLOCK,
	.object = "memory33-47",
	.zone = MHP_ZONE_REQUEST_MOVABLE,
	.first_block = 33,
	.last_block = 47,
};

/* ---- one record -------------------------------------------------------------------------- */

static void values_cannot_pass_for_fields(void **state)
{
	struct record record;

	record_begin(&record, RECORD_FAILURE, 3);
	record_text(&record, "MHPCTL_OWNER_COMM", "evil\nPRIORITY=0\xff\x1b[2J");
	assert_string_equal(record.fields[record.nr_fields - 1],
			    "MHPCTL_OWNER_COMM=evil\\x0aPRIORITY=0\\xff\\x1b[2J");
	record_text(&record, "MHPCTL_TARGET", "");
	record_text(&record, "MHPCTL_TARGET", NULL);
	assert_int_equal(record.nr_fields, 4);
	record_clear(&record);
}

static void a_hint_is_a_second_line(void **state)
{
	struct record record;

	record_begin(&record, RECORD_FAILURE, 3);
	record_message(&record, "memory40: pinned\nby\xc3\xa4", "stop\nit");
	assert_string_equal(record.message, "memory40: pinned\\x0aby\xc3\xa4\nhint: stop\\x0ait");
	assert_string_equal(record.hint, "stop\\x0ait");
	assert_int_equal(record.message_len, strlen("memory40: pinned\\x0aby\xc3\xa4"));
	record_clear(&record);
	record_begin(&record, RECORD_STEP_DONE, 6);
	record_message(&record, "done", "");
	assert_string_equal(record.message, "done");
	assert_string_equal(record.hint, "");
	record_clear(&record);
}

static void too_many_fields_are_left_out(void **state)
{
	struct record record;

	record_begin(&record, RECORD_PLAN, 6);
	for (int i = 0; i < 2 * RECORD_FIELDS_MAX; i++)
		record_format(&record, "MHPCTL_TARGET", "memory%d", i);
	assert_int_equal(record.nr_fields, RECORD_FIELDS_MAX);
	record_message(&record, "no room", "none");
	record_clear(&record);
}

static void ids_are_128_bits_and_all_differ(void **state)
{
	for (int a = 0; a < RECORD_MAX; a++) {
		const char *id = record_id((enum record_kind)a);

		assert_int_equal(strlen(id), 32);
		assert_int_equal(strspn(id, "0123456789abcdef"), 32);
		for (int b = 0; b < a; b++)
			assert_string_not_equal(id, record_id((enum record_kind)b));
	}
}

/* ---- events ------------------------------------------------------------------------------ */

static void a_step_of_many_blocks_is_one_record(void **state)
{
	struct sent sent;
	struct out_journal *journal = journal_to(&sent, 7);
	struct mhp_event event = {
		.type = MHP_EVENT_STEP_DONE,
		.step = &blocks_step,
		.has_changes = true,
		.device = "dax0.0",
		.has_node = true,
		.node = 2,
		.section = "pmem",
		.file = "/etc/mhpctl/policy.d/10-pmem.conf",
		.line = 1,
		.elapsed_ms = 12,
	};

	out_journal_event(journal, &event);
	assert_int_equal(sent.nr_of[RECORD_STEP_DONE], 1);
	assert_has(&sent, "PRIORITY=6");
	assert_has(&sent, "SYSLOG_IDENTIFIER=mhpctl");
	assert_has(&sent, "MHPCTL_COMMAND=offline");
	assert_has(&sent, "MHPCTL_JOB=7");
	assert_has(&sent, "MHPCTL_STEP=online_block");
	assert_has(&sent, "MHPCTL_OBJECT=memory33-47");
	assert_has(&sent, "MHPCTL_BLOCK=33-47");
	assert_has(&sent, "MHPCTL_DEVICE=dax0.0");
	assert_has(&sent, "MHPCTL_NODE=2");
	assert_has(&sent, "MHPCTL_ZONE=movable");
	assert_has(&sent, "MHPCTL_RESULT=ok");
	assert_has(&sent, "MHPCTL_CHANGED=yes");
	assert_has(&sent, "MHPCTL_ELAPSED_MS=12");
	assert_has(&sent, "MHPCTL_SECTION=pmem");
	assert_has(&sent, "MHPCTL_FILE=/etc/mhpctl/policy.d/10-pmem.conf");
	assert_has(&sent, "MHPCTL_LINE=1");
	assert_has(&sent, "MESSAGE=online-block memory33-47: done");
	event.type = MHP_EVENT_PROGRESS;
	for (uint64_t i = 1; i <= 15; i++) {
		event.done = i;
		event.total = 15;
		out_journal_event(journal, &event);
	}
	assert_int_equal(sent.nr_of[RECORD_STEP_DONE], 1);
	out_journal_free(journal);
}

static void a_module_is_no_device(void **state)
{
	const struct mhp_step step = { .type = MHP_STEP_LOAD_MODULE, .object = "dax_pmem" };
	const struct mhp_event event = { .type = MHP_EVENT_STEP_STARTED, .step = &step };
	struct sent sent;
	struct out_journal *journal = journal_to(&sent, 0);

	out_journal_event(journal, &event);
	assert_has(&sent, "MHPCTL_OBJECT=dax_pmem");
	assert_has(&sent, "PRIORITY=7");
	assert_has_not(&sent, "MHPCTL_DEVICE");
	assert_has_not(&sent, "MHPCTL_BLOCK");
	assert_has_not(&sent, "MHPCTL_NODE");
	assert_has_not(&sent, "MHPCTL_JOB");
	out_journal_free(journal);
}

static void a_failure_names_block_reason_and_owners(void **state)
{
	const struct mhp_owner owners[] = {
		{ .pid = 412,
		  .comm = "fi\no\xff",
		  .fd = 5,
		  .holder = MHP_HOLDER_IO_URING,
		  .confidence = MHP_CONFIDENCE_CERTAIN },
		{ .pid = 9, .comm = "qemu", .fd = -1, .holder = MHP_HOLDER_VFIO },
	};
	const struct mhp_failure failure = {
		.target = "memory40",
		.has_step = true,
		.step = MHP_STEP_OFFLINE_BLOCK,
		.error = { .errnum = 16,
			   .reason = MHP_REASON_PINNED,
			   .message = "memory40: offline failed",
			   .hint = "stop fio" },
		.kernel_reason = "signal backoff",
		.owners = owners,
		.nr_owners = 2,
	};
	const struct mhp_event event = {
		.type = MHP_EVENT_FAILURE,
		.step = &blocks_step,
		.device = "dax0.0",
		.failure = &failure,
	};
	struct sent sent;
	struct out_journal *journal = journal_to(&sent, 0);

	out_journal_event(journal, &event);
	assert_has(&sent, "PRIORITY=3");
	assert_has(&sent, "MHPCTL_BLOCK=40");
	assert_has(&sent, "MHPCTL_DEVICE=dax0.0");
	assert_has(&sent, "MHPCTL_REASON=pinned");
	assert_has(&sent, "ERRNO=16");
	assert_has(&sent, "MHPCTL_KERNEL_REASON=signal backoff");
	assert_has(&sent, "MHPCTL_OWNER_PID=412");
	assert_has(&sent, "MHPCTL_OWNER_COMM=fi\\x0ao\\xff");
	assert_has(&sent, "MHPCTL_OWNER=fi\\x0ao\\xff[412] io_uring fd 5 (certain)");
	assert_has(&sent, "MHPCTL_OWNER=qemu[9] vfio (possible)");
	assert_has(&sent, "MHPCTL_HINT=stop fio");
	assert_has(&sent, "MESSAGE=memory40: offline failed (the kernel says: signal backoff)");
	assert_has(&sent, "hint: stop fio");
	out_journal_free(journal);
}

static void retrying_gets_rarer(void **state)
{
	struct sent sent;
	struct out_journal *journal = journal_to(&sent, 0);
	struct mhp_event event = {
		.type = MHP_EVENT_RETRYING,
		.step = &blocks_step,
		.object = "memory40",
		.pages_stuck = 3,
	};

	for (uint64_t second = 1; second <= 30; second++) {
		event.elapsed_ms = second * 1000;
		out_journal_event(journal, &event);
	}
	assert_int_equal(sent.nr_of[RECORD_RETRYING], 5); /* after 1, 2, 4, 8 and 16 seconds */
	assert_has(&sent, "MHPCTL_BLOCK=40");
	assert_has(&sent, "MESSAGE=memory40: 3 pages stuck for 16 s");
	event.object = "memory41";
	event.elapsed_ms = 1000;
	out_journal_event(journal, &event);
	assert_int_equal(sent.nr_of[RECORD_RETRYING], 6);
	out_journal_free(journal);
}

static void a_warning_is_told_once(void **state)
{
	const struct mhp_event event = { .type = MHP_EVENT_WARNING, .message = "a udev rule" };
	struct sent sent;
	struct out_journal *journal = journal_to(&sent, 0);

	out_journal_event(journal, &event);
	out_journal_event(journal, &event);
	assert_int_equal(sent.nr_of[RECORD_WARNING], 1);
	out_journal_free(journal);
}

/* ---- the result -------------------------------------------------------------------------- */

static struct mhp_failure a_failure(const char *target)
{
	struct mhp_failure failure = { .error.reason = MHP_REASON_UNMOVABLE };

	str_copy(failure.target, target);
	str_format(failure.error.message, "%s: offline failed", target);
	return failure;
}

static void each_failure_is_one_record(void **state)
{
	const struct mhp_failure failures[] = { a_failure("memory40"), a_failure("memory41") };
	const struct mhp_event event = { .type = MHP_EVENT_FAILURE, .failure = &failures[0] };
	const struct mhp_target_result target = {
		.target = "dax0.0",
		.verb = MHP_VERB_OFFLINE,
		.status = MHP_STATUS_BLOCKED,
		.blocks_done = 13,
		.blocks_total = 15,
		.node = -1,
	};
	const struct mhp_result result = {
		.status = MHP_STATUS_BLOCKED,
		.exit_code = 4,
		.targets = &target,
		.nr_targets = 1,
		.failures = failures,
		.nr_failures = 2, /* the second had no event */
	};
	struct sent sent;
	struct out_journal *journal = journal_to(&sent, 0);

	out_journal_event(journal, &event);
	out_journal_result(journal, &result);
	assert_int_equal(sent.nr_of[RECORD_FAILURE], 2);
	assert_int_equal(sent.nr_of[RECORD_TARGET], 1);
	assert_int_equal(sent.nr_of[RECORD_RESULT], 1);
	assert_has(&sent, "MESSAGE=dax0.0: blocked, 13 of 15 blocks offline");
	assert_has(&sent, "MHPCTL_RESULT=blocked");
	assert_has(&sent, "MHPCTL_EXIT_CODE=4");
	assert_string_equal(sent.status, "offline: blocked: memory40: offline failed; and 1 more "
					 "failure");
	out_journal_free(journal);
}

static void thousands_of_targets_are_no_thousands_of_records(void **state)
{
	static struct mhp_target_result targets[3000];
	const struct mhp_result result = {
		.has_changes = true,
		.targets = targets,
		.nr_targets = ARRAY_SIZE(targets),
	};
	struct sent sent;
	struct out_journal *journal = journal_to(&sent, 0);

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		str_format(targets[i].target, "memory%zu", i);
		targets[i].verb = MHP_VERB_OFFLINE;
		targets[i].has_changes = true;
		targets[i].blocks_done = targets[i].blocks_total = 1;
	}
	out_journal_result(journal, &result);
	assert_true(sent.nr_of[RECORD_TARGET] <= 32);
	assert_has(&sent, "MHPCTL_TARGETS=3000");
	assert_string_equal(sent.status, "offline: done: 3000 of 3000 blocks");
	out_journal_free(journal);
}

static void sections_say_where_they_stand(void **state)
{
	const struct mhp_section_result sections[] = {
		{ .section = "pmem", .file = "/etc/a.conf", .line = 3, .nr_targets = 1 },
		{ .section = "cxl", .file = "/etc/b.conf", .line = 9 },
	};
	const struct mhp_result result = { .sections = sections, .nr_sections = 2 };
	struct sent sent;
	struct out_journal *journal = journal_to(&sent, 0);

	out_journal_result(journal, &result);
	assert_has(&sent, "MESSAGE=section pmem (/etc/a.conf:3): already done");
	assert_has(&sent, "MESSAGE=section cxl (/etc/b.conf:9): no device matches it");
	assert_has(&sent, "MHPCTL_LINE=9");
	assert_string_equal(sent.status, "offline: there is nothing to do");
	out_journal_free(journal);
}

static void an_error_is_the_status_too(void **state)
{
	const struct mhp_error err = { .errnum = 22,
				       .reason = MHP_REASON_USAGE,
				       .message = "/etc/a.conf:1: the section has no end" };
	struct sent sent;
	struct out_journal *journal = journal_to(&sent, 0);

	out_journal_error(journal, &err);
	assert_int_equal(sent.nr_of[RECORD_ERROR], 1);
	assert_has(&sent, "MHPCTL_EXIT_CODE=2");
	assert_string_equal(sent.status,
			    "offline: nothing was started: /etc/a.conf:1: the section has no "
			    "end");
	out_journal_free(journal);
}

static void the_status_changes_once_a_second(void **state)
{
	struct mhp_event event = {
		.type = MHP_EVENT_PROGRESS,
		.step = &blocks_step,
		.total = 15,
		.eta_ms = MHP_UNKNOWN,
		.section = "pmem",
	};
	struct sent sent;
	struct out_journal *journal = journal_to(&sent, 0);

	for (event.done = 1; event.done <= 15; event.done++)
		out_journal_event(journal, &event);
	assert_between(sent.nr_statuses, 1, 2); /* two if this took more than a second */
	assert_non_null(strstr(sent.status, "offline: pmem: online-block memory33-47"));
	out_journal_free(journal);
}

UNIT_TESTS(cmocka_unit_test(values_cannot_pass_for_fields),
	   cmocka_unit_test(a_hint_is_a_second_line),
	   cmocka_unit_test(too_many_fields_are_left_out),
	   cmocka_unit_test(ids_are_128_bits_and_all_differ),
	   cmocka_unit_test(a_step_of_many_blocks_is_one_record),
	   cmocka_unit_test(a_module_is_no_device),
	   cmocka_unit_test(a_failure_names_block_reason_and_owners),
	   cmocka_unit_test(retrying_gets_rarer), cmocka_unit_test(a_warning_is_told_once),
	   cmocka_unit_test(each_failure_is_one_record),
	   cmocka_unit_test(thousands_of_targets_are_no_thousands_of_records),
	   cmocka_unit_test(sections_say_where_they_stand),
	   cmocka_unit_test(an_error_is_the_status_too),
	   cmocka_unit_test(the_status_changes_once_a_second))
