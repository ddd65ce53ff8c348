/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/plan/choice.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

uint64_t choice_bytes(const struct mhp_request *request)
{
	return request->choose_bytes ? request->choose_bytes
	       : request->has_node   ? request->bytes
				     : 0;
}

bool choice_has(const struct choice *choice, const struct mhp_block *block)
{
	if (choice->target.kind == TARGET_NODE)
		return block->node == (int)choice->target.first;
	return *choice->target.name && strcmp(mhp_block_device(block), choice->target.name) == 0;
}

bool choice_may_take(const struct choice *choice, const struct mhp_block *block)
{
	return choice_has(choice, block) &&
	       block->state == (choice->is_offline ? MHP_BLOCK_ONLINE : MHP_BLOCK_OFFLINE);
}

uint64_t choice_gives(const struct mhp_topology *topo, const struct mhp_block *block)
{
	const uint64_t size = topo->memory.block_size;
	const uint64_t unplugged = mhp_block_unplugged_bytes(block);

	return unplugged == MHP_UNKNOWN || unplugged > size ? size : size - unplugged;
}

/* ---- the target -------------------------------------------------------------------------- */

static int find_node(const struct mhp_topology *topo, int node, struct target *target,
		     struct mhp_error *err)
{
	target->kind = TARGET_NODE;
	target->first = (uint64_t)node;
	str_format(target->text, "node%d", node);
	if (topology_find_node(topo, node))
		return 0;
	return err_set(err, -ENOENT, MHP_REASON_NO_SUCH_TARGET, "node%d: no such node", node);
}

/* Refuses a device that is not memory, for which a size could mean two things. */
static int fail_not_memory(const struct mhp_dax *dax, const struct mhp_request *request,
			   struct mhp_error *err)
{
	char size[24];

	err_set(err, -EINVAL, MHP_REASON_USAGE,
		"%s: is not memory (%s), so no part of it can be chosen", dax->name,
		mhp_dax_mode_name(dax->mode));
	size_word(choice_bytes(request), size, sizeof(size));
	if (request->verb == MHP_VERB_RESIZE && *dax->dax_region)
		return err_hint(err, -EINVAL,
				"--to is how much memory of it is online: mhpctl online %s comes "
				"first; --size is the size of the device: mhpctl resize --size %s "
				"%s",
				dax->name, size, dax->name);
	return err_hint(err, -EINVAL, "mhpctl online %s makes it memory", dax->name);
}

/* Accepts a device that lost kmem and left memory behind, if memory goes offline. */
static int check_dax(const struct mhp_topology *topo, const struct mhp_request *request,
		     const char *name, struct mhp_error *err)
{
	const struct mhp_dax *dax = topology_find_dax(topo, name);

	if (dax->mode != MHP_DAX_SYSTEM_RAM &&
	    (request->verb != MHP_VERB_OFFLINE || !dax->blocks_total))
		return fail_not_memory(dax, request, err);
	if (!dax->has_ranges)
		return err_set(err, -EACCES, MHP_REASON_NOT_PERMITTED,
			       "%s: its physical addresses are visible only to root", name);
	return 0;
}

static int find_target(const struct mhp_topology *topo, const struct mhp_request *request,
		       struct target *target, struct mhp_error *err)
{
	int rc;

	if (request->has_node)
		return find_node(topo, request->node, target, err);
	rc = target_parse(request->targets[0], target, err);
	if (rc == 0)
		rc = target_resolve(topo, target, err);
	if (rc < 0)
		return rc;
	if (target->kind == TARGET_DAX)
		return check_dax(topo, request, target->name, err);
	if (target->kind != TARGET_NODE)
		return err_usage(err, "mhpctl list shows the nodes and the devices",
				 "%s: only the blocks of a node or of a dax device can be chosen "
				 "by size",
				 target->text);
	return topology_find_node(topo, (int)target->first)
		       ? 0
		       : err_set(err, -ENOENT, MHP_REASON_NO_SUCH_TARGET,
				 "%s: has no memory blocks", target->text);
}

