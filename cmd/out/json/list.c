/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON of the topology, for mhpctl list. */
#include "cmd/out/json/json.h"
#include "cmd/runs.h"

#include <string.h>

static void add_onliners(struct js *js, struct json_object *memory, const struct mhp_topology *topo)
{
	struct json_object *onliners = js_array(js, memory, "onliners");
	const struct mhp_onliner *onliner;

	for (size_t i = 0; topo && (onliner = mhp_topology_onliner(topo, i)); i++) {
		struct json_object *in = js_object(js, onliners, NULL);

		js_text(js, in, "kind", mhp_onliner_kind_name(onliner->kind));
		js_text(js, in, "where", onliner->where);
		js_bool(js, in, "certain", !onliner->is_uncertain);
	}
}

static void add_memory(struct js *js, struct json_object *doc, const struct mhp_topology *topo)
{
	static const struct mhp_memory unknown = {
		.page_size = MHP_UNKNOWN,
		.block_size = MHP_UNKNOWN,
		.online_bytes = MHP_UNKNOWN,
		.offline_bytes = MHP_UNKNOWN,
		.unplugged_bytes = MHP_UNKNOWN,
		.memmap_pages_per_second = MHP_UNKNOWN,
	};
	const struct mhp_memory *memory = topo ? mhp_topology_memory(topo) : &unknown;
	struct json_object *in = js_object(js, doc, "memory");

	js_number(js, in, "page_size", memory->page_size);
	js_number(js, in, "block_size", memory->block_size);
	js_number(js, in, "online_bytes", memory->online_bytes);
	js_number(js, in, "offline_bytes", memory->offline_bytes);
	js_number(js, in, "unplugged_bytes", memory->unplugged_bytes);
	js_name(js, in, "auto_online_blocks", memory->auto_online_blocks);
	js_name(js, in, "online_policy", memory->online_policy);
	js_name(js, in, "memmap_on_memory", memory->memmap_on_memory);
	js_answer(js, in, "vmemmap_dedup", memory->vmemmap_dedup);
	js_number(js, in, "memmap_pages_per_second", memory->memmap_pages_per_second);
	add_onliners(js, in, topo);
}

static void add_node(struct js *js, struct json_object *nodes, const struct mhp_node *node)
{
	struct json_object *in = js_object(js, nodes, NULL);

	js_int(js, in, "node", node->node);
	js_number(js, in, "online_bytes", node->online_bytes);
	js_number(js, in, "offline_bytes", node->offline_bytes);
	js_number(js, in, "movable_bytes", node->movable_bytes);
	js_number(js, in, "kernel_bytes", node->kernel_bytes);
	js_number(js, in, "kernel_present_bytes", node->kernel_present_bytes);
	js_number(js, in, "kernel_available_bytes", node->kernel_available_bytes);
	js_number(js, in, "cpus", node->nr_cpus == MHP_CPUS_UNKNOWN ? MHP_UNKNOWN : node->nr_cpus);
}

static void add_serials(struct js *js, struct json_object *in, const struct mhp_serials *serials)
{
	struct json_object *array = js_array(js, in, "serials");

	for (unsigned i = 0; i < serials->nr; i++)
		js_hex(js, array, NULL, mhp_serial(serials, i));
}

static void add_region(struct js *js, struct json_object *regions, const struct mhp_topology *topo,
		       const struct mhp_region *region)
{
	struct json_object *in = js_object(js, regions, NULL);
	const struct mhp_namespace *ns;
	struct json_object *names, *aligns;

	js_text(js, in, "region", region->name);
	js_text(js, in, "type", region->type);
	js_text(js, in, "bus", region->bus);
	js_hex(js, in, "start", region->start);
	js_number(js, in, "size", region->size);
	js_number(js, in, "available_bytes", region->available_bytes);
	js_number(js, in, "max_extent_bytes", region->max_extent_bytes);
	js_number(js, in, "align", region->align);
	aligns = js_array(js, in, "devdax_aligns");
	for (unsigned i = 0; i < region->nr_aligns; i++)
		js_number(js, aligns, NULL, mhp_region_align(region, i));
	js_count(js, in, "mappings", region->nr_mappings);
	js_bool(js, in, "labels", region->has_labels);
	js_bool(js, in, "labels_possible", region->can_label);
	js_bool(js, in, "enabled", region->is_enabled);
	js_bool(js, in, "read_only", region->is_read_only);
	js_node(js, in, "numa_node", region->numa_node);
	js_node(js, in, "target_node", region->target_node);
	add_serials(js, in, &region->serials);
	names = js_array(js, in, "namespaces");
	for (size_t i = 0; (ns = mhp_topology_namespace(topo, i)); i++)
		if (strcmp(ns->region, region->name) == 0)
			js_text(js, names, NULL, ns->name);
}

