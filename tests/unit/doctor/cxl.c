/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings about CXL: from files, and from facts built in memory. */
#include "lib/base/error.h"
#include "lib/doctor/doctor.h"
#include "lib/model/cxl.h"
#include "lib/sys/cxl/bus.h"
#include "tests/unit/fake/findings.h"
#include "tests/unit/fake/planning.h"

#include <stdlib.h>
#include <string.h>

#define CXL CXL_DEVICES "/"

/* ---- cards, from files --------------------------------------------------------------------- */

static void put_memdev(struct fakesys *fs, unsigned n, const char *ram, const char *pmem)
{
	char path[128], target[128];

	snprintf(path, sizeof(path), CXL "mem%u/serial", n);
	fakesys_put(fs, path, "0x10f\n");
	snprintf(path, sizeof(path), CXL "mem%u/ram/size", n);
	fakesys_put(fs, path, ram);
	snprintf(path, sizeof(path), CXL "mem%u/pmem/size", n);
	fakesys_put(fs, path, pmem);
	snprintf(path, sizeof(path), CXL "mem%u/numa_node", n);
	fakesys_put(fs, path, "-1\n");
	snprintf(path, sizeof(path), CXL "mem%u/driver", n);
	assert_int_equal(tree_link(fs->tree.fd, path, "../../drivers/cxl_mem"), 0);
	snprintf(path, sizeof(path), CXL "endpoint%u/uport", n + 5);
	snprintf(target, sizeof(target), "../../../pci0000:0c/0000:0d:00.0/mem%u", n);
	assert_int_equal(tree_link(fs->tree.fd, path, target), 0);
}

static void put_decoder(struct fakesys *fs, const char *name, const char *mode, const char *size,
			const char *region)
{
	char path[128];

	snprintf(path, sizeof(path), CXL "%s/mode", name);
	fakesys_put(fs, path, mode);
	snprintf(path, sizeof(path), CXL "%s/dpa_size", name);
	fakesys_put(fs, path, size);
	snprintf(path, sizeof(path), CXL "%s/region", name);
	fakesys_put(fs, path, region);
}

static void a_card_without_a_region(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_planning struct planning p = { 0 };
	cleanup_findings struct mhp_doctor_report *report = NULL;
	const struct mhp_cxl_memdev *memdev;

	put_memdev(fs, 0, "0x40000000\n", "0x0\n");
	put_decoder(fs, "decoder5.0", "none\n", "0x0\n", "\n");
	topo = scan_of(fs);
	memdev = mhp_topology_cxl_memdev(topo, 0);
	assert_string_equal(memdev->name, "mem0");
	assert_true(memdev->serial == 0x10f && memdev->is_enabled && memdev->numa_node == -1);
	assert_true(memdev->ram_bytes == GIB && memdev->ram_used_bytes == 0);
	assert_true(memdev->pmem_bytes == 0);
	assert_null(mhp_topology_cxl_memdev(topo, 1));
	planning_plan(&p, topo, MHP_VERB_ONLINE, "all");
	planning_check(&p, "");
	assert_true(planning_warns(&p, "mem0: 1 GiB of this CXL device are in no region and stay "
				       "unused"));
	report = findings_of(fs);
	assert_int_equal(findings_get(report, "cxl_unused")->severity, MHP_SEVERITY_WARNING);
	assert_string_equal(findings_get(report, "cxl_unused")->found,
			    "mem0: 1 GiB of this CXL device are in no region");
	assert_string_equal(findings_get(report, "cxl_unused")->fix,
			    "mhpctl online --interleave mem0 MEMDEV..., with one memory device "
			    "behind each host bridge of a window");
}

