/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mhpctl list: shows memory and the devices behind it. */
#include "cmd/cleanup.h"
#include "cmd/cmd.h"
#include "cmd/killed-runs.h"

struct list_args {
	bool blocks;
	bool nodes;
	bool devices;
	bool bytes;
};

static const struct opt list_opts[] = {
	OPT_FLAG(0, "blocks", struct list_args, blocks,
		 "show memory blocks one by one, instead of runs of equal blocks"),
	OPT_FLAG(0, "nodes", struct list_args, nodes, "show NUMA nodes only"),
	OPT_FLAG(0, "devices", struct list_args, devices,
		 "show regions, namespaces, CXL memory and dax devices only"),
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

static int run_list(const struct cmd_env *env, const void *opts, struct mhp_error *err)
{
	const struct list_args *args = opts;
	const struct out_view view = {
		.sections = sections_of(args),
		.each_block = args->blocks,
		.bytes = args->bytes,
	};
	cleanup_topology struct mhp_topology *topo = NULL;
	int rc;

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
	.opts = list_opts,
	.args_size = sizeof(struct list_args),
	.run = run_list,
};
