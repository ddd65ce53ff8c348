/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of a list as a tree: region, namespace, dax device. */
#include "cmd/out/text/list.h"
#include "cmd/out/text/text.h"
#include "cmd/runs.h"
#include "lib/base/counts.h"
#include "lib/base/parse.h"

#include <inttypes.h>
#include <string.h>

enum device_column {
	DEVICE_NAME,
	DEVICE_SIZE,
	DEVICE_FREE,
	DEVICE_MODE,
	DEVICE_MEMMAP,
	DEVICE_LOST,
	DEVICE_BLOCKS,
	DEVICE_ONLINE,
	DEVICE_ZONE,
	DEVICE_NODE,
	DEVICE_LABEL,
	DEVICE_COLUMNS,
};

static const struct table_column device_columns[DEVICE_COLUMNS] = {
	[DEVICE_NAME] = TABLE_LEFT("DEVICE"),	 [DEVICE_SIZE] = TABLE_RIGHT("SIZE"),
	[DEVICE_FREE] = TABLE_RIGHT("FREE"),	 [DEVICE_MODE] = TABLE_LEFT("MODE"),
	[DEVICE_MEMMAP] = TABLE_RIGHT("MEMMAP"), [DEVICE_LOST] = TABLE_RIGHT("LOST"),
	[DEVICE_BLOCKS] = TABLE_LEFT("BLOCKS"),	 [DEVICE_ONLINE] = TABLE_RIGHT("ONLINE"),
	[DEVICE_ZONE] = TABLE_LEFT("ZONE"),	 [DEVICE_NODE] = TABLE_RIGHT("NODE"),
	[DEVICE_LABEL] = TABLE_LEFT("LABEL"),
};

/* The branches before a name: "", "├─", "│ └─". */
struct branch {
	char before[16];
	char below[16]; /* before the names below this one */
};

static struct branch branch_under(const struct text_list *l, const struct branch *up, bool is_root,
				  bool is_last)
{
	const char *fork = is_last ? (l->is_utf8 ? "└─" : "`-") : (l->is_utf8 ? "├─" : "|-");
	const char *rest = is_last ? "  " : (l->is_utf8 ? "│ " : "| ");
	struct branch b = { 0 };

	if (is_root)
		return b;
	snprintf(b.before, sizeof(b.before), "%.8s%s", up->below, fork);
	snprintf(b.below, sizeof(b.below), "%.8s%s", up->below, rest);
	return b;
}

static void add_name(struct table *t, const struct branch *b, const char *name)
{
	char shown[4 * MHP_NAME_MAX];

	table_add_row(t);
	table_set(t, DEVICE_NAME, "%s%s", b->before, text_escape(name, shown, sizeof(shown)));
}

/* "33-47", "33-40,42-47", "33-40,…" */
static void set_ranges(const struct text_list *l, struct table *t, const struct mhp_dax *dax)
{
	char text[24] = "";
	size_t index = 0, used = 0;
	struct run run;

	while (run_of_device(l->topo, dax->name, &index, &run)) {
		char range[48];
		int len = snprintf(range, sizeof(range), "%s%" PRIu64, used ? "," : "", run.first);

		if (run.last != run.first)
			len += snprintf(range + len, sizeof(range) - (size_t)len, "-%" PRIu64,
					run.last);
		if (used + (size_t)len + sizeof(",...") > sizeof(text)) {
			table_set(t, DEVICE_BLOCKS, "%s,...", text);
			return;
		}
		memcpy(text + used, range, (size_t)len + 1);
		used += (size_t)len;
	}
	table_set(t, DEVICE_BLOCKS, "%s", text);
}

/* Shows the zones of the online blocks of a device: "movable", "normal,movable". */
static void set_zones(const struct text_list *l, struct table *t, const struct mhp_dax *dax)
{
	bool seen[NR_ZONES] = { false };
	const struct mhp_block *block;
	char text[64] = "";
	unsigned nr = 0;

	for (size_t i = 0; (block = mhp_topology_block(l->topo, i)); i++)
		if (strcmp(block->device, dax->name) == 0 && block->zone < NR_ZONES)
			seen[block->zone] = true;
	for (unsigned zone = MHP_ZONE_NONE + 1; zone < NR_ZONES; zone++) {
		size_t used = strlen(text);

		if (seen[zone])
			snprintf(text + used, sizeof(text) - used, "%s%s", nr++ ? "," : "",
				 mhp_zone_name(zone));
	}
	table_set(t, DEVICE_ZONE, "%s", text);
	if (nr > 1)
		table_set_style(t, DEVICE_ZONE, TABLE_ODD);
}