static void cards_that_are_used(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_planning struct planning p = { 0 };
	cleanup_findings struct mhp_doctor_report *report = NULL;

	put_memdev(fs, 0, "0x40000000\n", "0x20000000\n");
	put_decoder(fs, "decoder5.0", "ram\n", "0x30000000\n", "region3\n");
	put_decoder(fs, "decoder5.1", "pmem\n", "0x20000000\n", "region4\n");
	put_decoder(fs, "decoder5.2", "ram\n", "0x10000000\n", "\n"); /* its region was removed */
	put_decoder(fs, "decoder0.0", "ram\n", "0x40000000\n",
		    "region3\n"); /* not in an endpoint */
	put_memdev(fs, 1, "0x40000000\n", "0x0\n");
	put_decoder(fs, "decoder6.0", "ram\n", "0x40000000\n", "region3\n");
	topo = scan_of(fs);
	assert_true(topo->cxl_memdevs[0].ram_used_bytes == 768 * MIB);
	assert_true(topo->cxl_memdevs[0].pmem_used_bytes == 512 * MIB);
	assert_true(topo->cxl_memdevs[1].ram_used_bytes == GIB);
	planning_plan(&p, topo, MHP_VERB_ONLINE, "all");
	assert_true(planning_warns(&p, "mem0: 256 MiB"));
	assert_false(planning_warns(&p, "mem1"));
	report = findings_of(fs);
	assert_non_null(strstr(findings_get(report, "cxl_unused")->found, "mem0: 256 MiB"));
}

/* Without a driver there are no decoders, so it is unknown whether the memory is used. */
static void a_card_that_is_disabled(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_findings struct mhp_doctor_report *report = NULL;

	put_memdev(fs, 0, "0x40000000\n", "0x0\n");
	assert_int_equal(tree_remove(fs->tree.fd, CXL "mem0/driver"), 0);
	topo = scan_of(fs);
	assert_false(topo->cxl_memdevs[0].is_enabled);
	assert_true(topo->cxl_memdevs[0].ram_used_bytes == MHP_UNKNOWN);
	report = findings_of(fs);
	assert_int_equal(findings_get(report, "cxl_unused")->severity, MHP_SEVERITY_NOTE);
	assert_string_equal(findings_get(report, "cxl_unused")->fix, "mhpctl online mem0");
}

static void no_cards(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = scan_of(fs);
	cleanup_findings struct mhp_doctor_report *report = findings_of(fs);

	assert_null(mhp_topology_cxl_memdev(topo, 0));
	assert_null(findings_get(report, "cxl_unused"));
}

/* ---- as a kernel shows it ------------------------------------------------------------------ */

static struct fakesys *load(const char *name)
{
	struct fakesys *fs = fakesys_new();

	assert_int_equal(tree_load(fs->tree.fd, name), 0);
	return fs;
}

static void memory_in_use(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-two.sysfs");
	cleanup_topology struct mhp_topology *topo = scan_of(fs);
	cleanup_findings struct mhp_doctor_report *report = findings_of(fs);

	(void)state;
	assert_int_equal(topo->nr_cxl_regions, 1);
	assert_int_equal(topo->cxl_regions[0].online_bytes, GIB);
	assert_int_equal(topo->cxl_regions[0].unbacked_bytes, 0);
	assert_int_equal(topo->cxl_regions[0].is_from_firmware, MHP_TRISTATE_UNKNOWN);
	assert_int_equal(topo->cxl_windows[2].free_bytes, 3 * GIB);
	assert_int_equal(topo->cxl_windows[0].free_bytes, 4 * GIB);
	assert_string_equal(topo->dax[0].cxl_region, topo->cxl_regions[0].name);
	assert_null(findings_get(report, "cxl_region"));
	assert_null(findings_get(report, "cxl_window"));
	assert_null(findings_get(report, "cxl_memory_lost"));
	assert_string_equal(findings_get(report, "cxl_unused")->found,
			    "mem0: 512 MiB of this CXL device are in no region");
	assert_non_null(strstr(findings_get(report, "cxl_unused")->fix,
			       "its host bridge has no free decoder"));
}

static void a_card_that_went_away(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-lost.sysfs");
	cleanup_topology struct mhp_topology *topo = scan_of(fs);
	cleanup_findings struct mhp_doctor_report *report = findings_of(fs);
	uint64_t bytes = 0;

	(void)state;
	assert_int_equal(topo->cxl_regions[0].online_bytes, GIB);
	assert_int_equal(topo->cxl_regions[0].unbacked_bytes, GIB);
	for (size_t i = 0; i < topo->nr_blocks; i++)
		bytes += topo->blocks[i].is_unbacked ? topo->memory.block_size : 0;
	assert_int_equal(bytes, GIB);
	assert_int_equal(findings_get(report, "cxl_memory_lost")->severity, MHP_SEVERITY_ERROR);
	assert_string_equal(findings_get(report, "cxl_memory_lost")->where, "memory4306-4313");
	assert_null(findings_get(report, "cxl_region"));
}

