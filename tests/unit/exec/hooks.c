/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hooks of runs and of policies, on a fake machine. */
#include "lib/base/error.h"
#include "lib/exec/hook-facts.h"
#include "lib/sys/program.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define BOTH "Normal Movable"

/* Writes a script into the machine, and the command that runs it with its directory. */
static const char *script(const struct fakesys *fs, const char *name, const char *text,
			  char command[256])
{
	assert_int_equal(tree_put(fs->tree.fd, name, "%s", text), 0);
	snprintf(command, 256, "/bin/sh %s/%s %s", fs->tree.dir, name, fs->tree.dir);
	return command;
}

struct hooked {
	struct trial t;
	char before[256];
	char after[256];
};

#define TELL "env >$1/env.$MHPCTL_HOOK; cat >$1/json.$MHPCTL_HOOK; echo told\n"

/* Sets up a run of a verb on dax0.0; text NULL: no such hook. */
static void hooked_begin(struct hooked *h, struct fakesys *fs, enum mhp_verb verb,
			 const char *before, const char *after)
{
	trial_begin(&h->t, fs, verb, "dax0.0");
	if (before)
		h->t.options.hook_before = script(fs, "before.sh", before, h->before);
	if (after)
		h->t.options.hook_after = script(fs, "after.sh", after, h->after);
	h->t.options.hook_timeout_ms = 9000;
}

static void hooked_end(struct hooked *h)
{
	trial_end(&h->t);
}

#define cleanup_hooked __attribute__((cleanup(hooked_end)))

static void check_has(struct fakesys *fs, const char *file, const char *text)
{
	char all[16384] = "";

	tree_get(fs->tree.fd, file, all, sizeof(all));
	if (!strstr(all, text))
		fail_msg("%s has no %s: %s", file, text, all);
}

static bool has_run(struct fakesys *fs, const char *when)
{
	char name[32];

	str_format(name, "json.%s", when);
	return faccessat(fs->tree.fd, name, F_OK, 0) == 0;
}

static void check_unchanged(struct fakesys *fs)
{
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
	assert_int_equal(fakesys_writes(fs, "state="), 0);
}

/* ---- what they get ----------------------------------------------------------------------- */

static void facts_before_and_after(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hooked struct hooked h = { 0 };

	fakesys_online_dax0(fs);
	hooked_begin(&h, fs, MHP_VERB_OFFLINE, TELL, TELL);
	trial_run(&h.t);
	trial_check(&h.t, MHP_STATUS_OK, 0);
	assert_memory_equal(h.t.events,
			    "hook_started before ok\nhook_done before ok\nplan\nstart offline", 57);
	assert_non_null(strstr(h.t.events, "hook_started after ok\nhook_done after ok\n"));
	check_has(fs, "env.before", "MHPCTL_HOOK=before\n");
	check_has(fs, "env.before", "MHPCTL_COMMAND=offline\n");
	check_has(fs, "env.before", "MHPCTL_TARGETS=dax0.0\n");
	check_has(fs, "env.before", "MHPCTL_DEVICES=dax0.0");
	check_has(fs, "env.before", "MHPCTL_NODES=2\n");
	check_has(fs, "env.before", "MHPCTL_BLOCKS=15\n");
	check_has(fs, "env.before", "MHPCTL_BYTES=2013265920\n");
	check_has(fs, "env.after", "MHPCTL_STATUS=ok\n");
	check_has(fs, "env.after", "MHPCTL_EXIT_CODE=0\n");
	check_has(fs, "env.after", "MHPCTL_CHANGED=yes\n");
	check_has(fs, "json.before", "\"command\": \"offline\", \"section\": null, \"pid\": ");
	check_has(fs, "json.before",
		  "\"targets\": [\"dax0.0\"], \"devices\": [\"dax0.0\"], \"nodes\": [2], "
		  "\"blocks\": 15, \"bytes\": 2013265920, \"result\": null}");
	check_has(fs, "json.after",
		  "\"result\": {\"status\": \"ok\", \"exit_code\": 0, \"changed\": true, "
		  "\"targets\": [{\"target\": \"dax0.0\", \"status\": \"ok\"");
}

