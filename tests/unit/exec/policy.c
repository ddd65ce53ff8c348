/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies run on a fake machine: dax0.0 of region0, and dax1.0 without a region. */
#include "lib/base/error.h"
#include "lib/model/run-records.h"
#include "lib/plan/policy/policy.h"
#include "lib/tool.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <string.h>

#define OTHER_FIRST 48
#define OTHER_LAST  55
#define ZERO	    "[memory zero]\nmatch.device = dax0.0\n"
#define ONE	    "[memory one]\nmatch.device = dax1.0\n"

struct attempt {
	struct fakesys *fs;
	struct mhp_run_options options;
	struct mhp_policy *policy;
	struct mhp_result *result;
	struct mhp_error err;
	const char *cancel_at;
	int rc;
	char events[4096]; /* "SECTION start STEP OBJECT" and "SECTION failure REASON" */
};

static struct fakesys *two_devices(void)
{
	struct fakesys *fs = fakesys_new();

	fakesys_dax0(fs, "device_dax");
	fakesys_dax1(fs);
	return fs;
}

/* Asserts device, node, and the place in the policy. */
static void assert_place(const struct mhp_event *event)
{
	const struct mhp_step *step = event->step;

	if (!step || (step->type != MHP_STEP_ONLINE_BLOCK && step->type != MHP_STEP_SET_MODE))
		return;
	assert_string_equal(event->file, "x.conf");
	assert_between(event->line, 1, 9);
	assert_true(event->has_node);
	assert_int_equal(event->node, strcmp(event->device, "dax0.0") == 0 ? 2 : 3);
	assert_string_equal(event->device, event->node == 2 ? "dax0.0" : "dax1.0");
}

static void on_event(const struct mhp_event *event, void *data)
{
	struct attempt *a = data;
	char line[256] = "";

	assert_place(event);
	if (event->type == MHP_EVENT_STEP_STARTED)
		str_format(line, "%s start %s %s\n", event->section,
			   mhp_step_type_name(event->step->type), event->step->object);
	if (event->type == MHP_EVENT_FAILURE)
		str_format(line, "%s failure %s\n", event->section,
			   mhp_reason_name(event->failure->error.reason));
	if (event->type == MHP_EVENT_WARNING)
		str_format(line, "warning\n");
	if (strlen(a->events) + strlen(line) < sizeof(a->events))
		strcat(a->events, line);
	if (a->cancel_at && *line && strstr(line, a->cancel_at))
		mhp_ctx_cancel(a->fs->ctx);
}

static void attempt_begin(struct attempt *a, struct fakesys *fs, const char *text)
{
	*a = (struct attempt){ .fs = fs };
	a->options.size = sizeof(a->options);
	a->options.timeout_ms = 5000;
	a->options.event = on_event;
	a->options.data = a;
	assert_int_equal(mhp_policy_parse(text, "x.conf", &a->policy, NULL), 0);
}

static void attempt_run(struct attempt *a)
{
	mhp_result_free(a->result);
	a->result = NULL;
	a->events[0] = '\0';
	a->rc = mhp_policy_run(a->fs->ctx, a->policy, false, &a->options, &a->result, &a->err);
}

static void attempt_end(struct attempt *a)
{
	mhp_result_free(a->result);
	mhp_policy_free(a->policy);
	*a = (struct attempt){ 0 };
}

#define cleanup_attempt __attribute__((cleanup(attempt_end)))

/* sections: "zero ok 1 one failed 0"; 1: the section changed something */
static void check(const struct attempt *a, enum mhp_status status, int exit_code,
		  const char *sections)
{
	char got[256] = "";
	size_t len = 0;

	if (a->rc != 0)
		fail_msg("refused: %s", a->err.message);
	for (size_t i = 0; i < a->result->nr_sections; i++)
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%s %s %d", i ? " " : "",
					mhp_result_section(a->result, i)->section,
					mhp_status_name(mhp_result_section(a->result, i)->status),
					mhp_result_section(a->result, i)->has_changes);
	assert_string_equal(got, sections);
	assert_int_equal(a->result->status, status);
	assert_int_equal(a->result->exit_code, exit_code);
	fakesys_check_settings(a->fs);
}

/* ---- sections in order -------------------------------------------------------------------- */

