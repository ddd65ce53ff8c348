/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl report: records what this machine shows, for a maintainer. */
#include "cmd/cleanup.h"
#include "cmd/cmd.h"
#include "cmd/document.h"
#include "lib/base/error.h"

#include <string.h>

#define DEFAULT_FILE "mhpctl-report.tar.gz"

struct report_args {
	bool with_names;
	bool force;
};

static const struct opt report_opts[] = {
	OPT_FLAG(0, "with-names", struct report_args, with_names,
		 "keep names of processes and of the host, serial numbers and command lines"),
	OPT_FLAG('f', "force", struct report_args, force, "replace an existing FILE"),
	OPT_END,
};

static int check_stdout(const struct cmd_env *env, struct mhp_error *err)
{
	if (env->out->call.is_json)
		return err_usage(err, "name a FILE", "- cannot be combined with --json");
	if (out_is_terminal())
		return err_usage(err, "name a FILE, or redirect the output",
				 "an archive is not written to a terminal");
	return 0;
}

static int make_report(const struct cmd_env *env, bool with_names, struct mhp_report **report,
		       struct mhp_error *err)
{
	static const struct document list = { &cmd_list, NULL }, doctor = { &cmd_doctor, NULL },
				     plan = { &cmd_plan, NULL }, policy = { &cmd_policy, "show" },
				     reporting = { &cmd_reporting, NULL },
				     jobs = { &cmd_jobs, NULL }, metrics = { &cmd_metrics, NULL };
	static const struct mhp_report_document documents[] = {
		{ "list.json", document_make, &list },
		{ "doctor.json", document_make, &doctor },
		{ "plan.json", document_make, &plan },
		{ "policy.json", document_make, &policy },
		{ "reporting.json", document_make, &reporting },
		{ "jobs.json", document_make, &jobs },
		{ "metrics.json", document_make, &metrics },
	};

	return mhp_report_new(env->ctx, documents, ARRAY_SIZE(documents), with_names, report, err);
}

static int run_report(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	const struct report_args *args = opts;
	cleanup_report struct mhp_report *report = NULL;
	const char *file = env->nr_operands ? env->operands[0] : DEFAULT_FILE;
	bool to_stdout = strcmp(file, "-") == 0;
	int rc = to_stdout ? check_stdout(env, err) : 0;

	if (rc == 0)
		rc = make_report(env, args->with_names, &report, err);
	if (rc < 0)
		return rc;
	if (to_stdout) {
		out_write_bytes(env->out, report->data, report->len);
		return 0;
	}
	rc = mhp_report_write(env->ctx, report, file, args->force, err);
	if (rc < 0)
		return rc;
	env->out->report(env->out, &(struct out_report){ report, file, args->with_names });
	return 0;
}

static const char *const report_examples[] = {
	"mhpctl report",
	"mhpctl report --force /tmp/machine.tar.gz",
	"mhpctl --sysroot mhpctl-report.tar.gz list",
	NULL,
};

const struct cmd cmd_report = {
	.name = "report",
	.summary = "record what this machine shows, for a maintainer",
	.operands = "[FILE]",
	.about = "Writes an archive with the files of the kernel that mhpctl reads, policies, "
		 "records of runs and jobs, the kernel log about memory, and the output of list, "
		 "doctor and other commands. The default FILE is " DEFAULT_FILE
		 "; - is standard output. mhpctl --sysroot FILE reads it on any machine.\n"
		 "Names of processes and of the host, serial numbers and command lines are left "
		 "out. Changes nothing.",
	.examples = report_examples,
	.max_operands = 1,
	.flags = CMD_NO_TARGETS,
	.completes = CMD_OPERAND_FILE,
	.document = OUT_DOCUMENT_REPORT,
	.opts = report_opts,
	.args_size = sizeof(struct report_args),
	.run = run_report,
};
