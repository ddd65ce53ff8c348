/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of the sink for programs: each fills objects whose keys are those of the schema. */
#pragma once

#include "cmd/out/json/build.h"
#include "cmd/out/out.h"

/* The contents of a list; topo NULL: the same keys, with nothing known. */
void out_json_list(struct js *js, struct json_object *doc, const struct mhp_topology *topo,
		   bool each_block);

/* The keys of one step. */
void out_json_step(struct js *js, struct json_object *in, const struct mhp_step *step);

/* steps, cost, alternatives, consents, warnings, targets; plan NULL: the same keys, empty. */
void out_json_plan(struct js *js, struct json_object *doc, const struct mhp_plan *plan);
void out_json_plan_hidden(struct js *js, struct json_object *list, const struct mhp_plan *plan);

/* Targets that could not be planned while others were: why the first could not, or NULL; and all.
 */
const struct mhp_error *out_json_plan_error(const struct mhp_plan *plan);
void out_json_plan_failures(struct js *js, struct json_object *doc, const struct mhp_plan *plan);

/* The cost of a step; NULL: null. */
void out_json_step_cost(struct js *js, struct json_object *in, const struct mhp_cost *cost);

/* The sum of a plan, as cost; plan NULL: null. */
void out_json_cost(struct js *js, struct json_object *doc, const struct mhp_plan *plan);

/* Whose data would be lost. */
void out_json_losses(struct js *js, struct json_object *list, const struct mhp_plan *plan);

/* Adds those of the plan to the array of what is kept; false without memory. */
bool out_json_keep_losses(struct json_object *kept, const struct mhp_plan *plan);

/* What the choices of a plan for new namespaces cost, behind what is in the array. */
void out_json_alternatives(struct js *js, struct json_object *list, const struct mhp_plan *plan);

/* The contents of a check; check NULL: the same keys, with nothing known. */
void out_json_check(struct js *js, struct json_object *doc, const struct mhp_check *check);

/* The findings; report NULL: the same keys, empty. */
void out_json_doctor(struct js *js, struct json_object *doc,
		     const struct mhp_doctor_report *report);

/* One of the array "hidden". */
void out_json_hidden(struct js *js, struct json_object *list, const struct mhp_hidden *hidden);

/* One of the array "owners". */
void out_json_owner(struct js *js, struct json_object *owners, const struct mhp_owner *owner);

/* The keys of one failure. */
void out_json_failure(struct js *js, struct json_object *in, const struct mhp_failure *failure);

/* One of the array "targets" of a result. */
void out_json_target(struct js *js, struct json_object *targets,
		     const struct mhp_target_result *target);

/* The keys of an event besides schema, event, time and elapsed_ms. */
void out_json_event(struct js *js, struct json_object *doc, const struct mhp_event *event);

/* The document of a change. */
struct json_object *out_json_change(struct js *js, const struct out_call *call,
				    const struct mhp_change *change);

/* The contents of a policy's document; NULL: the same keys, with nothing known. */
void out_json_policy(struct js *js, struct json_object *doc, const struct out_policy *told);

/* The contents of what a policy would do, failures too; NULL: the same keys, empty. */
void out_json_policy_plan(struct js *js, struct json_object *doc,
			  const struct out_policy_plan *told);

/* "sections" of the result of a policy. */
void out_json_sections(struct js *js, struct json_object *doc, const struct mhp_result *result);

/*
 * The contents of a document on jobs, and of the result of the command that began one; warnings:
 * those of its plan, for as long as the job has no result.
 */
void out_json_jobs(struct js *js, struct json_object *doc, const struct out_jobs *jobs);
void out_json_started(struct js *js, struct json_object *doc, const struct out_jobs *jobs,
		      struct json_object *warnings);

/* An event of a job with the job named in it; NULL for what is to be left out. */
struct json_object *out_json_job_line(struct js *js, uint64_t id, const char *line);

/* Print it; false without memory, then nothing is printed. */
bool out_json_try(struct out *out, const struct js *js, struct json_object *doc);

/* One of several lines; a result follows, which says if one is missing. */
void out_json_print_line(struct out *out, const struct js *js, struct json_object *doc);

/* The last, or only, document: whoever reads gets one, if only that of out_json_short(). */
void out_json_print(struct out *out, const struct js *js, struct json_object *doc);

/* That of a dry run, which is one of several among lines. */
void out_json_print_plan(struct out *out, const struct js *js, struct json_object *doc);

/*
 * The document of the call without memory: that it failed, and what was changed. result: what there
 * is to tell, or NULL.
 */
void out_json_short(struct out *out, const struct mhp_result *result);

/* What every document has at its head: the schema, and the name of an event unless that is NULL. */
struct json_object *out_json_begin(struct js *js, const char *event);

/* How a call ended: of one that acted, of one that only looks or was refused, and the failure. */
void out_json_status(struct js *js, struct json_object *doc, const struct out_call *call,
		     const struct mhp_result *result);
enum mhp_status out_json_status_of(const struct mhp_error *err);
void out_json_idle_status(struct js *js, struct json_object *doc, const struct out_call *call,
			  const struct mhp_error *err);
void out_json_error(struct js *js, struct json_object *doc, const struct out_call *call,
		    const struct mhp_error *err);
