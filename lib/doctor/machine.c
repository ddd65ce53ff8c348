/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules for zones, devices, and other parts of the system that affect memory. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/doctor/doctor.h"
#include "lib/model/orphans.h"
#include "lib/model/memmap.h"
#include "lib/model/node.h"
#include "lib/sys/cmdline.h"

#include <inttypes.h>
#include <string.h>

#define REGION_ALIGN (16ULL << 20)
#define GIANT_BLOCK  (2ULL << 30)
#define SIZE_TEXT    32

/* ---- zones ------------------------------------------------------------------------------- */

/* Suggests taking the excess offline, from the node with the most movable memory. */
static void fix_ratio(struct doctor *d, struct mhp_finding *finding, uint64_t excess)
{
	uint64_t block = d->topo->memory.block_size;
	const struct mhp_node *most = NULL;

	for (size_t i = 0; i < d->topo->nr_nodes; i++)
		if (!most || d->topo->nodes[i].movable_bytes > most->movable_bytes)
			most = &d->topo->nodes[i];
	if (!most || !block)
		return;
	excess = (excess + block - 1) / block * block;
	if (excess > most->movable_bytes)
		excess = most->movable_bytes;
	str_format(finding->fix, "mhpctl offline --node %d --size %" PRIu64, most->node, excess);
}

/*
 * Returns the bytes of dax devices that are not memory yet; their memmap would come from the
 * kernel's zones.
 */
static uint64_t unused_dax_bytes(const struct mhp_topology *topo)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < topo->nr_dax; i++)
		if (topo->dax[i].mode != MHP_DAX_SYSTEM_RAM)
			bytes += topo->dax[i].size;
	return bytes;
}

static void look_ratio(struct doctor *d)
{
	uint64_t movable, kernel, more = unused_dax_bytes(d->topo), memmap;
	struct mhp_finding *finding;

	node_sum_zones(d->topo, &movable, &kernel);
	if (!kernel || d->topo->no_blocks)
		return;
	memmap = memmap_bytes(more, d->topo->memory.page_size);
	if (movable > MOVABLE_RATIO_MAX * kernel) {
		finding = doctor_find(d, MHP_SEVERITY_WARNING,
				      "movable to kernel memory is %.1f:1, above %d:1",
				      (double)movable / (double)kernel, MOVABLE_RATIO_MAX);
		fix_ratio(d, finding, movable - MOVABLE_RATIO_MAX * kernel);
	} else if (more &&
		   (memmap >= kernel || movable + more > MOVABLE_RATIO_MAX * (kernel - memmap))) {
		finding = doctor_find(d, MHP_SEVERITY_NOTE,
				      "with all dax devices as movable memory, and its memmap, the "
				      "ratio would be above %d:1",
				      MOVABLE_RATIO_MAX);
		str_copy(finding->fix, "mhpctl online --zone kernel for a part of them");
	} else {
		doctor_find(d, MHP_SEVERITY_OK, "movable to kernel memory is %.1f:1",
			    (double)movable / (double)kernel);
	}
}

/*
 * Checks nodes with CPUs, whose tasks' kernel data would lie on other nodes. A node without CPUs is
 * movable by design.
 */
static void look_node_ratio(struct doctor *d)
{
	for (size_t i = 0; i < d->topo->nr_nodes; i++) {
		const struct mhp_node *node = &d->topo->nodes[i];
		struct mhp_finding *finding;

		if (!node->nr_cpus || d->topo->no_blocks ||
		    node->movable_bytes <= MOVABLE_RATIO_MAX * node->kernel_bytes)
			continue;
		finding = doctor_find(d, MHP_SEVERITY_NOTE,
				      "node%d has CPUs, and more than %d times as much movable as "
				      "kernel memory",
				      node->node, MOVABLE_RATIO_MAX);
		str_format(finding->where, "node%d", node->node);
	}
}

static void look_mixed(struct doctor *d)
{
	uint64_t count = 0, first = 0;
	struct mhp_finding *finding;

	for (size_t i = 0; i < d->topo->nr_blocks; i++)
		if (d->topo->blocks[i].zone == MHP_ZONE_MIXED &&
		    *mhp_block_device(&d->topo->blocks[i]) &&
		    !count++) /* boot memory may have some */
			first = d->topo->blocks[i].id;
	if (!count)
		return;
	finding = doctor_find(d, MHP_SEVERITY_NOTE,
			      "memory blocks of dax devices span zones or nodes: %" PRIu64, count);
	str_format(finding->where, "memory%" PRIu64, first);
}

