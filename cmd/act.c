/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/act.h"
#include "cmd/cleanup.h"
#include "cmd/hook.h"
#include "cmd/killed-runs.h"
#include "cmd/message.h"
#include "cmd/progress.h"
#include "lib/base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct act_args act_defaults = { .timeout_ms = 30 * 1000 };

static const struct opt_word consent_words[] = {
	{ "data", MHP_CONSENT_DATA, "allow losing the data of a namespace or device" },
	{ "memory", MHP_CONSENT_MEMORY, "allow leaving less memory than is safe" },
	{ "labels", MHP_CONSENT_LABELS, "allow writing a label index on DIMMs without one" },
	{ NULL, 0, NULL },
};

const struct opt act_opts[] = {
	OPT_FLAG('n', "dry-run", struct act_args, dry_run,
		 "print the steps and their cost, change nothing"),
	OPT_MSEC('t', "timeout", struct act_args, timeout_ms,
		 "give up on a memory block after TIME; 0: never (default: 30s)"),
	OPT_FLAG('k', "keep-going", struct act_args, keep_going,
		 "continue with the other targets if some cannot be planned",
		 .group = "on failure"),
	OPT_FLAG(0, "rollback", struct act_args, rollback, "undo all steps at the first failure",
		 .group = "on failure"),
	OPT_WORDS('y', "yes", struct act_args, agreed, consent_words, "consent",
		  "do not ask before data is lost, memory runs short or labels are written",
		  .is_optional = true, .plain = MHP_CONSENT_ALL),
	OPT_FLAG(0, "force-users", struct act_args, force_users,
		 "continue if the users of a device cannot be determined"),
	OPT_MSEC('w', "wait", struct act_args, wait_ms,
		 "wait for another mhpctl that is running (default TIME: 10min)",
		 .is_optional = true, .plain = 10 * 60 * 1000),
	OPT_END,
};

const struct opt act_hook_opts[] = {
	OPT_TEXT(0, "hook", struct act_args, hook, "COMMAND",
		 "run COMMAND before the first change and after the last, told apart by "
		 "MHPCTL_HOOK",
		 .fill = OPT_FILL_FILES),
	OPT_TEXT(0, "hook-before", struct act_args, hook_before, "COMMAND",
		 "run COMMAND before the first change; its failure stops mhpctl",
		 .fill = OPT_FILL_FILES),
	OPT_TEXT(0, "hook-after", struct act_args, hook_after, "COMMAND",
		 "run COMMAND after the last change, however the run ended",
		 .fill = OPT_FILL_FILES),
	OPT_MSEC(0, "hook-timeout", struct act_args, hook_timeout_ms,
		 "end each hook after TIME (default: 30s)", .is_limited = true),
	OPT_END,
};

const struct opt_word act_map_words[] = {
	{ "mem", MHP_MEMMAP_MEM, "in ordinary memory" },
	{ "dev", MHP_MEMMAP_DEV, "on the namespace itself" },
	{ NULL, 0, NULL },
};

void act_request_namespace(struct mhp_request *request, const struct act_namespace_args *args)
{
	request->bytes = args->size;
	request->align = args->align;
	request->map = args->map;
	request->name = args->name;
	request->init_labels = args->init_labels;
}

void act_request_cxl(struct mhp_request *request, const struct act_cxl_args *args)
{
	request->interleave = args->interleave;
	request->granularity = args->granularity;
	request->window = args->window;
}

int act_request_choice(const struct cmd_env *env, const struct act_choice_args *args, uint64_t size,
		       struct mhp_request *request, struct mhp_error *err)
{
	static const char both[] = "give both and no TARGET: mhpctl %s --node 1 --size 2G";
	const char *verb = mhp_verb_name(request->verb);
	const char *name = args->device ? "--device" : "--node";

	if (args->node == ACT_NO_NODE && !args->device)
		return 0;
	if (!size)
		return err_hint(err, err_usage(err, "", "%s needs --size", name), both, verb);
	if (env->nr_operands)
		return err_hint(err, err_usage(err, "", "%s and a TARGET cannot be combined", name),
				both, verb);
	request->has_node = !args->device;
	request->node = request->has_node ? args->node : 0;
	request->bytes = request->has_node ? size : 0;
	request->choose_bytes = request->has_node ? 0 : size;
	if (args->device) {
		request->targets = &args->device;
		request->nr_targets = 1;
	}
	return 1;
}

bool act_is_unknown(const struct cmd_env *env, const struct mhp_plan *plan, struct mhp_error *why)
{
	const struct mhp_hidden *hidden = mhp_plan_hidden(plan, 0);

	if (!hidden || mhp_plan_step(plan, 0) || mhp_plan_failure(plan, 0))
		return false;
	err_set(why, -EACCES, MHP_REASON_NOT_PERMITTED,
		"whether there is something to do is not known: %s: %s", hidden->what, hidden->why);
	err_hint(why, -EACCES, "run it as root on the machine itself");
	if (!env->out->call.logged_err)
		message_error(why, env->out->call.color_err);
	return true;
}

