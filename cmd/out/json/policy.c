/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies for programs: their content and their plan. */
#include "cmd/out/json/json.h"
#include "lib/base/error.h"

#include <errno.h>
#include <string.h>

static void add_failure(struct js *js, struct json_object *failures, const struct mhp_error *err,
			const char *section, const char *target)
{
	struct mhp_failure failure = { .migrate_failures = MHP_UNKNOWN, .node_pins = MHP_UNKNOWN };

	failure.error = *err;
	str_copy(failure.section, section);
	str_copy(failure.target, target);
	out_json_failure(js, js_object(js, failures, NULL), &failure);
}

/* ---- content ----------------------------------------------------------------------------- */

static const char *format_name(bool is_daxctl)
{
	return is_daxctl ? "daxctl" : "mhpctl";
}

static void add_file(struct js *js, struct json_object *files, const struct mhp_policy_file *file)
{
	struct json_object *in = js_object(js, files, NULL);

	js_text(js, in, "file", file->path);
	js_text(js, in, "state", mhp_policy_file_state_name(file->state));
	js_name(js, in, "overridden_by", file->overridden_by);
	js_text(js, in, "format", format_name(file->is_daxctl));
}

static void put_nonzero(struct js *js, struct json_object *in, const char *key, uint64_t value)
{
	js_number(js, in, key, value ? value : MHP_UNKNOWN);
}

static void put_agreed(struct js *js, struct json_object *list, unsigned agreed)
{
	for (unsigned kind = 1; kind <= MHP_CONSENT_LABELS; kind <<= 1)
		if (agreed & kind)
			js_text(js, list, NULL, mhp_consent_kind_name(kind));
}

/* Puts the values in effect, including defaults that the file leaves out. */
static void add_values(struct js *js, struct json_object *in,
		       const struct mhp_policy_section *section)
{
	bool is_memory = section->mode == MHP_DAX_SYSTEM_RAM;
	char ratio[32];

	js_text(js, in, "mode", mhp_dax_mode_name(section->mode));
	js_name(js, in, "zone", is_memory ? mhp_zone_request_name(section->zone) : "");
	put_nonzero(js, in, "size", section->size);
	put_nonzero(js, in, "align", section->align);
	js_name(js, in, "map", section->map ? mhp_memmap_location_name(section->map) : "");
	js_name(js, in, "name", section->label);
	js_bool(js, in, "init_labels", section->init_labels);
	js_bool(js, in, "interleave", section->interleave);
	put_nonzero(js, in, "granularity", section->granularity);
	js_name(js, in, "window", section->window);
	js_bool(js, in, "consent", section->agreed != 0);
	put_agreed(js, js_array(js, in, "agreed"), section->agreed);
	put_nonzero(js, in, "first", section->first);
	js_text(js, in, "on_failure", mhp_on_failure_name(section->on_failure));
	str_format(ratio, "%u:%u", section->ratio_movable, section->ratio_kernel);
	js_name(js, in, "ratio_limit", section->ratio_movable ? ratio : "");
	js_number(js, in, "order", section->order);
	js_name(js, in, "hook_before", section->hook_before ? section->hook_before : "");
	js_name(js, in, "hook_after", section->hook_after ? section->hook_after : "");
	put_nonzero(js, in, "hook_timeout_ms", section->hook_timeout_ms);
}

static struct json_object *add_section(struct js *js, struct json_object *sections,
				       const struct mhp_policy_section *section)
{
	struct json_object *in = js_object(js, sections, NULL);
	struct json_object *settings;

	js_text(js, in, "section", section->name);
	js_text(js, in, "file", section->file);
	js_number(js, in, "line", section->line);
	js_text(js, in, "format", format_name(section->is_daxctl));
	add_values(js, in, section);
	settings = js_array(js, in, "settings");
	for (size_t i = 0; i < section->nr_settings; i++) {
		const struct mhp_policy_setting *is = mhp_policy_section_setting(section, i);
		struct json_object *setting = js_object(js, settings, NULL);

		js_text(js, setting, "key", is->key);
		js_text(js, setting, "value", is->value);
		js_number(js, setting, "line", is->line);
	}
	return in;
}

static void add_problem(struct js *js, struct json_object *problems,
			const struct mhp_policy_problem *problem)
{
	struct json_object *in = js_object(js, problems, NULL);

	js_text(js, in, "file", problem->file);
	put_nonzero(js, in, "line", problem->line);
	js_text(js, in, "severity",
		mhp_severity_name(problem->is_warning ? MHP_SEVERITY_WARNING : MHP_SEVERITY_ERROR));
	js_text(js, in, "message", problem->error.message);
	js_name(js, in, "hint", problem->error.hint);
}

