/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hooks of one request. The hook before it runs once the plan is made, locked and agreed to,
 * and its failure ends the request; then the machine is scanned and planned again. The hook after
 * it runs once the request has got that far, however it ended, and without locks.
 */
#pragma once

#include "lib/base/command.h"
#include "lib/exec/event.h"
#include "lib/exec/hook-facts.h"
#include "lib/sys/ctx.h"

struct hooks {
	struct mhp_ctx *ctx;
	struct command before; /* without words: none */
	struct command after;
	uint64_t timeout_ms;
	struct hook_facts facts;
	bool has_begun;	  /* the request came to its first change */
	bool has_ended;	  /* the hook after it has run */
	bool has_changes; /* of all runs of the request */
};

/*
 * Sets up the hooks of the options. Returns 0, or -EINVAL with *err set if one is not a command.
 * The struct must not move afterwards.
 */
int hooks_init(struct hooks *hooks, struct mhp_ctx *ctx, const struct mhp_run_options *options,
	       struct mhp_error *err);
void hooks_free(struct hooks *hooks);

/* Checks whether the programs could run. Returns 0, or a negative errno with *err set. */
int hooks_check(struct hooks *hooks, struct mhp_error *err);

/*
 * Runs the hook before the changes of a plan, if it has not run yet. Returns 1 if it has run now,
 * so that the machine may have changed, 0 if the plan can be carried out, or a negative errno with
 * *err set.
 */
int hooks_begin(struct hooks *hooks, const struct emitter *emitter, const struct mhp_topology *topo,
		const struct mhp_plan *plan, struct mhp_error *err);

/*
 * Runs the hook after the request, once, if the request has begun. result NULL: the request failed
 * with error. Adds a failure of the hook to the result, which is no longer MHP_STATUS_OK then; its
 * targets stay as they are. Returns false if the hook failed.
 */
bool hooks_end(struct hooks *hooks, const struct emitter *emitter, struct mhp_result *result,
	       const struct mhp_error *error);
