/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records of a run before each step, read after it was killed there. */
#include "lib/sys/intentdir.h"
#include "tests/unit/fake/killed.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <string.h>

#define RUN	"run/mhpctl/intent"
#define LASTING "var/lib/mhpctl/intent"

/* Returns the only step that was begun and not done. */
static const struct intent_step *open_step(const struct intents *found, enum intent_place *place)
{
	const struct intent_step *open = NULL;

	for (size_t i = 0; i < found->nr; i++)
		for (size_t k = 0; k < found->at[i].intent.nr_steps; k++)
			if (!found->at[i].intent.steps[k].is_done) {
				assert_null(open);
				open = &found->at[i].intent.steps[k];
				*place = found->at[i].place;
			}
	assert_non_null(open);
	return open;
}

static void expect_no_files(struct fakesys *fs)
{
	cleanup_intents struct intents found = { 0 };

	assert_int_equal(intentdir_read(fs->ctx, &found), 0);
	assert_int_equal(found.nr, 0);
}

/* ---- tests ------------------------------------------------------------------------------- */

static void a_creation_is_on_disk_first(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_intents struct intents found = { 0 };
	struct mhp_region region = fakesys_region0();
	const struct intent_step *step;
	enum intent_place place;

	fakesys_region(fs, &region);
	run_killed(fs, MHP_VERB_ONLINE, "region0", MHP_EVENT_STEP_STARTED,
		   MHP_STEP_CREATE_NAMESPACE, false);
	assert_int_equal(intentdir_read(fs->ctx, &found), 0);
	step = open_step(&found, &place);
	assert_int_equal(place, INTENT_LASTING);
	assert_string_equal(step->kind, "create_namespace");
	assert_string_equal(step->region, "region0");
	assert_int_equal(strlen(step->uuid), 36);
	assert_int_equal(step->range.start, region.start);
	assert_int_equal(step->range.end, region.start + region.size);
	assert_string_equal(found.at[0].intent.verb, "online");
	assert_int_equal(found.at[0].intent.nr_targets, 1);
	assert_string_equal(found.at[0].intent.targets[0], "region0");
	assert_false(found.at[0].intent.is_undoing);
}

static void a_device_and_its_blocks(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct intent_step *step;
	enum intent_place place;

	fakesys_dax0(fs, "device_dax");
	{
		cleanup_intents struct intents found = { 0 };

		run_killed(fs, MHP_VERB_ONLINE, "dax0.0", MHP_EVENT_STEP_STARTED, MHP_STEP_SET_MODE,
			   false);
		assert_int_equal(intentdir_read(fs->ctx, &found), 0);
		step = open_step(&found, &place);
		assert_int_equal(place, INTENT_RUN);
		assert_string_equal(step->kind, "set_mode");
		assert_string_equal(step->object, "dax0.0");
		assert_string_equal(step->before, "device_dax");
		assert_string_equal(step->want, "system_ram");
		assert_true(step->range.start < step->range.end);
		assert_int_equal(intentdir_discard(fs->ctx, place, found.at[0].name), 0);
	}
	{
		cleanup_intents struct intents found = { 0 };

		run_killed(fs, MHP_VERB_ONLINE, "dax0.0", MHP_EVENT_STEP_STARTED,
			   MHP_STEP_ONLINE_BLOCK, false);
		assert_int_equal(intentdir_read(fs->ctx, &found), 0);
		step = open_step(&found, &place);
		assert_string_equal(step->kind, "online_block");
		assert_string_equal(step->want, "movable");
		assert_int_equal(step->range.start, FIRST_BLOCK * FAKE_BLOCK_SIZE);
		assert_int_equal(step->range.end, (LAST_BLOCK + 1) * FAKE_BLOCK_SIZE);
	}
}

/* The UUID in the file is that of the namespace, also after the creation was killed. */
static void the_uuid_is_that_of_the_namespace(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_intents struct intents found = { 0 };
	struct mhp_region region = fakesys_region0();
	struct fake_nd nd;

	fakesys_region(fs, &region);
	run_killed(fs, MHP_VERB_CREATE, "region0", MHP_EVENT_STEP_DONE, MHP_STEP_CREATE_NAMESPACE,
		   false);
	assert_int_equal(intentdir_read(fs->ctx, &found), 0);
	assert_int_equal(found.nr, 2);
	assert_int_equal(found.at[0].intent.nr_steps, 0); /* below /run is only the lock */
	assert_true(found.at[1].intent.steps[0].is_done);
	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	assert_int_equal(nd.head.nr_namespaces, 1);
	assert_string_equal(found.at[1].intent.steps[0].uuid, nd.namespaces[0].uuid);
}