static void made_so_and_left_alone(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 };

	attempt_begin(&a, fs, ONE ZERO "[memory none]\nmatch.node = 9\n");
	attempt_run(&a);
	check(&a, MHP_STATUS_OK, 0, "one ok 1 zero ok 1 none ok 0");
	assert_true(a.result->has_changes);
	assert_string_equal(a.events, "one start set_mode dax1.0\n"
				      "one start online_block memory48-55\n"
				      "zero start set_mode dax0.0\n"
				      "zero start online_block memory33-47\n");
	assert_int_equal(a.result->nr_targets, 2);
	assert_string_equal(mhp_result_target(a.result, 1)->section, "zero");
	assert_string_equal(mhp_result_target(a.result, 1)->target, "dax0.0");
	assert_int_equal(mhp_result_section(a.result, 2)->nr_targets, 0);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
	fakesys_check_blocks(fs, OTHER_FIRST, OTHER_LAST, "online", "Movable");
	attempt_run(&a);
	check(&a, MHP_STATUS_OK, 0, "one ok 0 zero ok 0 none ok 0");
	assert_false(a.result->has_changes);
	assert_string_equal(a.events, "");
}

static void no_policy(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 };

	attempt_begin(&a, fs, "");
	attempt_run(&a);
	check(&a, MHP_STATUS_OK, 0, "");
	assert_false(a.result->has_changes);
	assert_int_equal(fakesys_writes(fs, "="), 0);
}

static void what_is_wanted_first(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 };

	attempt_begin(&a, fs, ZERO "first = 256M\n" ONE);
	attempt_run(&a);
	check(&a, MHP_STATUS_OK, 0, "zero ok 1 one ok 1");
	assert_string_equal(a.events, "zero start set_mode dax0.0\n"
				      "zero start online_block memory33-34\n"
				      "one start set_mode dax1.0\n"
				      "one start online_block memory48-55\n"
				      "zero start online_block memory35-47\n");
	assert_int_equal(a.result->nr_targets, 2);
	assert_int_equal(mhp_result_target(a.result, 0)->blocks_done, NR_BLOCKS);
	attempt_run(&a);
	check(&a, MHP_STATUS_OK, 0, "zero ok 0 one ok 0");
}

static void the_first_part_of_a_new_namespace(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	cleanup_attempt struct attempt a = { 0 };

	fakesys_region(fs, &region);
	attempt_begin(&a, fs, "[memory a]\nmatch.region = region0\nfirst = 128M\n");
	attempt_run(&a);
	check(&a, MHP_STATUS_OK, 0, "a ok 1");
	assert_string_equal(a.events, "a start create_namespace region0\n"
				      "a start set_mode dax0.0\n"
				      "a start online_block memory33\n"
				      "a start online_block memory34-47\n");
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
}

static void back_to_devdax(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_attempt struct attempt a = { 0 };

	fakesys_online_dax0(fs);
	attempt_begin(&a, fs, ZERO "mode = devdax\n");
	attempt_run(&a);
	check(&a, MHP_STATUS_OK, 0, "zero ok 1");
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
	fakesys_check_no_blocks(fs, FIRST_BLOCK, LAST_BLOCK);
}

static void two_sections_for_a_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 };

	attempt_begin(&a, fs, ZERO "[memory all]\nmatch.device = *\nmode = devdax\n");
	attempt_run(&a);
	check(&a, MHP_STATUS_OK, 0, "zero ok 1 all ok 1");
	assert_non_null(strstr(a.events, "warning\n"));
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
	assert_string_equal(fakesys_driver(fs, "dax1.0"), "device_dax");
}

/* ---- memory left for later sections --------------------------------------------------------- */

static void check_last_run(const struct attempt *a, uint64_t number, enum mhp_run_state state,
			   int exit_code, bool changed, const char *message)
{
	const struct mhp_run_record *run;
	struct run_records records;

	assert_int_equal(run_records_read(&a->fs->ctx->sys, RUN_KIND_POLICY, &records), 0);
	run = run_records_last(&records);
	assert_non_null(run);
	assert_int_equal(run->run, number);
	assert_int_equal(run->pid, getpid());
	assert_int_equal(run->state, state);
	assert_int_equal(run->exit_code, exit_code);
	assert_int_equal(run->has_changes, changed);
	assert_int_equal(run->reason == MHP_REASON_NONE, exit_code == 0);
	assert_string_equal(run->message, message);
}

