/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans to change the cheapest blocks of a node or of a device, up to a size. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/idset.h"
#include "lib/base/parse.h"
#include "lib/model/zone.h"
#include "lib/plan/choice.h"
#include "lib/plan/plan.h"
#include "lib/plan/receipt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The blocks of the target in the order of their cost; those that are ruled out come last. */
struct picking {
	struct planner *p;
	struct choice choice;
	struct candidate *at;
	size_t nr;
	size_t nr_able;	 /* the first ones, which are not ruled out */
	size_t nr_taken; /* of these, the chosen ones; they are the first after pick_blocks() */
};

static void picking_free(struct picking *pick)
{
	free(pick->at);
}

/* ---- candidates -------------------------------------------------------------------------- */

static void rule_out(struct candidate *c, enum mhp_reason reason, const char *why)
{
	c->risk = CANDIDATE_RULED_OUT;
	c->block.status = MHP_RECEIPT_PASSED_OVER;
	c->block.reason = reason;
	str_copy(c->block.why, why);
}

/* Rules out what never goes offline, whatever its pages are. */
static bool rule_out_kind(const struct mhp_block *block, struct candidate *c)
{
	if (block->zone == MHP_ZONE_MIXED)
		rule_out(c, MHP_REASON_MIXED_ZONES, "spans several zones or nodes");
	else if (block->is_boot_memory)
		rule_out(c, MHP_REASON_BOOT_MEMORY,
			 "was present at boot, and this kernel never takes boot memory offline");
	else if (block->is_unbacked)
		rule_out(c, MHP_REASON_NEEDS_REBOOT,
			 "no CXL region answers for its memory any more");
	return c->risk == CANDIDATE_RULED_OUT;
}

/* Judges a block whose pages were counted without a search for pins, or not at all. */
static void judge_counts(const struct mhp_topology *topo, const struct mhp_block *block,
			 struct candidate *c)
{
	const struct mhp_block_pages *pages = mhp_block_pages(block);
	bool moves = block->zone == MHP_ZONE_MOVABLE;

	c->risk = moves ? CANDIDATE_RISK_NONE : CANDIDATE_RISK_POSSIBLE;
	if (pages) {
		c->block.has_page_counts = true;
		c->block.moved_bytes = pages->used * topo->memory.page_size;
		if (pages->unmovable)
			rule_out(c, MHP_REASON_UNMOVABLE, "has pages that cannot be moved");
		else if (moves || !pages->unknown) /* in zone movable these are free */
			c->risk = CANDIDATE_RISK_NONE;
	}
	if (c->risk < CANDIDATE_RISK_LIKELY && block->can_be_boot_memory)
		c->risk = CANDIDATE_RISK_LIKELY;
}

static void set_offline_candidate(const struct mhp_topology *topo, const struct mhp_block *block,
				  struct candidate *c)
{
	const struct candidate *known = candidate_find(&topo->candidates, block->id);

	if (known)
		*c = *known;
	else if (!rule_out_kind(block, c))
		judge_counts(topo, block, c);
}

/* Judges an offline block by its possible zones; without the answer of the kernel any is. */
static void set_online_candidate(const struct planner *p, const struct mhp_block *block,
				 struct candidate *c)
{
	bool fits = !block->nr_valid_zones;

	for (unsigned i = 0; i < block->nr_valid_zones; i++)
		fits |= zone_satisfies(mhp_block_valid_zone(block, i), p->request->zone);
	if (block->is_unbacked)
		rule_out(c, MHP_REASON_NEEDS_REBOOT,
			 "no CXL region answers for its memory any more");
	else if (!fits)
		c->risk = CANDIDATE_RISK_LIKELY;
}

static void add_candidate(struct picking *pick, const struct mhp_block *block)
{
	const struct mhp_topology *topo = pick->p->topo;
	struct candidate *c = &pick->at[pick->nr++];

	*c = (struct candidate){ .block = { .estimated_ms = MHP_UNKNOWN, .took_ms = MHP_UNKNOWN } };
	if (pick->choice.is_offline)
		set_offline_candidate(topo, block, c);
	else
		set_online_candidate(pick->p, block, c);
	c->block.id = block->id;
	c->block.zone = block->zone;
	c->block.origin = block->origin;
	c->block.unplugged_bytes = topo->memory.block_size - choice_gives(topo, block);
	pick->nr_able += c->risk != CANDIDATE_RULED_OUT;
}

