/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/out/text/device-rows.h"
#include "cmd/objects.h"
#include "cmd/out/text/text.h"
#include "cmd/runs.h"
#include "lib/base/parse.h"

#include <inttypes.h>
#include <string.h>

const struct table_column device_columns[DEVICE_COLUMNS] = {
	[DEVICE_NAME] = TABLE_LEFT("DEVICE"),	 [DEVICE_SIZE] = TABLE_RIGHT("SIZE"),
	[DEVICE_FREE] = TABLE_RIGHT("FREE"),	 [DEVICE_MODE] = TABLE_LEFT("MODE"),
	[DEVICE_MEMMAP] = TABLE_RIGHT("MEMMAP"), [DEVICE_LOST] = TABLE_RIGHT("LOST"),
	[DEVICE_BLOCKS] = TABLE_LEFT("BLOCKS"),	 [DEVICE_ONLINE] = TABLE_RIGHT("ONLINE"),
	[DEVICE_ZONE] = TABLE_LEFT("ZONE"),	 [DEVICE_NODE] = TABLE_RIGHT("NODE"),
	[DEVICE_LABEL] = TABLE_LEFT("LABEL"),
};

struct branch branch_under(const struct text_list *l, const struct branch *up, bool is_root,
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

void device_row(struct table *t, const struct branch *b, const char *name)
{
	char shown[4 * MHP_NAME_MAX];

	table_add_row(t);
	table_set(t, DEVICE_NAME, "%s%s", b->before, text_escape(name, shown, sizeof(shown)));
}

/* Shows "33-47", "33-40,42-47" or "33-40,…". */
static void set_ranges(const struct text_list *l, struct table *t, const struct mhp_dax *dax)
{
	char text[24] = "";
	size_t index = 0, used = 0;
	struct run run;

	while (run_of_device(l->topo, dax, &index, &run)) {
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

/* Shows the zones of the online blocks of a device; several are odd. */
static void set_zones(const struct text_list *l, struct table *t, const struct mhp_dax *dax)
{
	char zones[64];

	table_set(t, DEVICE_ZONE, "%s", zones_of_device(l->topo, dax, zones, sizeof(zones)));
	if (strchr(zones, ','))
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

void device_row_dax(const struct text_list *l, struct table *t, const struct branch *b,
		    const struct mhp_dax *dax)
{
	char state[32];

	device_row(t, b, dax->name);
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