/* Reports each run of adjacent offline blocks as one finding. */
static void look_offline(struct doctor *d)
{
	const struct mhp_block *blocks = d->topo->blocks;
	size_t end;

	for (size_t i = 0; i < d->topo->nr_blocks; i = end) {
		struct mhp_finding *finding;

		end = i + 1;
		if (blocks[i].state != MHP_BLOCK_OFFLINE)
			continue;
		while (end < d->topo->nr_blocks && blocks[end].state == MHP_BLOCK_OFFLINE &&
		       blocks[end].id == blocks[end - 1].id + 1)
			end++;
		finding = doctor_find(d, MHP_SEVERITY_WARNING, "%zu memory block%s offline",
				      end - i, end == i + 1 ? " is" : "s are");
		format_run("memory", blocks[i].id, blocks[end - 1].id, finding->where,
			   sizeof(finding->where));
		str_format(finding->fix, "mhpctl online %.60s", finding->where);
	}
}

/* ---- devices ----------------------------------------------------------------------------- */

static void look_unbound(struct doctor *d)
{
	for (size_t i = 0; i < d->topo->nr_dax; i++) {
		const struct mhp_dax *dax = &d->topo->dax[i];
		struct mhp_finding *finding;

		if (dax->mode != MHP_DAX_UNBOUND || !dax->size)
			continue;
		finding = doctor_find(d, MHP_SEVERITY_NOTE, "%s has no driver", dax->name);
		str_copy(finding->where, dax->name);
		str_format(finding->fix, "mhpctl online %s", dax->name);
	}
}

static void look_leaked(struct doctor *d)
{
	for (size_t i = 0; orphans_know_devices(d->topo) && i < d->facts->nr_lines; i++) {
		const struct fact_line *line = &d->facts->lines[i];
		struct mhp_finding *finding;

		if (line->kind != FACT_LINE_KMEM || orphans_are_of_kmem(d->topo, &line->range))
			continue;
		finding = doctor_find(d, MHP_SEVERITY_ERROR,
				      "memory %s was left behind by kmem and has no device",
				      line->text);
		str_format(finding->where, "%s:%u", line->file, line->line);
		str_copy(finding->fix, "reboot");
	}
}

static void look_regions(struct doctor *d)
{
	for (size_t i = 0; i < d->topo->nr_regions; i++) {
		const struct mhp_region *region = &d->topo->regions[i];
		bool start_known = region->start != MHP_UNKNOWN;
		struct mhp_finding *finding;

		if (region->size % REGION_ALIGN == 0 &&
		    !(start_known && region->start % REGION_ALIGN))
			continue;
		finding = doctor_find(d, MHP_SEVERITY_WARNING,
				      "%s does not begin and end at multiples of 16 MiB",
				      region->name);
		str_copy(finding->where, region->name);
		str_copy(finding->fix, "change the size of the region in the firmware's setup, or "
				       "memmap=SIZE!START of the boot parameters");
	}
}

static void look_lost(struct doctor *d)
{
	char lost[SIZE_TEXT], block[SIZE_TEXT];

	for (size_t i = 0; i < d->topo->nr_dax; i++) {
		const struct mhp_dax *dax = &d->topo->dax[i];
		struct mhp_finding *finding;

		if (dax->lost_bytes == MHP_UNKNOWN || !dax->lost_bytes)
			continue;
		finding =
			doctor_find(d, MHP_SEVERITY_NOTE,
				    "%s: %s do not fill a whole memory block of %s", dax->name,
				    format_size(dax->lost_bytes, lost, sizeof(lost)),
				    format_size(d->topo->memory.block_size, block, sizeof(block)));
		str_copy(finding->where, dax->name);
	}
	if (!d->topo->no_blocks && d->topo->memory.block_size >= GIANT_BLOCK)
		doctor_find(d, MHP_SEVERITY_NOTE, "memory blocks are %s large",
			    format_size(d->topo->memory.block_size, block, sizeof(block)));
}

/* ---- other parts of the system ----------------------------------------------------------- */

static const struct fact_line *find_line(const struct facts *facts, enum fact_line_kind kind)
{
	for (size_t i = 0; i < facts->nr_lines; i++)
		if (facts->lines[i].kind == kind)
			return &facts->lines[i];
	return NULL;
}

/*
 * Checks that the crash kernel knows added memory. Without crash_hotplug its list of memory is from
 * the time when it was loaded; a rule that reloads it keeps the list right, but is slow.
 */