static void nothing_to_do(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hooked struct hooked h = { 0 };

	fakesys_online_dax0(fs);
	hooked_begin(&h, fs, MHP_VERB_ONLINE, TELL, TELL);
	trial_run(&h.t);
	trial_check(&h.t, MHP_STATUS_OK, 0);
	assert_null(strstr(h.t.events, "hook"));
	assert_false(has_run(fs, "before") || has_run(fs, "after"));
}

static void output_that_is_not_text(void **state)
{
	char text[64];

	assert_string_equal(hook_output_text("a\0b\xff\n\tc\033[m", 10, text, sizeof(text)),
			    "a\\x00b\\xff\n\tc\\x1b[m");
	assert_string_equal(hook_output_text("", 0, text, sizeof(text)), "");
	for (size_t size = 1; size < 12; size++)
		assert_true(strlen(hook_output_text("\0\0\0\n\0", 5, text, size)) < size);
}

/* ---- failures ---------------------------------------------------------------------------- */

static void a_failure_before(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hooked struct hooked h = { 0 };

	fakesys_online_dax0(fs);
	hooked_begin(&h, fs, MHP_VERB_OFFLINE, "echo one; echo the reason; exit 3\n", TELL);
	trial_run(&h.t);
	trial_check_refused(&h.t, -ECANCELED, MHP_REASON_HOOK_FAILED);
	assert_int_equal(mhp_reason_exit_code(h.t.err.reason), MHP_EXIT_HOOK);
	assert_string_equal(h.t.err.message, "hook before /bin/sh: exit status 3: the reason");
	assert_non_null(strstr(h.t.err.hint, "nothing was changed"));
	check_unchanged(fs);
	/* the hook after it can undo what the one before it did */
	check_has(fs, "env.after", "MHPCTL_STATUS=failed\n");
	check_has(fs, "env.after", "MHPCTL_EXIT_CODE=9\n");
	check_has(fs, "env.after", "MHPCTL_CHANGED=no\n");
	check_has(fs, "env.after", "MHPCTL_REASON=hook_failed\n");
}

static void a_deadline_before(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hooked struct hooked h = { 0 };

	fakesys_online_dax0(fs);
	hooked_begin(&h, fs, MHP_VERB_OFFLINE, "exec sleep 100\n", NULL);
	h.t.options.hook_timeout_ms = 200;
	trial_run(&h.t);
	trial_check_refused(&h.t, -ECANCELED, MHP_REASON_HOOK_FAILED);
	assert_non_null(strstr(h.t.err.message, "it has not ended within 0.2 s, and was killed"));
	assert_non_null(strstr(h.t.events, "hook_done before deadline"));
	check_unchanged(fs);
}

static void a_signal_before(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hooked struct hooked h = { 0 };

	fakesys_online_dax0(fs);
	hooked_begin(&h, fs, MHP_VERB_OFFLINE, "kill -SEGV $$\n", NULL);
	trial_run(&h.t);
	trial_check_refused(&h.t, -ECANCELED, MHP_REASON_HOOK_FAILED);
	assert_non_null(strstr(h.t.err.message, "signal 11 (Segmentation fault) ended it"));
	check_unchanged(fs);
}

static void a_failure_after(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hooked struct hooked h = { 0 };

	fakesys_online_dax0(fs);
	hooked_begin(&h, fs, MHP_VERB_OFFLINE, NULL, "exit 1\n");
	h.t.options.roll_back = true;
	trial_run(&h.t);
	trial_check(&h.t, MHP_STATUS_FAILED, MHP_EXIT_HOOK);
	trial_check_target(&h.t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	assert_int_equal(h.t.result->nr_failures, 1);
	assert_string_equal(h.t.first.message, "hook after /bin/sh: exit status 1");
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "offline", BOTH);
}

