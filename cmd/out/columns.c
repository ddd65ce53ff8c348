/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of mhpctl list -o: which there are, and what each has in a row. */
#include "cmd/out/column-get.h"
#include "cmd/objects.h"
#include "cmd/opt.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/suggest.h"
#include "lib/tool.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Sets the node; a negative one is none. */
static void set_node(struct value *value, int node)
{
	if (node >= 0)
		value_set_number(value, VALUE_NUMBER, (uint64_t)node);
}

static void set_enabled(struct value *value, bool is_enabled)
{
	value_set_word(value, is_enabled ? "enabled" : "disabled");
}

/* ---- names ------------------------------------------------------------------------------- */

static void get_name(const struct row *row, struct value *value)
{
	char name[RUN_NAME_MAX];

	switch (row->kind) {
	case ROW_REGION:
		return value_set_text(value, row->region->name);
	case ROW_NAMESPACE:
		return value_set_text(value, row->ns->name);
	case ROW_DAX_REGION:
		return value_set_text(value, row->dax_region->name);
	case ROW_DAX:
		return value_set_text(value, row->dax->name);
	case ROW_CXL_WINDOW:
		return value_set_text(value, row->window->name);
	case ROW_CXL_REGION: /* the target's name: an NVDIMM region may have the bare one */
		return value_append(value, "cxl/%s", row->cxl_region->name);
	case ROW_CXL_MEMDEV:
		return value_set_text(value, row->memdev->name);
	case ROW_BLOCKS:
		return value_set_text(value, format_run("memory", row->run.first, row->run.last,
							name, sizeof(name)));
	case ROW_NODE:
		return value_append(value, "node%d", row->node->node);
	}
}

static void get_type(const struct row *row, struct value *value)
{
	static const char *const types[] = {
		[ROW_REGION] = "region",
		[ROW_NAMESPACE] = "namespace",
		[ROW_DAX_REGION] = "dax_region",
		[ROW_DAX] = "dax_device",
		[ROW_CXL_WINDOW] = "cxl_window",
		[ROW_CXL_REGION] = "cxl_region",
		[ROW_CXL_MEMDEV] = "cxl_memdev",
		[ROW_BLOCKS] = "blocks",
		[ROW_NODE] = "node",
	};

	value_set_word(value, types[row->kind]);
}

static void get_parent(const struct row *row, struct value *value)
{
	const struct mhp_dax *dax;

	if (row->kind == ROW_NAMESPACE)
		value_set_text(value, row->ns->region);
	else if (row->kind == ROW_CXL_REGION)
		value_set_text(value, row->cxl_region->window);
	else if (row->kind == ROW_BLOCKS)
		value_set_text(value, mhp_block_device(row->run.block));
	else if (row->kind == ROW_DAX_REGION && *row->dax_region->cxl_region)
		value_append(value, "cxl/%s", row->dax_region->cxl_region);
	if (row->kind != ROW_DAX)
		return;
	dax = row->dax;
	if (*dax->ns_name)
		value_set_text(value, dax->ns_name);
	else if (*dax->dax_region)
		value_set_text(value, dax->dax_region);
	else if (*dax->cxl_region)
		value_append(value, "cxl/%s", dax->cxl_region);
	else
		value_set_text(value, dax->region);
}

static void get_label(const struct row *row, struct value *value)
{
	if (row->kind == ROW_NAMESPACE)
		value_set_text(value, row->ns->label);
}

static void get_uuid(const struct row *row, struct value *value)
{
	if (row->kind == ROW_NAMESPACE)
		value_set_text(value, row->ns->uuid);
	else if (row->kind == ROW_CXL_REGION)
		value_set_text(value, row->cxl_region->uuid);
}

static void add_serials(struct value *value, const struct mhp_serials *serials)
{
	for (unsigned i = 0; i < serials->nr; i++)
		value_append(value, "%s0x%" PRIx64, i ? "," : "", mhp_serial(serials, i));
}