static int print_plan(const struct cmd_env *env, struct mhp_request *request, struct mhp_error *err)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_plan struct mhp_plan *plan = NULL;
	cleanup_hooks struct out_hooks hooks = { 0 };
	const struct mhp_run_options options = act_options(env);
	const struct mhp_failure *failure;
	struct mhp_error why = { 0 };
	bool is_unknown;
	int rc;

	killed_runs_warn(env);
	request->list_hidden = true;
	rc = mhp_scan_request(env->ctx, request, &topo, err);
	if (rc < 0)
		return rc;
	rc = mhp_plan_new(topo, request, &plan, err);
	if (rc < 0)
		return rc;
	if (mhp_plan_step(plan, 0))
		rc = hook_add_planned(env->ctx, &options, "", &hooks, err);
	if (rc < 0)
		return rc;
	is_unknown = act_is_unknown(env, plan, &why);
	env->out->plan(env->out, plan, &hooks, is_unknown ? &why : NULL);
	if (is_unknown)
		return mhp_reason_exit_code(why.reason);
	failure = mhp_plan_failure(plan, 0);
	return failure ? mhp_reason_exit_code(failure->error.reason) : 0;
}

static void on_event(const struct mhp_event *event, void *data)
{
	const struct cmd_env *env = data;

	if (event->type != MHP_EVENT_PROGRESS)
		progress_clear(env->progress);
	out_event(env->out, event);
	progress_event(env->progress, event);
}

static bool is_yes(const char *answer)
{
	return strcmp(answer, "y\n") == 0 || strcmp(answer, "Y\n") == 0 ||
	       strcmp(answer, "yes\n") == 0;
}

static bool on_consent(const struct mhp_plan *plan, void *data)
{
	const struct cmd_env *env = data;
	char answer[16];
	const char *what;

	out_question(env->out, plan);
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return false;
	progress_clear(env->progress);
	fputs("This would:\n", stderr);
	for (size_t i = 0; (what = mhp_plan_consent(plan, i)); i++) {
		fputs("  - ", stderr);
		message_text(what);
		fputc('\n', stderr);
	}
	fputs("Continue? [y/N] ", stderr);
	if (fgets(answer, sizeof(answer), stdin))
		return is_yes(answer);
	fputc('\n', stderr); /* Ctrl-C or Ctrl-D left the cursor after the question */
	return false;
}

struct mhp_run_options act_options(const struct cmd_env *env)
{
	return (struct mhp_run_options){
		.size = sizeof(struct mhp_run_options),
		.timeout_ms = env->act->timeout_ms,
		.wait_ms = env->act->wait_ms,
		.roll_back = env->act->rollback,
		.keep_going = env->act->keep_going,
		.force_users = env->act->force_users,
		.max_parallel = env->jobs,
		.hook_before = act_hook_before(env->act),
		.hook_after = act_hook_after(env->act),
		.hook_timeout_ms = env->act->hook_timeout_ms,
		.hook_pid = hook_pid(),
		.event = on_event,
		.consent = on_consent,
		.data = (void *)env,
	};
}

const char *act_hook_before(const struct act_args *act)
{
	return act->hook_before ? act->hook_before : act->hook;
}

const char *act_hook_after(const struct act_args *act)
{
	return act->hook_after ? act->hook_after : act->hook;
}

int act_check_hooks(const struct cmd_env *env, struct mhp_error *err)
{
	const char *before = act_hook_before(env->act), *after = act_hook_after(env->act);
	int rc = 0;

	if (env->act->hook_timeout_ms && !before && !after)
		return err_usage(err, "add --hook, --hook-before or --hook-after",
				 "--hook-timeout without a hook");
	if (before)
		rc = mhp_hook_check(env->ctx, before, err);
	if (rc == 0 && after)
		rc = mhp_hook_check(env->ctx, after, err);
	return rc;
}

static int carry_out(const struct cmd_env *env, const struct mhp_request *request,
		     int (*begin)(void *data, struct mhp_error *err), struct mhp_error *err)
{
	cleanup_result struct mhp_result *result = NULL;
	struct mhp_run_options options = act_options(env);
	int rc;

	options.begin = begin;
	mhp_ctx_guard(env->ctx);
	rc = mhp_run(env->ctx, request, &options, &result, err);
	progress_clear(env->progress);
	if (rc < 0)
		return rc;
	out_result(env->out, result);
	return result->exit_code;
}

void act_fill(const struct cmd_env *env, struct mhp_request *request)
{
	if (!request->targets) { /* else an option names it */
		request->targets = env->operands;
		request->nr_targets = env->nr_operands;
	}
	request->agreed = env->act->agreed;
	request->keep_going = env->act->keep_going;
}

int act_run_after(const struct cmd_env *env, struct mhp_request *request,
		  int (*begin)(void *data, struct mhp_error *err), struct mhp_error *err)
{
	act_fill(env, request);
	if (env->act->dry_run)
		return print_plan(env, request, err);
	return carry_out(env, request, begin, err);
}

int act_run(const struct cmd_env *env, struct mhp_request *request, struct mhp_error *err)
{
	return act_run_after(env, request, NULL, err);
}