/* ---- a machine in memory ------------------------------------------------------------------- */

#define WINDOW 0x8490000000ULL

/* One card behind host bridge 12, one window, one region, one dax device and four blocks. */
struct patient {
	struct facts facts;
	struct mhp_topology topo;
	struct mhp_cxl_memdev memdev;
	struct mhp_cxl_window window;
	struct mhp_cxl_region region;
	struct mhp_dax dax;
	struct mhp_block blocks[4];
	struct fact_line line;
	struct mhp_finding *findings;
	size_t nr;
};

static struct patient *healthy(void)
{
	struct patient *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->memdev = (struct mhp_cxl_memdev){ .name = "mem0", .is_enabled = true, .bridge = 12 };
	p->memdev.ram_bytes = p->memdev.ram_used_bytes = GIB;
	p->memdev.free_decoders = p->memdev.bridge_free_decoders = 1;
	p->window = (struct mhp_cxl_window){ .name = "decoder0.0", .start = WINDOW };
	p->window.size = 4 * GIB;
	p->window.free_bytes = p->window.max_extent_bytes = 3 * GIB;
	p->window.can_ram = MHP_TRISTATE_YES;
	p->window.ways = p->window.nr_targets = 1;
	p->window.targets[0] = 12;
	p->region = (struct mhp_cxl_region){ .name = "region0", .window = "decoder0.0" };
	str_copy(p->region.type, "ram");
	str_copy(p->region.dax_region, "dax_region0");
	p->region.state = MHP_CXL_STATE_ENABLED;
	p->region.start = WINDOW;
	p->region.size = GIB;
	p->region.ways = p->region.nr_members = 1;
	p->region.members[0] = (struct mhp_cxl_member){ "decoder3.0", "mem0", 0x10f };
	p->dax = (struct mhp_dax){ .name = "dax0.0", .cxl_region = "region0", .size = GIB };
	p->dax.mode = MHP_DAX_SYSTEM_RAM;
	p->dax.has_ranges = true;
	p->dax.nr_ranges = 1;
	p->dax.ranges[0] = (struct mhp_range){ WINDOW, WINDOW + GIB };
	for (unsigned i = 0; i < 4; i++)
		p->blocks[i] = (struct mhp_block){ .id = WINDOW / (256 * MIB) + i,
						   .start = WINDOW + i * 256 * MIB,
						   .state = MHP_BLOCK_ONLINE };
	p->line = (struct fact_line){ .kind = FACT_LINE_SOFT_RESERVED, .file = "/proc/iomem" };
	p->line.line = 7;
	p->line.range = (struct mhp_range){ WINDOW + GIB, WINDOW + 2 * GIB };
	str_copy(p->line.text, "0x84d0000000-0x850fffffff");
	p->facts = (struct facts){ .dmesg_restrict = -1,
				   .auto_movable_ratio = -1,
				   .crash_loaded = -1,
				   .crash_hotplug = -1,
				   .movable_gigantic = -1 };
	p->topo = (struct mhp_topology){ .memory = { .page_size = 4096, .block_size = 256 * MIB } };
	p->topo.cxl_memdevs = &p->memdev;
	p->topo.cxl_windows = &p->window;
	p->topo.cxl_regions = &p->region;
	p->topo.dax = &p->dax;
	p->topo.blocks = p->blocks;
	p->topo.nr_cxl_memdevs = p->topo.nr_cxl_windows = p->topo.nr_cxl_regions = 1;
	p->topo.nr_dax = 1;
	p->topo.nr_blocks = 4;
	return p;
}

static void patient_free(struct patient **p)
{
	free((*p)->topo.hidden);
	free((*p)->findings);
	free(*p);
}

#define cleanup_patient __attribute__((cleanup(patient_free)))

/* Returns the first finding with that id, or NULL. */
static const struct mhp_finding *judge(struct patient *p, const char *id)
{
	free(p->findings);
	p->findings = NULL;
	assert_int_equal(doctor_judge(&p->facts, &p->topo, &p->findings, &p->nr), 0);
	for (size_t i = 0; i < p->nr; i++)
		if (strcmp(p->findings[i].id, id) == 0)
			return &p->findings[i];
	return NULL;
}

