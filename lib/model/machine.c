/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/machine.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/idset.h"
#include "lib/model/boot-memory.h"
#include "lib/model/facts.h"
#include "lib/model/topology.h"
#include "lib/sys/arch.h"

#include <string.h>

/* ---- nodes ------------------------------------------------------------------------------- */

bool machine_has_node(const struct machine *machine, int node)
{
	cleanup_idset struct idset nodes = { 0 };

	if (node < 0 || !*machine->nodes || idset_parse(&nodes, machine->nodes) < 0)
		return true;
	return idset_has(&nodes, (uint64_t)node);
}

/* ---- drivers that never come ------------------------------------------------------------- */

/* The first of them that is known not to be set. */
static void take_lack(const struct facts *facts, const enum fact_config *needed, size_t nr,
		      char *lack, size_t size)
{
	for (size_t i = 0; i < nr && !*lack; i++)
		if (facts->config[needed[i]] == MHP_ANSWER_NO)
			mhp_copy_to(lack, size, fact_config_names[needed[i]]);
}

/* The configuration is looked for only where a driver lacks: it is a large file. */
static int read_lacks(struct mhp_ctx *ctx, const struct mhp_topology *topo, struct machine *machine)
{
	static const enum fact_config nd_pmem[] = { CONFIG_PMEM };
	static const enum fact_config dax[] = { CONFIG_ZONE_DEVICE, CONFIG_NVDIMM_DAX,
						CONFIG_DEV_DAX, CONFIG_DAX_PMEM };
	static const enum fact_config kmem[] = { CONFIG_ZONE_DEVICE, CONFIG_DEV_DAX, CONFIG_KMEM };
	struct facts facts = { 0 };
	int rc;

	if (topo->has_nd_pmem && topo->has_dax_pmem && topo->has_device_dax && topo->has_kmem)
		return 0;
	rc = facts_read_config(ctx, &facts);
	if (rc < 0 || !*facts.config_file)
		return rc;
	if (!topo->has_nd_pmem)
		take_lack(&facts, nd_pmem, ARRAY_SIZE(nd_pmem), machine->no_nd_pmem,
			  sizeof(machine->no_nd_pmem));
	if (!topo->has_dax_pmem)
		take_lack(&facts, dax, ARRAY_SIZE(dax), machine->no_dax_pmem,
			  sizeof(machine->no_dax_pmem));
	if (!topo->has_device_dax)
		take_lack(&facts, dax, 3, machine->no_device_dax, sizeof(machine->no_device_dax));
	if (!topo->has_kmem)
		take_lack(&facts, kmem, ARRAY_SIZE(kmem), machine->no_kmem,
			  sizeof(machine->no_kmem));
	return 0;
}

const char *machine_lacks(const struct machine *machine, const char *module)
{
	const struct {
		const char *module, *lack;
	} lacks[] = {
		{ "nd_pmem", machine->no_nd_pmem },
		{ "dax_pmem", machine->no_dax_pmem },
		{ "device_dax", machine->no_device_dax },
		{ "kmem", machine->no_kmem },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lacks); i++)
		if (strcmp(lacks[i].module, module) == 0 && *lacks[i].lack)
			return lacks[i].lack;
	return NULL;
}

int machine_read(struct mhp_ctx *ctx, struct mhp_topology *topo)
{
	struct machine *machine = &topo->machine;
	char arch[32];
	int rc = 0;

	if (sysfs_read(&ctx->sys, "sys/devices/system/node/possible", machine->nodes,
		       sizeof(machine->nodes)) < 0)
		machine->nodes[0] = '\0';
	arch_read(&ctx->sys, arch, sizeof(arch));
	machine->is_arm64 = strcmp(arch, "aarch64") == 0;
	if (!ctx->is_copy)
		rc = read_lacks(ctx, topo, machine);
	if (rc == 0 && machine->is_arm64)
		rc = boot_memory_mark(&ctx->sys, topo);
	return rc;
}
