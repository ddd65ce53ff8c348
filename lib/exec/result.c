/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/result.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/counts.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/item.h"
#include "lib/exec/final-state.h"
#include "lib/plan/drain.h"
#include "lib/plan/receipt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum mhp_status status_of_reason(enum mhp_reason reason)
{
	switch (reason) {
	case MHP_REASON_NONE:
		return MHP_STATUS_OK;
	case MHP_REASON_STUCK:
		return MHP_STATUS_STUCK;
	case MHP_REASON_INTERRUPTED:
		return MHP_STATUS_INTERRUPTED;
	case MHP_REASON_DEADLINE:
		return MHP_STATUS_DEADLINE;
	default:
		return mhp_reason_exit_code(reason) == MHP_EXIT_BLOCKED ? MHP_STATUS_BLOCKED
									: MHP_STATUS_FAILED;
	}
}

/* Adds the final state of a chain (final-state.h) to its target. */
static void add_chain(const struct exec *x, const struct chain_seen *seen,
		      struct mhp_target_result *out)
{
	bool is_first = !out->blocks_online;

	out->blocks_total += seen->total;
	out->blocks_done += seen->done;
	if (!seen->online)
		return;
	out->zone = is_first || out->zone == seen->zone ? seen->zone : MHP_ZONE_NONE;
	out->node = is_first || out->node == seen->node ? seen->node : -1;
	out->blocks_online += seen->online;
	out->online_bytes += seen->online * x->topo->memory.block_size;
}

static size_t count_steps(const struct mhp_plan *plan, uint32_t chain)
{
	size_t nr = 0;

	for (size_t i = 0; i < plan->nr_steps; i++)
		nr += plan->steps[i].chain == chain;
	return nr;
}

/* Returns the status of a chain: its first failure, rolled back, done, or not tried. */
static enum mhp_status chain_status(const struct exec *x, uint32_t chain)
{
	const struct chain_state *state = &x->chains[chain];

	if (state->failed && x->rolled_back)
		return MHP_STATUS_ROLLED_BACK;
	if (state->failed)
		return status_of_reason(state->reason);
	if (state->undone)
		return MHP_STATUS_ROLLED_BACK;
	if (state->nr_ended >= count_steps(x->plan, chain))
		return MHP_STATUS_OK;
	return x->interrupted ? MHP_STATUS_INTERRUPTED : MHP_STATUS_NOT_TRIED;
}

/* Keeps the slower granularity if a target has several devices. */
static void add_granularity(enum mhp_granularity granularity, struct mhp_target_result *out)
{
	if (granularity && (!out->granularity || granularity == MHP_GRANULARITY_BLOCKS))
		out->granularity = granularity;
}

/* Names the namespace, the device and the CXL region of a target that has one. */
static void name_objects(const struct exec *x, const struct plan_target *target,
			 struct mhp_target_result *out)
{
	const char *region = "";
	size_t nr = 0;

	for (size_t i = 0; i < target->nr_chains; i++) {
		const char *name = x->plan->chains[target->chains[i]].cxl.region;

		nr += *name != '\0';
		region = *name ? name : region;
	}
	if (nr == 1)
		str_copy(out->cxl_region, region);
	if (target->nr_chains != 1)
		return;
	str_copy(out->ns_name, x->plan->chains[target->chains[0]].ns_name);
	str_copy(out->device, x->plan->chains[target->chains[0]].device);
}

static void fill_target(const struct exec *x, const struct plan_target *target,
			struct mhp_target_result *out)
{
	size_t good = 0, bad = 0;

	str_copy(out->target, target->target.text);
	out->verb = x->plan->verb;
	out->node = -1;
	name_objects(x, target, out);
	out->status = target->failed ? MHP_STATUS_FAILED : MHP_STATUS_OK;
	for (size_t i = 0; i < target->nr_chains; i++) {
		uint32_t chain = target->chains[i];
		enum mhp_status status = chain_status(x, chain);

		add_chain(x, &x->chains[chain].seen, out);
		out->has_changes |= x->chains[chain].changed;
		out->initialised_bytes += x->chains[chain].initialised_bytes;
		add_granularity(x->chains[chain].granularity, out);
		/* one without steps, such as the idle device of a region, is neither */
		good += status == MHP_STATUS_OK && count_steps(x->plan, chain);
		bad += status != MHP_STATUS_OK;
		if (out->status == MHP_STATUS_OK)
			out->status = status;
	}
	if (good && bad && !x->interrupted && !x->rolled_back)
		out->status = MHP_STATUS_PARTIAL;
	if (x->interrupted && out->status == MHP_STATUS_OK && out->blocks_done < out->blocks_total)
		out->status = MHP_STATUS_INTERRUPTED;
}