static void set_online(struct table *t, const struct mhp_dax *dax)
{
	if (dax->blocks_total == MHP_UNKNOWN) {
		table_set(t, DEVICE_ONLINE, "-");
		return;
	}
	if (!dax->blocks_total)
		return;
	table_set(t, DEVICE_ONLINE, "%" PRIu64 "/%" PRIu64, dax->blocks_online, dax->blocks_total);
	table_set_style(t, DEVICE_ONLINE,
			dax->blocks_online == dax->blocks_total ? TABLE_GOOD : TABLE_ODD);
}

/* Returns a state that the blocks do not show, such as a device without blocks. */
static const char *odd_state(const struct mhp_dax *dax, char *text, size_t size)
{
	bool odd = dax->state == MHP_DAX_STATE_UNPLUGGED || dax->state == MHP_DAX_STATE_UNKNOWN;

	if (dax->state == MHP_DAX_STATE_OFFLINE)
		odd = dax->blocks_total != MHP_UNKNOWN && dax->blocks_online;
	else if (!odd && dax->state != MHP_DAX_STATE_NONE)
		odd = dax->blocks_total != MHP_UNKNOWN &&
		      (!dax->blocks_total || dax->blocks_online < dax->blocks_total);
	text[0] = '\0';
	if (dax->state == MHP_DAX_STATE_UNPLUGGED)
		snprintf(text, size, ", unplugged");
	else if (odd)
		snprintf(text, size, ", state %s", mhp_dax_state_name(dax->state));
	return text;
}

static void add_dax(const struct text_list *l, struct table *t, const struct branch *b,
		    const struct mhp_dax *dax)
{
	char state[32];

	add_name(t, b, dax->name);
	text_list_size(l, t, DEVICE_SIZE, dax->size);
	text_list_word(t, DEVICE_MODE, mhp_dax_mode_name(dax->mode),
		       odd_state(dax, state, sizeof(state)));
	if (dax->memmap_bytes)
		text_list_size(l, t, DEVICE_MEMMAP, dax->memmap_bytes);
	if (dax->lost_bytes)
		text_list_size(l, t, DEVICE_LOST, dax->lost_bytes);
	set_ranges(l, t, dax);
	set_online(t, dax);
	set_zones(l, t, dax);
	text_list_node(t, DEVICE_NODE, dax->target_node);
}

static void add_namespace(const struct text_list *l, struct table *t, const struct branch *b,
			  const struct mhp_namespace *ns)
{
	char label[4 * MHP_LABEL_MAX], size[OUT_TEXT_SIZE_MAX];

	add_name(t, b, ns->name);
	text_list_size(l, t, DEVICE_SIZE, ns->size);
	text_list_word(t, DEVICE_MODE, mhp_namespace_mode_name(ns->mode),
		       ns->is_enabled ? "" : ", disabled");
	if (ns->memmap_bytes)
		table_set(t, DEVICE_MEMMAP, "%s, %s", mhp_memmap_location_name(ns->map),
			  out_text_size(ns->memmap_bytes, l->view->bytes, size, sizeof(size)));
	else if (ns->map != MHP_MEMMAP_NONE)
		table_set(t, DEVICE_MEMMAP, "%s", mhp_memmap_location_name(ns->map));
	table_set(t, DEVICE_LABEL, "%s", text_escape(ns->label, label, sizeof(label)));
}

static void add_region(const struct text_list *l, struct table *t, const struct mhp_region *region)
{
	const struct branch root = { 0 };
	char more[48];

	add_name(t, &root, region->name);
	text_list_size(l, t, DEVICE_SIZE, region->size);
	text_list_size(l, t, DEVICE_FREE, region->available_bytes);
	snprintf(more, sizeof(more), "%s%s%s", region->is_enabled ? "" : ", disabled",
		 region->is_read_only ? ", read-only" : "",
		 region->has_labels ? "" : ", no labels");
	text_list_word(t, DEVICE_MODE, region->type, more);
	text_list_node(t, DEVICE_NODE, region->target_node);
}

static bool has_region(const struct mhp_topology *topo, const char *name)
{
	const struct mhp_region *region;

	for (size_t i = 0; (region = mhp_topology_region(topo, i)); i++)
		if (*name && strcmp(region->name, name) == 0)
			return true;
	return false;
}

static bool has_namespace(const struct mhp_topology *topo, const char *name)
{
	const struct mhp_namespace *ns;

	for (size_t i = 0; (ns = mhp_topology_namespace(topo, i)); i++)
		if (*name && strcmp(ns->name, name) == 0)
			return true;
	return false;
}

