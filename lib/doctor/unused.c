/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules for memory that the machine has and nothing uses. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/doctor/doctor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void doctor_look_cxl(struct doctor *d)
{
	for (size_t i = 0; i < d->topo->nr_memdevs; i++) {
		const struct mhp_memdev *memdev = &d->topo->memdevs[i];
		uint64_t bytes = memdev_free(memdev);
		struct mhp_finding *finding;
		char size[24];

		if (memdev->ram_bytes == MHP_UNKNOWN || memdev->ram_used_bytes == MHP_UNKNOWN) {
			finding = doctor_find(d, MHP_SEVERITY_NOTE,
					      "%s: the used part of this CXL device is unknown",
					      memdev->name);
			str_copy(finding->where, memdev->name);
			if (!memdev->is_enabled)
				str_format(finding->fix, "cxl enable-memdev %s", memdev->name);
			continue;
		}
		if (!bytes)
			continue;
		finding = doctor_find(d, MHP_SEVERITY_WARNING,
				      "%s: %s of this CXL device are in no region", memdev->name,
				      format_size(bytes, size, sizeof(size)));
		str_copy(finding->where, memdev->name);
		str_format(finding->fix,
			   "cxl create-region -t ram -d DECODER -m %s, where cxl list -D -m %s "
			   "shows the DECODER; then mhpctl online all",
			   memdev->name, memdev->name);
	}
}

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