/*
 * Orders blocks by cost: the lowest risk first, then the fewest pages to move, then the fewest of
 * them anonymous, then zone movable, then the highest address, so that the rest is contiguous.
 */
static int by_cost(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	bool x_moves = x->block.zone == MHP_ZONE_MOVABLE,
	     y_moves = y->block.zone == MHP_ZONE_MOVABLE;

	if (x->risk != y->risk)
		return x->risk < y->risk ? -1 : 1;
	if (x->risk == CANDIDATE_RULED_OUT)
		return x->block.id < y->block.id ? -1 : x->block.id > y->block.id;
	if (x->block.moved_bytes != y->block.moved_bytes)
		return x->block.moved_bytes < y->block.moved_bytes ? -1 : 1;
	if (x->block.anon_bytes != y->block.anon_bytes)
		return x->block.anon_bytes < y->block.anon_bytes ? -1 : 1;
	if (x_moves != y_moves)
		return x_moves ? -1 : 1;
	return x->block.id > y->block.id ? -1 : x->block.id < y->block.id;
}

/* Orders offline blocks from the lowest address up: the zone that they join stays contiguous. */
static int by_address(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->risk != y->risk)
		return x->risk < y->risk ? -1 : 1;
	return x->block.id < y->block.id ? -1 : x->block.id > y->block.id;
}

/* Leaves out the blocks that have failed in this run. */
static int find_candidates(struct picking *pick)
{
	const struct mhp_topology *topo = pick->p->topo;
	const struct idset *failed = topo->candidates.failed;

	pick->at = calloc(topo->nr_blocks + 1, sizeof(*pick->at));
	if (!pick->at)
		return -ENOMEM;
	for (size_t i = 0; i < topo->nr_blocks; i++)
		if (choice_may_take(&pick->choice, &topo->blocks[i]) &&
		    !(failed && idset_has(failed, topo->blocks[i].id)))
			add_candidate(pick, &topo->blocks[i]);
	qsort(pick->at, pick->nr, sizeof(*pick->at),
	      pick->choice.is_offline ? by_cost : by_address);
	return 0;
}

/* ---- which and how many ------------------------------------------------------------------ */

static uint64_t gives(const struct picking *pick, const struct candidate *c)
{
	return pick->p->topo->memory.block_size - c->block.unplugged_bytes;
}

/* Returns the bytes of boot memory among the blocks that are ruled out. */
static uint64_t boot_bytes(const struct picking *pick)
{
	uint64_t sum = 0;

	for (size_t i = pick->nr_able; i < pick->nr; i++)
		if (pick->at[i].block.reason == MHP_REASON_BOOT_MEMORY)
			sum += gives(pick, &pick->at[i]);
	return sum;
}

static int fail_too_little(const struct picking *pick, uint64_t bytes, struct mhp_error *err)
{
	const struct target *target = &pick->choice.target;
	uint64_t boot = boot_bytes(pick);
	char want[24], have[24];

	format_size(choice_bytes(pick->p->request), want, sizeof(want));
	format_size(bytes, have, sizeof(have));
	if (pick->choice.is_limit)
		err_set(err, -ENOSPC, MHP_REASON_NO_SPACE,
			"%s: %s requested, at least %s stay online in blocks that cannot go offline",
			target->text, want,
			format_size(pick->choice.online_bytes - bytes, have, sizeof(have)));
	else if (pick->choice.is_offline)
		err_set(err, -ENOSPC, MHP_REASON_NO_SPACE,
			"%s: %s requested, only %s are online in blocks that can go offline",
			target->text, want, have);
	else
		err_set(err, -ENOSPC, MHP_REASON_NO_SPACE,
			"%s: %s requested, only %s are in offline blocks", target->text, want,
			have);
	if (boot)
		return err_hint(err, -ENOSPC,
				"%s more were present at boot, and this kernel cannot take boot "
				"memory offline",
				format_size(boot, have, sizeof(have)));
	if (pick->nr > pick->nr_able)
		return err_hint(err, -ENOSPC,
				"%zu more block%s passed over, the first of them memory%" PRIu64
				": %s; mhpctl check %s shows all",
				pick->nr - pick->nr_able,
				pick->nr - pick->nr_able == 1 ? " was" : "s were",
				pick->at[pick->nr_able].block.id, pick->at[pick->nr_able].block.why,
				target->text);
	return err_hint(err, -ENOSPC, "mhpctl list --nodes shows what each node has");
}

