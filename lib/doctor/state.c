/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares the state that the kernel keeps of a whole dax device with its memory blocks. */
#include "lib/base/error.h"
#include "lib/model/daxdev.h"
#include "lib/doctor/doctor.h"

#include <inttypes.h>

static void report_stale(struct doctor *d, const struct mhp_dax *dax)
{
	uint64_t size = d->topo->memory.block_size;
	uint64_t whole = dax_block_bytes(dax, size) / size;
	bool lacks = dax->blocks_online < whole;
	struct mhp_finding *finding =
		doctor_find(d, lacks ? MHP_SEVERITY_WARNING : MHP_SEVERITY_NOTE,
			    "the state of %s is %s, and %" PRIu64 " of %" PRIu64
			    " memory blocks are online",
			    dax->name, mhp_dax_state_name(dax->state), dax->blocks_online, whole);

	str_copy(finding->where, dax->name);
	if (lacks)
		str_format(finding->fix, "mhpctl online %s", dax->name);
}

void doctor_look_state(struct doctor *d)
{
	for (size_t i = 0; i < d->topo->nr_dax; i++) {
		const struct mhp_dax *dax = &d->topo->dax[i];
		struct mhp_finding *finding;

		if (dax_state_is_stale(dax, d->topo->memory.block_size)) {
			report_stale(d, dax);
		} else if (dax->state == MHP_DAX_STATE_UNPLUGGED) {
			finding = doctor_find(d, MHP_SEVERITY_WARNING,
					      "%s is bound to kmem and unplugged: it has no "
					      "memory",
					      dax->name);
			str_copy(finding->where, dax->name);
			str_format(finding->fix, "mhpctl online %s", dax->name);
		}
	}
}