static void runs_are_written_down(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 }, wrong = { 0 };

	attempt_begin(&a, fs, ZERO);
	attempt_run(&a);
	check_last_run(&a, 1, MHP_RUN_CONVERGED, 0, true, "");
	attempt_run(&a);
	check_last_run(&a, 2, MHP_RUN_CONVERGED, 0, false, "");
	attempt_begin(&wrong, fs, ZERO "nonsense = 1\n");
	attempt_run(&wrong);
	check_last_run(&wrong, 3, MHP_RUN_FAILED, 2, false, wrong.err.message);
}

static void without_a_policy_nothing_is_left_behind(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 }, wrong = { 0 };

	attempt_begin(&a, fs, "");
	attempt_run(&a);
	assert_int_equal(a.rc, 0);
	attempt_begin(&wrong, fs, ZERO "nonsense = 1\n");
	attempt_run(&wrong);
	assert_int_equal(wrong.rc, -EINVAL);
	assert_false(root_exists(&fs->ctx->sys, "run/mhpctl"));
}

static void where_it_cannot_be_written_the_run_goes_on(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 };

	assert_int_equal(tree_folder(fs->tree.fd, "run/mhpctl/policy.runs.new"), 0);
	attempt_begin(&a, fs, ZERO);
	attempt_run(&a);
	check(&a, MHP_STATUS_OK, 0, "zero ok 1");
}

/* ---- failures ---------------------------------------------------------------------------- */

/* Makes one block of dax0.0 fail to come online. */
static void fail_block(struct fakesys *fs)
{
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "online_movable", "errno 12");
}

static void going_on(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 };

	fail_block(fs);
	attempt_begin(&a, fs, ZERO ONE);
	attempt_run(&a);
	check(&a, MHP_STATUS_PARTIAL, 64, "zero failed 1 one ok 1");
	check_last_run(&a, 1, MHP_RUN_PARTIAL, 64, true,
		       mhp_result_failure(a.result, 0)->error.message);
	assert_int_equal(a.result->nr_failures, 1);
	assert_string_equal(mhp_result_failure(a.result, 0)->section, "zero");
	fakesys_check_blocks(fs, 41, LAST_BLOCK, "online", "Movable");
}

static void stopping(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 };

	fail_block(fs);
	attempt_begin(&a, fs, ZERO "on_failure = stop\n" ONE);
	attempt_run(&a);
	check(&a, MHP_STATUS_FAILED, 1, "zero failed 1 one not_tried 0");
	assert_string_equal(fakesys_driver(fs, "dax1.0"), "");
	a.options.keep_going = true;
	attempt_run(&a);
	check(&a, MHP_STATUS_PARTIAL, 64, "zero failed 0 one ok 1");
}

/* The first part is online; the rest is not tried. */
static void stopping_before_the_rest(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 };

	fail_block(fs);
	attempt_begin(&a, fs, ONE "first = 128M\n" ZERO "on_failure = stop\n");
	attempt_run(&a);
	check(&a, MHP_STATUS_FAILED, 1, "one not_tried 1 zero failed 1");
	fakesys_check_blocks(fs, OTHER_FIRST, OTHER_FIRST, "online", "Movable");
	fakesys_check_blocks(fs, OTHER_FIRST + 1, OTHER_LAST, "offline", "Normal Movable");
}

static void rolling_back_one(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 };

	fail_block(fs);
	attempt_begin(&a, fs, ZERO "on_failure = rollback\n" ONE);
	attempt_run(&a);
	check(&a, MHP_STATUS_PARTIAL, 64, "zero rolled_back 0 one ok 1");
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
	fakesys_check_blocks(fs, OTHER_FIRST, OTHER_LAST, "online", "Movable");
}

static void sections_that_cannot_be_planned(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 };

	attempt_begin(&a, fs, ZERO "ratio_limit = 1:1000\n" ONE);
	attempt_run(&a);
	check(&a, MHP_STATUS_PARTIAL, 64, "zero failed 0 one ok 1");
	assert_int_equal(mhp_result_failure(a.result, 0)->error.reason, MHP_REASON_RATIO_EXCEEDED);
	assert_non_null(strstr(a.events, "zero failure ratio_exceeded\n"));
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
}

