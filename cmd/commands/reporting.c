/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl reporting: shows and sets free page reporting, waits for it, and follows it. */
#include "cmd/cleanup.h"
#include "cmd/reporting-wait.h"
#include "lib/base/error.h"

#include <errno.h>

#define NOT_GIVEN (-1)

struct reporting_args {
	int order;
	uint64_t delay_ms;
	bool dry_run;
	bool wait;
	bool watch;
	uint64_t timeout_ms;
	int count;
};

static const struct reporting_args reporting_defaults = {
	.order = NOT_GIVEN,
	.delay_ms = MHP_UNKNOWN,
};

static const struct opt reporting_opts[] = {
	OPT_NUMBER(0, "order", struct reporting_args, order, "N",
		   "report free blocks of 2^N pages and more"),
	OPT_MSEC(0, "delay", struct reporting_args, delay_ms,
		 "report free pages after TIME (Linux 7.3); a bare number is seconds"),
	OPT_FLAG('n', "dry-run", struct reporting_args, dry_run,
		 "check the values, and set nothing"),
	OPT_FLAG(0, "wait", struct reporting_args, wait,
		 "wait until all that is free now had the time to be reported",
		 .group = "wait or watch"),
	OPT_FLAG('w', "watch", struct reporting_args, watch, "follow what can be reported",
		 .group = "wait or watch"),
	OPT_MSEC('t', "timeout", struct reporting_args, timeout_ms,
		 "end --wait or --watch after TIME, with status 5 (default: 0, never)"),
	OPT_NUMBER(0, "count", struct reporting_args, count, "N", "end --watch after N lines"),
	OPT_END,
};

static bool sets_something(const struct reporting_args *args)
{
	return args->order != NOT_GIVEN || args->delay_ms != MHP_UNKNOWN;
}

static int check_reporting(const struct reporting_args *args, struct mhp_error *err)
{
	if (args->dry_run && !sets_something(args))
		return err_usage(err, "give one of them: mhpctl reporting --dry-run --order 9",
				 "--dry-run needs --order or --delay");
	if (args->dry_run && (args->wait || args->watch))
		return err_usage(err, "", "--dry-run and --%s cannot be combined",
				 args->wait ? "wait" : "watch");
	if (args->timeout_ms && !args->wait && !args->watch)
		return err_usage(err, "", "--timeout needs --wait or --watch");
	if (args->count && !args->watch)
		return err_usage(err, "", "--count needs --watch");
	return 0;
}

static int set_reporting(const struct cmd_env *env, const struct reporting_args *args,
			 struct out_reporting *report, struct mhp_error *err)
{
	const struct mhp_reporting_options options =
		MHP_REPORTING_OPTIONS_INIT(.has_order = args->order != NOT_GIVEN,
					   .has_delay = args->delay_ms != MHP_UNKNOWN,
					   .order = args->order != NOT_GIVEN ? (uint64_t)args->order
									     : 0,
					   .delay_ms = args->delay_ms != MHP_UNKNOWN
							       ? args->delay_ms
							       : 0,
					   .dry_run = args->dry_run);
	int rc = mhp_reporting_set(env->ctx, &options, &report->change, err);

	bool has_order = rc < 0 ? report->change.has_new_order : options.has_order;
	bool has_delay = rc < 0 ? report->change.has_new_delay : options.has_delay;

	env->out->changed |= report->change.has_changes;
	report->has_failed = rc < 0;
	report->is_set = rc == 0 || report->change.has_changes;
	report->order = has_order ? options.order : MHP_UNKNOWN;
	report->delay_ms = has_delay ? options.delay_ms : MHP_UNKNOWN;
	report->dry_run = args->dry_run;
	if (report->is_set)
		env->out->reporting_so_far(env->out, report);
	return rc;
}

static int wait_reporting(const struct cmd_env *env, const struct reporting_args *args,
			  struct out_reporting *report, struct mhp_error *err)
{
	int rc = reporting_wait(env, args->timeout_ms, &report->wait, err);

	report->has_waited = report->wait.eta_ms != 0; /* else it was refused at once */
	if (report->has_waited)
		env->out->reporting_so_far(env->out, report);
	return rc;
}

static int on_reporting(const struct mhp_reporting *reporting, void *data)
{
	struct out *out = data;

	out->reporting_change(out, reporting);
	return out->errnum;
}

static int watch_reporting(const struct cmd_env *env, const struct reporting_args *args,
			   struct mhp_error *err)
{
	const struct mhp_reporting_watch watch =
		MHP_REPORTING_WATCH_INIT(.timeout_ms = args->timeout_ms,
					 .count = (uint64_t)args->count,
					 .reader_fd = out_reader_fd(), .changed = on_reporting,
					 .data = env->out);

	return mhp_reporting_follow(env->ctx, &watch, err);
}

static int run_reporting(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	const struct reporting_args *args = opts;
	cleanup_reporting struct mhp_reporting *reporting = NULL;
	struct out_reporting report = { 0 };
	int rc = check_reporting(args, err);

	if (rc == 0 && sets_something(args))
		rc = set_reporting(env, args, &report, err);
	if (rc == 0 && args->wait)
		rc = wait_reporting(env, args, &report, err);
	if (rc == 0 && args->watch)
		rc = watch_reporting(env, args, err);
	if (args->watch && out_reader_gone(env->out)) /* the usual end, such as in --watch | head */
		return 0;
	if (rc == 0)
		rc = mhp_reporting_read(env->ctx, &reporting, err);
	if (rc < 0)
		return rc;
	report.reporting = reporting;
	report.is_watch = args->watch;
	env->out->reporting(env->out, &report);
	return 0;
}

static const char *const reporting_examples[] = {
	"mhpctl reporting",
	"mhpctl reporting --wait --timeout 1min",
	"mhpctl reporting --order 7 --delay 500ms",
	"mhpctl reporting --json | jq '.balloons[] | select(.reporting != true) | .why'",
	NULL,
};

const struct cmd cmd_reporting = {
	.name = "reporting",
	.summary = "show, set and await free page reporting",
	.operands = "",
	.about = "In a virtual machine, shows whether free memory is reported to the "
		 "hypervisor, so that the host can use it, and if not why; how much is free in "
		 "blocks that are large enough, by node and zone; and sets the order and the "
		 "delay.\n"
		 "With --wait, waits until all memory that is free now had the time to be "
		 "reported. Only the host knows which of it it has taken.",
	.examples = reporting_examples,
	.flags = CMD_NO_TARGETS,
	.document = OUT_DOCUMENT_REPORTING,
	.opts = reporting_opts,
	.args_size = sizeof(struct reporting_args),
	.defaults = &reporting_defaults,
	.run = run_reporting,
};
