/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One mhp_plan_new(), and its steps as text. */
#pragma once

#include "lib/plan/plan.h"
#include "tests/unit/fake/topo.h"

#define PLANNING_TARGETS 20

struct planning {
	struct mhp_request request;
	const char *targets[PLANNING_TARGETS];
	char names[256];
	struct mhp_plan *plan;
	struct mhp_error err;
	int rc;
};

/* Sets up a request for a verb and targets separated by spaces. */
void planning_begin(struct planning *p, enum mhp_verb verb, const char *targets);
void planning_run(struct planning *p, const struct mhp_topology *topo);
void planning_end(struct planning *p);

#define cleanup_planning __attribute__((cleanup(planning_end)))

/* Asserts a plan with these steps: "set_mode dax0.0\nonline_block memory33-47\n". */
void planning_check(const struct planning *p, const char *steps);

void planning_check_refused(const struct planning *p, int rc, enum mhp_reason reason);

/* Asserts that the message and the hint of the refusal contain these words. */
void planning_check_hint(const struct planning *p, const char *message, const char *hint);

/* Plans a request with a size. */
void planning_sized(struct planning *p, const struct mhp_topology *topo, enum mhp_verb verb,
		    const char *targets, uint64_t bytes);

/* Plans and checks a request that has only a verb and targets. */
void planning_expect(const struct mhp_topology *topo, enum mhp_verb verb, const char *targets,
		     const char *steps);
void planning_expect_refused(const struct mhp_topology *topo, enum mhp_verb verb,
			     const char *targets, int rc, enum mhp_reason reason);

/* Sets up and plans a request, which must succeed. */
void planning_plan(struct planning *p, const struct mhp_topology *topo, enum mhp_verb verb,
		   const char *targets);

/* Returns the first step of that kind, which must exist. */
const struct mhp_step *planning_step(const struct planning *p, enum mhp_step_type type);

/* Returns true if a warning contains these words. */
bool planning_warns(const struct planning *p, const char *words);

/* Returns topo_new() with a region0 of that size, on a kernel that shares page structs. */
struct mhp_topology *planning_region(uint64_t size);

/* Gives nodes 0 and 1 half of that kernel memory each, and half of the available memory. */
void planning_memory(struct mhp_topology *topo, uint64_t present, uint64_t available);