/* ---- the wanted size --------------------------------------------------------------------- */

/* The blocks of a target now. */
struct sizes {
	uint64_t online;
	uint64_t all;
};

static int fail_unclear(const struct mhp_block *block, struct mhp_error *err)
{
	err_set(err, -EBUSY, MHP_REASON_IN_USE,
		"memory%" PRIu64 ": is %s, so the size that is online now is not known", block->id,
		block->state == MHP_BLOCK_GOING_OFFLINE ? "going offline" : "in an unknown state");
	return err_hint(err, -EBUSY, "try again later; mhpctl list --blocks shows the states");
}

static int sum_blocks(const struct mhp_topology *topo, const struct choice *choice,
		      struct sizes *sizes, struct mhp_error *err)
{
	*sizes = (struct sizes){ 0 };
	for (size_t i = 0; i < topo->nr_blocks; i++) {
		const struct mhp_block *block = &topo->blocks[i];

		if (!choice_has(choice, block))
			continue;
		if (block->state != MHP_BLOCK_ONLINE && block->state != MHP_BLOCK_OFFLINE)
			return fail_unclear(block, err);
		sizes->all += choice_gives(topo, block);
		if (block->state == MHP_BLOCK_ONLINE)
			sizes->online += choice_gives(topo, block);
	}
	return 0;
}

static int fail_too_large(const struct mhp_topology *topo, const struct choice *choice,
			  uint64_t wanted, uint64_t all, struct mhp_error *err)
{
	const struct mhp_dax *dax = topology_find_dax(topo, choice->target.name);
	char want[24], have[24], word[24];

	err_set(err, -ENOSPC, MHP_REASON_NO_SPACE,
		"%s: %s requested, its memory blocks have %s, online or offline",
		choice->target.text, format_size(wanted, want, sizeof(want)),
		format_size(all, have, sizeof(have)));
	if (dax && *dax->dax_region)
		return err_hint(err, -ENOSPC,
				"--to is how much of it is online; --size makes the device larger: "
				"mhpctl remove %s, then mhpctl resize --size %s %s",
				dax->name, size_word(wanted, word, sizeof(word)), dax->name);
	return err_hint(err, -ENOSPC,
			"mhpctl list --devices shows devices that are not memory yet; a virtual "
			"machine can be given more");
}

/*
 * Sets the direction and the amount that have that size online afterwards. If another program has
 * changed the target since blocks failed, a run does not turn back.
 */
static int set_difference(const struct mhp_topology *topo, uint64_t wanted, struct choice *choice,
			  struct mhp_error *err)
{
	const struct candidates *known = &topo->candidates;
	struct sizes sizes;
	int rc = sum_blocks(topo, choice, &sizes, err);

	if (rc < 0)
		return rc;
	if (wanted > sizes.all)
		return fail_too_large(topo, choice, wanted, sizes.all, err);
	choice->is_offline = wanted <= sizes.online;
	choice->bytes = choice->is_offline ? sizes.online - wanted : wanted - sizes.online;
	if (known->is_replacement && known->was_offline != choice->is_offline) {
		choice->is_offline = known->was_offline;
		choice->bytes = 0;
	}
	choice->is_limit = choice->is_offline;
	choice->online_bytes = sizes.online;
	return 0;
}

int choice_init(const struct mhp_topology *topo, const struct mhp_request *request,
		struct choice *choice, struct mhp_error *err)
{
	const uint64_t given = topo->candidates.given_bytes, wanted = choice_bytes(request);
	int rc;

	*choice = (struct choice){ .is_offline = request->verb == MHP_VERB_OFFLINE };
	rc = find_target(topo, request, &choice->target, err);
	if (rc < 0)
		return rc;
	if (request->verb == MHP_VERB_RESIZE)
		return set_difference(topo, wanted, choice, err);
	choice->bytes = wanted > given ? wanted - given : 0;
	return 0;
}