void result_end(struct mhp_result *result, enum mhp_status status, enum mhp_reason reason)
{
	result->status = status;
	result->exit_code = mhp_reason_exit_code(reason);
}

void result_judge(struct mhp_result *result, size_t good)
{
	enum mhp_reason reason;
	const struct mhp_target_result *targets = result->targets;
	bool partial = good && good < result->nr_targets;

	for (size_t i = 0; i < result->nr_targets; i++)
		partial = partial || targets[i].status == MHP_STATUS_PARTIAL;
	if (!result->nr_failures) {
		result->status = MHP_STATUS_OK;
		result->exit_code = MHP_EXIT_OK;
	} else if (partial) {
		result->status = MHP_STATUS_PARTIAL;
		result->exit_code = MHP_EXIT_PARTIAL;
	} else {
		reason = mhp_result_failure(result, 0)->error.reason;
		result_end(result, status_of_reason(reason), reason);
	}
}

/* Sets the status of the result from those of its targets. */
static void set_status(struct mhp_result *result, bool interrupted, bool rolled_back)
{
	const struct mhp_target_result *targets = result->targets;
	size_t good = 0;

	for (size_t i = 0; i < result->nr_targets; i++) {
		good += targets[i].status == MHP_STATUS_OK;
		result->has_changes |= targets[i].has_changes;
	}
	if (interrupted) {
		result_end(result, MHP_STATUS_INTERRUPTED, MHP_REASON_INTERRUPTED);
		return;
	}
	/* after a rollback no target counts as done, even one that was before */
	result_judge(result, rolled_back ? 0 : good);
	if (rolled_back && result->status != MHP_STATUS_PARTIAL && result->nr_failures)
		result->status = MHP_STATUS_ROLLED_BACK;
}

/* The public result, and the list that its failures point to. */
struct result {
	struct mhp_result pub;
	struct failures failures;
};

static struct failures *failures_of(struct mhp_result *result)
{
	return &((struct result *)result)->failures;
}

static void set_failures(struct mhp_result *result)
{
	result->failures = failures_of(result)->at;
	result->nr_failures = failures_of(result)->nr;
}

struct mhp_result *result_new(size_t nr_targets)
{
	struct result *result = calloc(1, sizeof(*result));
	struct mhp_target_result *targets = calloc(nr_targets + 1, sizeof(*targets));

	if (!result || !targets || failures_reserve(&result->failures, 1) < 0) {
		free(targets);
		free(result);
		return NULL;
	}
	result->pub.targets = targets;
	return &result->pub;
}

void result_fill(struct mhp_result *result, struct exec *x)
{
	struct mhp_target_result *targets = (struct mhp_target_result *)result->targets;

	final_state_read(x);
	divided_state_read(x);
	cxl_state_read(x);
	for (size_t i = 0; i < x->plan->nr_targets; i++)
		fill_target(x, &x->plan->targets[i], &targets[i]);
	result->nr_targets = x->plan->nr_targets;
	failures_clear(failures_of(result));
	*failures_of(result) = x->failures;
	x->failures = (struct failures){ .at = NULL };
	set_failures(result);
	set_status(result, x->interrupted, x->rolled_back);
	result->elapsed_ms = clock_msec() - x->emitter.start_ms;
}

void result_fail(struct mhp_result *result, const struct mhp_failure *failure)
{
	failures_add(failures_of(result), failure);
	set_failures(result);
}

void result_forgive(struct mhp_result *result, const char *target)
{
	struct failures *failures = failures_of(result);
	size_t kept = 0;

	for (size_t i = 0; i < failures->nr; i++) {
		if (strcmp(failures->at[i].target, target) == 0)
			failures_drop(failures, i);
		else
			failures->at[kept++] = failures->at[i];
	}
	failures->nr = kept;
	set_failures(result);
}

