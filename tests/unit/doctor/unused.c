/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unused memory and crash kernels: findings from files. */
#include "lib/libmhp.h"
#include "lib/model/topology.h"
#include "lib/sys/cxl.h"
#include "tests/unit/fake/fakesys.h"
#include "tests/unit/fake/planning.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CXL   "sys/bus/cxl/devices/"
#define ACPI  "sys/bus/acpi/devices/"
#define CRASH "sys/devices/system/memory/crash_hotplug"

static struct mhp_doctor_report *run_doctor(struct fakesys *fs)
{
	struct mhp_doctor_report *report = NULL;

	assert_int_equal(mhp_doctor(fs->ctx, &report, NULL), 0);
	return report;
}

/* Returns the first finding with that id, or NULL. */
static const struct mhp_finding *find(const struct mhp_doctor_report *report, const char *id)
{
	for (size_t i = 0; i < report->nr_findings; i++)
		if (strcmp(mhp_doctor_report_finding(report, i)->id, id) == 0)
			return mhp_doctor_report_finding(report, i);
	return NULL;
}

static bool is_hidden(const struct mhp_doctor_report *report, const char *what)
{
	for (size_t i = 0; i < report->nr_hidden; i++)
		if (strcmp(mhp_doctor_report_hidden(report, i)->what, what) == 0)
			return true;
	return false;
}

static struct mhp_topology *scan(struct fakesys *fs)
{
	struct mhp_topology *topo = NULL;

	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	return topo;
}

/* ---- CXL --------------------------------------------------------------------------------- */

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
	struct mhp_doctor_report *report;
	const struct mhp_memdev *memdev;

	put_memdev(fs, 0, "0x40000000\n", "0x0\n");
	put_decoder(fs, "decoder5.0", "none\n", "0x0\n", "\n");
	topo = scan(fs);
	memdev = mhp_topology_memdev(topo, 0);
	assert_string_equal(memdev->name, "mem0");
	assert_true(memdev->serial == 0x10f && memdev->is_enabled && memdev->numa_node == -1);
	assert_true(memdev->ram_bytes == GIB && memdev->ram_used_bytes == 0);
	assert_true(memdev->pmem_bytes == 0);
	assert_null(mhp_topology_memdev(topo, 1));
	planning_plan(&p, topo, MHP_VERB_ONLINE, "all");
	planning_check(&p, "");
	assert_true(planning_warns(&p, "mem0: 1 GiB of this CXL device are in no region and stay "
				       "unused"));
	report = run_doctor(fs);
	assert_int_equal(find(report, "cxl_unused")->severity, MHP_SEVERITY_WARNING);
	assert_string_equal(find(report, "cxl_unused")->found,
			    "mem0: 1 GiB of this CXL device are in no region");
	assert_non_null(strstr(find(report, "cxl_unused")->fix, "-m mem0"));
	mhp_doctor_report_free(report);
}

static void cards_that_are_used(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_planning struct planning p = { 0 };
	struct mhp_doctor_report *report;

	put_memdev(fs, 0, "0x40000000\n", "0x20000000\n");
	put_decoder(fs, "decoder5.0", "ram\n", "0x30000000\n", "region3\n");
	put_decoder(fs, "decoder5.1", "ram\n", "0x10000000\n", "\n"); /* its region was removed */
	put_decoder(fs, "decoder5.2", "pmem\n", "0x20000000\n", "region4\n");
	put_decoder(fs, "decoder0.0", "ram\n", "0x40000000\n",
		    "region3\n"); /* not in an endpoint */
	put_memdev(fs, 1, "0x40000000\n", "0x0\n");
	put_decoder(fs, "decoder6.0", "ram\n", "0x40000000\n", "region3\n");
	topo = scan(fs);
	assert_true(topo->memdevs[0].ram_used_bytes == 768 * MIB);
	assert_true(topo->memdevs[0].pmem_used_bytes == 512 * MIB);
	assert_true(topo->memdevs[1].ram_used_bytes == GIB);
	planning_plan(&p, topo, MHP_VERB_ONLINE, "all");
	assert_true(planning_warns(&p, "mem0: 256 MiB"));
	assert_false(planning_warns(&p, "mem1"));
	report = run_doctor(fs);
	assert_non_null(strstr(find(report, "cxl_unused")->found, "mem0: 256 MiB"));
	mhp_doctor_report_free(report);
}

