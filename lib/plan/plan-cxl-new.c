/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans new CXL regions: their window, size and members. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "lib/plan/cxl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- memory devices ------------------------------------------------------------------------ */

/* Refuses a memory device that cannot be a member of a volatile region. */
static int check_card(const struct mhp_cxl_memdev *card, struct mhp_error *err)
{
	if (strcmp(card->security, "sanitize") == 0)
		return err_hint(err,
				err_set(err, -EBUSY, MHP_REASON_IN_USE,
					"%s: its content is being erased (sanitize)", card->name),
				"wait for the end, and try again");
	if (card->ram_bytes == MHP_UNKNOWN || card->ram_used_bytes == MHP_UNKNOWN)
		return err_set(err, -EIO, MHP_REASON_KERNEL,
			       "%s: cannot tell how much of it is in no region", card->name);
	if (!card->ram_bytes)
		return err_hint(err,
				err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
					"%s: has no volatile memory", card->name),
				"only volatile memory becomes system memory through a CXL region; "
				"mhpctl list shows what it has");
	if (card->bridge < 0)
		return err_set(err, -EIO, MHP_REASON_KERNEL, "%s: its host bridge is not known",
			       card->name);
	return 0;
}

static int check_cards(const struct cxl_cards *cards, struct mhp_error *err)
{
	char names[96];
	int rc = 0;

	for (unsigned i = 0; i < cards->nr && rc == 0; i++)
		rc = check_card(cards->at[i], err);
	if (rc < 0 || cxl_has_ways(cards->nr))
		return rc;
	err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
		"%s: no CXL region has %u ways, one for each memory device",
		cxl_names(cards, names, sizeof(names)), cards->nr);
	return err_hint(err, -EOPNOTSUPP,
			"name 2, 3, 4, 6, 8, 12 or 16 memory devices; without --interleave each "
			"gets a region of its own");
}

/* ---- capacity ------------------------------------------------------------------------------ */

/* Refuses a size that the memory devices do not have; the smallest one decides. */
static int check_capacity(const struct planner *p, uint32_t nr_chains,
			  const struct cxl_cards *cards, const struct cxl_want *want,
			  struct mhp_error *err)
{
	const struct mhp_cxl_memdev *least = cards->at[0];
	uint64_t each = want->size ? want->size / cards->nr : CXL_PIECE;
	char has[24], all[24], needs[24];

	if (want->card_bytes >= each)
		return 0;
	for (unsigned i = 1; i < cards->nr; i++)
		if (cxl_free_of(p, nr_chains, cards->at[i]) < cxl_free_of(p, nr_chains, least))
			least = cards->at[i];
	err_set(err, -ENOSPC, MHP_REASON_NO_SPACE,
		"%s: %s of its %s are in no region, and the region needs %s of it", least->name,
		format_size(cxl_memdev_free(least) - cxl_taken_of(p, nr_chains, least->name), has,
			    sizeof(has)),
		format_size(least->ram_bytes, all, sizeof(all)),
		format_size(each, needs, sizeof(needs)));
	if (want->size && want->card_bytes)
		return err_hint(err, -ENOSPC, "no more than --size %s is possible",
				size_word(want->card_bytes * cards->nr, all, sizeof(all)));
	return err_hint(err, -ENOSPC,
			"mhpctl list shows the regions; mhpctl remove --destroy %s gives its "
			"memory back",
			least->name);
}

/* Refuses a window whose free addresses are hidden; with list_hidden it becomes a hidden item. */
static int check_seen(struct planner *p, const struct cxl_choice *choice, struct mhp_error *err)
{
	if (choice->fit.space != MHP_UNKNOWN)
		return 0;
	if (choice->window->start == MHP_UNKNOWN)
		return plan_unseen(p, choice->window->name, PLAN_ADDRESSES, err);
	return err_set(err, -EIO, MHP_REASON_KERNEL, "%s: its free addresses are not known",
		       choice->window->name);
}

/* ---- warnings ------------------------------------------------------------------------------ */

static int warn_of_rounding(struct planner *p, const struct cxl_cards *cards, uint64_t size)
{
	char names[64], asked[24], given[24], unit[24];

	if (!p->request->bytes || p->request->bytes == size)
		return 0;
	return plan_warn(p, "%s: %s is rounded up to %s, a multiple of %s",
			 cxl_names(cards, names, sizeof(names)),
			 format_size(p->request->bytes, asked, sizeof(asked)),
			 format_size(size, given, sizeof(given)),
			 format_size(CXL_PIECE * cards->nr, unit, sizeof(unit)));
}

/* Warns of memory that stays in no region although the request asks for all. */
static int warn_of_unused(struct planner *p, uint32_t nr_chains, const struct cxl_cards *cards,
			  const struct cxl_choice *choice)
{
	uint64_t each = choice->fit.size / cards->nr;
	char rest[24], text[24];
	int rc = 0;

	format_size(choice->fit.is_full ? each : choice->fit.space, text, sizeof(text));
	for (unsigned i = 0; i < cards->nr && rc == 0 && !p->request->bytes; i++) {
		uint64_t has = cxl_free_of(p, nr_chains, cards->at[i]);

		if (has < each + CXL_PIECE)
			continue;
		format_size(has - each, rest, sizeof(rest));
		if (choice->fit.is_full)
			rc = plan_warn(p,
				       "%s: %s of it stay in no region: each memory device gives "
				       "as much as the smallest, %s",
				       cards->at[i]->name, rest, text);
		else
			rc = plan_warn(p,
				       "%s: %s of it stay in no region: %s has only %s free in "
				       "one piece",
				       cards->at[i]->name, rest, choice->window->name, text);
	}
	return rc;
}

