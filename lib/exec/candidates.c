/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/candidates.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/idset.h"
#include "lib/base/parse.h"
#include "lib/exec/offline-rate.h"
#include "lib/exec/space.h"
#include "lib/plan/choice.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* ---- what the pages of a block show ------------------------------------------------------ */

static void rule_out(struct candidate *c, enum mhp_reason reason)
{
	c->risk = CANDIDATE_RULED_OUT;
	c->block.status = MHP_RECEIPT_PASSED_OVER;
	c->block.reason = reason;
}

static const struct mhp_owner *certain_owner(const struct mhp_block_check *check)
{
	const struct mhp_owner *owner;

	for (size_t i = 0; (owner = mhp_block_check_owner(check, i)); i++)
		if (owner->confidence == MHP_CONFIDENCE_CERTAIN)
			return owner;
	return NULL;
}

static void name_owner(const struct mhp_owner *owner, struct mhp_receipt_block *block)
{
	char comm[80];

	str_format(block->who, "%s[%d]", text_escape(owner->comm, comm, sizeof(comm)), owner->pid);
	str_format(block->why, "%" PRIu64 " page%s held by %s of %s", owner->pages,
		   owner->pages == 1 ? " is" : "s are", mhp_holder_kind_name(owner->holder),
		   block->who);
}

static bool has_reason(const struct mhp_block_check *check, enum mhp_reason reason)
{
	return check->reasons & (UINT64_C(1) << reason);
}

/* Rules out a block that the kernel would refuse, with the reason. */
static void judge_blocked(const struct mhp_block_check *check, struct candidate *c)
{
	static const struct {
		enum mhp_reason reason;
		const char *why;
	} reasons[] = {
		{ MHP_REASON_MIXED_ZONES, "spans several zones or nodes" },
		{ MHP_REASON_BOOT_MEMORY,
		  "was present at boot, and this kernel never takes boot memory offline" },
		{ MHP_REASON_NEEDS_REBOOT, "no CXL region answers for its memory any more" },
		{ MHP_REASON_UNMOVABLE, "has pages that cannot be moved" },
		{ MHP_REASON_HUGETLB,
		  "has a huge page in use, and no other node has a free one of its size" },
	};
	const struct mhp_owner *owner = certain_owner(check);

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		bool is_it = has_reason(check, reasons[i].reason) &&
			     (reasons[i].reason != MHP_REASON_HUGETLB ||
			      check->has_unmovable_huge_page) &&
			     (reasons[i].reason != MHP_REASON_UNMOVABLE || check->unmovable_pages);

		if (!is_it)
			continue;
		rule_out(c, reasons[i].reason);
		str_copy(c->block.why, reasons[i].why);
		return;
	}
	rule_out(c, owner && owner->holder == MHP_HOLDER_VMSPLICE ? MHP_REASON_EXTRA_REFERENCE
								  : MHP_REASON_PINNED);
	if (owner)
		name_owner(owner, &c->block);
}

/*
 * Judges how likely the block can go offline. The space elsewhere is judged for the chosen blocks
 * together, and pages that virtio-mem keeps are no obstacle.
 */
static void judge(const struct mhp_block_check *check, struct candidate *c)
{
	uint64_t doubts = check->reasons & ~(UINT64_C(1) << MHP_REASON_NO_TARGET_MEMORY);

	if (check->is_virtio_mem)
		doubts &= ~(UINT64_C(1) << MHP_REASON_DRIVER_PAGES);
	if (check->verdict == MHP_VERDICT_BLOCKED)
		judge_blocked(check, c);
	else if (check->can_be_boot_memory)
		c->risk = CANDIDATE_RISK_LIKELY;
	else
		c->risk = doubts ? CANDIDATE_RISK_POSSIBLE : CANDIDATE_RISK_NONE;
}