static void look_kdump(struct doctor *d)
{
	const struct fact_line *rule = find_line(d->facts, FACT_LINE_KDUMP);
	bool is_there = d->facts->crash_hotplug >= 0;
	struct mhp_finding *finding;

	if (d->facts->crash_loaded < 0)
		return;
	if (!d->facts->crash_loaded || d->facts->crash_hotplug > 0) {
		doctor_find(d, MHP_SEVERITY_OK,
			    d->facts->crash_loaded ? "the kernel keeps the crash kernel's list "
						     "of memory up to date"
						   : "no crash kernel is loaded");
		return;
	}
	finding = doctor_find(d, MHP_SEVERITY_WARNING,
			      "a crash kernel is loaded, crash_hotplug is %s, and %s",
			      is_there ? "0" : "not there",
			      rule ? "a rule reloads it" : "no known rule reloads it");
	if (rule)
		str_format(finding->where, "%s:%u", rule->file, rule->line);
	else
		str_copy(finding->where, "/" KERNEL_CRASH_HOTPLUG);
	if (!rule)
		finding->why = "a dump of a crash lacks the memory that was added since it was "
			       "loaded";
	str_format(finding->fix,
		   "%s; until then, reload the crash kernel once after the last block",
		   is_there ? "load it with kexec -s, or with --hotplug of a newer kexec-tools, "
			      "which let the kernel keep its list of memory up to date"
			    : "boot Linux 6.6 or later with CONFIG_CRASH_HOTPLUG=y");
}

static bool is_removable(const struct mhp_topology *topo, int node)
{
	for (size_t i = 0; i < topo->nr_blocks; i++)
		if (topo->blocks[i].node == node && *mhp_block_device(&topo->blocks[i]) &&
		    topo->blocks[i].state == MHP_BLOCK_ONLINE)
			return true;
	return false;
}

static void look_demotion(struct doctor *d)
{
	if (d->facts->demotion != MHP_TRISTATE_YES)
		return;
	for (size_t i = 0; i < d->topo->nr_nodes; i++) {
		const struct mhp_node *node = &d->topo->nodes[i];
		struct mhp_finding *finding;

		if (node->nr_cpus || !is_removable(d->topo, node->node))
			continue;
		finding = doctor_find(d, MHP_SEVERITY_WARNING,
				      "demotion is on, and node%d has memory of dax devices",
				      node->node);
		str_copy(finding->where, "/" KERNEL_DEMOTION);
		str_copy(finding->fix, "echo 0 >/" KERNEL_DEMOTION);
	}
}

static void look_huge(struct doctor *d)
{
	for (size_t i = 0; i < d->facts->nr_lines; i++) {
		const struct fact_line *line = &d->facts->lines[i];
		struct mhp_finding *finding;

		if (line->kind != FACT_LINE_HUGE_POOL || !is_removable(d->topo, line->node))
			continue;
		finding = doctor_find(d, MHP_SEVERITY_WARNING,
				      "node%d, which has memory of dax devices, has %s huge pages "
				      "in its pool",
				      line->node, line->text);
		str_copy(finding->where, line->file);
		str_format(finding->fix, "echo 0 >%s", line->file);
	}
}

static void look_gigantic(struct doctor *d)
{
	struct mhp_finding *finding;

	if (d->facts->movable_gigantic < 0)
		return;
	if (!d->facts->movable_gigantic) {
		finding = doctor_find(d, MHP_SEVERITY_OK, "vm.movable_gigantic_pages is 0");
	} else {
		finding = doctor_find(d, MHP_SEVERITY_WARNING, "vm.movable_gigantic_pages is %d",
				      d->facts->movable_gigantic);
		str_copy(finding->fix, "sysctl -w vm.movable_gigantic_pages=0");
	}
	str_copy(finding->where, "/" KERNEL_MOVABLE_GIGANTIC);
}

static void look_journal(struct doctor *d)
{
	for (size_t i = 0; i < d->facts->nr_lines; i++) {
		const struct fact_line *line = &d->facts->lines[i];
		struct mhp_finding *finding;

		if (line->kind != FACT_LINE_JOURNAL)
			continue;
		finding = doctor_find(d, MHP_SEVERITY_WARNING,
				      "a run of mhpctl was killed and left %s changed", line->text);
		str_copy(finding->where, line->file);
		str_copy(finding->fix, "mhpctl recover");
	}
}

static void report_autoprobe_off(struct doctor *d, const char *bus, const char *path)
{
	struct mhp_finding *finding =
		doctor_find(d, MHP_SEVERITY_WARNING, "drivers_autoprobe of the %s bus is 0", bus);

	str_format(finding->where, "/%s", path);
	str_format(finding->fix, "echo 1 >/%s", path);
}

static void look_autoprobe(struct doctor *d)
{
	if (d->facts->dax_autoprobe_off)
		report_autoprobe_off(d, "dax", KERNEL_DAX_AUTOPROBE);
	if (d->facts->nd_autoprobe_off)
		report_autoprobe_off(d, "nd", KERNEL_ND_AUTOPROBE);
}