static void a_rollback_is_written_down(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_intents struct intents found = { 0 };
	struct mhp_region region = fakesys_region0();
	bool undoing = false;

	fakesys_region(fs, &region);
	fakesys_answer_block(fs, FAKE_ALWAYS, FIRST_BLOCK, "online_movable", "errno 12");
	fakesys_answer(fs, FAKE_ALWAYS, "nd", "destroy", "die");
	run_killed(fs, MHP_VERB_ONLINE, "region0", MHP_EVENT_FAILURE, MHP_STEP_ONLINE_BLOCK, true);
	assert_int_equal(intentdir_read(fs->ctx, &found), 0);
	for (size_t i = 0; i < found.nr; i++)
		undoing |= found.at[i].intent.is_undoing;
	assert_false(undoing); /* killed at the failure, before the undo */
	assert_int_equal(found.nr, 2);
}

static void every_other_end_removes_the_files(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_region region = fakesys_region0();

	fakesys_region(fs, &region);
	{
		cleanup_trial struct trial t;

		trial_begin(&t, fs, MHP_VERB_ONLINE, "region0");
		fakesys_answer_block(fs, FAKE_ALWAYS, FIRST_BLOCK, "online_movable", "errno 12");
		t.options.roll_back = true;
		trial_run(&t);
		assert_int_equal(t.result->status, MHP_STATUS_ROLLED_BACK);
		expect_no_files(fs);
	}
	{
		cleanup_trial struct trial t;

		trial_begin(&t, fs, MHP_VERB_ONLINE, "region0");
		t.cancel_at = "started online_block";
		trial_run(&t);
		expect_no_files(fs);
	}
}

/* Without the lasting file its records are below /run, with one warning. */
static void without_the_lasting_directory(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t;
	const char *first;

	fakesys_region(fs, &region);
	fakesys_put(fs, LASTING, "a file");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0");
	trial_run(&t);
	assert_int_equal(t.result->status, MHP_STATUS_OK);
	first = strstr(t.warnings, "cannot write to /var/lib/mhpctl/intent");
	assert_non_null(first);
	assert_null(strstr(first + 1, "cannot write to"));
}

static void a_creation_without_the_lasting_directory(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_intents struct intents found = { 0 };
	struct mhp_region region = fakesys_region0();
	const struct intent_step *step;
	enum intent_place place;

	fakesys_region(fs, &region);
	fakesys_put(fs, LASTING, "a file");
	run_killed(fs, MHP_VERB_ONLINE, "region0", MHP_EVENT_STEP_STARTED, MHP_STEP_SET_MODE,
		   false);
	assert_int_equal(intentdir_read(fs->ctx, &found), 0);
	step = open_step(&found, &place); /* so the creation is done there */
	assert_int_equal(place, INTENT_RUN);
	assert_string_equal(step->kind, "set_mode");
	assert_int_equal(found.at[0].intent.nr_steps, 2);
}

/* Nothing changes without a record. */
static void without_any_directory(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t;
	struct fake_nd nd;

	fakesys_region(fs, &region);
	fakesys_put(fs, LASTING, "a file");
	fakesys_put(fs, RUN, "a file");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_false(t.result->has_changes);
	assert_string_equal(t.first.message,
			    "region0: not started: its record cannot be written to "
			    "/run/mhpctl/intent: Not a directory");
	assert_string_equal(t.events, "plan\n"
				      "start create_namespace region0\n"
				      "failure region0 kernel\n"
				      "done create_namespace region0 failed\n");
	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	assert_int_equal(nd.head.nr_namespaces, 0);
}

/* Blocks go online without a record, as a full /run must not keep memory away. */
static void blocks_without_a_directory(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t;
	const char *first;

	fakesys_dax0(fs, "device_dax");
	fakesys_put(fs, RUN, "a file");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	first = strstr(t.warnings, "cannot write to /run/mhpctl/intent: Not a directory");
	assert_non_null(first);
	assert_null(strstr(first + 1, "cannot write to"));
}

static void nothing_to_do_writes_nothing(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t;

	fakesys_online_dax0(fs);
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_run(&t);
	assert_int_equal(t.result->status, MHP_STATUS_OK);
	assert_false(root_exists(&fs->ctx->sys, RUN));
	assert_false(root_exists(&fs->ctx->sys, LASTING));
}

UNIT_TESTS(cmocka_unit_test(a_creation_is_on_disk_first), cmocka_unit_test(a_device_and_its_blocks),
	   cmocka_unit_test(the_uuid_is_that_of_the_namespace),
	   cmocka_unit_test(a_rollback_is_written_down),
	   cmocka_unit_test(every_other_end_removes_the_files),
	   cmocka_unit_test(without_the_lasting_directory),
	   cmocka_unit_test(a_creation_without_the_lasting_directory),
	   cmocka_unit_test(without_any_directory), cmocka_unit_test(blocks_without_a_directory),
	   cmocka_unit_test(nothing_to_do_writes_nothing))
