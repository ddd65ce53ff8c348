/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl monitor: prints changes of memory, and waits for conditions. */
#include "cmd/cmd.h"
#include "cmd/message.h"
#include "lib/base/error.h"

struct monitor_args {
	const char *until;
	uint64_t timeout_ms;
	int count;
	bool pins;
	uint64_t stay_ms;
};

#define STAY_MS 10000 /* shorter pins are transfers */

static const struct monitor_args defaults = { .stay_ms = STAY_MS };

static const struct opt monitor_opts[] = {
	OPT_TEXT(0, "until", struct monitor_args, until, "CONDITION",
		 "end when CONDITION holds, such as node2.online_bytes>=8G"),
	OPT_MSEC('t', "timeout", struct monitor_args, timeout_ms,
		 "end after TIME, with status 5 (default: 0, never)"),
	OPT_NUMBER(0, "count", struct monitor_args, count, "N", "end after N changes"),
	OPT_FLAG(0, "pins", struct monitor_args, pins, "report long-term pins instead of changes"),
	OPT_MSEC(0, "stay", struct monitor_args, stay_ms,
		 "with --pins: report pins that stay in movable memory for TIME (default: 10s)"),
	OPT_END,
};

static int on_change(const struct mhp_change *change, void *data)
{
	struct out *out = data;

	out->change(out, change);
	return out->errnum;
}

static void on_missing(const char *target, void *data)
{
	struct out *out = data;

	message_missing(target, out->call.color_err);
}

static int run_pins(const struct cmd_env *env, const struct monitor_args *args,
		    struct mhp_error *err)
{
	const struct mhp_pin_watch_options options = {
		.size = sizeof(options),
		.stay_ms = args->stay_ms,
		.timeout_ms = args->timeout_ms,
		.count = (uint64_t)args->count,
		.reader_fd = out_reader_fd(),
		.change = on_change,
		.data = env->out,
	};
	int rc;

	if (env->nr_operands || args->until)
		return err_usage(err, "leave out --pins to watch other changes",
				 "--pins cannot be combined with %s",
				 args->until ? "--until" : "a target");
	rc = mhp_watch_pins(env->ctx, &options, err);
	if (out_reader_gone(env->out) && rc == 0)
		return 0;
	if (rc < 0)
		return rc;
	env->out->watched(env->out, MHP_MONITOR_COUNT_REACHED);
	return 0;
}

static int run_monitor(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	const struct monitor_args *args = opts;
	const struct mhp_monitor_options options = {
		.size = sizeof(options),
		.targets = env->operands,
		.nr_targets = env->nr_operands,
		.until = args->until,
		.timeout_ms = args->timeout_ms,
		.count = (uint64_t)args->count,
		.reader_fd = out_reader_fd(),
		.change = on_change,
		.missing = on_missing,
		.data = env->out,
	};
	enum mhp_monitor_end end;
	int rc;

	if (args->pins)
		return run_pins(env, args, err);
	if (args->stay_ms != STAY_MS)
		return err_usage(err, "add --pins", "--stay needs --pins");
	rc = mhp_monitor(env->ctx, &options, &end, err);
	if (out_reader_gone(env->out)) /* the usual end, such as in monitor | head */
		return 0;
	if (rc < 0)
		return rc;
	env->out->watched(env->out, end);
	return 0;
}

static const char *const monitor_examples[] = {
	"mhpctl monitor",
	"mhpctl monitor dax0.0 --until dax0.0.mode==system_ram --timeout 30s",
	"mhpctl monitor --until policy.state==converged --timeout 5min",
	"mhpctl monitor --pins --timeout 60s",
	"mhpctl monitor --json=lines | jq 'select(.event == \"blocks\")'",
	NULL,
};

const struct cmd cmd_monitor = {
	.name = "monitor",
	.summary = "watch changes as they happen",
	.operands = "[TARGET...]",
	.about =
		"Reports memory blocks, nodes, dax devices, namespaces and regions that "
		"appear, disappear or change, changes of the kernel policy, and runs of mhpctl "
		"apply and recover. Changes close together appear as one line for a run of blocks. With a "
		"TARGET, reports only that object and the objects below and above it; it need "
		"not exist yet. Needs no privilege.\n"
		"With --pins, reports instead which process pins memory for the long term, how many "
		"pages left movable memory for that, and pins that stay there; at the end the sums. "
		"Needs root and tracefs.",
	.examples = monitor_examples,
	.max_operands = CMD_MANY_OPERANDS,
	.completes = CMD_OPERAND_ANY,
	.document = OUT_DOCUMENT_MONITOR,
	.opts = monitor_opts,
	.args_size = sizeof(struct monitor_args),
	.defaults = &defaults,
	.run = run_monitor,
};
