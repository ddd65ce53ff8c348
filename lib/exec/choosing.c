/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/choosing.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/exec/offline-rate.h"
#include "lib/exec/result.h"
#include "lib/model/block.h"
#include "lib/model/zone.h"
#include "lib/plan/failure.h"
#include "lib/plan/receipt.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

void choosing_free(struct choosing *choosing)
{
	receipt_free(choosing->receipt);
	idset_free(&choosing->failed);
	*choosing = (struct choosing){ .receipt = NULL };
}

void choosing_continue(const struct choosing *choosing, struct mhp_topology *topo)
{
	topo->candidates.given_bytes = choosing->changed_bytes;
	topo->candidates.is_replacement = choosing->failed.nr != 0;
	topo->candidates.was_offline = choosing->receipt && choosing->receipt->is_offline;
	topo->candidates.failed = &choosing->failed;
}

/* ---- one round --------------------------------------------------------------------------- */

/* Returns 1 if the block is in the wanted state, 0 if not, or the errno of the read. */
static int is_done(const struct choosing *choosing, const struct mhp_ctx *ctx, uint64_t id,
		   bool is_offline, struct mhp_block *now)
{
	int rc = block_read(&ctx->sys, id, now);

	if (rc == -ENOENT && is_offline) /* a removed block is not online */
		return 1;
	if (rc < 0)
		return rc;
	if (is_offline)
		return now->state == MHP_BLOCK_OFFLINE;
	return now->state == MHP_BLOCK_ONLINE && zone_satisfies(now->zone, choosing->zone);
}

static const struct mhp_failure *failure_of(const struct mhp_result *result, uint64_t id)
{
	const struct mhp_failure *failure;
	char name[32];

	str_format(name, "memory%" PRIu64, id);
	for (size_t i = 0; (failure = mhp_result_failure(result, i)); i++)
		if (strcmp(failure->target, name) == 0)
			return failure;
	return NULL;
}

static void set_failed(const struct mhp_failure *failure, struct mhp_receipt_block *block)
{
	const struct mhp_owner *owner = mhp_failure_owner(failure, 0);
	char comm[80];

	block->status = MHP_RECEIPT_FAILED;
	block->reason = failure->error.reason;
	str_copy(block->why, failure->error.message);
	if (owner)
		str_format(block->who, "%s[%d]", text_escape(owner->comm, comm, sizeof(comm)),
			   owner->pid);
}

/* Sets what became of the blocks of one round; one that was not tried stays as it is. */
static int set_outcomes(struct choosing *choosing, const struct mhp_ctx *ctx,
			const struct mhp_topology *topo, struct mhp_receipt *receipt,
			const struct mhp_result *result)
{
	struct mhp_receipt_block *blocks = (void *)receipt->blocks;
	const struct mhp_failure *failure;
	struct mhp_block now;
	int rc = 0;

	for (size_t i = 0; i < receipt->nr_blocks && rc == 0; i++) {
		struct mhp_receipt_block *block = &blocks[i];

		if (block->status != MHP_RECEIPT_CHOSEN)
			continue;
		failure = failure_of(result, block->id);
		if (failure) {
			set_failed(failure, block);
			rc = idset_add(&choosing->failed, block->id, block->id);
		} else if (is_done(choosing, ctx, block->id, receipt->is_offline, &now) > 0) {
			block->status = MHP_RECEIPT_DONE;
			choosing->changed_bytes += topo->memory.block_size - block->unplugged_bytes;
		}
	}
	return rc;
}

