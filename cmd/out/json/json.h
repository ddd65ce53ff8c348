/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of the sink for programs: each fills objects with the keys of the schema. */
#pragma once

#include "cmd/out/json/build.h"
#include "cmd/out/out.h"

/* Puts the contents of a list; topo NULL: the same keys without values. */
void out_json_list(struct js *js, struct json_object *doc, const struct mhp_topology *topo,
		   bool each_block);
void out_json_rows(struct js *js, struct json_object *doc, const struct mhp_topology *topo,
		   const struct out_view *view);

/* Puts its arrays about CXL. */
void out_json_cxl(struct js *js, struct json_object *doc, const struct mhp_topology *topo);

/* Add the keys of a CXL memory device or region, without those about dax devices and blocks. */
void out_json_memdev(struct js *js, struct json_object *in, const struct mhp_cxl_memdev *memdev);
void out_json_cxl_region(struct js *js, struct json_object *in,
			 const struct mhp_cxl_region *region);

/* Puts the keys of one step. */
void out_json_step(struct js *js, struct json_object *in, const struct mhp_step *step);

/* Puts steps, cost, alternatives, consents, warnings, targets; plan NULL: the same keys, empty. */
void out_json_plan(struct js *js, struct json_object *doc, const struct mhp_plan *plan);
void out_json_plan_hidden(struct js *js, struct json_object *list, const struct mhp_plan *plan);

/* Targets that could not be planned: returns the error of the first, or NULL; puts all. */
const struct mhp_error *out_json_plan_error(const struct mhp_plan *plan);
void out_json_plan_failures(struct js *js, struct json_object *doc, const struct mhp_plan *plan);

/* Puts the hook of an event. */
void out_json_hook(struct js *js, struct json_object *in, const struct mhp_event *event);

/* Adds the hook of an event to an array. Returns false without memory. */
bool out_json_keep_hook(struct json_object *kept, const struct mhp_event *event);

/* Puts the hooks that a plan would run; NULL: none. */
void out_json_hooks(struct js *js, struct json_object *doc, const struct out_hooks *hooks);

/* Puts the cost of a step; NULL: null. */
void out_json_step_cost(struct js *js, struct json_object *in, const struct mhp_cost *cost);

/* Puts the sum of a plan as cost; plan NULL: null. */
void out_json_cost(struct js *js, struct json_object *doc, const struct mhp_plan *plan);

/* Puts the namespaces whose data would be lost. */
void out_json_losses(struct js *js, struct json_object *list, const struct mhp_plan *plan);

/* Adds the losses of the plan to the kept array; returns false without memory. */
bool out_json_keep_losses(struct json_object *kept, const struct mhp_plan *plan);

/* Appends the cost of each choice that a plan has for new namespaces. */
void out_json_alternatives(struct js *js, struct json_object *list, const struct mhp_plan *plan);

/* Puts the contents of a check; check NULL: the same keys without values. */
void out_json_check(struct js *js, struct json_object *doc, const struct mhp_check *check);

/* Puts the keys of a check with the contents of a check of a pin. */
void out_json_pin(struct js *js, struct json_object *doc, const struct mhp_pin_check *check);

/* Puts the findings; report NULL: the same keys, empty. */
void out_json_doctor(struct js *js, struct json_object *doc,
		     const struct mhp_doctor_report *report);

/* Free page reporting with the events of a watch; without a state, the same keys without values. */
struct out_reported {
	const struct out_reporting *report;
	struct json_object *events; /* array */
};

/* Puts a struct out_reported. */
void out_json_reporting(struct js *js, struct json_object *doc, const void *data);

/* Returns the document of a change of it. */
struct json_object *out_json_reporting_event(struct js *js, const struct out_call *call,
					     const struct mhp_reporting *reporting);

/* The leftovers of killed runs; report NULL: the same keys, empty. */
struct out_recovery {
	const struct mhp_recovery_report *report;
	struct json_object *warnings; /* array */
	bool dry_run;
};
void out_json_recovery(struct js *js, struct json_object *doc, const struct out_recovery *recovery);

/* Adds an entry to the array "hidden". */
void out_json_hidden(struct js *js, struct json_object *list, const struct mhp_hidden *hidden);

/* Adds an entry to the array "owners". */
void out_json_owner(struct js *js, struct json_object *owners, const struct mhp_owner *owner);

/* Puts the keys of one failure. */
void out_json_failure(struct js *js, struct json_object *in, const struct mhp_failure *failure);

/* Puts the array "failures" of a result. */
void out_json_failures(struct js *js, struct json_object *doc, const struct mhp_result *result);

