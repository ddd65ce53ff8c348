/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result of check --pin, for people. */
#include "cmd/out/text/table.h"
#include "cmd/out/text/text.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <errno.h>

enum column {
	COL_NODE,
	COL_ZONE,
	COL_FREE,
	COL_RESERVED,
	COL_RECLAIMABLE,
	COL_CMA,
	COL_SPACE,
	COLUMNS,
};

static const struct table_column columns[COLUMNS] = {
	[COL_NODE] = TABLE_LEFT("NODE"),	 [COL_ZONE] = TABLE_LEFT("ZONE"),
	[COL_FREE] = TABLE_RIGHT("FREE"),	 [COL_RESERVED] = TABLE_RIGHT("RESERVED"),
	[COL_RECLAIMABLE] = TABLE_RIGHT("FILE"), [COL_CMA] = TABLE_RIGHT("CMA"),
	[COL_SPACE] = TABLE_RIGHT("FOR PINS"),
};

static void set_size(struct table *t, size_t column, uint64_t bytes)
{
	char size[OUT_TEXT_SIZE_MAX];

	table_set(t, column, "%s",
		  bytes == MHP_UNKNOWN ? "?" : format_size(bytes, size, sizeof(size)));
}

static int print_zones(FILE *f, const struct mhp_pin_check *check, bool color)
{
	cleanup_table struct table t = { .columns = columns, .nr_columns = COLUMNS };
	const struct mhp_pin_zone *zone;

	for (size_t i = 0; (zone = mhp_pin_check_zone(check, i)); i++) {
		table_add_row(&t);
		table_set(&t, COL_NODE, "%d", zone->node);
		table_set(&t, COL_ZONE, "%s", mhp_zone_name(zone->zone));
		set_size(&t, COL_FREE, zone->free_bytes);
		set_size(&t, COL_RESERVED, zone->reserved_bytes);
		set_size(&t, COL_RECLAIMABLE, zone->reclaimable_bytes);
		if (zone->cma_bytes)
			set_size(&t, COL_CMA, zone->cma_bytes);
		if (zone->is_kernel)
			set_size(&t, COL_SPACE, zone->space_bytes);
		else
			table_set(&t, COL_SPACE, "none");
	}
	return table_has_rows(&t) ? table_print(&t, f, color) : 0;
}

static void print_verdict(FILE *f, const struct mhp_pin_check *check)
{
	static const char *const texts[] = {
		[MHP_PIN_FITS] = "fits",
		[MHP_PIN_UNKNOWN] = "may not fit: it depends on values that are not known",
		[MHP_PIN_REFUSED] = "does not fit: the process would get an error",
		[MHP_PIN_HARMFUL] = ("does not fit: the kernel would not refuse it, but may kill a "
				     "process to get the memory"),
	};
	char size[OUT_TEXT_SIZE_MAX], comm[96];

	fprintf(f, "A long-term pin of %s", format_size(check->size, size, sizeof(size)));
	if (check->node >= 0)
		fprintf(f, " of memory of node%d", check->node);
	if (check->pid)
		fprintf(f, " by %s[%d]", text_escape(check->comm, comm, sizeof(comm)), check->pid);
	fprintf(f, " %s.\n", texts[check->verdict]);
	if (check->largest_bytes != MHP_UNKNOWN)
		fprintf(f, "The largest that fits: %s.\n",
			format_size(check->largest_bytes, size, sizeof(size)));
}

static void print_limits(FILE *f, const struct mhp_pin_check *check)
{
	static const char *const names[] = {
		[MHP_PIN_LIMIT_KERNEL_ZONES] = "kernel zones",
		[MHP_PIN_LIMIT_NODE] = "memory bound to the node and not yet touched",
		[MHP_PIN_LIMIT_MEMLOCK] = "locked memory",
		[MHP_PIN_LIMIT_CGROUP] = "memory of the cgroup not yet touched",
	};
	const struct mhp_pin_limit *limit;

	for (size_t i = 0; (limit = mhp_pin_check_limit(check, i)); i++) {
		fprintf(f, "Limit for %s: %s", names[limit->kind],
			*limit->detail ? limit->detail : "not known");
		if (limit->bytes != MHP_UNKNOWN && check->size > limit->bytes)
			fprintf(f, ", exceeded");
		fputs("\n", f);
	}
}

/* Prints where the pin would go, and what has to leave movable memory for it. */
static void print_nodes(FILE *f, const struct mhp_pin_check *check)
{
	const struct mhp_pin_node *node;
	char size[OUT_TEXT_SIZE_MAX];

	for (size_t i = 0; (node = mhp_pin_check_node(check, i)); i++) {
		if (node->placed_bytes != MHP_UNKNOWN && node->placed_bytes)
			fprintf(f, "node%d: %s of it would go there\n", node->node,
				format_size(node->placed_bytes, size, sizeof(size)));
		if (check->pid && node->process_bytes != MHP_UNKNOWN && node->process_bytes)
			fprintf(f, "node%d: %s of the process%s\n", node->node,
				format_size(node->process_bytes, size, sizeof(size)),
				node->has_kernel_zone
					? ""
					: ", which leaves the node when it is pinned");
		else if (node->movable_bytes == MHP_UNKNOWN)
			fprintf(f,
				"node%d: an unknown part leaves movable memory if it is pinned\n",
				node->node);
		else if (!check->pid && node->movable_bytes)
			fprintf(f,
				"node%d: %s in movable memory, which leaves it if it is pinned\n",
				node->node, format_size(node->movable_bytes, size, sizeof(size)));
		if (!node->is_allowed)
			fprintf(f, "node%d: not allowed for the process by its cpuset\n",
				node->node);
	}
}

int out_text_pin(FILE *f, const struct mhp_pin_check *check, bool color)
{
	const struct mhp_hidden *hidden;

	if (print_zones(f, check, color) < 0)
		return -ENOMEM;
	print_verdict(f, check);
	print_limits(f, check);
	print_nodes(f, check);
	for (size_t i = 0; (hidden = mhp_pin_check_hidden(check, i)); i++)
		fprintf(f, "Not known: %s.\n", hidden->why);
	return 0;
}
