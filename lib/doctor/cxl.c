/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules for CXL: memory devices, windows, regions, and memory that they lost or never gave. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "lib/doctor/doctor.h"
#include "lib/model/cxl.h"
#include "lib/model/orphans.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SIZE_TEXT 24

/* ---- memory devices ---------------------------------------------------------------------- */

static void report_unknown_use(struct doctor *d, const struct mhp_cxl_memdev *memdev)
{
	struct mhp_finding *finding =
		doctor_find(d, MHP_SEVERITY_NOTE, "%s: the used part of this CXL device is unknown",
			    memdev->name);

	str_copy(finding->where, memdev->name);
	if (!memdev->is_enabled)
		str_format(finding->fix, "mhpctl online %s", memdev->name);
}

static bool has_target(const struct mhp_cxl_window *window, int bridge)
{
	for (unsigned i = 0; i < window->nr_targets; i++)
		if (window->targets[i] == bridge)
			return true;
	return false;
}

/* Returns a window that takes volatile memory of this memory device alone, or NULL. */
static const struct mhp_cxl_window *find_own_window(const struct mhp_topology *topo,
						    const struct mhp_cxl_memdev *memdev)
{
	for (size_t i = 0; i < topo->nr_cxl_windows; i++) {
		const struct mhp_cxl_window *window = &topo->cxl_windows[i];

		if (window->ways == 1 && window->can_ram == MHP_TRISTATE_YES &&
		    window->max_extent_bytes && has_target(window, memdev->bridge))
			return window;
	}
	return NULL;
}

static void report_unused(struct doctor *d, const struct mhp_cxl_memdev *memdev, uint64_t bytes)
{
	const char *lacks = cxl_lacks_decoder(memdev);
	struct mhp_finding *finding;
	char size[SIZE_TEXT], buf[40];
	const char *name = memdev->name;
	const char *options = cxl_rest_options(d->topo, memdev, buf, sizeof(buf));

	finding = doctor_find(d, MHP_SEVERITY_WARNING, "%s: %s of this CXL device are in no region",
			      memdev->name, format_size(bytes, size, sizeof(size)));
	str_copy(finding->where, name);
	if (lacks)
		str_format(finding->fix,
			   "destroy a region and create a larger one: %s has no free decoder for "
			   "another one",
			   lacks);
	else if (!find_own_window(d->topo, memdev))
		str_format(finding->fix,
			   "mhpctl online --interleave %s MEMDEV..., with one memory device behind "
			   "each host bridge of a window",
			   name);
	else if (options)
		str_format(finding->fix, "mhpctl online %s%s", name, options);
	else
		str_format(finding->fix,
			   "mhpctl remove --destroy %s, then mhpctl online %s makes one region of "
			   "all",
			   name, name);
}

void doctor_look_cxl_unused(struct doctor *d)
{
	for (size_t i = 0; i < d->topo->nr_cxl_memdevs; i++) {
		const struct mhp_cxl_memdev *memdev = &d->topo->cxl_memdevs[i];
		uint64_t bytes = cxl_memdev_free(memdev);

		if (memdev->ram_bytes == MHP_UNKNOWN || memdev->ram_used_bytes == MHP_UNKNOWN)
			report_unknown_use(d, memdev);
		else if (bytes)
			report_unused(d, memdev, bytes);
	}
}

/* ---- windows ----------------------------------------------------------------------------- */

/* The windows in which a region over a memory device could be. */
struct choice {
	unsigned nr_windows; /* of its host bridge */
	unsigned nr_ram;     /* of those, for volatile memory */
	uint64_t best_bytes; /* the most that one of these takes from this memory device */
	bool is_unknown;     /* a window may be one of them, or its free space is not known */
};

/* Adds a window: an interleaved region has an equal part on each of its host bridges. */
static void add_choice(struct choice *choice, const struct mhp_cxl_window *window, int bridge)
{
	uint64_t bytes;

	choice->is_unknown |= !window->nr_targets;
	if (!has_target(window, bridge))
		return;
	choice->nr_windows++;
	choice->is_unknown |= window->can_ram == MHP_TRISTATE_UNKNOWN;
	if (window->can_ram != MHP_TRISTATE_YES)
		return;
	choice->nr_ram++;
	choice->is_unknown |= window->max_extent_bytes == MHP_UNKNOWN || !window->ways;
	if (choice->is_unknown)
		return;
	bytes = align_down(window->max_extent_bytes / window->ways, CXL_PIECE);
	if (bytes > choice->best_bytes)
		choice->best_bytes = bytes;
}

