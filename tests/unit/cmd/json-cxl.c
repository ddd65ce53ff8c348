/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON of CXL memory devices and of their health. */
#include "cmd/out/json/json.h"
#include "cmd/out/json/text.h"
#include "lib/base/error.h"
#include "lib/model/topology.h"
#include "tests/unit/fake/unit.h"

#include <stdlib.h>
#include <string.h>

/* Returns the health of one memory device, as JSON without spaces. */
static char *health_of(const struct mhp_cxl_health *health)
{
	struct mhp_cxl_memdev memdev = { .name = "mem0", .health = *health };
	const struct mhp_topology topo = { .cxl_memdevs = &memdev, .nr_cxl_memdevs = 1 };
	struct json_object *doc, *memdevs, *value;
	struct js js = { 0 };
	char *text;

	doc = js_document(&js);
	out_json_cxl(&js, doc, &topo);
	assert_false(js.failed);
	assert_true(json_object_object_get_ex(doc, "cxl_memdevs", &memdevs));
	assert_int_equal(json_object_array_length(memdevs), 1);
	assert_true(
		json_object_object_get_ex(json_object_array_get_idx(memdevs, 0), "health", &value));
	text = json_print(value, false);
	assert_non_null(text);
	json_object_put(doc);
	return text;
}

static void health_that_is_unknown(void **state)
{
	const struct mhp_cxl_health health = { .life_used_percent = 3 };
	cleanup_free char *text = health_of(&health);

	(void)state;
	assert_string_equal(text, "null\n");
}

static void all_values(void **state)
{
	const struct mhp_cxl_health health = {
		.is_known = true,
		.maintenance_needed = MHP_TRISTATE_NO,
		.performance_degraded = MHP_TRISTATE_YES,
		.hw_replacement_needed = MHP_TRISTATE_NO,
		.media_status = "not_ready",
		.life_used_alert = "warning",
		.temperature_alert = "critical",
		.volatile_errors_alert = "normal",
		.persistent_errors_alert = "warning",
		.life_used_percent = 91,
		.has_temperature = true,
		.temperature_celsius = -4,
		.dirty_shutdowns = 0,
		.corrected_volatile_errors = 4294967295,
		.corrected_persistent_errors = 7,
	};
	cleanup_free char *text = health_of(&health);

	(void)state;
	assert_string_equal(text, "{\"maintenance_needed\":false,\"performance_degraded\":true,"
				  "\"hw_replacement_needed\":false,\"media_status\":\"not_ready\","
				  "\"life_used_percent\":91,\"life_used_alert\":\"warning\","
				  "\"temperature_celsius\":-4,\"temperature_alert\":\"critical\","
				  "\"dirty_shutdowns\":0,\"corrected_volatile_errors\":4294967295,"
				  "\"volatile_errors_alert\":\"normal\","
				  "\"corrected_persistent_errors\":7,"
				  "\"persistent_errors_alert\":\"warning\"}\n");
}

static void values_that_are_unknown(void **state)
{
	const struct mhp_cxl_health health = {
		.is_known = true,
		.life_used_percent = MHP_UNKNOWN,
		.dirty_shutdowns = MHP_UNKNOWN,
		.corrected_volatile_errors = MHP_UNKNOWN,
		.corrected_persistent_errors = MHP_UNKNOWN,
	};
	cleanup_free char *text = health_of(&health);
	const char *at = text;
	unsigned nr = 0;

	(void)state;
	while ((at = strstr(at, ":null"))) {
		at++;
		nr++;
	}
	assert_int_equal(nr, 13); /* all */
}

UNIT_TESTS(cmocka_unit_test(health_that_is_unknown), cmocka_unit_test(all_values),
	   cmocka_unit_test(values_that_are_unknown))