/* Moves the chosen candidates to the front, in their order. */
static int pick_blocks(struct picking *pick, struct mhp_error *err)
{
	uint64_t wanted = pick->choice.bytes, have = 0;

	for (size_t i = 0; i < pick->nr_able && have < wanted; i++) {
		const struct candidate c = pick->at[i];

		if (pick->choice.is_limit && gives(pick, &c) > wanted - have)
			continue;
		memmove(&pick->at[pick->nr_taken + 1], &pick->at[pick->nr_taken],
			(i - pick->nr_taken) * sizeof(c));
		pick->at[pick->nr_taken++] = c;
		have += gives(pick, &c);
	}
	if (have >= wanted || pick->p->topo->candidates.is_replacement)
		return 0;
	if (pick->choice.is_limit && wanted - have < pick->p->topo->memory.block_size)
		return 0; /* the rest is smaller than a block */
	return fail_too_little(pick, have, err);
}

/* ---- space for the pages ----------------------------------------------------------------- */

/* Returns what the pages of the first blocks can use: other nodes, or the rest of this one. */
static uint64_t available_for(const struct picking *pick, size_t nr)
{
	const struct candidates *known = &pick->p->topo->candidates;
	uint64_t own = 0;

	if (!known->is_measured)
		return MHP_UNKNOWN;
	for (size_t i = 0; i < nr && known->is_own_node; i++)
		own += pick->at[i].block.free_bytes;
	return known->elsewhere_bytes > own ? known->elsewhere_bytes - own : 0;
}

static uint64_t moved_by(const struct picking *pick, size_t nr)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += pick->at[i].block.moved_bytes;
	return sum;
}

static int fail_no_space(const struct picking *pick, struct mhp_error *err)
{
	const char *where = pick->p->topo->candidates.is_own_node ? "in its other blocks"
								  : "on the other nodes";
	const char *name = pick->choice.target.text;
	char go[24], move[24], have[24], fit[24];
	size_t nr = pick->nr_taken;
	uint64_t bytes = 0;

	for (size_t i = 0; i < nr; i++)
		bytes += gives(pick, &pick->at[i]);
	err_set(err, -ENOSPC, MHP_REASON_NO_TARGET_MEMORY,
		"%s: taking %s offline would move %s of pages, and %s are free or easily freed %s",
		name, format_size(bytes, go, sizeof(go)),
		format_size(moved_by(pick, nr), move, sizeof(move)),
		format_size(available_for(pick, nr), have, sizeof(have)), where);
	if (pick->p->request->drain_ms)
		return err_hint(err, -ENOSPC,
				"a drain could make up for %s of that; free memory %s first, or "
				"give a smaller size",
				format_size(drain_facts_reclaimable(&pick->p->topo->drain), fit,
					    sizeof(fit)),
				where);
	while (nr && moved_by(pick, nr) > available_for(pick, nr))
		bytes -= gives(pick, &pick->at[--nr]);
	if (!nr)
		return err_hint(err, -ENOSPC, "free memory %s first; mhpctl check %s shows both",
				where, name);
	return err_hint(err, -ENOSPC, "there is space for the pages of %s; or free memory %s first",
			size_word(bytes, fit, sizeof(fit)), where);
}

static int check_space(const struct picking *pick, struct mhp_error *err)
{
	uint64_t moved = moved_by(pick, pick->nr_taken);
	uint64_t available = available_for(pick, pick->nr_taken);

	if (!pick->choice.is_offline || moved <= available ||
	    plan_drain_may_help(pick->p, moved - available))
		return 0;
	return fail_no_space(pick, err);
}

/* ---- the receipt ------------------------------------------------------------------------- */

/*
 * Orders blocks without pages to move first, from the lowest address up, which makes long steps.
 */
static int by_execution(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (!x->block.moved_bytes != !y->block.moved_bytes)
		return x->block.moved_bytes ? 1 : -1;
	if (x->block.moved_bytes)
		return by_cost(x, y);
	return x->block.id < y->block.id ? -1 : x->block.id > y->block.id;
}