static void a_rollback_is_reported(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hooked struct hooked h = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_block(fs, FAKE_ALWAYS, 40, "offline", "errno 12");
	hooked_begin(&h, fs, MHP_VERB_OFFLINE, NULL, TELL "exit 1\n");
	h.t.options.roll_back = true;
	trial_run(&h.t);
	assert_int_equal(h.t.result->status, MHP_STATUS_ROLLED_BACK);
	assert_int_equal(h.t.result->nr_failures, 2);
	check_has(fs, "env.after", "MHPCTL_STATUS=rolled_back\n");
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
}

static void a_hook_that_cannot_run_stops_it_first(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hooked struct hooked h = { 0 };

	fakesys_online_dax0(fs);
	hooked_begin(&h, fs, MHP_VERB_OFFLINE, TELL, NULL);
	h.t.options.hook_after = "/no/such/hook";
	trial_run(&h.t);
	trial_check_refused(&h.t, -ENOENT, MHP_REASON_HOOK_FAILED);
	assert_false(has_run(fs, "before"));
	check_unchanged(fs);
	h.t.options.hook_after = "relative";
	trial_run(&h.t);
	trial_check_refused(&h.t, -EINVAL, MHP_REASON_USAGE);
	check_unchanged(fs);
}

/* ---- cancels ----------------------------------------------------------------------------- */

static void a_cancel_before(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hooked struct hooked h = { 0 };

	fakesys_online_dax0(fs);
	hooked_begin(&h, fs, MHP_VERB_OFFLINE, "exec sleep 100\n", TELL);
	h.t.cancel_at = "hook_started before";
	trial_run(&h.t);
	trial_check_refused(&h.t, -EINTR, MHP_REASON_INTERRUPTED);
	check_unchanged(fs);
	check_has(fs, "env.after", "MHPCTL_STATUS=interrupted\n");
}

static void a_cancel_between(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hooked struct hooked h = { 0 };

	fakesys_online_dax0(fs);
	hooked_begin(&h, fs, MHP_VERB_OFFLINE, TELL, TELL);
	h.t.cancel_at = "start offline_block";
	trial_run(&h.t);
	assert_int_equal(h.t.result->status, MHP_STATUS_INTERRUPTED);
	check_has(fs, "env.after", "MHPCTL_STATUS=interrupted\n");
	assert_non_null(strstr(h.t.events, "hook_done after ok"));
}

static void a_cancel_after(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hooked struct hooked h = { 0 };

	fakesys_online_dax0(fs);
	hooked_begin(&h, fs, MHP_VERB_OFFLINE, NULL, "exec sleep 100\n");
	h.t.cancel_at = "hook_started after";
	trial_run(&h.t);
	trial_check(&h.t, MHP_STATUS_INTERRUPTED, MHP_EXIT_INTERRUPTED);
	trial_check_target(&h.t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "offline", BOTH);
}

/* ---- locks ------------------------------------------------------------------------------- */

/* Returns whether an mhpctl on the same memory, that would wait for the lock, ends at once. */
static bool is_refused(struct mhp_ctx *ctx, pid_t holder)
{
	const char *const targets[] = { "dax0.0" };
	const struct mhp_request request =
		MHP_REQUEST_INIT(.verb = MHP_VERB_OFFLINE, .targets = targets, .nr_targets = 1);
	const struct mhp_run_options options =
		MHP_RUN_OPTIONS_INIT(.timeout_ms = 5000, .wait_ms = 1 << 30,
				     .hook_pid = (int)holder);
	struct mhp_result *result = NULL;
	struct mhp_error err = { 0 };

	return mhp_run(ctx, &request, &options, &result, &err) == -EAGAIN &&
	       err.reason == MHP_REASON_LOCK_HELD &&
	       strstr(err.message, "waits for the end of this hook");
}

