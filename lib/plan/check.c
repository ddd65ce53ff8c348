/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Predicts from the content of a block whether it can go offline. */
#include "lib/plan/check.h"
#include "lib/base/export.h"
#include "lib/base/item.h"

static void add_reason(struct mhp_block_check *block, enum mhp_reason reason,
		       enum mhp_verdict verdict)
{
	block->reasons |= UINT64_C(1) << reason;
	if (verdict > block->verdict)
		block->verdict = verdict;
}

static enum mhp_reason reason_of(const struct mhp_owner *owner)
{
	switch (owner->holder) {
	case MHP_HOLDER_VMSPLICE:
		return MHP_REASON_EXTRA_REFERENCE;
	case MHP_HOLDER_HUGETLB:
		return MHP_REASON_HUGETLB;
	default:
		return MHP_REASON_PINNED;
	}
}

static void judge_owners(struct mhp_block_check *block)
{
	const struct mhp_owner *owners = block->owners;

	for (size_t i = 0; i < block->nr_owners; i++)
		add_reason(block, reason_of(&owners[i]),
			   owners[i].confidence == MHP_CONFIDENCE_CERTAIN ? MHP_VERDICT_BLOCKED
									  : MHP_VERDICT_MAYBE);
}

/* Returns whether pages on this node are pinned and the pages are not known. */
static bool has_unexplained_pins(const struct mhp_block_check *block,
				 const struct mhp_destination *destination)
{
	return block->movable_pages && destination && destination->unexplained_pins &&
	       destination->unexplained_pins != MHP_UNKNOWN;
}

void check_judge(struct mhp_block_check *block, const struct mhp_destination *destination,
		 bool has_hidden_pages)
{
	block->verdict = MHP_VERDICT_REMOVABLE;
	block->reasons = 0;
	if (block->state == MHP_BLOCK_OFFLINE)
		return;
	if (block->zone == MHP_ZONE_MIXED) {
		add_reason(block, MHP_REASON_MIXED_ZONES, MHP_VERDICT_BLOCKED);
		return;
	}
	if (block->is_boot_memory) {
		add_reason(block, MHP_REASON_BOOT_MEMORY, MHP_VERDICT_BLOCKED);
		return;
	}
	if (block->is_unbacked) { /* its pages may seem movable, and cannot be read */
		add_reason(block, MHP_REASON_NEEDS_REBOOT, MHP_VERDICT_BLOCKED);
		return;
	}
	if (block->can_be_boot_memory)
		add_reason(block, MHP_REASON_BOOT_MEMORY, MHP_VERDICT_MAYBE);
	if (block->state == MHP_BLOCK_UNKNOWN)
		add_reason(block, MHP_REASON_KERNEL, MHP_VERDICT_MAYBE);
	if (has_hidden_pages)
		add_reason(block, MHP_REASON_NOT_PERMITTED, MHP_VERDICT_MAYBE);
	if (block->unmovable_pages)
		add_reason(block, MHP_REASON_UNMOVABLE, MHP_VERDICT_BLOCKED);
	if (block->driver_pages)
		add_reason(block, MHP_REASON_DRIVER_PAGES, MHP_VERDICT_MAYBE);
	judge_owners(block);
	if (has_unexplained_pins(block, destination))
		add_reason(block, MHP_REASON_PINNED, MHP_VERDICT_MAYBE);
	if (block->hugetlb_pages) /* movable if other nodes have free huge pages */
		add_reason(block, MHP_REASON_HUGETLB,
			   block->has_unmovable_huge_page ? MHP_VERDICT_BLOCKED
							  : MHP_VERDICT_MAYBE);
	/* in zone movable an unknown page is a free page on a per-CPU list */
	if (block->unknown_pages && block->zone != MHP_ZONE_MOVABLE)
		add_reason(block, MHP_REASON_UNMOVABLE, MHP_VERDICT_MAYBE);
	if (destination && destination->needed_bytes > destination->available_bytes)
		add_reason(block, MHP_REASON_NO_TARGET_MEMORY, MHP_VERDICT_MAYBE);
}

MHP_EXPORT const struct mhp_owner *mhp_block_check_owner(const struct mhp_block_check *block,
							 size_t index)
{
	return item_get(struct mhp_owner, block->owners, block->nr_owners, index);
}
