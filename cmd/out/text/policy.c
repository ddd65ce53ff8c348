/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies for people: their content and their plan. */
#include "cmd/out/text/text.h"

#include <inttypes.h>
#include <string.h>

/* ---- content ----------------------------------------------------------------------------- */

static size_t count_sections(const struct mhp_policy *policy)
{
	size_t nr = 0;

	while (mhp_policy_section(policy, nr))
		nr++;
	return nr;
}

/* Prints names of files as comments, so that the output is a valid policy. */
static void print_file(FILE *f, const struct mhp_policy_file *file)
{
	out_text_escaped(f, "# ", file->path, "");
	if (file->state == MHP_POLICY_FILE_OVERRIDDEN)
		out_text_escaped(f, ": overridden by ", file->overridden_by, "");
	else if (file->state == MHP_POLICY_FILE_MASKED)
		fputs(": masked", f);
	fputs(file->is_daxctl ? " (of daxctl)\n" : "\n", f);
}

static void print_where(FILE *f, size_t used, const struct mhp_policy_section *section,
			unsigned line)
{
	int space = used < 39 ? 40 - (int)used : 1;

	fprintf(f, "%*s; ", space, "");
	out_text_escaped(f, "", section->file, "");
	fprintf(f, ":%u\n", line);
}

static void print_section(FILE *f, const struct mhp_policy_section *section, bool with_places)
{
	fprintf(f, "\n[memory %s]", section->name);
	if (with_places)
		print_where(f, strlen(section->name) + 9, section, section->line);
	else
		fputc('\n', f);
	for (size_t i = 0; i < section->nr_settings; i++) {
		const struct mhp_policy_setting *setting = mhp_policy_section_setting(section, i);

		fprintf(f, "%s = ", setting->key);
		out_text_escaped(f, "", setting->value, "");
		if (with_places)
			print_where(f, strlen(setting->key) + 3 + strlen(setting->value), section,
				    setting->line);
		else
			fputc('\n', f);
	}
}

static void print_reporting(FILE *f, const struct mhp_policy_reporting *reporting)
{
	fputs("\n[reporting]", f);
	out_text_escaped(f, "  ; ", reporting->file, "");
	fprintf(f, ":%u\n", reporting->line);
	if (reporting->has_order)
		fprintf(f, "order = %" PRIu64 "\n", reporting->order);
	if (reporting->has_delay)
		fprintf(f, "delay = %" PRIu64 "ms\n", reporting->delay_ms);
}

static void print_count(FILE *f, const struct out_policy *policy)
{
	const struct mhp_policy_file *file;
	size_t files = 0, sections = count_sections(policy->policy) +
				     (mhp_policy_reporting(policy->policy) != NULL);

	for (size_t i = 0; (file = mhp_policy_file(policy->policy, i)); i++)
		files += file->state == MHP_POLICY_FILE_READ;
	if (policy->exit_code)
		return;
	if (!sections)
		fprintf(f, "no policy: no section in %zu file%s\n", files, files == 1 ? "" : "s");
	else
		fprintf(f, "the policy is valid: %zu section%s in %zu file%s\n", sections,
			sections == 1 ? "" : "s", files, files == 1 ? "" : "s");
}

void out_text_policy(FILE *f, const struct out_policy *policy)
{
	const struct mhp_policy_section *section;
	const struct mhp_policy_file *file;

	if (strcmp(policy->action, "check") == 0) {
		print_count(f, policy);
		return;
	}
	for (size_t i = 0; (file = mhp_policy_file(policy->policy, i)); i++)
		print_file(f, file);
	for (size_t i = 0; (section = mhp_policy_section(policy->policy, i)); i++)
		print_section(f, section, strcmp(policy->action, "show") == 0);
	if (mhp_policy_reporting(policy->policy))
		print_reporting(f, mhp_policy_reporting(policy->policy));
	else if (!count_sections(policy->policy))
		fputs("# no policy: no section\n", f);
}

/* ---- plan -------------------------------------------------------------------------------- */

static void print_targets(FILE *f, const struct mhp_policy_job *job)
{
	for (size_t i = 0; i < job->nr_targets; i++)
		out_text_escaped(f, i ? ", " : " ", mhp_policy_job_target(job, i), "");
}