static void get_serial(const struct row *row, struct value *value)
{
	if (row->kind == ROW_REGION)
		add_serials(value, &row->region->serials);
	else if (row->kind == ROW_DAX)
		add_serials(value, &row->dax->serials);
	else if (row->kind == ROW_CXL_MEMDEV && row->memdev->serial == MHP_UNKNOWN)
		value->kind = VALUE_UNKNOWN;
	else if (row->kind == ROW_CXL_MEMDEV)
		value_append(value, "0x%" PRIx64, row->memdev->serial);
}

static void get_members(const struct row *row, struct value *value)
{
	const struct mhp_cxl_region *region = row->cxl_region;

	if (row->kind != ROW_CXL_REGION)
		return;
	if (!region->nr_members)
		value->kind = VALUE_UNKNOWN;
	for (unsigned i = 0; i < region->nr_members; i++)
		value_append(value, "%s%s", i ? "," : "", cxl_member_name(&region->members[i]));
}

static void get_driver(const struct row *row, struct value *value)
{
	if (row->kind == ROW_DAX)
		value_set_text(value, row->dax->driver);
}

/* ---- what it is now ---------------------------------------------------------------------- */

static void get_mode(const struct row *row, struct value *value)
{
	const char *origin;

	if (row->kind == ROW_REGION) {
		value_set_text(value, row->region->type);
	} else if (row->kind == ROW_NAMESPACE) {
		value_set_word(value, mhp_namespace_mode_name(row->ns->mode));
	} else if (row->kind == ROW_DAX) {
		value_set_word(value, mhp_dax_mode_name(row->dax->mode));
	} else if (row->kind == ROW_CXL_REGION) {
		value_set_text(value, row->cxl_region->type);
		if (value->kind == VALUE_NONE)
			value->kind = VALUE_UNKNOWN;
	} else if (row->kind == ROW_DAX_REGION) {
		origin = mhp_origin_name(row->dax_region->origin);
		value_set_word(value, origin);
	}
}

static void get_state(const struct row *row, struct value *value)
{
	if (row->kind == ROW_REGION)
		set_enabled(value, row->region->is_enabled);
	else if (row->kind == ROW_NAMESPACE)
		set_enabled(value, row->ns->is_enabled);
	else if (row->kind == ROW_CXL_MEMDEV)
		set_enabled(value, row->memdev->is_enabled);
	else if (row->kind == ROW_CXL_REGION)
		value_set_word(value, mhp_cxl_state_name(row->cxl_region->state));
	else if (row->kind == ROW_BLOCKS)
		value_set_word(value, mhp_block_state_name(row->run.block->state));
	else if (row->kind == ROW_DAX && row->dax->state != MHP_DAX_STATE_NONE)
		value_set_word(value, mhp_dax_state_name(row->dax->state));
}

static void get_zone(const struct row *row, struct value *value)
{
	char zones[64];

	if (row->kind == ROW_BLOCKS && row->run.block->zone == MHP_ZONE_UNKNOWN)
		value->kind = VALUE_UNKNOWN;
	else if (row->kind == ROW_BLOCKS && row->run.block->zone != MHP_ZONE_NONE)
		value_set_word(value, mhp_zone_name(row->run.block->zone));
	else if (row->kind == ROW_DAX)
		value_set_text(value, zones_of_device(row->topo, row->dax, zones, sizeof(zones)));
}

static void get_zones(const struct row *row, struct value *value)
{
	const struct mhp_block *block = row->run.block;

	for (unsigned i = 0; row->kind == ROW_BLOCKS && i < block->nr_valid_zones; i++)
		value_append(value, "%s%s", i ? "," : "",
			     mhp_zone_name(mhp_block_valid_zone(block, i)));
}

