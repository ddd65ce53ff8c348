/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings about free page reporting of a fake machine. */
#include "tests/unit/fake/fakereporting.h"
#include "tests/unit/fake/findings.h"

#include <string.h>

#define BALLOON "virtio_balloon"

/* Asserts the severity and the fix (a part; NULL: none) of a finding. */
static void check(struct fakesys *fs, const char *id, enum mhp_severity severity, const char *fix)
{
	cleanup_findings struct mhp_doctor_report *report = findings_of(fs);
	const struct mhp_finding *finding = findings_get(report, id);

	assert_non_null(finding);
	assert_int_equal(finding->severity, severity);
	if (fix)
		assert_non_null(strstr(finding->fix, fix));
	else
		assert_string_equal(finding->fix, "");
}

static void a_balloon_that_reports(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakereporting_add(fs, "000001", BALLOON);
	check(fs, "reporting", MHP_SEVERITY_OK, NULL);
	check(fs, "reporting_order", MHP_SEVERITY_OK, NULL);
	fakesys_put(fs, FAKE_REPORTING_ORDER, "99\n");
	check(fs, "reporting_order", MHP_SEVERITY_WARNING, "mhpctl reporting --order 9");
	fakesys_put(fs, FAKE_REPORTING_ORDER, "0\n");
	check(fs, "reporting_order", MHP_SEVERITY_NOTE, "mhpctl reporting --order 9");
}

static void balloons_that_do_not(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakereporting_add(fs, "000000", BALLOON);
	fakesys_put(fs, "proc/config.gz", "CONFIG_PAGE_REPORTING=y\nCONFIG_PAGE_POISONING=y\n");
	check(fs, "reporting", MHP_SEVERITY_NOTE, "free-page-reporting=on");
	fakesys_put(fs, "proc/cmdline", "init_on_free=1\n");
	check(fs, "reporting", MHP_SEVERITY_WARNING, "init_on_free=1");
	fakesys_put(fs, "proc/cmdline", "page_poison=on\n");
	check(fs, "reporting", MHP_SEVERITY_WARNING, "page_poison=on");
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/virtio/devices/virtio3/driver"), 0);
	check(fs, "reporting", MHP_SEVERITY_WARNING, "modprobe virtio_balloon");
}

/* It reports, but QEMU keeps the pages. */
static void a_balloon_that_reports_in_vain(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakereporting_add(fs, "000011", BALLOON);
	fakesys_put(fs, "proc/config.gz", "CONFIG_PAGE_REPORTING=y\nCONFIG_PAGE_POISONING=y\n");
	fakesys_put(fs, "proc/cmdline", "page_poison=1\n");
	check(fs, "reporting", MHP_SEVERITY_WARNING, "page_poison=1");
}

static void a_kernel_that_clears_by_default(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakereporting_add(fs, "000000", BALLOON);
	fakesys_put(fs, "proc/config.gz",
		    "CONFIG_PAGE_REPORTING=y\nCONFIG_INIT_ON_FREE_DEFAULT_ON=y\n");
	check(fs, "reporting", MHP_SEVERITY_WARNING, "init_on_free=0");
}

/* The type of a device of the bus cannot be read, so it may be a balloon: that is listed. */
static void a_balloon_that_cannot_be_seen(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_findings struct mhp_doctor_report *report = NULL;
	const struct mhp_hidden *hidden;
	bool any = false;

	fakesys_put(fs, "sys/bus/virtio/devices/virtio3/device/x", "");
	report = findings_of(fs);
	assert_null(findings_get(report, "reporting"));
	for (size_t i = 0; (hidden = mhp_doctor_report_hidden(report, i)); i++)
		any |= strcmp(hidden->what, "balloons") == 0;
	assert_true(any);
}

/* Without a balloon there is nothing to say: it may not be a virtual machine. */
static void no_balloon(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_findings struct mhp_doctor_report *report = findings_of(fs);

	assert_null(findings_get(report, "reporting"));
	assert_null(findings_get(report, "reporting_order"));
}

UNIT_TESTS(cmocka_unit_test(a_balloon_that_reports), cmocka_unit_test(balloons_that_do_not),
	   cmocka_unit_test(a_balloon_that_reports_in_vain),
	   cmocka_unit_test(a_kernel_that_clears_by_default),
	   cmocka_unit_test(a_balloon_that_cannot_be_seen), cmocka_unit_test(no_balloon))