static void add_namespace(struct js *js, struct json_object *namespaces,
			  const struct mhp_namespace *ns)
{
	struct json_object *in = js_object(js, namespaces, NULL);
	const char *map = mhp_memmap_location_name(ns->map);

	js_text(js, in, "namespace", ns->name);
	js_text(js, in, "region", ns->region);
	js_name(js, in, "uuid", ns->uuid);
	js_text(js, in, "name", ns->label);
	js_text(js, in, "mode", mhp_namespace_mode_name(ns->mode));
	js_number(js, in, "size", ns->size);
	js_number(js, in, "raw_size", ns->raw_size);
	js_number(js, in, "align", ns->align ? ns->align : MHP_UNKNOWN);
	js_name(js, in, "map", map ? map : "");
	js_number(js, in, "memmap_bytes", ns->memmap_bytes);
	js_bool(js, in, "enabled", ns->is_enabled);
	js_name(js, in, "device", ns->device);
	js_name(js, in, "block_device", ns->blockdev);
}

static void add_dax_blocks(struct js *js, struct json_object *device,
			   const struct mhp_topology *topo, const struct mhp_dax *dax)
{
	struct json_object *in = js_object(js, device, "blocks");
	struct json_object *ranges;
	size_t index = 0;
	struct run run;

	js_number(js, in, "total", dax->blocks_total);
	js_number(js, in, "online",
		  dax->blocks_total == MHP_UNKNOWN ? MHP_UNKNOWN : dax->blocks_online);
	ranges = js_array(js, in, "ranges");
	while (run_of_device(topo, dax, &index, &run))
		js_range(js, ranges, NULL, run.first, run.last);
}

/* Puts physical ranges; null without permission to read them. */
static void add_dax_ranges(struct js *js, struct json_object *device, const struct mhp_dax *dax)
{
	const struct mhp_range *range;
	struct json_object *ranges;

	if (!dax->has_ranges) {
		js_null(js, device, "ranges");
		return;
	}
	ranges = js_array(js, device, "ranges");
	for (size_t i = 0; (range = mhp_dax_range(dax, i)); i++) {
		struct json_object *in = js_object(js, ranges, NULL);

		js_hex(js, in, "start", range->start);
		js_hex(js, in, "end", range->end - 1);
	}
}

/* Puts the properties by which a policy can identify a device. */
static void add_dax_origin(struct js *js, struct json_object *device, const struct mhp_dax *dax)
{
	const char *origin = mhp_origin_name(dax->origin);

	js_name(js, device, "origin", origin ? origin : "");
	js_name(js, device, "path", dax->path);
	js_name(js, device, "cxl_region", dax->cxl_region);
	add_serials(js, device, &dax->serials);
}

static void add_dax(struct js *js, struct json_object *devices, const struct mhp_topology *topo,
		    const struct mhp_dax *dax)
{
	struct json_object *in = js_object(js, devices, NULL);
	const char *state = mhp_dax_state_name(dax->state);

	js_text(js, in, "device", dax->name);
	js_text(js, in, "mode", mhp_dax_mode_name(dax->mode));
	js_name(js, in, "state", state ? state : "");
	js_name(js, in, "driver", dax->driver);
	js_number(js, in, "size", dax->size);
	js_number(js, in, "align", dax->align);
	js_node(js, in, "numa_node", dax->numa_node);
	js_node(js, in, "target_node", dax->target_node);
	js_name(js, in, "namespace", dax->ns_name);
	js_name(js, in, "region", dax->region);
	js_name(js, in, "dax_region", dax->dax_region);
	add_dax_origin(js, in, dax);
	js_number(js, in, "memmap_bytes", dax->memmap_bytes);
	js_answer(js, in, "memmap_on_memory", dax->memmap_on_memory);
	js_number(js, in, "lost_bytes", dax->lost_bytes);
	add_dax_ranges(js, in, dax);
	add_dax_blocks(js, in, topo, dax);
}