/* Adds an entry to the array "targets" of a result. */
void out_json_target(struct js *js, struct json_object *targets,
		     const struct mhp_target_result *target);

/* Puts the keys of an event, except schema, event, time and elapsed_ms. */
void out_json_event(struct js *js, struct json_object *doc, const struct mhp_event *event);

/* Returns the document of a change. */
struct json_object *out_json_change(struct js *js, const struct out_call *call,
				    const struct mhp_change *change);

/*
 * Prints the last line of a monitor, or the document with all events. end: empty if it failed; err
 * NULL: it ended normally.
 */
void out_json_watched(struct out *out, struct json_object *events, const char *end,
		      const struct mhp_error *err);

/* Puts the contents of a policy; NULL: the same keys without values. */
void out_json_policy(struct js *js, struct json_object *doc, const struct out_policy *report);

/* Puts the plan of a policy, with failures; NULL: the same keys, empty. */
void out_json_policy_plan(struct js *js, struct json_object *doc,
			  const struct out_policy_plan *report);

/* Put the drain of a request, null for NULL; and one of its actions. */
void out_json_drain(struct js *js, struct json_object *doc, const struct mhp_drain *drain);
void out_json_drain_action(struct js *js, struct json_object *in,
			   const struct mhp_drain_action *action);

/* Puts the receipt of a request that chooses blocks; NULL: null. */
void out_json_receipt(struct js *js, struct json_object *doc, const struct mhp_receipt *receipt);

/* Puts "sections" of the result of a policy. */
void out_json_sections(struct js *js, struct json_object *doc, const struct mhp_result *result);

/*
 * Put the contents of a document on jobs, and of the result of the command that started one.
 * warnings: of its plan, used while the job has no result.
 */
void out_json_jobs(struct js *js, struct json_object *doc, const struct out_jobs *jobs);
void out_json_started(struct js *js, struct json_object *doc, const struct out_jobs *jobs,
		      struct json_object *warnings);

/* Prints an event of a job with its number added, among lines. */
void out_json_job_line(struct out *out, uint64_t id, const char *line);

/* Prints the document; returns false, and prints nothing, without memory. */
bool out_json_try(struct out *out, const struct js *js, struct json_object *doc);

/* Prints one of several lines; the result shows if one is missing. */
void out_json_print_line(struct out *out, const struct js *js, struct json_object *doc);

/* Prints the last or only document; without memory that of out_json_short(). */
void out_json_print(struct out *out, const struct js *js, struct json_object *doc);

/* Prints the plan of a dry run: one of several lines, or the only document. */
void out_json_print_plan(struct out *out, const struct js *js, struct json_object *doc);

/*
 * Prints a document without allocating memory: that the call failed, and what was changed. result:
 * what is known, or NULL.
 */
void out_json_short(struct out *out, const struct mhp_result *result);

/* Returns a new document with the schema, and the name of an event unless that is NULL. */
struct json_object *out_json_begin(struct js *js, const char *event);

/* Put how a call ended: a run, a call that changed nothing, and the failure. */
void out_json_status(struct js *js, struct json_object *doc, const struct out_call *call,
		     const struct mhp_result *result);
enum mhp_status out_json_status_of(const struct mhp_error *err);
void out_json_idle_status(struct js *js, struct json_object *doc, const struct out_call *call,
			  const struct mhp_error *err);
void out_json_error(struct js *js, struct json_object *doc, const struct out_call *call,
		    const struct mhp_error *err);

/* Fills the body of a document; after an error, data is empty or NULL. */
typedef void out_json_body(struct js *js, struct json_object *doc, const void *data);

/* The result of list or check, with the warnings of the call. After an error only these are set. */
struct out_json_reading {
	const struct mhp_topology *topo;
	const struct out_view *view;
	const struct mhp_check *check;
	const struct mhp_pin_check *pin; /* of check --pin, instead of check */
	struct json_object *warnings;
};

/* Bodies: of struct out_json_reading, struct out_policy, a doctor's report, struct out_recovery,
 * struct out_report. */
out_json_body out_json_list_body, out_json_check_body;
out_json_body out_json_policy_body, out_json_doctor_body, out_json_recovery_body;
out_json_body out_json_report_body;
out_json_body out_json_metrics_body;

/* Print the document of a command that has no plan: with its data, or with the same keys, empty. */
void out_json_document(struct out *out, enum mhp_status status, int exit_code, out_json_body *body,
		       const void *data, const struct mhp_error *err);
void out_json_version(struct out *out);
void out_json_failed(struct out *out, out_json_body *body, const void *none,
		     const struct mhp_error *err);
