/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The windows that could hold a new CXL region, and what each would give. */
#include "lib/base/error.h"
#include "lib/base/range.h"
#include "lib/base/vec.h"
#include "lib/model/daxdev.h"
#include "lib/plan/cost.h"
#include "lib/plan/cxl.h"

#include <errno.h>
#include <string.h>

/* Returns the cost of the region there: as memory by the set_mode step kmem, or as a device. */
static struct mhp_cost cost_in(const struct planner *p, const struct chain *chain,
			       const struct cxl_fit *fit, const struct mhp_step *kmem)
{
	const struct mhp_memory *memory = &p->topo->memory;
	const struct mhp_dax dax = cxl_future_dax(chain, "");
	const struct mhp_range range = { fit->start, fit->start + fit->size };
	struct mhp_cost cost = {
		.node = -1,
		.size = fit->size,
		.usable_bytes = fit->size,
		.time_ms = MHP_UNKNOWN,
	};
	uint64_t bytes = align_down(fit->size, memory->block_size), first;

	if (!kmem) {
		cost_add_device_memmap(&cost, memory, fit->size, dax.align, MHP_MEMMAP_MEM, -1);
		return cost;
	}
	if (fit->start != MHP_UNKNOWN)
		bytes = range_whole_blocks(range, memory->block_size, &first) * memory->block_size;
	cost_add_blocks(&cost, memory, bytes, dax_memmap_on_memory(&dax, memory), kmem->cost.node);
	cost.page_structs = bytes / memory->page_size; /* when they go online */
	cost.time_ms = cost_time_ms(memory, cost.page_structs);
	return cost;
}

/* Collects the members of the region that the chain makes. */
static struct cxl_cards cards_of(const struct planner *p, const struct cxl_setup *cxl)
{
	struct cxl_cards cards = { .nr = cxl->ways };

	for (unsigned i = 0; i < cxl->ways; i++)
		cards.at[i] = topology_find_cxl_memdev(p->topo, cxl->members[i].memdev);
	return cards;
}

int cxl_add_alternatives(struct planner *p, size_t step, const struct mhp_step *kmem)
{
	const uint32_t index = p->plan->steps[step].chain;
	const struct chain *chain = &p->plan->chains[index];
	const struct cxl_cards cards = cards_of(p, &chain->cxl);
	struct mhp_alternative *added;
	struct cxl_want want;

	cxl_want_of(p, index, &cards, &want);
	for (size_t i = 0; i < p->topo->nr_cxl_windows; i++) {
		const struct mhp_cxl_window *window = &p->topo->cxl_windows[i];
		struct cxl_fit fit;

		cxl_fit(window, &want, cxl_taken_in(p, index, window->name), &fit);
		if (fit.misfit)
			continue;
		added = VEC_PUSH(p->plan->alternatives, p->plan->nr_alternatives);
		if (!added)
			return -ENOMEM;
		added->step = step;
		str_copy(added->window, window->name);
		added->size = fit.size;
		added->cost = cost_in(p, chain, &fit, kmem);
		added->is_chosen = strcmp(window->name, chain->cxl.window) == 0;
	}
	return 0;
}