static void run_within(struct trial *t)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(!is_refused(t->fs->ctx, getppid()));
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void the_lock_is_not_waited_for(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hooked struct hooked h = { 0 };

	fakesys_online_dax0(fs);
	hooked_begin(&h, fs, MHP_VERB_OFFLINE, TELL, NULL);
	h.t.act = run_within;
	h.t.act_at = 1; /* hook_started before */
	trial_run(&h.t);
	trial_check(&h.t, MHP_STATUS_OK, 0);
}

/* ---- policies ---------------------------------------------------------------------------- */

/*
 * Runs a policy in which @ is the command of a script that appends its call to the file "calls" and
 * exits with the number after it.
 */
static int run_policy(struct fakesys *fs, const char *policy_text, const char *options_after,
		      struct mhp_result **result)
{
	const struct mhp_run_options options =
		MHP_RUN_OPTIONS_INIT(.timeout_ms = 5000, .hook_after = options_after);
	struct mhp_policy *policy = NULL;
	char command[256], text[1024] = "";
	int rc;

	script(fs, "h", "echo $MHPCTL_HOOK $MHPCTL_SECTION $MHPCTL_STATUS >>$1/calls; exit $2\n",
	       command);
	for (const char *at = policy_text; *at; at++)
		str_append(text, "%.*s", *at == '@' ? 256 : 1, *at == '@' ? command : at);
	assert_int_equal(mhp_policy_parse(text, "x.conf", &policy, NULL), 0);
	rc = mhp_policy_run(fs->ctx, policy, 0, &options, result, NULL);
	mhp_policy_free(policy);
	return rc;
}

/* Runs a policy file of the machine, and returns the exit status or a negative errno. */
static int run_file(struct fakesys *fs, const char *name)
{
	const struct mhp_run_options options = MHP_RUN_OPTIONS_INIT(.timeout_ms = 5000);
	struct mhp_result *result = NULL;
	struct mhp_policy *policy = NULL;
	char path[256];
	const char *paths[] = { path };
	int rc;

	str_format(path, "%s/%s", fs->tree.dir, name);
	assert_int_equal(mhp_policy_load(fs->ctx, paths, 1, &policy, NULL), 0);
	rc = mhp_policy_run(fs->ctx, policy, 0, &options, &result, NULL);
	mhp_policy_free(policy);
	rc = rc < 0 ? rc : result->exit_code;
	mhp_result_free(result);
	return rc;
}

static struct fakesys *two_devices(void)
{
	struct fakesys *fs = fakesys_new();

	fakesys_dax0(fs, "device_dax");
	fakesys_dax1(fs);
	return fs;
}

static void check_calls(struct fakesys *fs, const char *calls)
{
	char all[1024] = "";

	tree_get(fs->tree.fd, "calls", all, sizeof(all));
	assert_string_equal(all, calls);
}

/* Named by the caller: anyone who may write it could run anything with the rights of root. */
static void a_file_that_others_may_write(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	char command[256], text[512];

	script(fs, "h", "echo $MHPCTL_HOOK >>$1/calls\n", command);
	str_format(text, "[memory a]\nmatch.device = dax0.0\nhook.before = %s\n", command);
	fakesys_put(fs, "p/one.conf", text);
	fakesys_put(fs, "open/one.conf", text);
	assert_int_equal(tree_link(fs->tree.fd, "p/link.conf", "../open/one.conf"), 0);
	assert_int_equal(fchmodat(fs->tree.fd, "p/one.conf", 0666, 0), 0);
	assert_int_equal(fchmodat(fs->tree.fd, "open", 0777, 0), 0);
	assert_int_equal(run_file(fs, "p/one.conf"), -EINVAL);
	assert_int_equal(run_file(fs, "open/one.conf"), -EINVAL);
	assert_int_equal(run_file(fs, "open"), -EINVAL);
	assert_int_equal(run_file(fs, "p/link.conf"), -EINVAL);
	check_calls(fs, "");
	assert_int_equal(fchmodat(fs->tree.fd, "p/one.conf", 0644, 0), 0);
	assert_int_equal(run_file(fs, "p/one.conf"), 0);
	check_calls(fs, "before");
}

