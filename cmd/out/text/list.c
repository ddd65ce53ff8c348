/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/out/text/text.h"
#include "cmd/out/text/list.h"
#include "cmd/runs.h"
#include "cmd/out/text/table.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <string.h>

enum block_column {
	BLOCK_NAME,
	BLOCK_SIZE,
	BLOCK_STATE,
	BLOCK_ZONE,
	BLOCK_NODE,
	BLOCK_ORIGIN,
	BLOCK_DEVICE,
	BLOCK_RANGE,
	BLOCK_COLUMNS,
};

static const struct table_column block_columns[BLOCK_COLUMNS] = {
	[BLOCK_NAME] = TABLE_LEFT("BLOCKS"),   [BLOCK_SIZE] = TABLE_RIGHT("SIZE"),
	[BLOCK_STATE] = TABLE_LEFT("STATE"),   [BLOCK_ZONE] = TABLE_LEFT("ZONE"),
	[BLOCK_NODE] = TABLE_RIGHT("NODE"),    [BLOCK_ORIGIN] = TABLE_LEFT("ORIGIN"),
	[BLOCK_DEVICE] = TABLE_LEFT("DEVICE"), [BLOCK_RANGE] = TABLE_LEFT("RANGE"),
};

/* Shows the zone of an online block, or in brackets the zones possible for an offline one. */
static void set_block_zone(struct table *t, const struct mhp_block *block)
{
	char text[64] = "(";

	if (block->zone != MHP_ZONE_NONE) {
		table_set(t, BLOCK_ZONE, "%s", mhp_zone_name(block->zone));
		return;
	}
	for (unsigned i = 0; i < block->nr_valid_zones; i++) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%s", i ? "," : "",
			 mhp_zone_name(mhp_block_valid_zone(block, i)));
	}
	if (block->nr_valid_zones)
		table_set(t, BLOCK_ZONE, "%s)", text);
}

static void add_run(const struct text_list *l, struct table *t, const struct run *run)
{
	uint64_t block_size = mhp_topology_memory(l->topo)->block_size;
	const struct mhp_block *block = run->block;
	char device[4 * MHP_NAME_MAX], nodes[OUT_TEXT_NODES_MAX];
	char name[RUN_NAME_MAX];

	table_add_row(t);
	table_set(t, BLOCK_NAME, "%s",
		  format_run("memory", run->first, run->last, name, sizeof(name)));
	text_list_size(l, t, BLOCK_SIZE, run_count(run) * block_size);
	text_list_word(t, BLOCK_STATE, mhp_block_state_name(block->state), "");
	table_set_style(t, BLOCK_STATE, block->state == MHP_BLOCK_ONLINE ? TABLE_GOOD : TABLE_ODD);
	set_block_zone(t, block);
	table_set(t, BLOCK_NODE, "%s", out_text_nodes(block, nodes, sizeof(nodes)));
	if (block->origin != MHP_BLOCK_ORIGIN_UNKNOWN)
		text_list_word(t, BLOCK_ORIGIN, mhp_block_origin_name(block->origin), "");
	if (block->is_unbacked)
		table_set(t, BLOCK_DEVICE, "(lost: CXL memory without a region)");
	else if (block->is_orphaned)
		table_set(t, BLOCK_DEVICE, "(orphaned by kmem)");
	else
		table_set(t, BLOCK_DEVICE, "%s",
			  text_escape(mhp_block_device(block), device, sizeof(device)));
	table_set(t, BLOCK_RANGE, "0x%" PRIx64 "-0x%" PRIx64, block->start,
		  block->start + run_count(run) * block_size - 1);
	table_set_style(t, BLOCK_RANGE, TABLE_DIM);
}

/* Lists the memory that virtio-mem has unplugged of online blocks. */
static void list_unplugged(const struct text_list *l)
{
	char part[OUT_TEXT_SIZE_MAX], whole[OUT_TEXT_SIZE_MAX];
	const struct mhp_block *block;

	for (size_t i = 0; (block = mhp_topology_block(l->topo, i)); i++) {
		const uint64_t unplugged = mhp_block_unplugged_bytes(block);

		if (unplugged && unplugged != MHP_UNKNOWN)
			fprintf(l->f, "memory%" PRIu64 ": %s of %s not plugged in (virtio-mem)\n",
				block->id,
				out_text_size(unplugged, l->view->bytes, part, sizeof(part)),
				out_text_size(mhp_topology_memory(l->topo)->block_size,
					      l->view->bytes, whole, sizeof(whole)));
	}
}

static void list_blocks(struct text_list *l)
{
	cleanup_table struct table t = { .columns = block_columns, .nr_columns = BLOCK_COLUMNS };
	size_t index = 0;
	struct run run;

	while (run_next(l->topo, &index, l->view->each_block, &run))
		add_run(l, &t, &run);
	text_list_table(l, &t);
	list_unplugged(l);
}

enum node_column {
	NODE_NUMBER,
	NODE_CPUS,
	NODE_ONLINE,
	NODE_OFFLINE,
	NODE_MOVABLE,
	NODE_KERNEL,
	NODE_COLUMNS,
};