static const char firmware_fix[] = "enable more memory for CXL in the firmware's setup";

static void report_choice(struct doctor *d, const struct mhp_cxl_memdev *memdev,
			  const struct choice *choice)
{
	uint64_t bytes = align_down(cxl_memdev_free(memdev), CXL_PIECE);
	char size[SIZE_TEXT], best[SIZE_TEXT];
	struct mhp_finding *finding;

	if (choice->best_bytes >= bytes)
		return;
	if (!choice->nr_windows)
		finding = doctor_find(d, MHP_SEVERITY_WARNING,
				      "%s: its host bridge is in no CXL window", memdev->name);
	else if (!choice->nr_ram)
		finding = doctor_find(d, MHP_SEVERITY_WARNING,
				      "%s: no CXL window of its host bridge takes volatile memory",
				      memdev->name);
	else
		finding = doctor_find(d, MHP_SEVERITY_WARNING,
				      "%s: CXL windows have space for %s of its %s in no region",
				      memdev->name,
				      format_size(choice->best_bytes, best, sizeof(best)),
				      format_size(bytes, size, sizeof(size)));
	str_copy(finding->where, memdev->name);
	str_format(finding->fix, "%s%s", firmware_fix,
		   choice->nr_ram ? ", or destroy regions that are not used: mhpctl list shows them"
				  : "");
}

void doctor_look_cxl_window(struct doctor *d)
{
	if (topology_why_hidden(d->topo, "cxl_windows"))
		return;
	for (size_t i = 0; i < d->topo->nr_cxl_memdevs; i++) {
		const struct mhp_cxl_memdev *memdev = &d->topo->cxl_memdevs[i];
		struct choice choice = { 0 };

		if (memdev->bridge < 0)
			continue;
		for (size_t k = 0; k < d->topo->nr_cxl_windows; k++)
			add_choice(&choice, &d->topo->cxl_windows[k], memdev->bridge);
		if (!choice.is_unknown)
			report_choice(d, memdev, &choice);
	}
}

/* ---- regions ----------------------------------------------------------------------------- */

static bool has_dax(const struct mhp_topology *topo, const struct mhp_cxl_region *region)
{
	for (size_t i = 0; i < topo->nr_dax; i++)
		if (strcmp(topo->dax[i].cxl_region, region->name) == 0)
			return true;
	return false;
}

/* Reports an incomplete region: something was left over, or a memory device is missing. */
static void report_incomplete(struct doctor *d, const struct mhp_cxl_region *region)
{
	struct mhp_finding *finding;
	unsigned nr = 0;

	for (unsigned i = 0; i < region->nr_members; i++)
		nr += *region->members[i].decoder != '\0';
	finding = doctor_find(d, MHP_SEVERITY_WARNING,
			      "cxl/%s is incomplete: it has %u of %u members%s", region->name, nr,
			      region->nr_members, region->size ? "" : ", and no size");
	str_format(finding->where, "cxl/%s", region->name);
	if (nr && region->is_from_firmware == MHP_TRISTATE_YES)
		str_copy(finding->fix, "look for a memory device that is missing or has failed");
	else
		str_format(finding->fix,
			   "mhpctl remove cxl/%s --destroy, unless it is being created",
			   region->name);
}

/* Reports an enabled region without a dax device. */
static void report_without_dax(struct doctor *d, const struct mhp_cxl_region *region)
{
	bool is_ordinary = region->is_from_firmware == MHP_TRISTATE_YES && !*region->dax_region &&
			   region->online_bytes != MHP_UNKNOWN && region->online_bytes;
	struct mhp_finding *finding;

	if (is_ordinary) {
		finding = doctor_find(d, MHP_SEVERITY_NOTE,
				      "cxl/%s is ordinary memory: the firmware gave it to the "
				      "kernel at boot",
				      region->name);
		finding->why = "it has no dax device and cannot be removed";
	} else {
		finding = doctor_find(d, MHP_SEVERITY_WARNING, "cxl/%s has no %s", region->name,
				      *region->dax_region ? "dax device" : "dax_region");
		str_format(finding->fix,
			   "modprobe dax_cxl; if there is still none, dmesg | grep %s",
			   region->name);
	}
	str_format(finding->where, "cxl/%s", region->name);
}

