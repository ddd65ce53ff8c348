/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/machine.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/idset.h"
#include "lib/model/boot-memory.h"
#include "lib/sys/kconfig.h"
#include "lib/model/topology.h"
#include "lib/sys/arch.h"
#include "lib/sys/kernel.h"

#include <string.h>

/* ---- nodes ------------------------------------------------------------------------------- */

bool machine_has_node(const struct machine *machine, int node)
{
	cleanup_idset struct idset nodes = { 0 };

	if (node < 0 || !*machine->nodes || idset_parse(&nodes, machine->nodes) < 0)
		return true;
	return idset_has(&nodes, (uint64_t)node);
}

/* ---- drivers that this kernel lacks --------------------------------------------------------- */

/* Returns whether the machine has CXL memory devices, and lacks the driver for their dax devices.
 */
static bool needs_cxl(const struct mhp_topology *topo)
{
	return topo->nr_cxl_memdevs && !topo->has_dax_cxl;
}

/* Returns whether there is anything whose plan may load a driver. */
static bool has_devices(const struct mhp_topology *topo)
{
	return topo->nr_regions || topo->nr_namespaces || topo->nr_dax || topo->nr_dax_regions ||
	       topo->nr_cxl_memdevs || topo->nr_cxl_regions;
}

/*
 * Reads the kernel's configuration, a large file, only if a driver is missing that may be needed.
 * A report has it in any case.
 */
static int read_lacks(struct mhp_ctx *ctx, const struct mhp_topology *topo, struct machine *machine)
{
	const struct {
		const char *module;
		bool is_there;
		char *lack;
	} drivers[] = {
		{ "nd_pmem", topo->has_nd_pmem, machine->no_nd_pmem },
		{ "dax_pmem", topo->has_dax_pmem, machine->no_dax_pmem },
		{ "device_dax", topo->has_device_dax, machine->no_device_dax },
		{ "kmem", topo->has_kmem, machine->no_kmem },
		{ "dax_cxl", !needs_cxl(topo), machine->no_dax_cxl },
	};
	struct kconfig config = { 0 };
	int rc;

	if (topo->has_nd_pmem && topo->has_dax_pmem && topo->has_device_dax && topo->has_kmem &&
	    !needs_cxl(topo))
		return 0;
	if (!has_devices(topo) && !ctx->sys.capture)
		return 0;
	rc = kconfig_read(ctx, &config);
	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(drivers); i++) {
		const char *lack = kconfig_lack(&config, drivers[i].module);

		if (!drivers[i].is_there && lack)
			str_copy_to(drivers[i].lack, sizeof(machine->no_kmem), lack);
	}
	return rc;
}

const char *machine_lacks(const struct machine *machine, const char *module)
{
	const struct {
		const char *module, *lack;
	} lacks[] = {
		{ "nd_pmem", machine->no_nd_pmem },	  { "dax_pmem", machine->no_dax_pmem },
		{ "device_dax", machine->no_device_dax }, { "kmem", machine->no_kmem },
		{ "dax_cxl", machine->no_dax_cxl },
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

	if (root_read(&ctx->sys, KERNEL_NODES "/possible", machine->nodes, sizeof(machine->nodes)) <
	    0)
		machine->nodes[0] = '\0';
	arch_read(&ctx->sys, arch, sizeof(arch));
	machine->is_arm64 = strcmp(arch, "aarch64") == 0;
	if (!ctx_is_partial(ctx))
		rc = read_lacks(ctx, topo, machine);
	if (rc == 0 && machine->is_arm64)
		rc = boot_memory_mark(&ctx->sys, topo);
	return rc;
}