static void print_job(FILE *f, const struct mhp_policy_job *job, size_t *nr)
{
	const struct mhp_policy_section *section = job->section;

	fprintf(f, "%s (", section->name);
	out_text_escaped(f, "", section->file, "");
	fprintf(f, ":%u): %s", section->line, mhp_verb_name(job->verb));
	print_targets(f, job);
	if (section->first && job->plan && mhp_plan_step(job->plan, 0))
		out_text_bytes(f, ", first ", section->first, " of each");
	if (!job->plan)
		fputs(": cannot be done\n", f);
	else if (!mhp_plan_step(job->plan, 0) && mhp_plan_failure(job->plan, 0))
		fputs(": not all of it can be done\n", f);
	else if (!mhp_plan_step(job->plan, 0) && mhp_plan_hidden(job->plan, 0))
		fputs(": cannot be seen\n", f);
	else if (!mhp_plan_step(job->plan, 0))
		fputs(": already done\n", f);
	else
		fputs("\n", f);
	if (job->plan)
		out_text_steps(f, job->plan, nr);
}

static bool has_job(const struct mhp_policy_plan *plan, const struct mhp_policy_section *section)
{
	const struct mhp_policy_job *job;

	for (size_t i = 0; (job = mhp_policy_plan_job(plan, i)); i++)
		if (job->section == section)
			return true;
	return false;
}

static void print_texts(FILE *f, const struct mhp_policy_plan *plan)
{
	const struct mhp_policy_job *job;

	for (size_t i = 0; (job = mhp_policy_plan_job(plan, i)); i++) {
		if (!job->plan)
			continue;
		out_text_losses(f, job->plan);
		out_text_texts(f, "Needs --yes or an answer on a terminal, because it would:",
			       job->plan, mhp_plan_consent);
		out_text_hidden(f, job->plan);
		out_text_texts(f, "Warnings:", job->plan, mhp_plan_warning);
	}
}

/* Returns true if everything is planned and no plan depends on hidden facts. */
static bool is_whole(const struct mhp_policy_plan *plan)
{
	const struct mhp_policy_job *job;

	for (size_t i = 0; (job = mhp_policy_plan_job(plan, i)); i++)
		if (!job->plan || mhp_plan_failure(job->plan, 0) || mhp_plan_hidden(job->plan, 0))
			return false;
	return true;
}

static bool print_setting(FILE *f, const char *name, uint64_t value, uint64_t old)
{
	if (value == old)
		return false;
	fprintf(f, "  set the %s to %" PRIu64, name, value);
	if (old != MHP_UNKNOWN)
		fprintf(f, ", now %" PRIu64, old);
	fputc('\n', f);
	return true;
}

/* Prints the settings that would change. Returns how many. */
static size_t print_reporting_plan(FILE *f, const struct out_policy_plan *report)
{
	const struct mhp_policy_reporting *wanted = mhp_policy_reporting(report->policy);
	bool can_set = report->reporting_error.reason == MHP_REASON_NONE;
	size_t nr = 0;

	if (!wanted)
		return 0;
	out_text_escaped(f, "[reporting] (", wanted->file, "");
	fprintf(f, ":%u): free page reporting", wanted->line);
	if (!can_set) {
		out_text_escaped(f, ": cannot be set: ", report->reporting_error.message, "\n");
		return 0;
	}
	fputs("\n", f);
	if (wanted->has_order)
		nr += print_setting(f, "order", wanted->order, report->reporting.old_order);
	if (wanted->has_delay)
		nr += print_setting(f, "delay in ms", wanted->delay_ms,
				    report->reporting.old_delay_ms);
	if (!nr)
		fputs("  already done\n", f);
	return nr;
}

static void print_end(FILE *f, const struct out_policy_plan *report, size_t steps)
{
	const struct mhp_policy_plan *plan = report->plan;

	if (steps)
		fputs("\nNothing was changed; mhpctl apply makes the changes.\n", f);
	else if (is_whole(plan) && report->reporting_error.reason == MHP_REASON_NONE)
		fputs("\nThere is nothing to do.\n", f);
	else
		fputs("\nNothing was changed, and not all of it could be planned.\n", f);
}

void out_text_policy_plan(FILE *f, const struct out_policy_plan *report)
{
	const struct mhp_policy_section *section;
	const struct mhp_policy_job *job;
	size_t nr = 0, nr_settings;

	if (!mhp_policy_section(report->policy, 0) && !mhp_policy_reporting(report->policy)) {
		fputs("no policy: there is nothing to do\n", f);
		return;
	}
	for (size_t i = 0; (job = mhp_policy_plan_job(report->plan, i)); i++)
		print_job(f, job, &nr);
	for (size_t i = 0; (section = mhp_policy_section(report->policy, i)); i++)
		if (!has_job(report->plan, section))
			fprintf(f, "%s: no device matches it\n", section->name);
	nr_settings = print_reporting_plan(f, report);
	out_text_cost(f, mhp_policy_plan_sum(report->plan));
	print_texts(f, report->plan);
	out_text_hooks(f, report->hooks);
	print_end(f, report, nr + nr_settings);
}
