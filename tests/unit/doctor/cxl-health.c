/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings about the health of CXL memory devices, and its words. */
#include "lib/base/error.h"
#include "lib/doctor/doctor.h"
#include "lib/tool.h"
#include "tests/unit/fake/cxl-health.h"
#include "tests/unit/fake/unit.h"

#include <stdlib.h>
#include <string.h>

/* A memory device that reports that all is normal. */
static struct mhp_cxl_memdev healthy(void)
{
	return (struct mhp_cxl_memdev){ .name = "mem3", .health = cxl_health_normal() };
}

static void check_text(const struct mhp_cxl_health *health, const char *text)
{
	char buf[160];

	assert_ptr_equal(mhp_cxl_health_text(health, buf, sizeof(buf)), buf);
	assert_string_equal(buf, text);
}

/* Applies the rule to one device. Fills in the only finding; severity ok: there is none. */
static struct mhp_finding judge(struct mhp_cxl_memdev *memdev)
{
	static const struct doctor_rule rule = { .id = "cxl_health", .group = "devices" };
	const struct mhp_topology topo = { .cxl_memdevs = memdev, .nr_cxl_memdevs = 1 };
	struct doctor d = { .topo = &topo, .rule = &rule };
	struct mhp_finding finding = { .severity = MHP_SEVERITY_OK };

	doctor_look_cxl_health(&d);
	assert_false(d.failed);
	assert_true(d.nr <= 1);
	if (d.nr)
		finding = d.findings[0];
	free(d.findings);
	return finding;
}

/* ---- words ------------------------------------------------------------------------------- */

static void nothing_to_say(void **state)
{
	struct mhp_cxl_memdev memdev = healthy();
	struct mhp_cxl_health unknown = { .hw_replacement_needed = MHP_TRISTATE_YES };

	(void)state;
	check_text(&memdev.health, "");
	check_text(&unknown, "");
	memdev.health = (struct mhp_cxl_health){ .is_known = true };
	check_text(&memdev.health, "");
}

static void words_for_states(void **state)
{
	struct mhp_cxl_health health = healthy().health;

	(void)state;
	health.performance_degraded = MHP_TRISTATE_YES;
	check_text(&health, "performance degraded");
	health.maintenance_needed = MHP_TRISTATE_YES;
	check_text(&health, "maintenance needed, performance degraded");
	health.hw_replacement_needed = MHP_TRISTATE_YES;
	str_copy(health.media_status, "data_lost");
	check_text(&health, "replacement needed, media data_lost, maintenance needed, performance "
			    "degraded");
}

static void words_for_alerts(void **state)
{
	struct mhp_cxl_health health = healthy().health;

	(void)state;
	str_copy(health.life_used_alert, "critical");
	str_copy(health.temperature_alert, "warning");
	check_text(&health, "life used critical (99%), temperature warning (90 °C)");
	health.life_used_percent = MHP_UNKNOWN;
	health.has_temperature = false;
	check_text(&health, "life used critical, temperature warning");
	health = healthy().health;
	str_copy(health.volatile_errors_alert, "warning");
	str_copy(health.persistent_errors_alert, "warning");
	check_text(&health, "12 corrected errors in volatile memory, 34 corrected errors in "
			    "persistent memory");
	health.corrected_volatile_errors = MHP_UNKNOWN;
	str_copy(health.persistent_errors_alert, "normal");
	check_text(&health, "too many corrected errors in volatile memory");
}

static void words_that_do_not_fit(void **state)
{
	struct mhp_cxl_health health = healthy().health;
	char buf[12];

	(void)state;
	health.maintenance_needed = health.performance_degraded = MHP_TRISTATE_YES;
	assert_string_equal(mhp_cxl_health_text(&health, buf, sizeof(buf)), "maintenance");
}

/* ---- findings ---------------------------------------------------------------------------- */

static void no_finding(void **state)
{
	struct mhp_cxl_memdev memdev = healthy();

	(void)state;
	assert_int_equal(judge(&memdev).severity, MHP_SEVERITY_OK);
	memdev.health.is_known = false;
	memdev.health.hw_replacement_needed = MHP_TRISTATE_YES;
	assert_int_equal(judge(&memdev).severity, MHP_SEVERITY_OK);
}

static void errors(void **state)
{
	static const char *const unusable[] = { "not_ready", "persistence_lost", "data_lost",
						"persistence_loss_imminent", "data_loss_imminent" };
	struct mhp_cxl_memdev memdev = healthy();
	struct mhp_finding finding;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unusable); i++) {
		str_copy(memdev.health.media_status, unusable[i]);
		assert_int_equal(judge(&memdev).severity, MHP_SEVERITY_ERROR);
	}
	memdev = healthy();
	memdev.health.hw_replacement_needed = MHP_TRISTATE_YES;
	memdev.health.maintenance_needed = MHP_TRISTATE_YES;
	finding = judge(&memdev);
	assert_int_equal(finding.severity, MHP_SEVERITY_ERROR);
	assert_string_equal(finding.found, "mem3: the CXL device reports: replacement needed, "
					   "maintenance needed");
	assert_string_equal(finding.where, "mem3");
	assert_string_equal(finding.fix, "mhpctl remove --destroy mem3, and replace the device");
}

static void warnings(void **state)
{
	struct mhp_cxl_memdev memdev = healthy();
	struct mhp_finding finding;

	(void)state;
	memdev.health.maintenance_needed = MHP_TRISTATE_YES;
	finding = judge(&memdev);
	assert_int_equal(finding.severity, MHP_SEVERITY_WARNING);
	assert_non_null(strstr(finding.fix, "maintain the device"));
	memdev = healthy();
	memdev.health.performance_degraded = MHP_TRISTATE_YES;
	finding = judge(&memdev);
	assert_int_equal(finding.severity, MHP_SEVERITY_WARNING);
	assert_non_null(strstr(finding.fix, "cxl list -m mem3 -H"));
	memdev = healthy();
	str_copy(memdev.health.media_status, "powerloss_data_loss");
	assert_int_equal(judge(&memdev).severity, MHP_SEVERITY_WARNING);
	memdev = healthy();
	str_copy(memdev.health.temperature_alert, "critical");
	assert_int_equal(judge(&memdev).severity, MHP_SEVERITY_WARNING);
}

UNIT_TESTS(cmocka_unit_test(nothing_to_say), cmocka_unit_test(words_for_states),
	   cmocka_unit_test(words_for_alerts), cmocka_unit_test(words_that_do_not_fit),
	   cmocka_unit_test(no_finding), cmocka_unit_test(errors), cmocka_unit_test(warnings))