static void check(struct patient *p, const char *id, enum mhp_severity severity, const char *where,
		  const char *found, const char *fix)
{
	const struct mhp_finding *finding = judge(p, id);

	assert_non_null(finding);
	assert_int_equal(finding->severity, severity);
	assert_string_equal(finding->where, where);
	assert_string_equal(finding->found, found);
	assert_string_equal(finding->fix, fix);
}

static void a_machine_without_a_fault(void **state)
{
	cleanup_patient struct patient *p = healthy();

	(void)state;
	assert_null(judge(p, "cxl_unused"));
	assert_null(judge(p, "cxl_window"));
	assert_null(judge(p, "cxl_region"));
	assert_null(judge(p, "cxl_memory_lost"));
	assert_null(judge(p, "cxl_reserved"));
}

/* Another region is not advised where no decoder is free for it. */
static void unused_capacity_without_a_decoder(void **state)
{
	cleanup_patient struct patient *p = healthy();

	(void)state;
	p->memdev.ram_used_bytes = 512 * MIB;
	check(p, "cxl_unused", MHP_SEVERITY_WARNING, "mem0",
	      "mem0: 512 MiB of this CXL device are in no region",
	      "mhpctl online mem0 --size 512M");
	p->memdev.bridge_free_decoders = 0;
	check(p, "cxl_unused", MHP_SEVERITY_WARNING, "mem0",
	      "mem0: 512 MiB of this CXL device are in no region",
	      "destroy a region and create a larger one: its host bridge has no free decoder for "
	      "another one");
	p->memdev.bridge_free_decoders = -1; /* not known */
	assert_string_equal(judge(p, "cxl_unused")->fix, "mhpctl online mem0 --size 512M");
}

/* ---- windows ------------------------------------------------------------------------------- */

#define FIRMWARE "enable more memory for CXL in the firmware's setup"

static void a_window_that_is_too_small(void **state)
{
	cleanup_patient struct patient *p = healthy();

	(void)state;
	p->memdev.ram_used_bytes = 0;
	assert_null(judge(p, "cxl_window"));
	p->window.max_extent_bytes = GIB - MIB;
	check(p, "cxl_window", MHP_SEVERITY_WARNING, "mem0",
	      "mem0: CXL windows have space for 768 MiB of its 1 GiB in no region",
	      FIRMWARE ", or destroy regions that are not used: mhpctl list shows them");
	/* an interleaved region has half of its memory on each of two host bridges */
	p->window.max_extent_bytes = GIB;
	p->window.ways = 2;
	assert_non_null(strstr(judge(p, "cxl_window")->found, "space for 512 MiB"));
	/* what does not make a part of a region is not missed */
	p->memdev.ram_used_bytes = GIB - 255 * MIB;
	p->window.max_extent_bytes = 0;
	assert_null(judge(p, "cxl_window"));
}

static void a_window_of_the_wrong_kind(void **state)
{
	cleanup_patient struct patient *p = healthy();

	(void)state;
	p->memdev.ram_used_bytes = 0;
	p->window.can_ram = MHP_TRISTATE_NO;
	check(p, "cxl_window", MHP_SEVERITY_WARNING, "mem0",
	      "mem0: no CXL window of its host bridge takes volatile memory", FIRMWARE);
	p->window.targets[0] = 44;
	check(p, "cxl_window", MHP_SEVERITY_WARNING, "mem0",
	      "mem0: its host bridge is in no CXL window", FIRMWARE);
	p->topo.nr_cxl_windows = 0;
	assert_non_null(judge(p, "cxl_window"));
}

/* Nothing is claimed where a window, or the place of the card, is not known. */
static void windows_that_are_not_known(void **state)
{
	cleanup_patient struct patient *p = healthy();

	(void)state;
	p->memdev.ram_used_bytes = 0;
	p->window.max_extent_bytes = MHP_UNKNOWN;
	assert_null(judge(p, "cxl_window"));
	p->window.max_extent_bytes = 0;
	assert_non_null(judge(p, "cxl_window"));
	p->window.can_ram = MHP_TRISTATE_UNKNOWN;
	assert_null(judge(p, "cxl_window"));
	p->window.can_ram = MHP_TRISTATE_YES;
	p->window.ways = 0;
	assert_null(judge(p, "cxl_window"));
	p->window.ways = 1;
	p->window.nr_targets = 0;
	assert_null(judge(p, "cxl_window"));
	p->window.nr_targets = 1;
	p->memdev.bridge = -1;
	assert_null(judge(p, "cxl_window"));
	p->memdev.bridge = 12;
	assert_int_equal(topology_hide(&p->topo, "cxl_windows", "x"), 0);
	assert_null(judge(p, "cxl_window"));
}