static void report_undone(struct doctor *d, const struct mhp_cxl_region *region)
{
	bool is_committed = region->state == MHP_CXL_STATE_COMMITTED;
	struct mhp_finding *finding = doctor_find(
		d, MHP_SEVERITY_WARNING,
		is_committed ? "cxl/%s has no driver" : "cxl/%s: its decoders are not committed",
		region->name);

	str_format(finding->where, "cxl/%s", region->name);
	str_format(finding->fix, "mhpctl online cxl/%s", region->name);
}

static void look_region(struct doctor *d, const struct mhp_cxl_region *region)
{
	struct mhp_finding *finding;

	switch (region->state) {
	case MHP_CXL_STATE_INCOMPLETE:
		report_incomplete(d, region);
		break;
	case MHP_CXL_STATE_UNCOMMITTED:
	case MHP_CXL_STATE_COMMITTED:
		report_undone(d, region);
		break;
	case MHP_CXL_STATE_ENABLED:
		if (!topology_why_hidden(d->topo, "dax_devices") && !has_dax(d->topo, region))
			report_without_dax(d, region);
		break;
	default:
		finding = doctor_find(d, MHP_SEVERITY_WARNING, "cxl/%s: its state cannot be read",
				      region->name);
		str_format(finding->where, "cxl/%s", region->name);
		break;
	}
}

/* Skips persistent regions, which nvdimm regions follow, and memory that is lost. */
void doctor_look_cxl_region(struct doctor *d)
{
	for (size_t i = 0; i < d->topo->nr_cxl_regions; i++) {
		const struct mhp_cxl_region *region = &d->topo->cxl_regions[i];

		if (strcmp(region->type, "pmem") != 0 && !region->unbacked_bytes)
			look_region(d, region);
	}
}

/* ---- memory that is lost ----------------------------------------------------------------- */

static bool is_offline(const struct mhp_block *block)
{
	return block->state == MHP_BLOCK_OFFLINE;
}

/* Reports lost blocks; offline ones have no data, and must stay offline. */
static void report_lost(struct doctor *d, const struct mhp_block *first,
			const struct mhp_block *last)
{
	uint64_t bytes = (last->id - first->id + 1) * d->topo->memory.block_size;
	bool is_idle = is_offline(first);
	struct mhp_finding *finding;
	char size[SIZE_TEXT];

	finding = doctor_find(d, is_idle ? MHP_SEVERITY_WARNING : MHP_SEVERITY_ERROR,
			      "%s of CXL memory %s, and no CXL region answers for them: it was "
			      "undone, or its memory device was removed, beneath them",
			      format_size(bytes, size, sizeof(size)),
			      is_idle ? "are offline" : "are in use");
	format_run("memory", first->id, last->id, finding->where, sizeof(finding->where));
	if (is_idle)
		str_copy(finding->fix, "leave them offline, and reboot");
	else
		str_copy(finding->fix,
			 "stop the programs that use them, and reboot; do not take them offline, "
			 "which copies what cannot be read to other memory");
}

static void report_lost_blocks(struct doctor *d)
{
	const struct mhp_block *blocks = d->topo->blocks;
	size_t end;

	for (size_t i = 0; i < d->topo->nr_blocks; i = end) {
		end = i + 1;
		if (!blocks[i].is_unbacked)
			continue;
		while (end < d->topo->nr_blocks && blocks[end].is_unbacked &&
		       blocks[end].id == blocks[end - 1].id + 1 &&
		       is_offline(&blocks[end]) == is_offline(&blocks[i]))
			end++;
		report_lost(d, &blocks[i], &blocks[end - 1]);
	}
}