static bool has_failure_of(const struct mhp_result *result, const struct mhp_failure *failure)
{
	const struct mhp_failure *failures = result->failures;

	for (size_t i = 0; i < result->nr_failures; i++)
		if (strcmp(failures[i].target, failure->target) == 0)
			return true;
	return false;
}

static void move_failures(struct mhp_result *result, struct mhp_result *before)
{
	struct mhp_failure *old = failures_of(before)->at;

	for (size_t i = 0; i < before->nr_failures; i++) {
		if (has_failure_of(result, &old[i]))
			continue;
		result_fail(result, &old[i]);
		old[i].pages = NULL;
		old[i].owners = NULL;
	}
}

/* Adds the result of an earlier round; a failure stays unless this round has one, too. */
static void join_target(struct mhp_target_result *now, const struct mhp_target_result *before)
{
	now->has_changes |= before->has_changes;
	now->initialised_bytes += before->initialised_bytes;
	add_granularity(before->granularity, now);
	if (before->status != MHP_STATUS_OK && now->status == MHP_STATUS_OK)
		now->status = before->status;
	/* the undo covers only the steps of its own round */
	if (before->has_changes && now->status == MHP_STATUS_ROLLED_BACK)
		now->status = MHP_STATUS_FAILED;
}

void result_join(struct mhp_result *result, struct mhp_result *before)
{
	struct mhp_target_result *targets = (struct mhp_target_result *)result->targets;
	const struct mhp_target_result *earlier = before->targets;
	bool interrupted = result->status == MHP_STATUS_INTERRUPTED;
	bool rolled_back = result->status == MHP_STATUS_ROLLED_BACK && !before->has_changes;

	move_failures(result, before);
	for (size_t i = 0; i < result->nr_targets && i < before->nr_targets; i++)
		join_target(&targets[i], &earlier[i]);
	result->has_changes |= before->has_changes;
	set_status(result, interrupted, rolled_back);
}

void result_add_error(struct mhp_result *result, const struct mhp_error *err)
{
	failures_add_error(failures_of(result), err,
			   result->nr_targets ? mhp_result_target(result, 0)->target : "");
	set_failures(result);
	result->status = status_of_reason(err->reason);
	result->exit_code = mhp_reason_exit_code(err->reason);
	for (size_t i = 0; i < result->nr_targets; i++)
		((struct mhp_target_result *)result->targets)[i].status = result->status;
}

MHP_EXPORT void mhp_result_free(struct mhp_result *result)
{
	if (!result)
		return;
	free_const(result->targets);
	free_const(result->sections);
	receipt_free(result->receipt);
	drain_free(result->drain);
	failures_clear(failures_of(result));
	free(result);
}

MHP_EXPORT const char *mhp_status_name(enum mhp_status status)
{
	static const char *const names[NR_STATUSES] = {
		[MHP_STATUS_OK] = "ok",
		[MHP_STATUS_FAILED] = "failed",
		[MHP_STATUS_PARTIAL] = "partial",
		[MHP_STATUS_BLOCKED] = "blocked",
		[MHP_STATUS_DEADLINE] = "deadline",
		[MHP_STATUS_INTERRUPTED] = "interrupted",
		[MHP_STATUS_STUCK] = "stuck",
		[MHP_STATUS_NOT_TRIED] = "not_tried",
		[MHP_STATUS_ROLLED_BACK] = "rolled_back",
	};

	return (unsigned)status < NR_STATUSES ? names[status] : "unknown";
}

MHP_EXPORT const struct mhp_target_result *mhp_result_target(const struct mhp_result *result,
							     size_t index)
{
	return item_get(struct mhp_target_result, result->targets, result->nr_targets, index);
}

MHP_EXPORT const struct mhp_failure *mhp_result_failure(const struct mhp_result *result,
							size_t index)
{
	return item_get(struct mhp_failure, result->failures, result->nr_failures, index);
}

MHP_EXPORT const struct mhp_section_result *mhp_result_section(const struct mhp_result *result,
							       size_t index)
{
	return item_get(struct mhp_section_result, result->sections, result->nr_sections, index);
}