/* ---- regions ------------------------------------------------------------------------------- */

static void regions_without_a_dax_device(void **state)
{
	cleanup_patient struct patient *p = healthy();

	(void)state;
	p->topo.nr_dax = 0;
	check(p, "cxl_region", MHP_SEVERITY_WARNING, "cxl/region0", "cxl/region0 has no dax device",
	      "modprobe dax_cxl; if there is still none, dmesg | grep region0");
	p->region.dax_region[0] = '\0';
	check(p, "cxl_region", MHP_SEVERITY_WARNING, "cxl/region0", "cxl/region0 has no dax_region",
	      "modprobe dax_cxl; if there is still none, dmesg | grep region0");
	p->region.is_from_firmware = MHP_TRISTATE_YES;
	p->region.online_bytes = GIB;
	check(p, "cxl_region", MHP_SEVERITY_NOTE, "cxl/region0",
	      "cxl/region0 is ordinary memory: the firmware gave it to the kernel at boot", "");
	str_copy(p->region.type, "pmem"); /* an NVDIMM region follows from it */
	assert_null(judge(p, "cxl_region"));
	str_copy(p->region.type, "ram");
	assert_int_equal(topology_hide(&p->topo, "dax_devices", "x"), 0);
	assert_null(judge(p, "cxl_region"));
}

static void regions_that_are_not_enabled(void **state)
{
	cleanup_patient struct patient *p = healthy();

	(void)state;
	p->region.state = MHP_CXL_STATE_COMMITTED;
	check(p, "cxl_region", MHP_SEVERITY_WARNING, "cxl/region0", "cxl/region0 has no driver",
	      "mhpctl online cxl/region0");
	p->region.state = MHP_CXL_STATE_UNCOMMITTED;
	check(p, "cxl_region", MHP_SEVERITY_WARNING, "cxl/region0",
	      "cxl/region0: its decoders are not committed", "mhpctl online cxl/region0");
	p->region.state = MHP_CXL_STATE_UNKNOWN;
	check(p, "cxl_region", MHP_SEVERITY_WARNING, "cxl/region0",
	      "cxl/region0: its state cannot be read", "");
	p->region.state = MHP_CXL_STATE_INCOMPLETE;
	p->region.ways = p->region.nr_members = 2;
	check(p, "cxl_region", MHP_SEVERITY_WARNING, "cxl/region0",
	      "cxl/region0 is incomplete: it has 1 of 2 members",
	      "mhpctl remove cxl/region0 --destroy, unless it is being created");
	p->region.is_from_firmware = MHP_TRISTATE_YES;
	check(p, "cxl_region", MHP_SEVERITY_WARNING, "cxl/region0",
	      "cxl/region0 is incomplete: it has 1 of 2 members",
	      "look for a memory device that is missing or has failed");
	p->region.ways = p->region.nr_members = 0;
	p->region.size = 0;
	check(p, "cxl_region", MHP_SEVERITY_WARNING, "cxl/region0",
	      "cxl/region0 is incomplete: it has 0 of 0 members, and no size",
	      "mhpctl remove cxl/region0 --destroy, unless it is being created");
}

/* ---- memory that is lost ------------------------------------------------------------------- */

#define LOST                                                                                    \
	" of CXL memory are in use, and no CXL region answers for them: it was undone, or its " \
	"memory device was removed, beneath them"
#define LOST_FIX                                                                        \
	"stop the programs that use them, and reboot; do not take them offline, which " \
	"copies what cannot be read to other memory"