/* Without a driver there are no decoders, so it is unknown whether the memory is used. */
static void a_card_that_is_disabled(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	struct mhp_doctor_report *report;

	put_memdev(fs, 0, "0x40000000\n", "0x0\n");
	assert_int_equal(tree_remove(fs->tree.fd, CXL "mem0/driver"), 0);
	topo = scan(fs);
	assert_false(topo->memdevs[0].is_enabled);
	assert_true(topo->memdevs[0].ram_used_bytes == MHP_UNKNOWN);
	report = run_doctor(fs);
	assert_int_equal(find(report, "cxl_unused")->severity, MHP_SEVERITY_NOTE);
	assert_string_equal(find(report, "cxl_unused")->fix, "cxl enable-memdev mem0");
	mhp_doctor_report_free(report);
}

static void no_cards(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = scan(fs);
	struct mhp_doctor_report *report = run_doctor(fs);

	assert_null(mhp_topology_memdev(topo, 0));
	assert_null(find(report, "cxl_unused"));
	assert_null(find(report, "memory_refused"));
	mhp_doctor_report_free(report);
}

/* ---- memory that the kernel refused ------------------------------------------------------ */

static void put_acpi(struct fakesys *fs, const char *name, const char *status, bool is_added)
{
	char path[128];

	snprintf(path, sizeof(path), ACPI "%s/status", name);
	fakesys_put(fs, path, status);
	snprintf(path, sizeof(path), ACPI "%s/physical_node", name);
	if (is_added)
		assert_int_equal(tree_link(fs->tree.fd, path, "../../memory/memory8"), 0);
}

/* Captured from the log of a machine with an NVDIMM of 1150 MiB below a DIMM. */
static const char *const records[] = {
	"3,310,900000,-;Block size [0x8000000] unaligned hotplug range: start 0x147e00000, "
	"size 0x20000000\n",
	"3,311,900001,-;acpi PNP0C80:01: add_memory failed\n",
	"3,312,900002,-;acpi PNP0C80:01: acpi_memory_enable_device() error\n",
};

/* Provides /dev/kmsg like the kernel: one record a read. */
static void put_log(struct fakesys *fs)
{
	assert_int_equal(fcntl(fs->kmsg_fd, F_SETFL, O_DIRECT | O_NONBLOCK), 0);
	for (size_t i = 0; i < ARRAY_SIZE(records); i++)
		assert_true(write(fs->kmsg_fd, records[i], strlen(records[i])) > 0);
}

static void a_dimm_off_the_borders(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_doctor_report *report;
	const struct mhp_finding *finding;

	assert_int_equal(tree_folder(fs->tree.fd, "sys/firmware/acpi/hotplug/memory"), 0);
	put_acpi(fs, "PNP0C80:00", "15\n", true);
	put_acpi(fs, "PNP0C80:01", "15\n", false);
	put_acpi(fs, "PNP0C80:02", "0\n", false); /* an empty slot */
	put_acpi(fs, "PNP0C0C:00", "15\n", false);
	put_log(fs);
	report = run_doctor(fs);
	finding = find(report, "memory_refused");
	assert_int_equal(finding->severity, MHP_SEVERITY_WARNING);
	assert_string_equal(finding->found,
			    "the firmware offers 512 MiB of memory as PNP0C80:01, and the kernel "
			    "has refused it: it does not begin and end with memory blocks of "
			    "128 MiB");
	assert_string_equal(finding->where, "0x147e00000-0x167dfffff");
	assert_non_null(strstr(finding->fix, "multiples of 128 MiB"));
	mhp_doctor_report_free(report);
}