/* Adds the dax devices of a namespace: at most one today. */
static void add_dax_of(const struct text_list *l, struct table *t, const struct branch *up,
		       const struct mhp_namespace *ns)
{
	const struct branch b = branch_under(l, up, false, true);
	const struct mhp_dax *dax;

	for (size_t i = 0; (dax = mhp_topology_dax(l->topo, i)); i++)
		if (strcmp(dax->ns_name, ns->name) == 0)
			add_dax(l, t, &b, dax);
}

/* Matches namespaces of the region with that name, or (NULL) of no listed region. */
static bool is_namespace_under(const struct text_list *l, const struct mhp_namespace *ns,
			       const char *region)
{
	if (!region)
		return !has_region(l->topo, ns->region);
	return strcmp(ns->region, region) == 0;
}

static bool is_dax_under(const struct text_list *l, const struct mhp_dax *dax, const char *region)
{
	if (has_namespace(l->topo, dax->ns_name))
		return false; /* listed below that */
	if (!region)
		return !has_region(l->topo, dax->region);
	return strcmp(dax->region, region) == 0;
}

static size_t count_under(const struct text_list *l, const char *region)
{
	const struct mhp_namespace *ns;
	const struct mhp_dax *dax;
	size_t nr = 0;

	for (size_t i = 0; (ns = mhp_topology_namespace(l->topo, i)); i++)
		nr += is_namespace_under(l, ns, region);
	for (size_t i = 0; (dax = mhp_topology_dax(l->topo, i)); i++)
		nr += is_dax_under(l, dax, region);
	return nr;
}

static void add_all_under(const struct text_list *l, struct table *t, const char *region)
{
	const struct branch root = { 0 };
	const struct mhp_namespace *ns;
	const struct mhp_dax *dax;
	size_t left = count_under(l, region);

	for (size_t i = 0; (ns = mhp_topology_namespace(l->topo, i)); i++) {
		if (is_namespace_under(l, ns, region)) {
			struct branch b = branch_under(l, &root, !region, --left == 0);

			add_namespace(l, t, &b, ns);
			add_dax_of(l, t, &b, ns);
		}
	}
	for (size_t i = 0; (dax = mhp_topology_dax(l->topo, i)); i++) {
		if (is_dax_under(l, dax, region)) {
			struct branch b = branch_under(l, &root, !region, --left == 0);

			add_dax(l, t, &b, dax);
		}
	}
}

/* Returns the bytes in no region; MHP_UNKNOWN is shown as "-". */
static uint64_t free_of(const struct mhp_memdev *memdev)
{
	if (memdev->ram_bytes == MHP_UNKNOWN || memdev->ram_used_bytes == MHP_UNKNOWN ||
	    memdev->pmem_bytes == MHP_UNKNOWN || memdev->pmem_used_bytes == MHP_UNKNOWN)
		return MHP_UNKNOWN;
	return memdev->ram_bytes - memdev->ram_used_bytes + memdev->pmem_bytes -
	       memdev->pmem_used_bytes;
}

static void add_memdev(const struct text_list *l, struct table *t, const struct mhp_memdev *memdev)
{
	const struct branch root = { 0 };
	uint64_t bytes = memdev->ram_bytes == MHP_UNKNOWN || memdev->pmem_bytes == MHP_UNKNOWN
				 ? MHP_UNKNOWN
				 : memdev->ram_bytes + memdev->pmem_bytes;

	add_name(t, &root, memdev->name);
	text_list_size(l, t, DEVICE_SIZE, bytes);
	text_list_size(l, t, DEVICE_FREE, free_of(memdev));
	text_list_word(t, DEVICE_MODE, memdev->pmem_bytes ? "cxl" : "cxl ram",
		       memdev->is_enabled ? "" : ", disabled");
	if (memdev->serial != MHP_UNKNOWN)
		table_set(t, DEVICE_LABEL, "serial 0x%" PRIx64, memdev->serial);
}

void text_list_devices(struct text_list *l)
{
	cleanup_table struct table t = { .columns = device_columns, .nr_columns = DEVICE_COLUMNS };
	const struct mhp_memdev *memdev;
	const struct mhp_region *region;

	for (size_t i = 0; (region = mhp_topology_region(l->topo, i)); i++) {
		add_region(l, &t, region);
		add_all_under(l, &t, region->name);
	}
	add_all_under(l, &t, NULL);
	for (size_t i = 0; (memdev = mhp_topology_memdev(l->topo, i)); i++)
		add_memdev(l, &t, memdev);
	text_list_table(l, &t);
}