static void once_for_both_parts(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	struct mhp_result *result = NULL;

	assert_int_equal(run_policy(fs,
				    "[memory a]\nmatch.device = dax0.0\nfirst = 256M\n"
				    "hook.before = @ 0\nhook.after = @ 0\n"
				    "[memory b]\nmatch.device = dax1.0\n",
				    NULL, &result),
			 0);
	assert_int_equal(result->status, MHP_STATUS_OK);
	check_calls(fs, "before a\nafter a ok");
	mhp_result_free(result);
	/* and not if there is nothing to do */
	assert_int_equal(run_policy(fs, "[memory a]\nmatch.device = dax0.0\nhook.before = @ 0\n",
				    NULL, &result),
			 0);
	check_calls(fs, "before a\nafter a ok");
	mhp_result_free(result);
}

/* The hook after a section runs too if the second part of the section was never tried. */
static void a_failure_between_both_parts(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	struct mhp_result *result = NULL;

	assert_int_equal(run_policy(fs,
				    "[memory a]\nmatch.device = dax0.0\nfirst = 256M\n"
				    "hook.before = @ 0\nhook.after = @ 0\n"
				    "[memory b]\nmatch.device = dax1.0\non_failure = stop\n"
				    "hook.before = @ 1\n",
				    NULL, &result),
			 0);
	assert_int_equal(mhp_result_target(result, 0)->status, MHP_STATUS_NOT_TRIED);
	check_calls(fs, "before a\nbefore b\nafter a failed");
	mhp_result_free(result);
}

static void a_failure_before_a_section(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	struct mhp_result *result = NULL;

	assert_int_equal(run_policy(fs,
				    "[memory a]\nmatch.device = dax0.0\non_failure = stop\n"
				    "hook.before = @ 1\n"
				    "[memory b]\nmatch.device = dax1.0\n",
				    NULL, &result),
			 0);
	assert_int_equal(result->exit_code, MHP_EXIT_HOOK);
	assert_int_equal(mhp_result_target(result, 0)->status, MHP_STATUS_FAILED);
	assert_int_equal(mhp_result_target(result, 1)->status, MHP_STATUS_NOT_TRIED);
	assert_false(result->has_changes);
	assert_string_equal(mhp_result_failure(result, 0)->section, "a");
	mhp_result_free(result);
}

static void a_failure_after_a_section(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	struct mhp_result *result = NULL;

	assert_int_equal(run_policy(fs,
				    "[memory a]\nmatch.device = dax0.0\non_failure = stop\n"
				    "hook.after = @ 1\n"
				    "[memory b]\nmatch.device = dax1.0\n",
				    NULL, &result),
			 0);
	assert_int_equal(mhp_result_target(result, 0)->status, MHP_STATUS_OK);
	assert_true(mhp_result_target(result, 0)->has_changes);
	assert_int_equal(mhp_result_section(result, 0)->status, MHP_STATUS_FAILED);
	assert_int_equal(mhp_result_target(result, 1)->status, MHP_STATUS_NOT_TRIED);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
	mhp_result_free(result);
}

static void options_are_for_sections_without_their_own(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_devices();
	struct mhp_result *result = NULL;
	char command[256], other[280];

	script(fs, "o", "echo other $MHPCTL_SECTION >>$1/calls\n", command);
	str_format(other, "%s 0", command);
	assert_int_equal(run_policy(fs,
				    "[memory a]\nmatch.device = dax0.0\nhook.after = @ 0\n"
				    "[memory b]\nmatch.device = dax1.0\n",
				    other, &result),
			 0);
	assert_int_equal(result->status, MHP_STATUS_OK);
	check_calls(fs, "after a ok\nother b");
	mhp_result_free(result);
}