static void interrupted(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 };

	attempt_begin(&a, fs, ZERO ONE);
	a.cancel_at = "start set_mode";
	attempt_run(&a);
	check(&a, MHP_STATUS_INTERRUPTED, 130, "zero interrupted 1 one interrupted 0");
	assert_string_equal(fakesys_driver(fs, "dax1.0"), "");
}

static void a_broken_policy(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 };

	attempt_begin(&a, fs, ZERO "zone = x\n" ONE);
	attempt_run(&a);
	assert_int_equal(a.rc, -EINVAL);
	assert_null(a.result);
	assert_int_equal(fakesys_writes(fs, "="), 0);
	assert_string_equal(a.err.message, "x.conf:3: zone: \"x\" is not a valid value");
}

/* ---- plans that were agreed to ------------------------------------------------------------ */

static uint64_t fingerprint_of(const struct attempt *a)
{
	struct mhp_topology *topo = NULL;
	struct mhp_policy_plan *plan = NULL;
	uint64_t fingerprint;

	assert_int_equal(mhp_topology_scan(a->fs->ctx, MHP_SCAN_CONTENT, &topo, NULL), 0);
	assert_int_equal(mhp_policy_plan_new(topo, a->policy, false, &plan, NULL), 0);
	fingerprint = mhp_policy_plan_job(plan, 0)->fingerprint;
	mhp_policy_plan_free(plan);
	mhp_topology_free(topo);
	return fingerprint;
}

static void a_plan_as_it_was_agreed_to(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 };

	attempt_begin(&a, fs, ZERO);
	assert_int_equal(
		mhp_policy_expect(a.policy, "zero", MHP_VERB_ONLINE, fingerprint_of(&a), NULL), 0);
	attempt_run(&a);
	check(&a, MHP_STATUS_OK, 0, "zero ok 1");
	attempt_run(&a); /* nothing is left to do */
	check(&a, MHP_STATUS_OK, 0, "zero ok 0");
}

/* The content of a region is read after it is enabled: the plan had only that step. */
static void a_plan_that_ends_half_way(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_region region = fakesys_region0();
	cleanup_attempt struct attempt a = { 0 };

	region.is_enabled = false;
	region.seed[0] = region.dax_seed[0] = '\0';
	fakesys_region(fs, &region);
	attempt_begin(&a, fs, "[memory a]\nmatch.region = region0\n");
	assert_int_equal(
		mhp_policy_expect(a.policy, "a", MHP_VERB_ONLINE, fingerprint_of(&a), NULL), 0);
	attempt_run(&a);
	check(&a, MHP_STATUS_OK, 0, "a ok 1");
	assert_string_equal(a.events, "a start enable_region region0\nwarning\n");
}

/* When the plan was saved nothing matched: a device that appeared since is not in it. */
static void a_plan_of_nothing(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 };

	attempt_begin(&a, fs, ZERO);
	assert_int_equal(mhp_policy_expect(a.policy, NULL, MHP_VERB_ONLINE, 0, NULL), 0);
	attempt_run(&a);
	assert_int_equal(a.rc, -ESTALE);
	assert_int_equal(a.err.reason, MHP_REASON_STALE_PLAN);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
}

/* A run with the fingerprint of another plan is refused; one without steps is not. */
static void a_plan_that_is_overtaken(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 };
	struct mhp_run_options options = MHP_RUN_OPTIONS_INIT(.fingerprint = 1);
	const char *target = "dax0.0";
	struct mhp_request request =
		MHP_REQUEST_INIT(.verb = MHP_VERB_ONLINE, .targets = &target, .nr_targets = 1);

	attempt_begin(&a, fs, ZERO);
	assert_int_equal(mhp_run(fs->ctx, &request, &options, &a.result, &a.err), -ESTALE);
	assert_int_equal(a.err.reason, MHP_REASON_STALE_PLAN);
	options.fingerprint = fingerprint_of(&a);
	assert_int_equal(mhp_run(fs->ctx, &request, &options, &a.result, &a.err), 0);
	assert_true(a.result->has_changes);
	mhp_result_free(a.result); /* already done: any fingerprint is accepted */
	assert_int_equal(mhp_run(fs->ctx, &request, &options, &a.result, &a.err), 0);
	assert_false(a.result->has_changes);
}

