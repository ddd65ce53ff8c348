/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of the sink for people. All return 0 or -ENOMEM. */
#pragma once

#include "cmd/out/out.h"

#include <stdio.h>

int out_text_list(FILE *f, const struct mhp_topology *topo, const struct out_view *view,
		  bool color);
int out_text_check(FILE *f, const struct mhp_check *check, uint64_t page_size, bool color);
int out_text_pin(FILE *f, const struct mhp_pin_check *check, bool color);
int out_text_plan(FILE *f, const struct mhp_plan *plan, const struct out_hooks *hooks);

/* Prints the hooks that a plan would run, and one that has ended. */
void out_text_hooks(FILE *f, const struct out_hooks *hooks);
void out_text_hook(FILE *f, const struct mhp_event *event);

/* Prints the steps of a plan, numbered from *nr on. */
void out_text_steps(FILE *f, const struct mhp_plan *plan, size_t *nr);

typedef const char *(*out_text_fn)(const struct mhp_plan *plan, size_t index);
void out_text_losses(FILE *f, const struct mhp_plan *plan);
void out_text_hidden(FILE *f, const struct mhp_plan *plan);
void out_text_texts(FILE *f, const char *title, const struct mhp_plan *plan, out_text_fn get);

/* Prints "before text after", the text escaped for a terminal. */
void out_text_escaped(FILE *f, const char *before, const char *text, const char *after);
void out_text_bytes(FILE *f, const char *before, uint64_t bytes, const char *after);

/* Prints the cost of a step, after its other lines. */
void out_text_step_cost(FILE *f, const struct mhp_cost *cost);

/* Prints the sum of a plan, if it allocates or frees a memmap. */
void out_text_cost(FILE *f, const struct mhp_plan *plan);

/* Prints the cost of the other choices of a plan for new namespaces. Returns 0 or -ENOMEM. */
int out_text_choices(FILE *f, const struct mhp_plan *plan);

/* Prints the result of a target, without the end of the line. */
void out_text_target(FILE *f, const struct mhp_target_result *target);

/* Prints the blocks that a request has chosen, or would choose. Returns 0 or -ENOMEM. */
void out_text_drain(FILE *f, const struct mhp_drain *drain);
int out_text_receipt(FILE *f, const struct mhp_receipt *receipt, bool is_plan);

/* Prints the results of all targets, a line each. */
void out_text_result(FILE *f, const struct mhp_result *result);

/* Prints the time of day, for a line about something that happens. */
void out_text_time(FILE *f, uint64_t usec);

/* Prints a change, a line. */
void out_text_change(FILE *f, const struct mhp_change *change);

void out_text_report(FILE *f, const struct out_report *written);
void out_text_doctor(FILE *f, const struct mhp_doctor_report *report, bool all);
void out_text_recovery(FILE *f, const struct mhp_recovery_report *report, bool dry_run);
void out_text_policy(FILE *f, const struct out_policy *policy);
void out_text_policy_plan(FILE *f, const struct out_policy_plan *plan);

void out_text_reporting_set(FILE *f, const struct out_reporting *report);
int out_text_reporting(FILE *f, const struct out_reporting *report, bool color);
void out_text_reporting_change(FILE *f, const struct mhp_reporting *reporting);

int out_text_jobs(FILE *f, const struct out_jobs *jobs, const struct out_call *call);

/* Formats "7.9 GiB", or "8482560410" if plain; MHP_UNKNOWN is "-". Returns buf. */
const char *out_text_size(uint64_t bytes, bool plain, char *buf, size_t size);

/* Formats "0", "0,1", or "" without nodes. Returns buf. */
const char *out_text_nodes(const struct mhp_block *block, char *buf, size_t size);

#define OUT_TEXT_NODES_MAX 64
#define OUT_TEXT_SIZE_MAX  32