/* ---- what the caller does before the first change ---------------------------------------- */

/* A function of the caller: notes its call among the events. */
static int begin(void *data, struct mhp_error *err)
{
	struct trial *t = data;

	(void)err;
	str_append(t->events, "begin\n");
	return 0;
}

static int begin_in_vain(void *data, struct mhp_error *err)
{
	begin(data, err);
	return err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED, "nothing to wait for");
}

static void after_the_hook_and_before_a_new_plan(void **state)
{
	static const char order[] = "hook_started before ok\nhook_done before ok\nbegin\nplan\n";
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hooked struct hooked h = { 0 };

	fakesys_online_dax0(fs);
	hooked_begin(&h, fs, MHP_VERB_OFFLINE, TELL, NULL);
	h.t.options.begin = begin;
	trial_run(&h.t);
	assert_int_equal(h.t.result->status, MHP_STATUS_OK);
	assert_memory_equal(h.t.events, order, strlen(order));
	assert_null(strstr(strstr(h.t.events, "begin\n") + 1, "begin\n"));
}

static void it_stops_the_run(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hooked struct hooked h = { 0 };

	fakesys_online_dax0(fs);
	hooked_begin(&h, fs, MHP_VERB_OFFLINE, NULL, TELL);
	h.t.options.begin = begin_in_vain;
	trial_run(&h.t);
	trial_check_refused(&h.t, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	assert_string_equal(h.t.err.message, "nothing to wait for");
	check_unchanged(fs);
	check_has(fs, "env.after", "MHPCTL_STATUS=failed\n");
}

/* Refused for lack of permission, or with nothing to do: it would be in vain. */
static void it_is_not_called_in_vain(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hooked struct hooked done = { 0 };
	cleanup_trial struct trial copy = { 0 };

	fakesys_online_dax0(fs);
	fs->ctx->is_copy = true;
	trial_begin(&copy, fs, MHP_VERB_OFFLINE, "memory33");
	copy.options.begin = begin;
	trial_run(&copy);
	trial_check_refused(&copy, -EROFS, MHP_REASON_USAGE);
	fs->ctx->is_copy = false;
	hooked_begin(&done, fs, MHP_VERB_ONLINE, NULL, NULL);
	done.t.options.begin = begin;
	trial_run(&done.t);
	assert_int_equal(done.t.result->status, MHP_STATUS_OK);
	assert_null(strstr(copy.events, "begin\n"));
	assert_null(strstr(done.t.events, "begin\n"));
}

UNIT_TESTS(cmocka_unit_test(after_the_hook_and_before_a_new_plan),
	   cmocka_unit_test(it_stops_the_run), cmocka_unit_test(it_is_not_called_in_vain),
	   cmocka_unit_test(facts_before_and_after), cmocka_unit_test(nothing_to_do),
	   cmocka_unit_test(output_that_is_not_text), cmocka_unit_test(a_failure_before),
	   cmocka_unit_test(a_deadline_before), cmocka_unit_test(a_signal_before),
	   cmocka_unit_test(a_failure_after), cmocka_unit_test(a_rollback_is_reported),
	   cmocka_unit_test(a_hook_that_cannot_run_stops_it_first),
	   cmocka_unit_test(a_cancel_before), cmocka_unit_test(a_cancel_between),
	   cmocka_unit_test(a_cancel_after), cmocka_unit_test(the_lock_is_not_waited_for),
	   cmocka_unit_test(a_file_that_others_may_write), cmocka_unit_test(once_for_both_parts),
	   cmocka_unit_test(a_failure_between_both_parts),
	   cmocka_unit_test(a_failure_before_a_section),
	   cmocka_unit_test(a_failure_after_a_section),
	   cmocka_unit_test(options_are_for_sections_without_their_own))
