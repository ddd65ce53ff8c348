/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result of check --pin, for programs. */
#include "cmd/out/json/json.h"

static void add_limit(struct js *js, struct json_object *limits, const struct mhp_pin_limit *limit)
{
	struct json_object *in = js_object(js, limits, NULL);

	js_text(js, in, "kind", mhp_pin_limit_kind_name(limit->kind));
	js_text(js, in, "beyond", mhp_pin_verdict_name(limit->beyond));
	js_number(js, in, "bytes", limit->bytes);
	js_number(js, in, "exceeded_bytes", limit->exceeded_bytes);
	js_name(js, in, "detail", limit->detail);
}

static void add_node(struct js *js, struct json_object *nodes, const struct mhp_pin_node *node)
{
	struct json_object *in = js_object(js, nodes, NULL);

	js_int(js, in, "node", node->node);
	js_bool(js, in, "allowed", node->is_allowed);
	js_bool(js, in, "kernel_zone", node->has_kernel_zone);
	js_number(js, in, "space_bytes", node->space_bytes);
	js_number(js, in, "movable_bytes", node->movable_bytes);
	js_number(js, in, "process_bytes", node->process_bytes);
	js_number(js, in, "placed_bytes", node->placed_bytes);
}

static void add_zone(struct js *js, struct json_object *zones, const struct mhp_pin_zone *zone)
{
	struct json_object *in = js_object(js, zones, NULL);

	js_int(js, in, "node", zone->node);
	js_text(js, in, "zone", mhp_zone_name(zone->zone));
	js_bool(js, in, "kernel", zone->is_kernel);
	js_number(js, in, "managed_bytes", zone->managed_bytes);
	js_number(js, in, "free_bytes", zone->free_bytes);
	js_number(js, in, "reserved_bytes", zone->reserved_bytes);
	js_number(js, in, "reclaimable_bytes", zone->reclaimable_bytes);
	js_number(js, in, "cma_bytes", zone->cma_bytes);
	js_number(js, in, "cma_free_bytes", zone->cma_free_bytes);
	js_number(js, in, "space_bytes", zone->space_bytes);
}

static void put_pin(struct js *js, struct json_object *in, const struct mhp_pin_check *check)
{
	struct json_object *list;

	js_number(js, in, "size", check->size);
	js_node(js, in, "node", check->node);
	if (check->pid)
		js_int(js, in, "pid", check->pid);
	else
		js_null(js, in, "pid");
	js_name(js, in, "comm", check->comm);
	js_text(js, in, "verdict", mhp_pin_verdict_name(check->verdict));
	js_number(js, in, "largest_bytes", check->largest_bytes);
	list = js_array(js, in, "limits");
	for (size_t i = 0; i < check->nr_limits; i++)
		add_limit(js, list, mhp_pin_check_limit(check, i));
	list = js_array(js, in, "nodes");
	for (size_t i = 0; i < check->nr_nodes; i++)
		add_node(js, list, mhp_pin_check_node(check, i));
	list = js_array(js, in, "zones");
	for (size_t i = 0; i < check->nr_zones; i++)
		add_zone(js, list, mhp_pin_check_zone(check, i));
}

void out_json_pin(struct js *js, struct json_object *doc, const struct mhp_pin_check *check)
{
	struct json_object *hidden;

	out_json_check(js, doc, NULL);
	put_pin(js, js_object(js, doc, "pin"), check);
	hidden = js_array(js, doc, "hidden");
	for (size_t i = 0; i < check->nr_hidden; i++)
		out_json_hidden(js, hidden, mhp_pin_check_hidden(check, i));
}
