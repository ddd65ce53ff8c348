/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result of check, for programs. */
#include "cmd/out/json/json.h"
#include "lib/base/counts.h"

#include <inttypes.h>

static void add_reasons(struct js *js, struct json_object *in, uint64_t reasons)
{
	struct json_object *list = js_array(js, in, "reasons");

	for (unsigned reason = 0; reason < NR_REASONS; reason++)
		if (reasons & (UINT64_C(1) << reason))
			js_text(js, list, NULL, mhp_reason_name((enum mhp_reason)reason));
}

static void add_block(struct js *js, struct json_object *blocks,
		      const struct mhp_block_check *block)
{
	struct json_object *in = js_object(js, blocks, NULL), *owners, *nodes;

	js_number(js, in, "block", block->id);
	js_text(js, in, "state", mhp_block_state_name(block->state));
	js_name(js, in, "zone", block->zone ? mhp_zone_name(block->zone) : "");
	nodes = js_nodes(js, in, block->node);
	for (size_t i = 0; block->node < 0 && i < block->nr_nodes; i++)
		js_int(js, nodes, NULL, mhp_block_check_node(block, i));
	js_text(js, in, "verdict", mhp_verdict_name(block->verdict));
	js_number(js, in, "free", block->free_pages);
	js_number(js, in, "movable", block->movable_pages);
	js_number(js, in, "pinned", block->pinned_pages);
	js_number(js, in, "unmovable", block->unmovable_pages);
	js_number(js, in, "huge", block->hugetlb_pages);
	js_number(js, in, "driver_pages", block->driver_pages);
	js_number(js, in, "unknown", block->unknown_pages);
	add_reasons(js, in, block->reasons);
	owners = js_array(js, in, "owners");
	for (size_t i = 0; i < block->nr_owners; i++)
		out_json_owner(js, owners, mhp_block_check_owner(block, i));
}

static void add_room(struct js *js, struct json_object *destinations,
		     const struct mhp_destination *destination)
{
	struct json_object *in = js_object(js, destinations, NULL);

	js_node(js, in, "node", destination->node);
	js_number(js, in, "needed_bytes", destination->needed_bytes);
	js_number(js, in, "available_bytes", destination->available_bytes);
	js_number(js, in, "pins", destination->pins);
	js_number(js, in, "unexplained_pins", destination->unexplained_pins);
}

static void add_huge_page(struct js *js, struct json_object *pages,
			  const struct mhp_huge_page *page)
{
	struct json_object *in = js_object(js, pages, NULL);

	js_hex(js, in, "pfn", page->pfn);
	js_number(js, in, "size", page->size);
	js_node(js, in, "node", page->node);
	js_range(js, in, "blocks", page->first_block, page->last_block);
	js_bool(js, in, "in_use", page->is_in_use);
	js_number(js, in, "free_elsewhere", page->free_elsewhere);
}

/* Returns the verdict, or "" for a target without memory blocks. */
static const char *verdict_of(const struct mhp_check *check)
{
	if (!check || (!check->nr_blocks && check->verdict == MHP_VERDICT_REMOVABLE))
		return "";
	return mhp_verdict_name(check->verdict);
}

void out_json_check(struct js *js, struct json_object *doc, const struct mhp_check *check)
{
	struct json_object *list;

	js_null(js, doc, "pin");
	js_name(js, doc, "verdict", verdict_of(check));
	js_name(js, doc, "no_blocks", check ? check->no_blocks : "");
	list = js_array(js, doc, "blocks");
	for (size_t i = 0; check && i < check->nr_blocks; i++) {
		add_block(js, list, mhp_check_block(check, i));
		js_pack(js, list);
	}
	list = js_array(js, doc, "destinations");
	for (size_t i = 0; check && i < check->nr_destinations; i++)
		add_room(js, list, mhp_check_destination(check, i));
	list = js_array(js, doc, "huge_pages");
	for (size_t i = 0; check && i < check->nr_huge_pages; i++)
		add_huge_page(js, list, mhp_check_huge_page(check, i));
	js_count(js, doc, "processes", check ? check->nr_processes : 0);
	list = js_array(js, doc, "hidden");
	for (size_t i = 0; check && i < check->nr_hidden; i++)
		out_json_hidden(js, list, mhp_check_hidden(check, i));
}