/* Puts the errors, as the failures of the call that found them. */
static void put_failures(struct js *js, struct json_object *doc, const struct mhp_policy *policy)
{
	struct json_object *failures = js_array(js, doc, "failures");
	const struct mhp_policy_problem *problem;

	for (size_t i = 0; (problem = mhp_policy_problem(policy, i)); i++) {
		struct mhp_error err = problem->error;
		char where[32] = "";

		if (problem->is_warning)
			continue;
		if (problem->line)
			str_format(where, ":%u", problem->line);
		err_set(&err, -EINVAL, MHP_REASON_USAGE, "%s%s: %s", problem->file, where,
			problem->error.message);
		err_hint(&err, -EINVAL, "%s", problem->error.hint);
		add_failure(js, failures, &err, "", problem->file);
	}
}

static void put_reporting(struct js *js, struct json_object *doc, const struct mhp_policy *policy,
			  const struct mhp_reporting_change *change)
{
	const struct mhp_policy_reporting *reporting = policy ? mhp_policy_reporting(policy) : NULL;
	struct json_object *in;

	if (!reporting) {
		js_null(js, doc, "reporting");
		return;
	}
	in = js_object(js, doc, "reporting");
	js_text(js, in, "file", reporting->file);
	js_count(js, in, "line", reporting->line);
	js_number(js, in, "order", reporting->has_order ? reporting->order : MHP_UNKNOWN);
	js_number(js, in, "delay_ms", reporting->has_delay ? reporting->delay_ms : MHP_UNKNOWN);
	js_number(js, in, "old_order", change ? change->old_order : MHP_UNKNOWN);
	js_number(js, in, "old_delay_ms", change ? change->old_delay_ms : MHP_UNKNOWN);
}

void out_json_policy(struct js *js, struct json_object *doc, const struct out_policy *report)
{
	const struct mhp_policy *policy = report ? report->policy : NULL;
	struct json_object *files = js_array(js, doc, "files");
	struct json_object *sections = js_array(js, doc, "sections");
	struct json_object *problems = js_array(js, doc, "problems");
	const struct mhp_policy_section *section;
	const struct mhp_policy_problem *problem;
	const struct mhp_policy_file *file;

	js_name(js, doc, "action", report ? report->action : "");
	for (size_t i = 0; policy && (file = mhp_policy_file(policy, i)); i++)
		add_file(js, files, file);
	for (size_t i = 0; policy && (section = mhp_policy_section(policy, i)); i++)
		add_section(js, sections, section);
	for (size_t i = 0; policy && (problem = mhp_policy_problem(policy, i)); i++)
		add_problem(js, problems, problem);
	if (policy)
		put_failures(js, doc, policy);
	put_reporting(js, doc, policy, NULL);
}

/* ---- plan -------------------------------------------------------------------------------- */

static void add_job(struct js *js, struct json_object *jobs, const struct mhp_policy_job *job)
{
	struct json_object *in = js_object(js, jobs, NULL);
	struct json_object *targets;
	const struct mhp_step *step;
	size_t steps = 0;

	js_text(js, in, "verb", mhp_verb_name(job->verb));
	targets = js_array(js, in, "targets");
	for (size_t i = 0; i < job->nr_targets; i++)
		js_text(js, targets, NULL, mhp_policy_job_target(job, i));
	while (job->plan && (step = mhp_plan_step(job->plan, steps)))
		steps++;
	js_count(js, in, "steps", steps);
	js_hex(js, in, "fingerprint", job->plan ? job->fingerprint : MHP_UNKNOWN);
}

static void add_sections(struct js *js, struct json_object *doc,
			 const struct out_policy_plan *report)
{
	struct json_object *sections = js_array(js, doc, "sections");
	const struct mhp_policy_section *section;
	const struct mhp_policy_job *job;

	for (size_t i = 0; report && (section = mhp_policy_section(report->policy, i)); i++) {
		struct json_object *in = add_section(js, sections, section);
		struct json_object *jobs = js_array(js, in, "requests");

		for (size_t k = 0; (job = mhp_policy_plan_job(report->plan, k)); k++)
			if (job->section == section)
				add_job(js, jobs, job);
	}
}

typedef const char *(*plan_text_fn)(const struct mhp_plan *plan, size_t index);