static void sum_receipt(const struct picking *pick, struct mhp_receipt *receipt)
{
	const struct mhp_block *block;

	receipt->available_bytes =
		pick->choice.is_offline ? available_for(pick, pick->nr_taken) : MHP_UNKNOWN;
	for (size_t i = 0; i < pick->nr_taken; i++) {
		const struct mhp_receipt_block *b = &pick->at[i].block;

		block = topology_find_block(pick->p->topo, b->id);
		if (receipt->moved_bytes != MHP_UNKNOWN)
			receipt->moved_bytes += b->moved_bytes;
		if (!b->has_page_counts && block->state == MHP_BLOCK_ONLINE)
			receipt->moved_bytes = MHP_UNKNOWN;
		if (b->estimated_ms == MHP_UNKNOWN)
			receipt->estimated_ms = MHP_UNKNOWN;
		else if (receipt->estimated_ms != MHP_UNKNOWN)
			receipt->estimated_ms += b->estimated_ms;
		if (pick->choice.is_limit)
			receipt->asked_bytes += gives(pick, &pick->at[i]);
	}
}

static int make_receipt(const struct picking *pick)
{
	struct mhp_receipt *receipt = receipt_new(pick->nr_taken + pick->nr - pick->nr_able);

	if (!receipt)
		return -ENOMEM;
	receipt_free(pick->p->plan->receipt);
	pick->p->plan->receipt = receipt;
	str_copy(receipt->target, pick->choice.target.text);
	receipt->is_offline = pick->choice.is_offline;
	receipt->asked_bytes = pick->choice.is_limit ? 0 : pick->choice.bytes;
	receipt->nr_spare = pick->nr_able - pick->nr_taken;
	sum_receipt(pick, receipt);
	for (size_t i = 0; i < pick->nr_taken; i++)
		receipt_add(receipt, &pick->at[i].block);
	for (size_t i = pick->nr_able; i < pick->nr; i++)
		receipt_add(receipt, &pick->at[i].block);
	return 0;
}

/* ---- the steps --------------------------------------------------------------------------- */

/* Adds a step for each run of blocks that follow each other in the order of execution. */
static int add_steps(const struct picking *pick, uint32_t chain)
{
	enum mhp_step_type type =
		pick->choice.is_offline ? MHP_STEP_OFFLINE_BLOCK : MHP_STEP_ONLINE_BLOCK;
	struct mhp_step *step = NULL;

	for (size_t i = 0; i < pick->nr_taken; i++) {
		uint64_t id = pick->at[i].block.id;

		if (!step || id != step->last_block + 1) {
			step = plan_step(pick->p, type, chain, "memory%" PRIu64, id);
			if (!step)
				return -ENOMEM;
			step->first_block = id;
			step->zone = pick->p->request->zone;
		}
		step->last_block = id;
		step->size += pick->p->topo->memory.block_size;
		plan_name_run(step);
	}
	return 0;
}

static int add_blocks(const struct picking *pick, uint32_t chain)
{
	const uint64_t size = pick->p->topo->memory.block_size;
	int rc = 0;

	for (size_t i = 0; i < pick->nr_taken && rc == 0; i++) {
		uint64_t id = pick->at[i].block.id;

		rc = idset_add(&pick->p->plan->chains[chain].blocks, id, id);
		if (rc == 0)
			rc = plan_lock(pick->p, (struct mhp_range){ id * size, (id + 1) * size });
	}
	return rc;
}

/* Plans what was picked. */
static int plan_picks(struct picking *pick)
{
	struct planner *p = pick->p;
	size_t before = p->plan->nr_steps;
	uint32_t chain;
	bool is_new;
	int rc;

	qsort(pick->at, pick->nr_taken, sizeof(*pick->at), by_execution);
	rc = plan_chain(p, p->target->target.text, &chain, &is_new);
	if (rc == 0)
		rc = add_blocks(pick, chain);
	if (rc == 0)
		rc = add_steps(pick, chain);
	if (rc < 0)
		return rc;
	p->plan->chains[chain].want =
		pick->choice.is_offline ? MHP_BLOCK_OFFLINE : MHP_BLOCK_ONLINE;
	if (pick->choice.is_offline)
		plan_describe_offline(p, before);
	else
		plan_describe_online(p, before);
	return make_receipt(pick);
}

int plan_choice(struct planner *p, struct mhp_error *err)
{
	__attribute__((cleanup(picking_free))) struct picking pick = { .p = p };
	int rc = choice_init(p->topo, p->request, &pick.choice, err);

	if (rc < 0)
		return rc;
	p->target->target = pick.choice.target;
	p->plan->verb = pick.choice.is_offline ? MHP_VERB_OFFLINE : MHP_VERB_ONLINE;
	rc = find_candidates(&pick);
	if (rc == 0)
		rc = pick_blocks(&pick, err);
	if (rc == 0)
		rc = check_space(&pick, err);
	return rc < 0 ? rc : plan_picks(&pick);
}
