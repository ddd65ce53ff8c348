/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON of the blocks that a request has chosen. */
#include "cmd/out/json/json.h"

#include <string.h>

static uint64_t if_counted(const struct mhp_receipt_block *block, uint64_t bytes)
{
	return block->has_page_counts ? bytes : MHP_UNKNOWN;
}

static void add_block(struct js *js, struct json_object *blocks,
		      const struct mhp_receipt_block *block)
{
	struct json_object *in = js_object(js, blocks, NULL);
	const char *zone = mhp_zone_name(block->zone);

	js_count(js, in, "block", block->id);
	js_text(js, in, "status", mhp_receipt_status_name(block->status));
	js_name(js, in, "zone", zone ? zone : "");
	js_text(js, in, "origin", mhp_block_origin_name(block->origin));
	js_number(js, in, "free_bytes", if_counted(block, block->free_bytes));
	js_number(js, in, "moved_bytes", if_counted(block, block->moved_bytes));
	js_number(js, in, "anon_bytes", if_counted(block, block->anon_bytes));
	js_number(js, in, "thp_bytes", if_counted(block, block->thp_bytes));
	js_number(js, in, "hugetlb_bytes", if_counted(block, block->hugetlb_bytes));
	js_count(js, in, "unplugged_bytes", block->unplugged_bytes);
	js_number(js, in, "estimated_ms", block->estimated_ms);
	js_number(js, in, "took_ms", block->took_ms);
	js_name(js, in, "reason", block->reason ? mhp_reason_name(block->reason) : "");
	js_name(js, in, "why", block->why);
	js_name(js, in, "who", block->who);
}

void out_json_receipt(struct js *js, struct json_object *doc, const struct mhp_receipt *receipt)
{
	const struct mhp_receipt_block *block;
	struct json_object *in, *blocks;

	if (!receipt) {
		js_null(js, doc, "receipt");
		return;
	}
	in = js_object(js, doc, "receipt");
	js_text(js, in, "target", receipt->target);
	js_text(js, in, "direction", receipt->is_offline ? "offline" : "online");
	js_count(js, in, "asked_bytes", receipt->asked_bytes);
	js_count(js, in, "given_bytes", receipt->given_bytes);
	js_number(js, in, "moved_bytes", receipt->moved_bytes);
	js_number(js, in, "available_bytes", receipt->available_bytes);
	js_number(js, in, "estimated_ms", receipt->estimated_ms);
	js_count(js, in, "spare_blocks", receipt->nr_spare);
	blocks = js_array(js, in, "blocks");
	for (size_t i = 0; (block = mhp_receipt_block(receipt, i)); i++)
		add_block(js, blocks, block);
}
