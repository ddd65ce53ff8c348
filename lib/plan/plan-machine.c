/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refuses what the machine can never do, before anything is changed. */
#include "lib/base/error.h"
#include "lib/model/daxdev.h"
#include "lib/plan/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

int plan_check_modules(const struct planner *p, struct mhp_error *err)
{
	for (size_t i = 0; i < p->plan->nr_steps; i++) {
		const struct mhp_step *step = &p->plan->steps[i];
		const char *lack = step->type == MHP_STEP_LOAD_MODULE
					   ? machine_lacks(&p->topo->machine, step->object)
					   : NULL;

		if (!lack)
			continue;
		err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
			"module %s: this kernel is built without %s", step->object, lack);
		return err_hint(err, -EOPNOTSUPP, "boot a kernel that is built with %s", lack);
	}
	return 0;
}

int plan_check_node(const struct planner *p, const char *name, int node, struct mhp_error *err)
{
	const struct machine *machine = &p->topo->machine;

	if (machine_has_node(machine, node))
		return 0;
	err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
		"%s: its memory would belong to node %d, but this kernel booted with only %.64s",
		name, node, machine->nodes);
	return err_hint(
		err, -EOPNOTSUPP,
		"the firmware's table (SRAT) has to name the node, and the kernel to use it "
		"(no numa=off); see the kernel log");
}

/*
 * Warns of memory that may stay. No file shows whether the kernel refuses: arm64 does since 7.x
 * (arch/arm64/mm/mmu.c).
 */
int plan_warn_of_staying(struct planner *p, const struct mhp_dax *dax)
{
	if (!p->topo->machine.is_arm64 || !dax_memmap_on_memory(dax, &p->topo->memory))
		return 0;
	return plan_warn(
		p,
		"%s: its memmap will be on the memory itself (memmap_on_memory), and arm64 "
		"kernels may never take such memory offline again",
		dax->name);
}

int plan_check_boot_memory(const struct planner *p, uint32_t chain, struct mhp_error *err)
{
	const struct mhp_block *first = NULL, *block;
	char more[48] = "";
	size_t nr = 0, at = 0;

	while ((block = plan_next_block(p, chain, &at))) {
		if (!block->is_boot_memory || block->state != MHP_BLOCK_ONLINE)
			continue;
		first = first ? first : block;
		nr++;
	}
	if (!first)
		return 0;
	if (nr > 1)
		str_format(more, " (and %zu more)", nr - 1);
	return err_set(err, -EOPNOTSUPP, MHP_REASON_BOOT_MEMORY,
		       "memory%" PRIu64 "%s: was present at boot, and this kernel cannot take "
		       "boot memory offline",
		       first->id, more);
}