/* Without a readable record in the log no reason is invented. */
static void a_dimm_without_a_log(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_doctor_report *report;

	assert_int_equal(tree_folder(fs->tree.fd, "sys/firmware/acpi/hotplug/memory"), 0);
	put_acpi(fs, "PNP0C80:01", "15\n", false);
	assert_int_equal(tree_remove(fs->tree.fd, "dev/kmsg"), 0);
	report = run_doctor(fs);
	assert_string_equal(find(report, "memory_refused")->found,
			    "the firmware offers memory as PNP0C80:01, and the kernel has not "
			    "added it");
	assert_true(is_hidden(report, "kernel_log"));
	mhp_doctor_report_free(report);
}

/* A kernel without ACPI memory hotplug has not refused a DIMM. */
static void a_kernel_without_acpi_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_doctor_report *report;

	put_acpi(fs, "PNP0C80:01", "15\n", false);
	report = run_doctor(fs);
	assert_null(find(report, "memory_refused"));
	mhp_doctor_report_free(report);
}

/* ---- crash kernels ----------------------------------------------------------------------- */

static void check_kdump(struct fakesys *fs, enum mhp_severity severity, const char *found,
			const char *fix, const char *why)
{
	struct mhp_doctor_report *report = run_doctor(fs);
	const struct mhp_finding *finding = find(report, "kdump_reload");

	assert_int_equal(finding->severity, severity);
	if (!strstr(finding->found, found) || !strstr(finding->fix, fix) ||
	    !strstr(finding->why, why))
		fail_msg("%s; %s; %s", finding->found, finding->fix, finding->why);
	mhp_doctor_report_free(report);
}

static void crash_kernels(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_put(fs, "sys/kernel/kexec_crash_loaded", "1\n");
	fakesys_put(fs, CRASH, "1\n");
	check_kdump(fs, MHP_SEVERITY_OK, "up to date", "", "");
	/* the kernel supports it, but kexec loaded the image without the flag */
	fakesys_put(fs, CRASH, "0\n");
	check_kdump(fs, MHP_SEVERITY_WARNING, "crash_hotplug is 0, and no known rule", "kexec -s",
		    "lacks the memory that was added");
	assert_int_equal(tree_remove(fs->tree.fd, CRASH), 0);
	check_kdump(fs, MHP_SEVERITY_WARNING, "not there, and no known rule", "Linux 6.6",
		    "lacks the memory that was added");
	/* a rule that checks crash_hotplug does not reload */
	fakesys_put(
		fs, "usr/lib/udev/rules.d/98-kexec.rules",
		"# SUBSYSTEM==\"memory\", RUN+=\"kdump\"\n"
		"SUBSYSTEM==\"memory\", ATTRS{crash_hotplug}==\"1\", GOTO=\"kdump_reload_end\"\n"
		"SUBSYSTEM==\"cpu\", ACTION==\"add\", GOTO=\"kdump_reload\"\n");
	check_kdump(fs, MHP_SEVERITY_WARNING, "no known rule", "Linux 6.6", "lacks");
	fakesys_put(fs, "usr/lib/udev/rules.d/98-kexec.rules",
		    "SUBSYSTEM==\"memory\", ACTION==\"online\", GOTO=\"kdump_reload\"\n");
	check_kdump(fs, MHP_SEVERITY_WARNING, "and a rule reloads it", "Linux 6.6",
		    "for every memory block");
	fakesys_put(fs, CRASH, "0\n");
	check_kdump(fs, MHP_SEVERITY_WARNING, "is 0, and a rule reloads it", "kexec -s",
		    "for every memory block");
	fakesys_put(fs, "sys/kernel/kexec_crash_loaded", "0\n");
	check_kdump(fs, MHP_SEVERITY_OK, "no crash kernel", "", "");
}

UNIT_TESTS(cmocka_unit_test(a_card_without_a_region), cmocka_unit_test(cards_that_are_used),
	   cmocka_unit_test(a_card_that_is_disabled), cmocka_unit_test(no_cards),
	   cmocka_unit_test(a_dimm_off_the_borders), cmocka_unit_test(a_dimm_without_a_log),
	   cmocka_unit_test(a_kernel_without_acpi_memory), cmocka_unit_test(crash_kernels))
