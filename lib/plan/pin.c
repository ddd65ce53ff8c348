/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Predicts from space and limits whether memory can be pinned for the long term. */
#include "lib/plan/pin.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/item.h"
#include "lib/base/parse.h"

#include <stdlib.h>

struct mhp_pin_limit pin_limit_zones(const struct pin_space *space, uint64_t placed_bytes)
{
	struct mhp_pin_limit limit = {
		.kind = MHP_PIN_LIMIT_KERNEL_ZONES,
		.beyond = MHP_PIN_HARMFUL,
	};
	char text[24];
	unsigned nodes = 0;

	for (size_t i = 0; i < space->nr_nodes && limit.bytes != MHP_UNKNOWN; i++) {
		const struct mhp_pin_node *node = &space->nodes[i];

		if (!node->is_allowed || !node->has_kernel_zone)
			continue;
		nodes++;
		limit.bytes = node->space_bytes == MHP_UNKNOWN ? MHP_UNKNOWN
							       : limit.bytes + node->space_bytes;
	}
	if (limit.bytes == MHP_UNKNOWN || placed_bytes == MHP_UNKNOWN) {
		limit.exceeded_bytes = MHP_UNKNOWN;
		return limit;
	}
	limit.exceeded_bytes = limit.bytes + placed_bytes;
	str_format(limit.detail, "%s in the kernel zones of %u node%s",
		   format_size(limit.bytes, text, sizeof(text)), nodes, nodes == 1 ? "" : "s");
	return limit;
}

bool pin_limit_node(const struct pin_space *space, int node, struct mhp_pin_limit *limit)
{
	const struct mhp_pin_node *found = pin_space_node(space, node);
	char text[24];

	if (!found || !found->has_kernel_zone)
		return false;
	/* pages that exist may go elsewhere; new ones that are bound to the node may not */
	*limit = (struct mhp_pin_limit){
		.kind = MHP_PIN_LIMIT_NODE,
		.beyond = MHP_PIN_HARMFUL,
		.bytes = found->space_bytes,
		.exceeded_bytes = MHP_UNKNOWN,
	};
	if (limit->bytes != MHP_UNKNOWN)
		str_format(limit->detail, "%s in the kernel zones of node%d",
			   format_size(limit->bytes, text, sizeof(text)), node);
	return true;
}

void pin_place(struct pin_space *space, uint64_t size)
{
	for (size_t i = 0; i < space->nr_nodes; i++) {
		struct mhp_pin_node *node = &space->nodes[i];
		uint64_t space_bytes = node->is_allowed ? node->space_bytes : 0;

		if (space_bytes == MHP_UNKNOWN) /* and so is the place of all the rest */
			return;
		node->placed_bytes = size < space_bytes ? size : space_bytes;
		size -= node->placed_bytes;
	}
}

static enum mhp_pin_verdict judge_limit(const struct mhp_pin_limit *limit, uint64_t size)
{
	if (limit->bytes == MHP_UNKNOWN)
		return MHP_PIN_UNKNOWN;
	if (size <= limit->bytes)
		return MHP_PIN_FITS;
	return limit->exceeded_bytes != MHP_UNKNOWN && size > limit->exceeded_bytes
		       ? limit->beyond
		       : MHP_PIN_UNKNOWN;
}

void pin_judge(struct mhp_pin_check *check, const struct mhp_pin_limit *limits, size_t nr)
{
	uint64_t largest = MHP_UNKNOWN;
	bool is_known = nr > 0;

	check->verdict = nr ? MHP_PIN_FITS : MHP_PIN_UNKNOWN;
	for (size_t i = 0; i < nr; i++) {
		enum mhp_pin_verdict verdict = judge_limit(&limits[i], check->size);

		if (verdict > check->verdict)
			check->verdict = verdict;
		is_known &= limits[i].bytes != MHP_UNKNOWN;
		if (limits[i].bytes < largest)
			largest = limits[i].bytes;
	}
	check->largest_bytes = is_known ? largest : MHP_UNKNOWN;
}

/* ---- the result -------------------------------------------------------------------------- */

MHP_EXPORT const struct mhp_pin_limit *mhp_pin_check_limit(const struct mhp_pin_check *check,
							   size_t index)
{
	return item_get(struct mhp_pin_limit, check->limits, check->nr_limits, index);
}

MHP_EXPORT const struct mhp_pin_node *mhp_pin_check_node(const struct mhp_pin_check *check,
							 size_t index)
{
	return item_get(struct mhp_pin_node, check->nodes, check->nr_nodes, index);
}

MHP_EXPORT const struct mhp_pin_zone *mhp_pin_check_zone(const struct mhp_pin_check *check,
							 size_t index)
{
	return item_get(struct mhp_pin_zone, check->zones, check->nr_zones, index);
}

MHP_EXPORT const struct mhp_hidden *mhp_pin_check_hidden(const struct mhp_pin_check *check,
							 size_t index)
{
	return item_get(struct mhp_hidden, check->hidden, check->nr_hidden, index);
}
