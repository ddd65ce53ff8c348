/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of a list as a tree: region, namespace, dax device. */
#include "cmd/out/text/device-rows.h"
#include "cmd/out/text/text.h"
#include "lib/base/parse.h"

#include <string.h>

static void add_namespace(const struct text_list *l, struct table *t, const struct branch *b,
			  const struct mhp_namespace *ns)
{
	char label[4 * MHP_LABEL_MAX], size[OUT_TEXT_SIZE_MAX];

	device_row(t, b, ns->name);
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

	device_row(t, &root, region->name);
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

static bool has_cxl_region(const struct mhp_topology *topo, const char *name)
{
	const struct mhp_cxl_region *region;

	for (size_t i = 0; (region = mhp_topology_cxl_region(topo, i)); i++)
		if (*name && strcmp(region->name, name) == 0)
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
			device_row_dax(l, t, &b, dax);
}

/* Matches namespaces of the region with that name, or (NULL) of no listed region. */
static bool is_namespace_under(const struct text_list *l, const struct mhp_namespace *ns,
			       const char *region)
{
	if (!region)
		return !has_region(l->topo, ns->region);
	return strcmp(ns->region, region) == 0;
}

static bool has_dax_region(const struct mhp_topology *topo, const char *name)
{
	const struct mhp_dax_region *region;

	for (size_t i = 0; (region = mhp_topology_dax_region(topo, i)); i++)
		if (*name && strcmp(region->name, name) == 0)
			return true;
	return false;
}

static bool is_dax_under(const struct text_list *l, const struct mhp_dax *dax, const char *region)
{
	if (region && strcmp(dax->region, region) != 0) /* first: most devices are elsewhere */
		return false;
	if (has_namespace(l->topo, dax->ns_name) || has_cxl_region(l->topo, dax->cxl_region))
		return false; /* listed below that */
	return region ||
	       (!has_region(l->topo, dax->region) && !has_dax_region(l->topo, dax->dax_region));
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

			device_row_dax(l, t, &b, dax);
		}
	}
}

/* Adds a dax region and its devices. */
static void add_dax_region(const struct text_list *l, struct table *t,
			   const struct mhp_dax_region *region)
{
	const char *origin = mhp_origin_name(region->origin);
	const struct branch root = { 0 };
	const struct mhp_dax *dax;
	size_t left = 0;

	device_row(t, &root, region->name);
	text_list_size(l, t, DEVICE_SIZE, region->size);
	text_list_size(l, t, DEVICE_FREE, region->available_bytes);
	text_list_word(t, DEVICE_MODE, origin ? origin : "unknown", "");
	text_list_node(t, DEVICE_NODE, region->target_node);
	for (size_t i = 0; (dax = mhp_topology_dax(l->topo, i)); i++)
		left += strcmp(dax->dax_region, region->name) == 0;
	for (size_t i = 0; (dax = mhp_topology_dax(l->topo, i)); i++) {
		if (strcmp(dax->dax_region, region->name) == 0) {
			struct branch b = branch_under(l, &root, false, --left == 0);

			device_row_dax(l, t, &b, dax);
		}
	}
}

void text_list_devices(struct text_list *l)
{
	cleanup_table struct table t = { .columns = device_columns, .nr_columns = DEVICE_COLUMNS };
	const struct mhp_dax_region *dax_region;
	const struct mhp_region *region;

	for (size_t i = 0; (region = mhp_topology_region(l->topo, i)); i++) {
		add_region(l, &t, region);
		add_all_under(l, &t, region->name);
	}
	for (size_t i = 0; (dax_region = mhp_topology_dax_region(l->topo, i)); i++)
		if (!has_cxl_region(l->topo, dax_region->cxl_region)) /* listed as that */
			add_dax_region(l, &t, dax_region);
	add_all_under(l, &t, NULL);
	text_list_cxl(l, &t);
	text_list_table(l, &t);
}