/* ---- steps --------------------------------------------------------------------------------- */

static int add_create(struct planner *p, uint32_t chain, const struct cxl_cards *cards,
		      const struct cxl_choice *choice)
{
	struct mhp_step *step =
		plan_step(p, MHP_STEP_CREATE_CXL_REGION, chain, "%s", choice->window->name);
	char names[48], why[80], size[24];

	if (!step)
		return -ENOMEM;
	step->size = choice->fit.size;
	step->ways = cards->nr;
	step->granularity = choice->fit.granularity;
	cxl_names(cards, names, sizeof(names));
	cxl_explain_choice(p, choice, why, sizeof(why));
	if (p->request->bytes)
		str_format(step->why, "no region of %s has %s; %s",
			   format_size(step->size, size, sizeof(size)), names, why);
	else
		str_format(step->why, "no region has %s; %s", names, why);
	str_copy(step->undo, "destroy the region");
	return 0;
}

static int add_members(struct planner *p, uint32_t chain, const struct cxl_choice *choice,
		       unsigned ways)
{
	for (unsigned i = 0; i < ways; i++) {
		struct mhp_step *step = plan_step(p, MHP_STEP_ADD_MEMDEV, chain, "%s",
						  choice->fit.members[i]->name);

		if (!step)
			return -ENOMEM;
		step->size = choice->fit.size / ways;
		if (ways > 1)
			str_format(step->why, "the region lacks its member %u of %u", i + 1, ways);
		else
			str_copy(step->why, "the region has no memory");
		str_copy(step->needs, "a free decoder in it and in its host bridge");
		str_copy(step->undo, "take it from the region, and free its decoder");
	}
	return 0;
}

static void set_up_chain(struct chain *chain, const struct cxl_cards *cards,
			 const struct cxl_choice *choice)
{
	struct cxl_setup *cxl = &chain->cxl;

	str_copy(cxl->window, choice->window->name);
	cxl->size = choice->fit.size;
	cxl->granularity = choice->fit.granularity;
	cxl->ways = cards->nr;
	for (unsigned i = 0; i < cards->nr; i++) {
		str_copy(cxl->members[i].memdev, choice->fit.members[i]->name);
		cxl->members[i].serial = choice->fit.members[i]->serial;
	}
}

/* Refuses a region of less than a memory block, which gives no memory. */
static int check_gain(const struct planner *p, const struct cxl_cards *cards,
		      const struct cxl_way *way, struct mhp_error *err)
{
	const uint64_t block = p->topo->memory.block_size;
	char names[64], a[24], b[24];
	uint64_t first;

	if (p->request->verb != MHP_VERB_ONLINE || !way->has_range ||
	    range_whole_blocks(way->range, block, &first))
		return 0;
	err_set(err, -ENOSPC, MHP_REASON_NO_SPACE,
		"%s: a region of %s has no whole memory block of %s",
		cxl_names(cards, names, sizeof(names)), format_size(way->size, a, sizeof(a)),
		format_size(block, b, sizeof(b)));
	return err_hint(err, -ENOSPC, "a region of two block sizes always contains a whole block");
}

static int add_steps(struct planner *p, uint32_t chain, const struct cxl_cards *cards,
		     const struct cxl_choice *choice, struct mhp_error *err)
{
	const char *window = choice->window->name, *seed = choice->window->seed;
	/* an earlier target that gets a region in the window takes the name on offer */
	bool is_known = *seed && !cxl_taken_in(p, chain, window);
	const struct cxl_way way = {
		.region = is_known ? seed : "CXL region",
		.is_predicted = true,
		.commit = true,
		.has_range = choice->fit.start != MHP_UNKNOWN,
		.range = { choice->fit.start, choice->fit.start + choice->fit.size },
		.size = choice->fit.size,
	};
	int rc = check_gain(p, cards, &way, err);

	if (rc < 0)
		return rc;
	set_up_chain(&p->plan->chains[chain], cards, choice);
	rc = cxl_lock_window(p, window);
	if (rc == 0)
		rc = add_create(p, chain, cards, choice);
	if (rc == 0)
		rc = add_members(p, chain, choice, cards->nr);
	return rc < 0 ? rc : cxl_add_way(p, chain, &way);
}

int cxl_plan_new(struct planner *p, const struct cxl_cards *cards, struct mhp_error *err)
{
	struct cxl_choice choice = { 0 };
	struct cxl_want want;
	uint32_t chain;
	bool is_new = false;
	int rc = check_cards(cards, err);

	if (rc == 0)
		rc = plan_chain(p, cards->at[0]->name, &chain, &is_new);
	if (rc < 0 || !is_new) /* planned for an earlier target */
		return rc;
	cxl_want_of(p, chain, cards, &want);
	rc = check_capacity(p, chain, cards, &want, err);
	if (rc == 0)
		rc = cxl_check_decoders(p, chain, cards, err);
	if (rc == 0)
		rc = cxl_choose_window(p, chain, cards, &want, &choice, err);
	if (rc == 0)
		rc = check_seen(p, &choice, err);
	if (rc == 0)
		rc = warn_of_rounding(p, cards, choice.fit.size);
	if (rc == 0)
		rc = warn_of_unused(p, chain, cards, &choice);
	return rc < 0 ? rc : add_steps(p, chain, cards, &choice, err);
}
