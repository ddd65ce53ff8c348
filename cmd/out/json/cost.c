/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cost of a plan, for programs. */
#include "cmd/out/json/json.h"

static void add_cost(struct js *js, struct json_object *in, const struct mhp_cost *cost)
{
	const char *place = mhp_memmap_location_name(cost->map);
	struct json_object *lost;

	js_bool(js, in, "estimated", true);
	js_number(js, in, "memmap_bytes", cost->memmap_bytes);
	js_name(js, in, "memmap_location", place ? place : "");
	js_node(js, in, "memmap_node", cost->map == MHP_MEMMAP_MEM ? cost->node : -1);
	js_number(js, in, "freed_bytes", cost->freed_bytes);
	js_number(js, in, "page_structs", cost->page_structs);
	js_number(js, in, "time_ms", cost->time_ms);
	js_number(js, in, "usable_bytes", cost->usable_bytes);
	js_number(js, in, "lost_bytes", cost->lost_bytes);
	lost = js_object(js, in, "lost");
	js_number(js, lost, "memmap_bytes", cost->reserved_bytes);
	js_number(js, lost, "start_bytes", cost->start_bytes);
	js_number(js, lost, "end_bytes", cost->end_bytes);
	js_number(js, lost, "block_bytes", cost->block_bytes);
}

void out_json_step_cost(struct js *js, struct json_object *in, const struct mhp_cost *cost)
{
	if (cost)
		add_cost(js, js_object(js, in, "cost"), cost);
	else
		js_null(js, in, "cost");
}

static void add_nodes(struct js *js, struct json_object *in, const struct mhp_plan *plan)
{
	struct json_object *nodes = js_array(js, in, "nodes");
	const struct mhp_node_cost *cost;

	for (size_t i = 0; (cost = mhp_plan_node_cost(plan, i)); i++) {
		struct json_object *node = js_object(js, nodes, NULL);

		js_node(js, node, "node", cost->node);
		js_number(js, node, "memmap_bytes", cost->memmap_bytes);
		js_number(js, node, "available_bytes", cost->available_bytes);
	}
}

static void add_sum(struct js *js, struct json_object *in, const struct mhp_plan *plan)
{
	const struct mhp_plan_cost *cost = mhp_plan_cost(plan);

	js_bool(js, in, "estimated", true);
	js_bool(js, in, "complete", cost->is_complete);
	js_number(js, in, "memmap_bytes", cost->memmap_bytes);
	js_number(js, in, "memory_bytes", cost->memory_bytes);
	js_number(js, in, "device_bytes", cost->device_bytes);
	js_number(js, in, "freed_bytes", cost->freed_bytes);
	js_number(js, in, "page_structs", cost->page_structs);
	js_number(js, in, "time_ms", cost->time_ms);
	js_number(js, in, "usable_bytes", cost->usable_bytes);
	js_number(js, in, "lost_bytes", cost->lost_bytes);
	js_answer(js, in, "vmemmap_dedup", cost->vmemmap_dedup);
	js_number(js, in, "available_bytes", cost->available_bytes);
	js_number(js, in, "reserve_bytes", cost->reserve_bytes);
	js_number(js, in, "movable_bytes", cost->movable_bytes);
	js_number(js, in, "kernel_bytes", cost->kernel_bytes);
	add_nodes(js, in, plan);
}

void out_json_alternatives(struct js *js, struct json_object *list, const struct mhp_plan *plan)
{
	const struct mhp_alternative *choice;

	for (size_t i = 0; plan && (choice = mhp_plan_alternative(plan, i)); i++) {
		struct json_object *in = js_object(js, list, NULL);

		js_text(js, in, "object", mhp_plan_step(plan, choice->step)->object);
		js_name(js, in, "map",
			*choice->window ? "" : mhp_memmap_location_name(choice->map));
		js_number(js, in, "align", *choice->window ? MHP_UNKNOWN : choice->align);
		js_name(js, in, "window", choice->window);
		js_number(js, in, "size", *choice->window ? choice->size : MHP_UNKNOWN);
		js_bool(js, in, "chosen", choice->is_chosen);
		js_number(js, in, "time_percent",
			  choice->time_percent ? choice->time_percent : MHP_UNKNOWN);
		add_cost(js, in, &choice->cost);
	}
}

void out_json_cost(struct js *js, struct json_object *doc, const struct mhp_plan *plan)
{
	if (plan)
		add_sum(js, js_object(js, doc, "cost"), plan);
	else
		js_null(js, doc, "cost");
}