static void add_texts(struct js *js, struct json_object *list, const struct mhp_policy_plan *plan,
		      plan_text_fn get)
{
	const struct mhp_policy_job *job;
	const char *text;

	for (size_t i = 0; plan && (job = mhp_policy_plan_job(plan, i)); i++)
		for (size_t k = 0; job->plan && (text = get(job->plan, k)); k++)
			js_text(js, list, NULL, text);
}

static void add_steps(struct js *js, struct json_object *doc, const struct mhp_policy_plan *plan)
{
	struct json_object *steps = js_array(js, doc, "steps");
	const struct mhp_policy_job *job;
	const struct mhp_step *step;

	for (size_t i = 0; plan && (job = mhp_policy_plan_job(plan, i)); i++)
		for (size_t k = 0; job->plan && (step = mhp_plan_step(job->plan, k)); k++) {
			struct json_object *in = js_object(js, steps, NULL);

			js_text(js, in, "section", job->section->name);
			out_json_step(js, in, step);
		}
}

static void add_alternatives(struct js *js, struct json_object *list,
			     const struct mhp_policy_plan *plan)
{
	const struct mhp_policy_job *job;

	for (size_t i = 0; plan && (job = mhp_policy_plan_job(plan, i)); i++)
		if (job->plan)
			out_json_alternatives(js, list, job->plan);
}

static void add_failures(struct js *js, struct json_object *failures,
			 const struct mhp_policy_job *job)
{
	struct mhp_failure failure = { .migrate_failures = MHP_UNKNOWN, .node_pins = MHP_UNKNOWN };
	const struct mhp_failure *planned;

	if (!job->plan) {
		failure.error = job->error;
		str_copy(failure.section, job->section->name);
		if (job->nr_targets == 1)
			str_copy(failure.target, mhp_policy_job_target(job, 0));
		out_json_failure(js, js_object(js, failures, NULL), &failure);
		return;
	}
	for (size_t i = 0; (planned = mhp_plan_failure(job->plan, i)); i++) {
		failure = *planned;
		str_copy(failure.section, job->section->name);
		out_json_failure(js, js_object(js, failures, NULL), &failure);
	}
}

void out_json_policy_plan(struct js *js, struct json_object *doc,
			  const struct out_policy_plan *report)
{
	const struct mhp_policy_plan *plan = report ? report->plan : NULL;
	const struct mhp_policy_job *job;
	struct json_object *list;
	const char *text;

	add_steps(js, doc, plan);
	out_json_cost(js, doc, plan ? mhp_policy_plan_sum(plan) : NULL);
	add_alternatives(js, js_array(js, doc, "alternatives"), plan);
	add_texts(js, js_array(js, doc, "consents"), plan, mhp_plan_consent);
	list = js_array(js, doc, "losses");
	for (size_t i = 0; plan && (job = mhp_policy_plan_job(plan, i)); i++)
		out_json_losses(js, list, job->plan);
	list = js_array(js, doc, "hidden");
	for (size_t i = 0; plan && (job = mhp_policy_plan_job(plan, i)); i++)
		out_json_plan_hidden(js, list, job->plan);
	list = js_array(js, doc, "warnings");
	for (size_t i = 0; plan && (text = mhp_policy_plan_warning(plan, i)); i++)
		js_text(js, list, NULL, text);
	add_texts(js, list, plan, mhp_plan_warning);
	add_texts(js, js_array(js, doc, "targets"), plan, mhp_plan_target);
	out_json_hooks(js, doc, report ? report->hooks : NULL);
	add_sections(js, doc, report);
	list = js_array(js, doc, "failures");
	for (size_t i = 0; plan && (job = mhp_policy_plan_job(plan, i)); i++)
		add_failures(js, list, job);
	if (report && report->reporting_error.reason != MHP_REASON_NONE)
		add_failure(js, list, &report->reporting_error, "[reporting]", "reporting");
	if (report && report->unknown.reason != MHP_REASON_NONE)
		add_failure(js, list, &report->unknown, "", "");
	put_reporting(js, doc, report ? report->policy : NULL, report ? &report->reporting : NULL);
}

void out_json_sections(struct js *js, struct json_object *doc, const struct mhp_result *result)
{
	struct json_object *list = js_array(js, doc, "sections");

	for (size_t i = 0; i < result->nr_sections; i++) {
		const struct mhp_section_result *section = mhp_result_section(result, i);
		struct json_object *in = js_object(js, list, NULL);

		js_text(js, in, "section", section->section);
		js_text(js, in, "file", section->file);
		js_number(js, in, "line", section->line);
		js_text(js, in, "status", mhp_status_name(section->status));
		js_bool(js, in, "changed", section->has_changes);
		js_count(js, in, "targets", section->nr_targets);
	}
}