/* Adds the blocks of a further round; a block that was passed over before is known better now. */
static int join_receipt(struct choosing *choosing, const struct mhp_receipt *now)
{
	struct mhp_receipt *all = receipt_extend(choosing->receipt, now->nr_blocks);
	const struct mhp_receipt_block *block;

	if (!all)
		return -ENOMEM;
	receipt_free(choosing->receipt);
	choosing->receipt = all;
	for (size_t i = 0; (block = mhp_receipt_block(now, i)); i++) {
		struct mhp_receipt_block *known = receipt_find(all, block->id);

		if (known)
			*known = *block;
		else
			receipt_add(all, block);
	}
	all->nr_spare = now->nr_spare;
	if (all->moved_bytes != MHP_UNKNOWN)
		all->moved_bytes = now->moved_bytes == MHP_UNKNOWN
					   ? MHP_UNKNOWN
					   : all->moved_bytes + now->moved_bytes;
	return 0;
}

static bool has_new_failure(const struct mhp_receipt *receipt)
{
	const struct mhp_receipt_block *block;

	for (size_t i = 0; (block = mhp_receipt_block(receipt, i)); i++)
		if (block->status == MHP_RECEIPT_FAILED)
			return true;
	return false;
}

/* Returns whether blocks may be as they were because the run has ended before them. */
static bool is_cut_short(const struct mhp_result *result)
{
	return result->status == MHP_STATUS_INTERRUPTED ||
	       result->status == MHP_STATUS_ROLLED_BACK || result->status == MHP_STATUS_STUCK;
}

int choosing_take(struct choosing *choosing, const struct mhp_ctx *ctx,
		  const struct mhp_topology *topo, const struct mhp_plan *plan,
		  const struct mhp_result *result)
{
	int rc;

	choosing->zone = plan->zone;
	rc = set_outcomes(choosing, ctx, topo, plan->receipt, result);
	if (rc == 0 && !choosing->receipt) {
		choosing->receipt = receipt_extend(plan->receipt, 0);
		rc = choosing->receipt ? 0 : -ENOMEM;
	} else if (rc == 0) {
		rc = join_receipt(choosing, plan->receipt);
	}
	if (rc < 0)
		return rc;
	return has_new_failure(plan->receipt) && !is_cut_short(result);
}

/* ---- the run ----------------------------------------------------------------------------- */

static void set_changed(const struct choosing *choosing, bool is_offline, const char *name,
			const struct mhp_block *now, struct mhp_error *err)
{
	if (!is_offline && now->state == MHP_BLOCK_ONLINE)
		err_set(err, 0, MHP_REASON_WRONG_ZONE,
			"%s: is online in zone %s at the end of the run, not %s", name,
			mhp_zone_name(now->zone), mhp_zone_request_name(choosing->zone));
	else
		err_set(err, 0, is_offline ? MHP_REASON_CAME_BACK : MHP_REASON_WENT_AWAY,
			"%s: was %s, and at the end of the run it is %s", name,
			is_offline ? "offline" : "online", mhp_block_state_name(now->state));
}

/* Reports a block that is not as its round left it. rc: of its read, see is_done(). */
static void fail_changed(const struct choosing *choosing, struct mhp_result *result,
			 struct mhp_receipt_block *block, const struct mhp_block *now, int rc)
{
	struct mhp_error err = { 0 };
	struct mhp_failure failure;
	char name[32];

	str_format(name, "memory%" PRIu64, block->id);
	if (block->status == MHP_RECEIPT_CHOSEN && block->took_ms == MHP_UNKNOWN)
		err_set(&err, 0, MHP_REASON_NOT_TRIED, "%s: was chosen, and not tried", name);
	else if (rc == 0)
		set_changed(choosing, result->receipt->is_offline, name, now, &err);
	else if (rc == -ENOENT)
		err_set(&err, 0, MHP_REASON_WENT_AWAY,
			"%s: was online, and at the end of the run it is missing", name);
	else
		err_errno(&err, rc, "%s: its state cannot be read at the end of the run", name);
	failure_init(&failure, name, &err);
	result_fail(result, &failure);
	set_failed(&failure, block);
}

/* Returns whether the block has to be as wanted; what ended a run before it has its own failure. */
static bool is_to_judge(const struct mhp_result *result, const struct mhp_receipt_block *block)
{
	if (block->status == MHP_RECEIPT_CHOSEN)
		return !is_cut_short(result) &&
		       (block->took_ms != MHP_UNKNOWN || !result->nr_failures);
	return block->status == MHP_RECEIPT_DONE;
}