static void a_plan_of_another_machine(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	cleanup_attempt struct attempt a = { 0 };

	attempt_begin(&a, fs, ZERO);
	assert_int_equal(
		mhp_policy_expect(a.policy, "zero", MHP_VERB_ONLINE, fingerprint_of(&a), NULL), 0);
	assert_int_equal(fake_dax_bind(fs->tree.fd, "dax0.0", "kmem"), 0);
	attempt_run(&a);
	assert_int_equal(a.rc, -ESTALE);
	assert_int_equal(a.err.reason, MHP_REASON_STALE_PLAN);
	assert_null(a.result);
	assert_int_equal(fakesys_writes(fs, "="),
			 fakesys_writes(fs, "nd/scan=") + fakesys_writes(fs, "nd/look="));
	a.err = (struct mhp_error){ 0 };
	assert_int_equal(mhp_policy_expect(a.policy, "frob", MHP_VERB_ONLINE, 0, &a.err), -ENOENT);
	assert_int_equal(a.err.reason, MHP_REASON_USAGE);
}

/* ---- the check at the end ------------------------------------------------------------------ */

#define TWO_SECTIONS                            \
	"[memory one]\nmatch.device = dax1.0\n" \
	"[memory zero]\nmatch.device = dax0.0\n"

static struct mhp_result *apply_two(struct fakesys *fs)
{
	const struct mhp_run_options options = MHP_RUN_OPTIONS_INIT(.timeout_ms = 5000);
	struct mhp_policy *policy = NULL;
	struct mhp_result *result = NULL;
	struct mhp_error err = { 0 };

	assert_int_equal(mhp_policy_parse(TWO_SECTIONS, "x.conf", &policy, NULL), 0);
	if (mhp_policy_run(fs->ctx, policy, 0, &options, &result, &err) < 0)
		fail_msg("%s", err.message);
	mhp_policy_free(policy);
	return result;
}

static void an_earlier_section_that_was_undone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_result *result;

	fakesys_dax0(fs, "device_dax");
	fakesys_dax1(fs);
	fakesys_answer_block(fs, 1, LAST_BLOCK, "online_movable", "then 50 offline Movable");
	result = apply_two(fs);
	assert_int_equal(result->exit_code, 64);
	assert_int_equal(mhp_result_section(result, 0)->status, MHP_STATUS_FAILED);
	assert_int_equal(mhp_result_section(result, 1)->status, MHP_STATUS_OK);
	assert_int_equal(result->nr_failures, 1);
	assert_int_equal(mhp_result_failure(result, 0)->error.reason, MHP_REASON_WENT_AWAY);
	assert_string_equal(mhp_result_failure(result, 0)->section, "one");
	assert_non_null(strstr(mhp_result_failure(result, 0)->error.message, "memory50"));
	mhp_result_free(result);
}

static void sections_that_stay(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_result *result;

	fakesys_dax0(fs, "device_dax");
	fakesys_dax1(fs);
	result = apply_two(fs);
	assert_int_equal(result->exit_code, 0);
	assert_int_equal(result->nr_failures, 0);
	mhp_result_free(result);
}

UNIT_TESTS(cmocka_unit_test(made_so_and_left_alone), cmocka_unit_test(no_policy),
	   cmocka_unit_test(what_is_wanted_first),
	   cmocka_unit_test(the_first_part_of_a_new_namespace), cmocka_unit_test(back_to_devdax),
	   cmocka_unit_test(two_sections_for_a_device), cmocka_unit_test(runs_are_written_down),
	   cmocka_unit_test(without_a_policy_nothing_is_left_behind),
	   cmocka_unit_test(where_it_cannot_be_written_the_run_goes_on), cmocka_unit_test(going_on),
	   cmocka_unit_test(stopping), cmocka_unit_test(stopping_before_the_rest),
	   cmocka_unit_test(rolling_back_one), cmocka_unit_test(sections_that_cannot_be_planned),
	   cmocka_unit_test(interrupted), cmocka_unit_test(a_broken_policy),
	   cmocka_unit_test(a_plan_as_it_was_agreed_to),
	   cmocka_unit_test(a_plan_that_ends_half_way), cmocka_unit_test(a_plan_of_nothing),
	   cmocka_unit_test(a_plan_that_is_overtaken), cmocka_unit_test(a_plan_of_another_machine),
	   cmocka_unit_test(an_earlier_section_that_was_undone),
	   cmocka_unit_test(sections_that_stay))