static void get_node(const struct row *row, struct value *value)
{
	const struct mhp_block *block = row->run.block;

	if (row->kind == ROW_REGION)
		set_node(value, row->region->target_node);
	else if (row->kind == ROW_DAX_REGION)
		set_node(value, row->dax_region->target_node);
	else if (row->kind == ROW_DAX)
		set_node(value, row->dax->target_node);
	else if (row->kind == ROW_NODE)
		set_node(value, row->node->node);
	if (row->kind != ROW_BLOCKS)
		return;
	set_node(value, block->node);
	for (unsigned i = 0; block->node < 0 && i < block->nr_nodes; i++)
		value_append(value, "%s%d", i ? "," : "", mhp_block_node(block, i));
}

static void get_cpus(const struct row *row, struct value *value)
{
	if (row->kind == ROW_NODE)
		value_set_number(value, VALUE_NUMBER,
				 row->node->nr_cpus == MHP_CPUS_UNKNOWN ? MHP_UNKNOWN
									: row->node->nr_cpus);
}

static void get_origin(const struct row *row, struct value *value)
{
	if (row->kind == ROW_DAX)
		value_set_word(value, mhp_origin_name(row->dax->origin));
	else if (row->kind == ROW_BLOCKS && row->run.block->origin == MHP_BLOCK_ORIGIN_UNKNOWN)
		value->kind = VALUE_UNKNOWN;
	else if (row->kind == ROW_BLOCKS)
		value_set_word(value, mhp_block_origin_name(row->run.block->origin));
}

static void get_map(const struct row *row, struct value *value)
{
	if (row->kind == ROW_NAMESPACE && row->ns->map != MHP_MEMMAP_NONE)
		value_set_word(value, mhp_memmap_location_name(row->ns->map));
}

static void get_health(const struct row *row, struct value *value)
{
	char words[160];

	if (row->kind == ROW_BLOCKS && row->run.block->is_unbacked)
		value_set_text(value, "lost: CXL memory without a region");
	else if (row->kind == ROW_BLOCKS && row->run.block->is_orphaned)
		value_set_text(value, "orphaned by kmem");
	if (row->kind != ROW_CXL_MEMDEV)
		return;
	if (!row->memdev->health.is_known)
		value->kind = VALUE_UNKNOWN;
	else if (*mhp_cxl_health_text(&row->memdev->health, words, sizeof(words)))
		value_set_text(value, words);
	else
		value_set_text(value, "normal");
}

/* ---- the table --------------------------------------------------------------------------- */

const struct list_column list_columns[] = {
	{ "NAME", "name", "name of the object, as a target", false, get_name },
	{ "TYPE", "type", "region, namespace, cxl_memdev, dax_device, blocks, node, ...", false,
	  get_type },
	{ "PARENT", "parent", "object above it", false, get_parent },
	{ "SIZE", "size", "size", true, column_get_size },
	{ "FREE", "available_bytes", "part of it that nothing uses", true, column_get_free },
	{ "MODE", "mode", "use of a namespace or device, kind of a region", false, get_mode },
	{ "STATE", "state", "state, of blocks or as the kernel keeps it", false, get_state },
	{ "ZONE", "zone", "zones of its online memory", false, get_zone },
	{ "ZONES", "valid_zones", "zones that are possible for offline blocks", false, get_zones },
	{ "NODE", "node", "NUMA node of its memory", true, get_node },
	{ "CPUS", "cpus", "number of CPUs of the node", true, get_cpus },
	{ "ONLINE", "online_bytes", "part that is online as memory", true, column_get_online },
	{ "OFFLINE", "offline_bytes", "part in offline blocks", true, column_get_offline },
	{ "MOVABLE", "movable_bytes", "part of a node that is online in zone movable", true,
	  column_get_movable },
	{ "UNPLUGGED", "unplugged_bytes", "part of blocks that virtio-mem has unplugged", true,
	  column_get_unplugged },
	{ "BLOCKS", "blocks", "numbers of its memory blocks", false, column_get_blocks },
	{ "ORIGIN", "origin", "where the memory comes from", false, get_origin },
	{ "MEMMAP", "memmap_bytes", "size of its memmap in ordinary memory", true,
	  column_get_memmap },
	{ "MAP", "map", "place of the memmap of a namespace", false, get_map },
	{ "LOST", "lost_bytes", "part that fills no whole memory block", true, column_get_lost },
	{ "ALIGN", "align", "alignment", true, column_get_align },
	{ "START", "start", "physical address of its first byte", false, column_get_start },
	{ "END", "end", "physical address of its last byte", false, column_get_end },
	{ "DRIVER", "driver", "driver of a dax device", false, get_driver },
	{ "MEMBERS", "members", "memory devices of a CXL region, by position", false, get_members },
	{ "LABEL", "label", "name of a namespace", false, get_label },
	{ "UUID", "uuid", "uuid of a namespace or CXL region", false, get_uuid },
	{ "SERIAL", "serial", "serial numbers of the CXL memory devices", false, get_serial },
	{ "HEALTH", "health", "health of a CXL memory device, and blocks that are lost", false,
	  get_health },
	{ 0 },
};
_Static_assert(sizeof(list_columns) / sizeof(*list_columns) - 1 == OUT_COLUMNS_MAX,
	       "out.h says how many");

