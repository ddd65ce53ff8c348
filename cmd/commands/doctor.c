/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl doctor: shows settings that help or hinder hotplug. */
#include "cmd/cleanup.h"
#include "cmd/cmd.h"

struct doctor_args {
	bool all;
};

static const struct opt doctor_opts[] = {
	OPT_FLAG('a', "all", struct doctor_args, all, "show findings of severity ok too"),
	OPT_END,
};

static int exit_code_of(const struct mhp_doctor_report *report)
{
	for (size_t i = 0; i < report->nr_findings; i++)
		if (mhp_doctor_report_finding(report, i)->severity >= MHP_SEVERITY_WARNING)
			return MHP_EXIT_CHANGES;
	return 0;
}

static int run_doctor(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	cleanup_doctor_report struct mhp_doctor_report *report = NULL;
	const struct doctor_args *args = opts;
	int rc = mhp_doctor(env->ctx, &report, err);

	if (rc < 0)
		return rc;
	rc = exit_code_of(report);
	env->out->doctor(env->out, report, args->all, rc);
	return rc;
}

static const char *const doctor_examples[] = {
	"mhpctl doctor",
	"mhpctl doctor --all",
	"mhpctl doctor --json | jq -r '.findings[] | select(.severity == \"warning\") | .fix'",
	NULL,
};

const struct cmd cmd_doctor = {
	.name = "doctor",
	.summary = "show what helps or hinders memory hotplug",
	.operands = "",
	.about = "Checks the kernel configuration and policy, rights, modules, udev rules, "
		 "zones, devices and other settings that affect memory hotplug. Reports each "
		 "problem, why it matters and how to fix it. Changes nothing. Exits 10 when "
		 "something needs attention.",
	.examples = doctor_examples,
	.document = OUT_DOCUMENT_DOCTOR,
	.opts = doctor_opts,
	.args_size = sizeof(struct doctor_args),
	.run = run_doctor,
};