static void memory_that_is_lost(void **state)
{
	cleanup_patient struct patient *p = healthy();
	size_t nr = 0;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		p->blocks[i].is_unbacked = p->blocks[i].is_orphaned = i != 1;
	p->blocks[0].state = MHP_BLOCK_OFFLINE;
	p->region.state = MHP_CXL_STATE_INCOMPLETE;
	p->region.unbacked_bytes = 512 * MIB;
	check(p, "cxl_memory_lost", MHP_SEVERITY_WARNING, "memory2121",
	      "256 MiB of CXL memory are offline, and no CXL region answers for them: it was "
	      "undone, or its memory device was removed, beneath them",
	      "leave them offline, and reboot");
	for (size_t i = 0; i < p->nr; i++)
		nr += strcmp(p->findings[i].id, "cxl_memory_lost") == 0;
	assert_int_equal(nr, 2);
	p->blocks[0].is_unbacked = false;
	check(p, "cxl_memory_lost", MHP_SEVERITY_ERROR, "memory2123-2124", "512 MiB" LOST,
	      LOST_FIX);
	/* the fix of an incomplete region would not help */
	assert_null(judge(p, "cxl_region"));
}

static void memory_that_may_be_lost(void **state)
{
	cleanup_patient struct patient *p = healthy();

	(void)state;
	p->region.unbacked_bytes = MHP_UNKNOWN;
	assert_null(judge(p, "cxl_memory_lost")); /* its decoders answer */
	p->region.state = MHP_CXL_STATE_UNCOMMITTED;
	check(p, "cxl_memory_lost", MHP_SEVERITY_WARNING, "cxl/region0",
	      "cxl/region0 does not answer to its addresses, and it is unknown whether they are "
	      "still in use as memory",
	      "mhpctl doctor, as root");
	p->region.size = 0;
	assert_null(judge(p, "cxl_memory_lost"));
}

/* ---- memory that the firmware reserved ----------------------------------------------------- */

static void soft_reserved_memory(void **state)
{
	cleanup_patient struct patient *p = healthy();
	const struct mhp_finding *finding;

	(void)state;
	p->facts.lines = &p->line;
	p->facts.nr_lines = 1;
	finding = judge(p, "cxl_reserved");
	assert_int_equal(finding->severity, MHP_SEVERITY_WARNING);
	assert_string_equal(finding->where, "/proc/iomem:7");
	assert_string_equal(finding->found, "memory 0x84d0000000-0x850fffffff in the CXL window "
					    "decoder0.0 is soft-reserved, and neither a CXL region "
					    "nor a dax device has it");
	assert_non_null(strstr(finding->fix, "efi=nosoftreserve"));
	p->dax.ranges[0] = p->line.range;
	assert_null(judge(p, "cxl_reserved"));
	p->dax.origin = MHP_ORIGIN_SOFT_RESERVED;
	for (p->facts.nr_lines = 0; p->facts.nr_lines < 2;
	     p->facts.nr_lines++) /* 0: since Linux 7 */
		check(p, "cxl_reserved", MHP_SEVERITY_NOTE, "dax0.0",
		      "dax0.0 has soft-reserved memory of the CXL window decoder0.0, without a CXL "
		      "region",
		      "");
	p->facts.nr_lines = 1;
	p->dax.has_ranges = false;
	assert_null(judge(p, "cxl_reserved"));
	p->dax.has_ranges = true;
	p->region.size += MIB;
	assert_null(judge(p, "cxl_reserved"));
	p->region.state = MHP_CXL_STATE_INCOMPLETE; /* it does not answer there */
	assert_non_null(judge(p, "cxl_reserved"));
	p->window.start = 0;
	assert_null(judge(p, "cxl_reserved"));
	p->window.start = WINDOW;
	assert_int_equal(topology_hide(&p->topo, "dax_devices.blocks", "x"), 0);
	assert_null(judge(p, "cxl_reserved"));
}

UNIT_TESTS(cmocka_unit_test(a_card_without_a_region), cmocka_unit_test(cards_that_are_used),
	   cmocka_unit_test(a_card_that_is_disabled), cmocka_unit_test(no_cards),
	   cmocka_unit_test(memory_in_use), cmocka_unit_test(a_card_that_went_away),
	   cmocka_unit_test(a_machine_without_a_fault),
	   cmocka_unit_test(unused_capacity_without_a_decoder),
	   cmocka_unit_test(a_window_that_is_too_small),
	   cmocka_unit_test(a_window_of_the_wrong_kind),
	   cmocka_unit_test(windows_that_are_not_known),
	   cmocka_unit_test(regions_without_a_dax_device),
	   cmocka_unit_test(regions_that_are_not_enabled), cmocka_unit_test(memory_that_is_lost),
	   cmocka_unit_test(memory_that_may_be_lost), cmocka_unit_test(soft_reserved_memory))
