/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Receipts: allocation, and getters for callers. */
#include "lib/plan/receipt.h"
#include "lib/base/cleanup.h"
#include "lib/base/counts.h"
#include "lib/base/export.h"
#include "lib/base/item.h"

#include <stdlib.h>
#include <string.h>

struct mhp_receipt *receipt_new(size_t nr_blocks)
{
	struct mhp_receipt *receipt = calloc(1, sizeof(*receipt));
	struct mhp_receipt_block *blocks = calloc(nr_blocks + 1, sizeof(*blocks));

	if (!receipt || !blocks) {
		free(receipt);
		free(blocks);
		return NULL;
	}
	receipt->blocks = blocks;
	return receipt;
}

void receipt_free(const struct mhp_receipt *receipt)
{
	if (!receipt)
		return;
	free_const(receipt->blocks);
	free_const(receipt);
}

struct mhp_receipt_block *receipt_find(const struct mhp_receipt *receipt, uint64_t id)
{
	struct mhp_receipt_block *blocks = receipt ? (void *)receipt->blocks : NULL;

	for (size_t i = 0; receipt && i < receipt->nr_blocks; i++)
		if (blocks[i].id == id)
			return &blocks[i];
	return NULL;
}

void receipt_add(struct mhp_receipt *receipt, const struct mhp_receipt_block *block)
{
	struct mhp_receipt_block *blocks = (void *)receipt->blocks;

	blocks[receipt->nr_blocks++] = *block;
}

struct mhp_receipt *receipt_extend(const struct mhp_receipt *receipt, size_t nr_more)
{
	struct mhp_receipt *copy = receipt_new(receipt->nr_blocks + nr_more);
	const void *blocks = copy ? copy->blocks : NULL;

	if (!copy)
		return NULL;
	*copy = *receipt;
	copy->blocks = blocks;
	memcpy((void *)blocks, receipt->blocks,
	       receipt->nr_blocks * sizeof(struct mhp_receipt_block));
	return copy;
}

MHP_EXPORT const struct mhp_receipt_block *mhp_receipt_block(const struct mhp_receipt *receipt,
							     size_t index)
{
	return item_get(struct mhp_receipt_block, receipt->blocks, receipt->nr_blocks, index);
}

MHP_EXPORT const char *mhp_receipt_status_name(enum mhp_receipt_status status)
{
	static const char *const names[NR_RECEIPT_STATUSES] = { "chosen", "done", "failed",
								"passed_over" };

	return (unsigned)status < NR_RECEIPT_STATUSES ? names[status] : "unknown";
}