void doctor_look_cxl_lost(struct doctor *d)
{
	report_lost_blocks(d);
	for (size_t i = 0; i < d->topo->nr_cxl_regions; i++) {
		const struct mhp_cxl_region *region = &d->topo->cxl_regions[i];
		struct mhp_finding *finding;

		if (region->unbacked_bytes != MHP_UNKNOWN ||
		    cxl_is_backed(region) == MHP_TRISTATE_YES || !region->size)
			continue;
		finding = doctor_find(d, MHP_SEVERITY_WARNING,
				      "cxl/%s does not answer to its addresses, and it is unknown "
				      "whether they are still in use as memory",
				      region->name);
		str_format(finding->where, "cxl/%s", region->name);
		str_copy(finding->fix, "mhpctl doctor, as root");
	}
}

/* ---- memory that the firmware reserved --------------------------------------------------- */

static const struct mhp_cxl_window *find_window(const struct mhp_topology *topo,
						struct mhp_range range)
{
	struct mhp_range window;

	for (size_t i = 0; i < topo->nr_cxl_windows; i++)
		if (cxl_window_range(&topo->cxl_windows[i], &window) &&
		    range_overlaps(window, range))
			return &topo->cxl_windows[i];
	return NULL;
}

static bool is_in_region(const struct mhp_topology *topo, struct mhp_range range)
{
	struct mhp_range region;

	for (size_t i = 0; i < topo->nr_cxl_regions; i++)
		if (cxl_is_backed(&topo->cxl_regions[i]) != MHP_TRISTATE_NO &&
		    (!cxl_region_range(&topo->cxl_regions[i], &region) ||
		     range_overlaps(region, range)))
			return true;
	return false;
}

/* Returns whether a dax device has the range, or may have it: its addresses are not known. */
static bool may_have_dax(const struct mhp_topology *topo, struct mhp_range range)
{
	for (size_t i = 0; i < topo->nr_dax; i++) {
		const struct mhp_dax *dax = &topo->dax[i];

		if (!dax->has_ranges)
			return true;
		for (unsigned k = 0; k < dax->nr_ranges; k++)
			if (range_overlaps(dax->ranges[k], range))
				return true;
	}
	return false;
}

/* Returns the window of a range that is in no region, or NULL. */
static const struct mhp_cxl_window *find_bare_window(const struct mhp_topology *topo,
						     struct mhp_range range)
{
	return is_in_region(topo, range) ? NULL : find_window(topo, range);
}

static void look_reserved_line(struct doctor *d, const struct fact_line *line)
{
	const struct mhp_cxl_window *window = find_bare_window(d->topo, line->range);
	struct mhp_finding *finding;

	if (!window || may_have_dax(d->topo, line->range))
		return;
	finding = doctor_find(d, MHP_SEVERITY_WARNING,
			      "memory %s in the CXL window %s is soft-reserved, and neither a CXL "
			      "region nor a dax device has it",
			      line->text, window->name);
	str_format(finding->where, "%s:%u", line->file, line->line);
	doctor_fix_boot(d, finding, NULL, "efi=nosoftreserve");
}

/* Looks at a device itself: since Linux 7 /proc/iomem has its name instead of "Soft Reserved". */
static void look_reserved_dax(struct doctor *d, const struct mhp_dax *dax)
{
	const struct mhp_cxl_window *window = NULL;
	struct mhp_finding *finding;

	if (dax->origin != MHP_ORIGIN_SOFT_RESERVED || !dax->has_ranges)
		return;
	for (unsigned i = 0; i < dax->nr_ranges && !window; i++)
		window = find_bare_window(d->topo, dax->ranges[i]);
	if (!window)
		return;
	finding = doctor_find(d, MHP_SEVERITY_NOTE,
			      "%s has soft-reserved memory of the CXL window %s, without a CXL "
			      "region",
			      dax->name, window->name);
	finding->why = "no CXL region can be created at its addresses";
	str_copy(finding->where, dax->name);
}

void doctor_look_cxl_reserved(struct doctor *d)
{
	if (!orphans_know_devices(d->topo) || topology_why_hidden(d->topo, "cxl_regions"))
		return;
	for (size_t i = 0; i < d->facts->nr_lines; i++)
		if (d->facts->lines[i].kind == FACT_LINE_SOFT_RESERVED)
			look_reserved_line(d, &d->facts->lines[i]);
	for (size_t i = 0; i < d->topo->nr_dax; i++)
		look_reserved_dax(d, &d->topo->dax[i]);
}
