/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl monitor: prints changes of memory, and waits for conditions. */
#include "cmd/cmd.h"
#include "cmd/message.h"

struct monitor_args {
	const char *until;
	uint64_t timeout_ms;
	int count;
};

static const struct opt monitor_opts[] = {
	OPT_TEXT(0, "until", struct monitor_args, until, "CONDITION",
		 "end when CONDITION holds, such as node2.online_bytes>=8G"),
	OPT_MSEC('t', "timeout", struct monitor_args, timeout_ms,
		 "end after TIME, with status 5 (default: 0, never)"),
	OPT_NUMBER(0, "count", struct monitor_args, count, "N", "end after N changes"),
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
		"not exist yet. Needs no privilege.",
	.examples = monitor_examples,
	.max_operands = CMD_MANY_OPERANDS,
	.completes = CMD_OPERAND_ANY,
	.document = OUT_DOCUMENT_MONITOR,
	.opts = monitor_opts,
	.args_size = sizeof(struct monitor_args),
	.run = run_monitor,
};