static const char default_names[] = "NAME,TYPE,SIZE,FREE,MODE,STATE,ZONE,NODE,PARENT";

/* ---- names of the user ------------------------------------------------------------------- */

/* Finds a column by the first len bytes of its name. */
static int find_column(const char *name, size_t len, const struct list_column **found,
		       struct mhp_error *err)
{
	struct suggest guess = { 0 };
	char word[OPT_SHOWN_MAX], shown[4 * OPT_SHOWN_MAX];

	if (!len)
		return err_usage(err, "write -o NAME,SIZE", "the name of a column is missing");
	str_format(word, "%.*s", (int)len, name);
	for (char *p = word; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	for (*found = list_columns; (*found)->title; ++*found) {
		if (strcmp((*found)->title, word) == 0)
			return 0;
		suggest_offer(&guess, word, strlen(word), (*found)->title);
	}
	str_format(word, "%.*s", (int)len, name);
	err_set(err, -EINVAL, MHP_REASON_USAGE, "unknown column \"%s\"",
		text_escape(word, shown, sizeof(shown)));
	if (guess.best)
		return err_hint(err, -EINVAL, "did you mean %s?", guess.best);
	return err_hint(err, -EINVAL, "mhpctl list --help names the columns");
}

static bool has_column(const struct out_columns *list, const struct list_column *column)
{
	for (size_t i = 0; i < list->nr; i++)
		if (list->at[i] == column)
			return true;
	return false;
}

/* Adds columns to a list, each once. */
static int add_columns(const char *text, struct out_columns *list, struct mhp_error *err)
{
	const struct list_column *column;
	int rc;

	for (const char *p = text;; p++) {
		size_t len = strcspn(p, ",");

		rc = find_column(p, len, &column, err);
		if (rc < 0)
			return rc;
		if (has_column(list, column))
			return err_usage(err, "name each column once", "column %s: named twice",
					 column->title);
		list->at[list->nr++] = column;
		p += len;
		if (!*p)
			return 0;
	}
}

int columns_parse(const char *text, struct out_columns *list, struct mhp_error *err)
{
	int rc = 0;

	list->nr = 0;
	if (!text || *text == '+')
		rc = add_columns(default_names, list, err);
	if (rc == 0 && text)
		rc = add_columns(text + (*text == '+'), list, err);
	return rc;
}

int columns_parse_sort(const char *text, struct out_columns *list, struct mhp_error *err)
{
	list->is_reverse = *text == '-';
	text += list->is_reverse;
	return find_column(text, strlen(text), &list->sort, err);
}
