/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that the kernel refused, and crash kernels: findings from files. */
#include "tests/unit/fake/findings.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define ACPI  "sys/bus/acpi/devices/"
#define CRASH "sys/devices/system/memory/crash_hotplug"

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
	("3,310,900000,-;Block size [0x8000000] unaligned hotplug range: start 0x147e00000, "
	 "size 0x20000000\n"),
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
	report = findings_of(fs);
	finding = findings_get(report, "memory_refused");
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
	report = findings_of(fs);
	assert_string_equal(findings_get(report, "memory_refused")->found,
			    "the firmware offers memory as PNP0C80:01, and the kernel has not "
			    "added it");
	assert_true(findings_hide(report, "kernel_log"));
	mhp_doctor_report_free(report);
}

/* A kernel without ACPI memory hotplug has not refused a DIMM. */
static void a_kernel_without_acpi_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_doctor_report *report;

	put_acpi(fs, "PNP0C80:01", "15\n", false);
	report = findings_of(fs);
	assert_null(findings_get(report, "memory_refused"));
	mhp_doctor_report_free(report);
}

/* ---- crash kernels ----------------------------------------------------------------------- */

static void check_kdump(struct fakesys *fs, enum mhp_severity severity, const char *found,
			const char *fix, const char *why)
{
	struct mhp_doctor_report *report = findings_of(fs);
	const struct mhp_finding *finding = findings_get(report, "kdump_reload");

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

UNIT_TESTS(cmocka_unit_test(a_dimm_off_the_borders), cmocka_unit_test(a_dimm_without_a_log),
	   cmocka_unit_test(a_kernel_without_acpi_memory), cmocka_unit_test(crash_kernels))