static void set_candidate(const struct mhp_block_check *check, uint64_t page_size,
			  const struct offline_rate *rate, struct candidate *c)
{
	*c = (struct candidate){
		.block = {
			.id = check->id,
			.has_page_counts = true,
			.free_bytes = check->free_pages * page_size,
			.moved_bytes = (check->movable_pages + check->hugetlb_pages) * page_size,
			.anon_bytes = check->anon_pages * page_size,
			.thp_bytes = check->thp_pages * page_size,
			.hugetlb_bytes = check->hugetlb_pages * page_size,
			.took_ms = MHP_UNKNOWN,
		},
	};
	c->block.estimated_ms = offline_rate_estimate(rate, c->block.moved_bytes);
	judge(check, c);
}

static int take_check(const struct mhp_ctx *ctx, const struct mhp_check *check,
		      struct mhp_topology *topo)
{
	struct candidates *to = &topo->candidates;
	const struct mhp_block_check *block;
	struct offline_rate rate;

	if (check->has_hidden_pages)
		return 0;
	offline_rate_read(&ctx->sys, &rate);
	to->at = calloc(check->nr_blocks + 1, sizeof(*to->at));
	if (!to->at)
		return -ENOMEM;
	for (size_t i = 0; (block = mhp_check_block(check, i)); i++)
		set_candidate(block, topo->memory.page_size, &rate, &to->at[to->nr++]);
	return 0;
}

/* Checks the blocks that can be chosen, and no others. */
static int check_candidates(struct mhp_ctx *ctx, const struct choice *choice,
			    struct mhp_topology *topo, struct mhp_error *err)
{
	cleanup_topology struct mhp_topology *part = NULL;
	struct mhp_check *check = NULL;
	int rc = topology_copy(topo, &part);

	if (rc < 0)
		return err_errno(err, rc, "%s", choice->target.text);
	part->nr_blocks = 0;
	for (size_t i = 0; i < topo->nr_blocks; i++)
		if (choice_may_take(choice, &topo->blocks[i]))
			part->blocks[part->nr_blocks++] = topo->blocks[i];
	rc = mhp_check_blocks(ctx, part, &check, err);
	if (rc < 0)
		return rc;
	rc = take_check(ctx, check, topo);
	mhp_check_free(check);
	return rc < 0 ? err_errno(err, rc, "%s", choice->target.text) : 0;
}

/* ---- space for their pages --------------------------------------------------------------- */

/* Measures the space for the blocks that can be chosen; it stays unknown if it cannot be read. */
static int measure_space(const struct mhp_ctx *ctx, const struct choice *choice,
			 struct mhp_topology *topo)
{
	cleanup_idset struct idset sources = { 0 };
	struct space space;
	int rc = 0;

	for (size_t i = 0; i < topo->nr_blocks && rc == 0; i++)
		if (topo->blocks[i].node >= 0 && choice_may_take(choice, &topo->blocks[i]))
			rc = idset_add(&sources, (uint64_t)topo->blocks[i].node,
				       (uint64_t)topo->blocks[i].node);
	if (rc < 0)
		return rc;
	topo->candidates.is_measured = space_measure(&ctx->sys, &sources, &space);
	if (!topo->candidates.is_measured)
		return 0;
	topo->candidates.is_own_node = space.is_own_node;
	topo->candidates.elsewhere_bytes = space.bytes;
	return 0;
}

int candidates_read(struct mhp_ctx *ctx, const struct mhp_request *request,
		    struct mhp_topology *topo, struct mhp_error *err)
{
	struct choice choice;
	int rc = mhp_topology_count_unplugged(ctx, topo, err);

	if (rc < 0)
		return rc;
	if (choice_init(topo, request, &choice, NULL) < 0 || !choice.is_offline || !choice.bytes)
		return 0;
	if (ctx->is_copy)
		return 0;
	rc = measure_space(ctx, &choice, topo);
	if (rc < 0)
		return err_errno(err, rc, "%s", choice.target.text);
	return check_candidates(ctx, &choice, topo, err);
}
