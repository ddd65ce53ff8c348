/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The health of CXL memory devices as metrics: unknown is neither healthy nor a problem. */
#include "cmd/metrics/metrics.h"
#include "lib/base/error.h"
#include "lib/base/memstream.h"
#include "tests/unit/fake/cxl-health.h"
#include "tests/unit/fake/findings.h"

#include <errno.h>
#include <string.h>

/* Compares the samples of mem0 that are about its health, and how many values are not known. */
static void check_health(const struct mhp_cxl_health *health, uint64_t nr_unknown,
			 const char *expected)
{
	struct mhp_cxl_memdev memdev = { .name = "mem0", .serial = 1, .health = *health };
	struct mhp_topology topo = { .cxl_memdevs = &memdev, .nr_cxl_memdevs = 1 };
	struct metrics metrics = { .topo = &topo };
	struct mhp_error err = { 0 };
	cleanup_free char *text = NULL;
	char found[1024] = "";
	struct memstream m;
	char *rest;

	assert_int_equal(metrics_cxl_health(NULL, &metrics, &err), 0);
	assert_false(metrics.lacks_memory);
	assert_int_equal(memstream_open(&m), 0);
	metrics_print(m.file, &metrics);
	text = memstream_end(&m);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (*line != '#')
			str_append_to(found, sizeof(found), "%s\n",
				      line + strlen("mhpctl_cxl_memdev_"));
	assert_string_equal(found, expected);
	assert_int_equal(metrics.nr_unknown, nr_unknown);
	metrics.topo = NULL;
	metrics_free(&metrics);
}

#define COUNTS                                                      \
	"life_used_ratio{memdev=\"mem0\"} 0.99\n"                   \
	"dirty_shutdowns_total{memdev=\"mem0\"} 4\n"                \
	"corrected_errors_total{memdev=\"mem0\",type=\"ram\"} 12\n" \
	"corrected_errors_total{memdev=\"mem0\",type=\"pmem\"} 34\n"

static void a_healthy_device(void **state)
{
	struct mhp_cxl_health health = cxl_health_normal();

	(void)state;
	check_health(&health, 0, "healthy{memdev=\"mem0\"} 1\n" COUNTS);
}

static void problems(void **state)
{
	struct mhp_cxl_health health = cxl_health_normal();

	(void)state;
	health.maintenance_needed = MHP_TRISTATE_YES;
	str_copy(health.media_status, "data_lost");
	str_copy(health.temperature_alert, "warning");
	check_health(&health, 0,
		     "healthy{memdev=\"mem0\"} 0\n"
		     "problem_info{memdev=\"mem0\",problem=\"maintenance_needed\"} 1\n"
		     "problem_info{memdev=\"mem0\",problem=\"media\"} 1\n"
		     "problem_info{memdev=\"mem0\",problem=\"temperature\"} 1\n" COUNTS);
}

static void what_is_not_known(void **state)
{
	struct mhp_cxl_health health = cxl_health_normal();

	(void)state;
	health.life_used_alert[0] = '\0';
	check_health(&health, 1, COUNTS);
	health.hw_replacement_needed = MHP_TRISTATE_YES;
	check_health(&health, 0,
		     "healthy{memdev=\"mem0\"} 0\n"
		     "problem_info{memdev=\"mem0\",problem=\"replacement_needed\"} 1\n" COUNTS);
	health = cxl_health_normal();
	health.life_used_percent = health.dirty_shutdowns = MHP_UNKNOWN;
	health.corrected_volatile_errors = health.corrected_persistent_errors = MHP_UNKNOWN;
	check_health(&health, 4, "healthy{memdev=\"mem0\"} 1\n");
	health.is_known = false;
	check_health(&health, 1, "");
}

static void without_memory(void **state)
{
	struct metrics metrics = { .topo = NULL };
	struct mhp_error err = { 0 };

	(void)state;
	err_set(&metrics.error[METRIC_COLLECTOR_MEMORY], -ENODEV, MHP_REASON_KERNEL, "no memory");
	assert_int_equal(metrics_cxl_health(NULL, &metrics, &err), -EIO);
	assert_string_equal(err.message, "no memory");
}

UNIT_TESTS(cmocka_unit_test(without_memory), cmocka_unit_test(a_healthy_device),
	   cmocka_unit_test(problems), cmocka_unit_test(what_is_not_known))