/*
 * Counts what is given at the end of the run. A block that came back so soon that its round has not
 * seen it as done is reported like one that comes back later.
 */
static uint64_t count_given(const struct choosing *choosing, const struct mhp_ctx *ctx,
			    struct mhp_result *result, uint64_t block_size, uint64_t *nr_done)
{
	const struct mhp_receipt *receipt = result->receipt;
	struct mhp_receipt_block *blocks = (void *)receipt->blocks;
	uint64_t sum = 0;

	*nr_done = 0;
	for (size_t i = 0; i < receipt->nr_blocks; i++) {
		struct mhp_block now = { .state = MHP_BLOCK_UNKNOWN };
		int rc;

		if (!is_to_judge(result, &blocks[i]))
			continue;
		rc = is_done(choosing, ctx, blocks[i].id, receipt->is_offline, &now);
		if (rc <= 0) {
			fail_changed(choosing, result, &blocks[i], &now, rc);
			continue;
		}
		blocks[i].status = MHP_RECEIPT_DONE;
		sum += block_size - blocks[i].unplugged_bytes;
		(*nr_done)++;
	}
	return sum;
}

/* Counts the online blocks of all rounds: the result of the last one knows only its own. */
static uint64_t count_online(const struct mhp_ctx *ctx, const struct mhp_receipt *receipt)
{
	const struct mhp_receipt_block *block;
	enum mhp_block_state state;
	uint64_t nr = 0;

	for (size_t i = 0; (block = mhp_receipt_block(receipt, i)); i++)
		nr += block->status != MHP_RECEIPT_PASSED_OVER &&
		      block_read_state(&ctx->sys, block->id, &state) == 0 &&
		      state == MHP_BLOCK_ONLINE;
	return nr;
}

/* Drops the failures of blocks that others have made up for. */
static void forgive_blocks(struct mhp_result *result)
{
	const struct mhp_receipt_block *block;
	char name[32];

	for (size_t i = 0; (block = mhp_receipt_block(result->receipt, i)); i++) {
		if (block->status != MHP_RECEIPT_FAILED)
			continue;
		str_format(name, "memory%" PRIu64, block->id);
		result_forgive(result, name);
	}
}

static void judge_target(struct mhp_result *result, uint64_t nr_done, uint64_t nr_online,
			 uint64_t block_size)
{
	struct mhp_target_result *target = (void *)result->targets;
	const struct mhp_receipt *receipt = result->receipt;
	bool is_whole = receipt->given_bytes >= receipt->asked_bytes;
	uint64_t missing = is_whole ? 0 : receipt->asked_bytes - receipt->given_bytes;

	target->blocks_done = nr_done;
	target->blocks_online = nr_online;
	target->online_bytes = nr_online * block_size;
	target->blocks_total = nr_done + (missing + block_size - 1) / block_size;
	if (result->status == MHP_STATUS_INTERRUPTED || result->status == MHP_STATUS_ROLLED_BACK)
		return;
	if (is_whole)
		forgive_blocks(result);
	if (is_whole && !result->nr_failures)
		target->status = MHP_STATUS_OK;
	else if (nr_done)
		target->status = MHP_STATUS_PARTIAL;
	result_judge(result, target->status == MHP_STATUS_OK);
}

void choosing_end(struct choosing *choosing, const struct mhp_ctx *ctx, uint64_t block_size,
		  struct mhp_result *result)
{
	struct mhp_receipt *receipt = choosing->receipt;
	uint64_t nr_done;

	if (!receipt || result->nr_targets != 1)
		return;
	choosing->receipt = NULL;
	offline_rate_take(&ctx->sys, receipt);
	result->receipt = receipt;
	receipt->given_bytes = count_given(choosing, ctx, result, block_size, &nr_done);
	judge_target(result, nr_done, count_online(ctx, receipt), block_size);
}