static void look_init_on_alloc(struct doctor *d)
{
	bool by_default = d->facts->kconfig.options[CONFIG_INIT_ON_ALLOC] == MHP_TRISTATE_YES;
	enum mhp_tristate setting = cmdline_bool(d->facts->init_on_alloc);
	struct mhp_finding *finding;
	char parameter[32];

	if (setting == MHP_TRISTATE_NO || (setting == MHP_TRISTATE_UNKNOWN && !by_default))
		return;
	str_format(parameter, "init_on_alloc=%s", d->facts->init_on_alloc);
	if (setting == MHP_TRISTATE_YES) {
		finding = doctor_find(d, MHP_SEVERITY_NOTE, "%s is a boot parameter", parameter);
		str_copy(finding->where, "/" KERNEL_CMDLINE);
	} else {
		finding = doctor_find(d, MHP_SEVERITY_NOTE, "%s is set",
				      kconfig_names[CONFIG_INIT_ON_ALLOC]);
		str_copy(finding->where, d->facts->kconfig.file);
	}
	doctor_fix_boot(d, finding, setting == MHP_TRISTATE_YES ? parameter : NULL,
			by_default ? "init_on_alloc=0" : NULL);
}

const struct doctor_rule doctor_machine_rules[] = {
	{ "movable_ratio", "zones",
	  "kernel data and page tables cannot use movable memory; above 3:1 the kernel may run "
	  "out",
	  look_ratio },
	{ "node_movable_ratio", "zones",
	  "kernel data of the node's tasks comes from other nodes, and is slower",
	  look_node_ratio },
	{ "blocks_mixed", "zones", "the kernel never takes such a block offline", look_mixed },
	{ "blocks_offline", "zones", "this memory exists but is unused", look_offline },
	{ "dax_unbound", "devices", "the device is unused", look_unbound },
	{ "dax_state", "devices",
	  "a device bound to kmem without memory is useless, and a wrong state misleads "
	  "programs that read it",
	  doctor_look_state },
	{ "kmem_leaked", "devices",
	  "kmem was unbound while blocks were online; the device cannot become memory again",
	  look_leaked },
	{ "region_misaligned", "devices",
	  "namespaces cannot be created on it, or lose what is not aligned", look_regions },
	{ "size_lost", "devices", "only whole memory blocks become memory", look_lost },
	{ "cxl_health", "devices", "its memory may be lost, or slow", doctor_look_cxl_health },
	{ "cxl_unused", "devices", "this memory exists but is unused", doctor_look_cxl_unused },
	{ "cxl_window", "devices", "a CXL region for this memory cannot be created",
	  doctor_look_cxl_window },
	{ "cxl_region", "devices", "without a dax device its memory is unused",
	  doctor_look_cxl_region },
	{ "cxl_memory_lost", "devices",
	  "its data is lost; programs that touch it are killed, or the machine stops, and the "
	  "kernel may still hand it out",
	  doctor_look_cxl_lost },
	{ "cxl_reserved", "devices",
	  "the firmware set this memory aside, and no dax device makes it usable",
	  doctor_look_cxl_reserved },
	{ "memory_refused", "devices", "this memory exists, but the kernel does not know it",
	  doctor_look_refused },
	{ "kdump_reload", "system",
	  "the crash kernel is reloaded for every memory block, which makes hotplug very slow",
	  look_kdump },
	{ "demotion", "system", "cold pages are moved into the memory while it is taken offline",
	  look_demotion },
	{ "hugetlb_pool", "system",
	  "an offline shrinks the pool, or fails where its pages are reserved", look_huge },
	{ "movable_gigantic_pages", "system",
	  "a huge page of 1 GiB in movable memory goes offline only where another node has a free "
	  "one of its size",
	  look_gigantic },
	{ "interrupted_run", "system",
	  "it was killed, or the power failed, so its work may be half done",
	  doctor_look_interrupted },
	{ "tracing_left", "system", "a tracing instance of a killed run costs memory and time",
	  doctor_look_traces },
	{ "settings_left", "system", "a system-wide setting was not restored", look_journal },
	{ "drivers_autoprobe", "system",
	  "no driver binds to new devices by itself, so they do not become memory",
	  look_autoprobe },
	{ "init_on_alloc", "system",
	  "the memmap of added memory is cleared twice, which makes adding it slower; some "
	  "systems need it for security",
	  look_init_on_alloc },
	{ "reporting", "system",
	  "without it the host keeps memory that this virtual machine has freed",
	  doctor_look_reporting },
	{ "reporting_order", "system",
	  "it decides which free blocks go back to the host, and at what cost",
	  doctor_look_reporting_order },
	{ 0 },
};