static void add_dax_region(struct js *js, struct json_object *regions,
			   const struct mhp_topology *topo, const struct mhp_dax_region *region)
{
	struct json_object *in = js_object(js, regions, NULL);
	const char *origin = mhp_origin_name(region->origin);
	const struct mhp_dax *dax;
	struct json_object *names;

	js_text(js, in, "dax_region", region->name);
	js_text(js, in, "kernel_device", region->device);
	js_text(js, in, "path", region->path);
	js_name(js, in, "origin", origin ? origin : "");
	js_name(js, in, "cxl_region", region->cxl_region);
	js_hex(js, in, "start", region->start);
	js_number(js, in, "size", region->size);
	js_number(js, in, "available_bytes", region->available_bytes);
	js_number(js, in, "align", region->align);
	js_node(js, in, "numa_node", region->numa_node);
	js_node(js, in, "target_node", region->target_node);
	names = js_array(js, in, "devices");
	for (size_t i = 0; (dax = mhp_topology_dax(topo, i)); i++)
		if (strcmp(dax->dax_region, region->name) == 0)
			js_text(js, names, NULL, dax->name);
}

static void add_run(struct js *js, struct json_object *blocks, const struct run *run,
		    uint64_t block_size, bool each)
{
	struct json_object *in = js_object(js, blocks, NULL);
	const struct mhp_block *block = run->block;
	const char *zone = mhp_zone_name(block->zone);
	struct json_object *valid;

	if (each)
		js_number(js, in, "block", run->first);
	else
		js_range(js, in, "blocks", run->first, run->last);
	js_hex(js, in, "start", block->start);
	js_hex(js, in, "end", block->start + run_count(run) * block_size - 1);
	js_number(js, in, "size", run_count(run) * block_size);
	js_number(js, in, "unplugged_bytes", mhp_block_unplugged_bytes(block));
	js_text(js, in, "state", mhp_block_state_name(block->state));
	js_name(js, in, "zone", zone ? zone : "");
	valid = js_array(js, in, "valid_zones");
	for (unsigned i = 0; i < block->nr_valid_zones; i++)
		js_text(js, valid, NULL, mhp_zone_name(mhp_block_valid_zone(block, i)));
	js_block_nodes(js, in, block);
	js_name(js, in, "device", mhp_block_device(block));
	js_text(js, in, "origin", mhp_block_origin_name(block->origin));
	js_bool(js, in, "orphaned", block->is_orphaned);
	js_bool(js, in, "unbacked", block->is_unbacked);
}

static void add_blocks(struct js *js, struct json_object *doc, const struct mhp_topology *topo,
		       bool each)
{
	struct json_object *blocks = js_array(js, doc, "blocks");
	size_t index = 0;
	struct run run;

	while (topo && run_next(topo, &index, each, &run)) {
		add_run(js, blocks, &run, mhp_topology_memory(topo)->block_size, each);
		js_pack(js, blocks);
	}
}

static void add_hidden(struct js *js, struct json_object *doc, const struct mhp_topology *topo)
{
	struct json_object *list = js_array(js, doc, "hidden");
	const struct mhp_hidden *hidden;

	for (size_t i = 0; topo && (hidden = mhp_topology_hidden(topo, i)); i++) {
		struct json_object *in = js_object(js, list, NULL);

		js_text(js, in, "what", hidden->what);
		js_text(js, in, "why", hidden->why);
	}
}

void out_json_list(struct js *js, struct json_object *doc, const struct mhp_topology *topo,
		   bool each_block)
{
	const struct mhp_namespace *ns;
	const struct mhp_region *region;
	const struct mhp_node *node;
	const struct mhp_dax *dax;
	const struct mhp_dax_region *dax_region;
	struct json_object *list;

	add_memory(js, doc, topo);
	list = js_array(js, doc, "nodes");
	for (size_t i = 0; topo && (node = mhp_topology_node(topo, i)); i++)
		add_node(js, list, node);
	list = js_array(js, doc, "regions");
	for (size_t i = 0; topo && (region = mhp_topology_region(topo, i)); i++)
		add_region(js, list, topo, region);
	list = js_array(js, doc, "namespaces");
	for (size_t i = 0; topo && (ns = mhp_topology_namespace(topo, i)); i++)
		add_namespace(js, list, ns);
	list = js_array(js, doc, "dax_devices");
	for (size_t i = 0; topo && (dax = mhp_topology_dax(topo, i)); i++)
		add_dax(js, list, topo, dax);
	out_json_cxl(js, doc, topo);
	list = js_array(js, doc, "dax_regions");
	for (size_t i = 0; topo && (dax_region = mhp_topology_dax_region(topo, i)); i++)
		add_dax_region(js, list, topo, dax_region);
	add_blocks(js, doc, topo, each_block);
	add_hidden(js, doc, topo);
}