static const struct table_column node_columns[NODE_COLUMNS] = {
	[NODE_NUMBER] = TABLE_RIGHT("NODE"),	 [NODE_CPUS] = TABLE_RIGHT("CPUS"),
	[NODE_ONLINE] = TABLE_RIGHT("ONLINE"),	 [NODE_OFFLINE] = TABLE_RIGHT("OFFLINE"),
	[NODE_MOVABLE] = TABLE_RIGHT("MOVABLE"), [NODE_KERNEL] = TABLE_RIGHT("KERNEL"),
};

static void list_nodes(struct text_list *l)
{
	cleanup_table struct table t = { .columns = node_columns, .nr_columns = NODE_COLUMNS };
	const struct mhp_node *node;

	for (size_t i = 0; (node = mhp_topology_node(l->topo, i)); i++) {
		table_add_row(&t);
		table_set(&t, NODE_NUMBER, "%d", node->node);
		if (node->nr_cpus != MHP_CPUS_UNKNOWN)
			table_set(&t, NODE_CPUS, "%u", node->nr_cpus);
		text_list_size(l, &t, NODE_ONLINE, node->online_bytes);
		text_list_size(l, &t, NODE_OFFLINE, node->offline_bytes);
		text_list_size(l, &t, NODE_MOVABLE, node->movable_bytes);
		text_list_size(l, &t, NODE_KERNEL, node->kernel_bytes);
	}
	text_list_table(l, &t);
}

static void list_memory(struct text_list *l)
{
	const struct mhp_memory *memory = mhp_topology_memory(l->topo);
	char online[OUT_TEXT_SIZE_MAX], offline[OUT_TEXT_SIZE_MAX], block[OUT_TEXT_SIZE_MAX];
	bool bytes = l->view->bytes;

	text_list_section(l);
	fprintf(l->f, "Memory: %s online, %s offline, in blocks of %s\n",
		out_text_size(memory->online_bytes, bytes, online, sizeof(online)),
		out_text_size(memory->offline_bytes, bytes, offline, sizeof(offline)),
		out_text_size(memory->block_size, bytes, block, sizeof(block)));
	if (memory->unplugged_bytes && memory->unplugged_bytes != MHP_UNKNOWN)
		fprintf(l->f, "%s of what is online is not plugged in (virtio-mem)\n",
			out_text_size(memory->unplugged_bytes, bytes, online, sizeof(online)));
}

static void print_note(struct text_list *l, const char *what, const char *why)
{
	char text[1024];

	fprintf(l->f, "  %s: ", text_escape(what, text, sizeof(text)));
	fprintf(l->f, "%s\n", text_escape(why, text, sizeof(text)));
}

static void list_onliners(struct text_list *l)
{
	static const char *const who[] = {
		[MHP_ONLINER_KERNEL_POLICY] = "the kernel's policy",
		[MHP_ONLINER_UDEV_RULE] = "udev rule",
		[MHP_ONLINER_DAXCTL_UNIT] = "daxctl",
	};
	const struct mhp_onliner *onliner;

	for (size_t i = 0; (onliner = mhp_topology_onliner(l->topo, i)); i++) {
		if (i == 0) {
			text_list_section(l);
			fputs("New memory is also brought online by:\n", l->f);
		}
		print_note(l,
			   onliner->is_uncertain		       ? "maybe a udev rule"
			   : (unsigned)onliner->kind < ARRAY_SIZE(who) ? who[onliner->kind]
								       : "other",
			   onliner->where);
	}
}

/* Leaves out the origin, which only the table of blocks shows, if that is not printed. */
static void list_hidden(struct text_list *l)
{
	const struct mhp_hidden *hidden;
	bool has_title = false;

	for (size_t i = 0; (hidden = mhp_topology_hidden(l->topo, i)); i++) {
		if (!(l->view->sections & OUT_SECTION_BLOCKS) &&
		    strcmp(hidden->what, "blocks.origin") == 0)
			continue;
		if (!has_title) {
			text_list_section(l);
			fputs("Hidden:\n", l->f);
			has_title = true;
		}
		print_note(l, hidden->what, hidden->why);
	}
}

int out_text_list(FILE *f, const struct mhp_topology *topo, const struct out_view *view, bool color)
{
	struct text_list l = {
		.f = f,
		.topo = topo,
		.view = view,
		.color = color,
		.is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	};

	if (view->columns) {
		text_list_rows(&l);
		return l.failed ? -ENOMEM : 0;
	}
	if (view->sections == OUT_SECTION_ALL &&
	    mhp_topology_memory(topo)->block_size != MHP_UNKNOWN)
		list_memory(&l);
	if (view->sections & OUT_SECTION_DEVICES)
		text_list_devices(&l);
	if (view->sections & OUT_SECTION_BLOCKS)
		list_blocks(&l);
	if (view->sections & OUT_SECTION_NODES)
		list_nodes(&l);
	if (view->sections == OUT_SECTION_ALL)
		list_onliners(&l);
	list_hidden(&l);
	return l.failed ? -ENOMEM : 0;
}
