/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of the sink for people. All return 0 or -ENOMEM. */
#pragma once

#include "cmd/out/out.h"

#include <stdio.h>

int out_text_list(FILE *f, const struct mhp_topology *topo, const struct out_view *view,
		  bool color);
int out_text_check(FILE *f, const struct mhp_check *check, uint64_t page_size, bool color);
int out_text_plan(FILE *f, const struct mhp_plan *plan);

/* The steps of a plan, numbered on from *nr. */
void out_text_steps(FILE *f, const struct mhp_plan *plan, size_t *nr);

typedef const char *(*out_text_fn)(const struct mhp_plan *plan, size_t index);
void out_text_losses(FILE *f, const struct mhp_plan *plan);
void out_text_hidden(FILE *f, const struct mhp_plan *plan);
void out_text_texts(FILE *f, const char *title, const struct mhp_plan *plan, out_text_fn get);

/* "before text after", the text made safe for a terminal. */
void out_text_escaped(FILE *f, const char *before, const char *text, const char *after);
void out_text_bytes(FILE *f, const char *before, uint64_t bytes, const char *after);

/* What a step costs, behind its other lines. */
void out_text_step_cost(FILE *f, const struct mhp_cost *cost);

/* The sum of a plan, where it makes or frees a memmap. */
void out_text_cost(FILE *f, const struct mhp_plan *plan);

/* What the other choices would cost that a plan has for new namespaces. 0 or -ENOMEM. */
int out_text_choices(FILE *f, const struct mhp_plan *plan);

/* What was reached of a target, without the end of the line. */
void out_text_target(FILE *f, const struct mhp_target_result *target);

/* A line a target: what was reached. */
void out_text_result(FILE *f, const struct mhp_result *result);

/* A line of what changed. */
void out_text_change(FILE *f, const struct mhp_change *change);

void out_text_doctor(FILE *f, const struct mhp_doctor_report *report, bool all);
void out_text_policy(FILE *f, const struct out_policy *policy);
void out_text_policy_plan(FILE *f, const struct out_policy_plan *plan);

int out_text_jobs(FILE *f, const struct out_jobs *jobs, const struct out_call *call);

/* "(63 blocks", "7.9 GiB", "-": MHP_UNKNOWN is "-". Returns buf. */
const char *out_text_size(uint64_t bytes, bool plain, char *buf, size_t size);

/* "0", "0,1", or "" where there is none. Returns buf. */
const char *out_text_nodes(const struct mhp_block *block, char *buf, size_t size);

#define OUT_TEXT_NODES_MAX 64
#define OUT_TEXT_SIZE_MAX  32
