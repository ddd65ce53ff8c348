/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl list: shows memory and the devices behind it. */
#include "cmd/cleanup.h"
#include "cmd/cmd.h"
#include "cmd/killed-runs.h"
#include "cmd/out/rows.h"

struct list_args {
	bool blocks;
	bool nodes;
	bool devices;
	bool bytes;
	bool no_heading;
	const char *columns; /* NULL: not given */
	const char *sort;
};

static const struct opt list_opts[] = {
	OPT_FLAG(0, "blocks", struct list_args, blocks,
		 "show memory blocks one by one, instead of runs of equal blocks"),
	OPT_FLAG(0, "nodes", struct list_args, nodes, "show NUMA nodes only"),
	OPT_FLAG(0, "devices", struct list_args, devices,
		 "show regions, namespaces, CXL memory and dax devices only"),
	OPT_TEXT('o', "output", struct list_args, columns, "COLUMNS",
		 "show one table with these columns, or after + also with these",
		 .fill = OPT_FILL_COLUMNS),
	OPT_TEXT('x', "sort", struct list_args, sort, "COLUMN",
		 "show one table, in the order of this column, or after - the reverse",
		 .fill = OPT_FILL_COLUMN),
	OPT_FLAG('n', "noheadings", struct list_args, no_heading,
		 "show one table, without a heading"),
	OPT_FLAG('b', "bytes", struct list_args, bytes, "print sizes as numbers of bytes"),
	OPT_END,
};

static unsigned sections_of(const struct list_args *args)
{
	unsigned sections = 0;

	if (args->devices)
		sections |= OUT_SECTION_DEVICES;
	if (args->blocks)
		sections |= OUT_SECTION_BLOCKS;
	if (args->nodes)
		sections |= OUT_SECTION_NODES;
	return sections ? sections : OUT_SECTION_ALL;
}

/* Reads the options of a list that is one table. Returns 1 if it is one, 0, or -EINVAL. */
static int parse_columns(const struct list_args *args, struct out_columns *list,
			 struct mhp_error *err)
{
	int rc;

	if (!args->columns && !args->sort && !args->no_heading)
		return 0;
	list->no_heading = args->no_heading;
	rc = columns_parse(args->columns, list, err);
	if (rc == 0 && args->sort)
		rc = columns_parse_sort(args->sort, list, err);
	return rc < 0 ? rc : 1;
}

static int run_list(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	const struct list_args *args = opts;
	struct out_columns list = { 0 };
	int rc = parse_columns(args, &list, err);
	const struct out_view view = {
		.sections = sections_of(args),
		.each_block = args->blocks,
		.bytes = args->bytes,
		.columns = rc > 0 ? &list : NULL,
	};
	cleanup_topology struct mhp_topology *topo = NULL;

	if (rc < 0)
		return rc;
	killed_runs_warn(env);
	rc = mhp_topology_scan(env->ctx, MHP_SCAN_WITHOUT_BLOCKS | MHP_SCAN_CXL_HEALTH, &topo, err);
	if (rc < 0)
		return rc;
	rc = mhp_topology_select(topo, env->operands, env->nr_operands, err);
	if (rc == 0)
		rc = mhp_topology_count_unplugged(env->ctx, topo, err);
	if (rc < 0)
		return rc;
	env->out->list(env->out, topo, &view);
	return 0;
}

static const char *const list_examples[] = {
	"mhpctl list",
	"mhpctl list --blocks node1",
	"mhpctl list --devices -o NAME,SIZE,ONLINE,NODE",
	"mhpctl list --blocks --sort -SIZE -o +DRIVER",
	"mhpctl list --json | jq '.dax_devices[]'",
	NULL,
};

const struct cmd cmd_list = {
	.name = "list",
	.summary = "show memory and the devices behind it",
	.operands = "[TARGET...]",
	.about =
		"Shows regions, their namespaces, CXL memory, dax devices, memory blocks with state "
		"and zone, and NUMA nodes. With a TARGET, shows only that object and the objects "
		"below and above it. Changes nothing; values that the caller may not read are "
		"listed as hidden.",
	.examples = list_examples,
	.max_operands = CMD_MANY_OPERANDS,
	.completes = CMD_OPERAND_ANY,
	.document = OUT_DOCUMENT_LIST,
	.columns = list_columns,
	.opts = list_opts,
	.args_size = sizeof(struct list_args),
	.run = run_list,
};
