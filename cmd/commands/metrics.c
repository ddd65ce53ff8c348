/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl metrics: values of this machine for Prometheus. */
#include "cmd/cleanup.h"
#include "cmd/cmd.h"
#include "cmd/metrics/metrics.h"
#include "lib/base/error.h"
#include "lib/base/memstream.h"

#include <errno.h>
#include <string.h>

/* Returns the exit status: that of the first part that could not be collected. */
static int exit_code_of(const struct metrics *metrics)
{
	for (unsigned i = 0; i < NR_METRIC_COLLECTORS; i++)
		if (metrics->error[i].reason != MHP_REASON_NONE)
			return mhp_reason_exit_code(metrics->error[i].reason);
	return 0;
}

static int write_file(struct mhp_ctx *ctx, const struct metrics *metrics, const char *file,
		      struct mhp_error *err)
{
	cleanup_memstream struct memstream m = { 0 };
	cleanup_free char *text = NULL;

	if (memstream_open(&m) == 0) {
		metrics_print(m.file, metrics);
		text = memstream_end(&m);
	}
	if (!text)
		return err_errno(err, -ENOMEM, "metrics");
	return mhp_file_write(ctx, file, text, err);
}

static int run_metrics(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	cleanup_metrics struct metrics metrics = { .nr = 0 };
	struct out_metrics report = { .metrics = &metrics };
	int rc = metrics_collect(env->ctx, &metrics, err);

	(void)opts;
	if (rc == 0 && env->nr_operands && strcmp(env->operands[0], "-") != 0) {
		report.file = env->operands[0];
		rc = write_file(env->ctx, &metrics, report.file, err);
	}
	if (rc < 0)
		return rc;
	report.exit_code = exit_code_of(&metrics);
	env->out->metrics(env->out, &report);
	return report.exit_code;
}

static const char *const metrics_examples[] = {
	"mhpctl metrics",
	"mhpctl metrics /var/lib/prometheus/node-exporter/mhpctl.prom",
	"mhpctl metrics --json | jq '.metrics[] | select(.name == \"mhpctl_memory_bytes\")'",
	NULL,
};

const struct cmd cmd_metrics = {
	.name = "metrics",
	.summary = "write values of this machine for Prometheus",
	.operands = "[FILE]",
	.about = "Writes memory by node, zone, state and origin, devices, policy sections that are "
		 "met or not, the last runs, failures by reason, pins, reportable memory and "
		 "findings of doctor in the text format of Prometheus, for the textfile collector "
		 "of its node exporter. FILE is replaced as a whole; the default is standard "
		 "output. A value that is not known is left out and counted. Changes nothing.",
	.examples = metrics_examples,
	.max_operands = 1,
	.flags = CMD_NO_TARGETS,
	.completes = CMD_OPERAND_FILE,
	.document = OUT_DOCUMENT_METRICS,
	.run = run_metrics,
};
