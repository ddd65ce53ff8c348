/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics of memory blocks, nodes and devices. */
#include "cmd/cleanup.h"
#include "cmd/metrics/metrics.h"

#include <inttypes.h>
#include <string.h>

/* The text of a node as a label. */
struct node_text {
	char text[16];
};

static struct node_text node_text(int node)
{
	struct node_text text = { "none" };

	if (node >= 0)
		snprintf(text.text, sizeof(text.text), "%d", node);
	return text;
}

static const char *or_none(const char *text)
{
	return *text ? text : "none";
}

static const char *zone_text(enum mhp_zone zone)
{
	return zone == MHP_ZONE_NONE ? "none" : mhp_zone_name(zone);
}

/* ---- blocks -------------------------------------------------------------------------------- */

static void add_part(struct metrics *metrics, const struct mhp_block *block, int node,
		     uint64_t bytes)
{
	metrics_sum(metrics, METRIC_MEMORY, bytes, node_text(node).text, zone_text(block->zone),
		    mhp_block_state_name(block->state), mhp_block_origin_name(block->origin));
}

static void add_block(struct metrics *metrics, const struct mhp_block *block, uint64_t size)
{
	uint64_t left = size;

	if (block->state == MHP_BLOCK_UNKNOWN)
		metrics->nr_unknown++;
	for (unsigned i = 0; block->nr_nodes > 1 && i < block->nr_nodes; i++) {
		uint64_t bytes = mhp_block_node_bytes(block, i);

		if (bytes == MHP_UNKNOWN || bytes > left)
			break;
		add_part(metrics, block, mhp_block_node(block, i), bytes);
		left -= bytes;
	}
	if (left)
		add_part(metrics, block, block->nr_nodes > 1 ? -1 : block->node, left);
}

/* Returns whether something whose name begins so is hidden. */
static bool hides(const struct mhp_topology *topo, const char *begin)
{
	const struct mhp_hidden *hidden;

	for (size_t i = 0; (hidden = mhp_topology_hidden(topo, i)); i++)
		if (strncmp(hidden->what, begin, strlen(begin)) == 0)
			return true;
	return false;
}

/* Adds the memory without a device: known where the addresses of devices are, and what added
 * memory. */
static void add_lost(struct metrics *metrics, const struct mhp_topology *topo, uint64_t orphaned,
		     uint64_t unbacked)
{
	bool is_unknown = hides(topo, "dax_devices") || hides(topo, "blocks.origin");

	metrics_add(metrics, METRIC_MEMORY_ORPHANED, is_unknown ? MHP_UNKNOWN : orphaned);
	metrics_add(metrics, METRIC_MEMORY_UNBACKED,
		    is_unknown || hides(topo, "cxl_windows") || hides(topo, "cxl_regions")
			    ? MHP_UNKNOWN
			    : unbacked);
}

static void add_blocks(struct metrics *metrics, const struct mhp_topology *topo)
{
	const struct mhp_memory *memory = mhp_topology_memory(topo);
	const struct mhp_block *block;
	uint64_t orphaned = 0, unbacked = 0;

	for (size_t i = 0; (block = mhp_topology_block(topo, i)); i++) {
		add_block(metrics, block, memory->block_size);
		orphaned += block->is_orphaned ? memory->block_size : 0;
		unbacked += block->is_unbacked ? memory->block_size : 0;
	}
	if (!memory->block_size) /* the kernel has no memory blocks */
		return;
	metrics_add(metrics, METRIC_BLOCK_SIZE, memory->block_size);
	add_lost(metrics, topo, orphaned, unbacked);
	metrics_add(metrics, METRIC_MEMORY_UNPLUGGED, memory->unplugged_bytes);
}

static void add_nodes(struct mhp_ctx *ctx, struct metrics *metrics, const struct mhp_topology *topo)
{
	const struct mhp_node *node;

	metrics_add(metrics, METRIC_MEMORY_AVAILABLE, mhp_topology_memory(topo)->available_bytes);
	for (size_t i = 0; (node = mhp_topology_node(topo, i)); i++) {
		const struct node_text text = node_text(node->node);

		metrics_add(metrics, METRIC_NODE_KERNEL_AVAILABLE, node->kernel_available_bytes,
			    text.text);
		metrics_add(metrics, METRIC_NODE_PINS, mhp_node_pins(ctx, node->node), text.text);
	}
}

/* ---- devices ------------------------------------------------------------------------------- */

static void add_dax_devices(struct metrics *metrics, const struct mhp_topology *topo)
{
	const struct mhp_dax *dax;

	for (size_t i = 0; (dax = mhp_topology_dax(topo, i)); i++) {
		metrics_add(metrics, METRIC_DAX_INFO, 1, dax->name, mhp_dax_mode_name(dax->mode),
			    mhp_origin_name(dax->origin), node_text(dax->target_node).text);
		metrics_add(metrics, METRIC_DAX_SIZE, dax->size, dax->name);
		metrics_add(metrics, METRIC_DAX_MEMMAP, dax->memmap_bytes, dax->name);
		if (dax->mode != MHP_DAX_SYSTEM_RAM)
			continue;
		metrics_add(metrics, METRIC_DAX_BLOCKS, dax->blocks_online, dax->name, "online");
		metrics_add(metrics, METRIC_DAX_BLOCKS,
			    dax->blocks_total == MHP_UNKNOWN || dax->blocks_online == MHP_UNKNOWN
				    ? MHP_UNKNOWN
				    : dax->blocks_total - dax->blocks_online,
			    dax->name, "offline");
	}
}

static void add_nvdimms(struct metrics *metrics, const struct mhp_topology *topo)
{
	const struct mhp_region *region;
	const struct mhp_namespace *ns;

	for (size_t i = 0; (region = mhp_topology_region(topo, i)); i++) {
		metrics_add(metrics, METRIC_REGION_SIZE, region->size, region->name);
		metrics_add(metrics, METRIC_REGION_AVAILABLE, region->available_bytes,
			    region->name);
	}
	for (size_t i = 0; (ns = mhp_topology_namespace(topo, i)); i++) {
		metrics_add(metrics, METRIC_NAMESPACE_INFO, 1, ns->name, or_none(ns->region),
			    mhp_namespace_mode_name(ns->mode), or_none(ns->uuid));
		metrics_add(metrics, METRIC_NAMESPACE_SIZE, ns->size, ns->name);
		if (ns->mode == MHP_NAMESPACE_FSDAX)
			metrics_add(metrics, METRIC_NAMESPACE_MEMMAP, ns->memmap_bytes, ns->name);
	}
}

int metrics_memory(struct mhp_ctx *ctx, struct metrics *metrics, struct mhp_error *err)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	const struct mhp_hidden *hidden;
	int rc = mhp_topology_scan(ctx, MHP_SCAN_WITHOUT_BLOCKS | MHP_SCAN_CXL_HEALTH, &topo, err);

	if (rc == 0)
		rc = mhp_topology_count_unplugged(ctx, topo, err);
	if (rc < 0)
		return rc;
	add_blocks(metrics, topo);
	add_nodes(ctx, metrics, topo);
	add_dax_devices(metrics, topo);
	add_nvdimms(metrics, topo);
	metrics_cxl(metrics, topo);
	for (size_t i = 0; (hidden = mhp_topology_hidden(topo, i)); i++)
		metrics->nr_unknown += strcmp(hidden->what, "cxl_memdevs.health") != 0;
	metrics->topo = topo;
	topo = NULL;
	return 0;
}
