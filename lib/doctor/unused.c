/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules for memory that the machine has and nothing uses. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/doctor/doctor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Reports refused memory. Only the kernel log has its size, if it still has the message. */
void doctor_look_refused(struct doctor *d)
{
	char size[24], block[24];

	format_size(d->topo->memory.block_size, block, sizeof(block));
	for (size_t i = 0; i < d->facts->nr_lines; i++) {
		const struct fact_line *line = &d->facts->lines[i];
		struct mhp_finding *finding;

		if (line->kind != FACT_LINE_REFUSED)
			continue;
		if (!line->range.end) {
			finding =
				doctor_find(d, MHP_SEVERITY_WARNING,
					    "the firmware offers memory as %s, and the kernel has "
					    "not added it",
					    line->text);
			str_copy(finding->where, line->file);
			str_format(finding->fix, "dmesg | grep %s", line->text);
			continue;
		}
		finding = doctor_find(
			d, MHP_SEVERITY_WARNING,
			"the firmware offers %s of memory as %s, and the kernel has "
			"refused it: it does not begin and end with memory blocks of %s",
			format_size(line->range.end - line->range.start, size, sizeof(size)),
			line->text, block);
		str_format(finding->where, "0x%" PRIx64 "-0x%" PRIx64, line->range.start,
			   line->range.end - 1);
		str_format(finding->fix,
			   "give it, and the memory below it, sizes that are multiples of %s",
			   block);
	}
}
