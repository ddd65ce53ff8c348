/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics of CXL memory devices and regions. */
#include "cmd/metrics/metrics.h"
#include "lib/base/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Adds one problem that a device may report. */
static void add_problem(struct metrics *metrics, const char *memdev, const char *problem,
			enum mhp_tristate is_so, enum mhp_tristate *any)
{
	if (is_so == MHP_TRISTATE_YES) {
		metrics_add(metrics, METRIC_CXL_MEMDEV_PROBLEM_INFO, 1, memdev, problem);
		*any = MHP_TRISTATE_YES;
	} else if (is_so == MHP_TRISTATE_UNKNOWN && *any == MHP_TRISTATE_NO) {
		*any = MHP_TRISTATE_UNKNOWN;
	}
}

/* Returns whether a rating or a status is not normal. */
static enum mhp_tristate is_abnormal(const char *text)
{
	if (!*text)
		return MHP_TRISTATE_UNKNOWN;
	return strcmp(text, "normal") == 0 ? MHP_TRISTATE_NO : MHP_TRISTATE_YES;
}

/* Adds what a device has answered. */
static void add_health(struct metrics *metrics, const char *name,
		       const struct mhp_cxl_health *health)
{
	const struct {
		const char *problem;
		enum mhp_tristate is_so;
	} problems[] = {
		{ "replacement_needed", health->hw_replacement_needed },
		{ "maintenance_needed", health->maintenance_needed },
		{ "performance_degraded", health->performance_degraded },
		{ "media", is_abnormal(health->media_status) },
		{ "life_used", is_abnormal(health->life_used_alert) },
		{ "temperature", is_abnormal(health->temperature_alert) },
		{ "volatile_errors", is_abnormal(health->volatile_errors_alert) },
		{ "persistent_errors", is_abnormal(health->persistent_errors_alert) },
	};
	enum mhp_tristate any = MHP_TRISTATE_NO;

	for (size_t i = 0; i < ARRAY_SIZE(problems); i++)
		add_problem(metrics, name, problems[i].problem, problems[i].is_so, &any);
	metrics_add(metrics, METRIC_CXL_MEMDEV_HEALTHY,
		    any == MHP_TRISTATE_UNKNOWN ? MHP_UNKNOWN : any == MHP_TRISTATE_NO, name);
	metrics_add(metrics, METRIC_CXL_MEMDEV_LIFE_USED, health->life_used_percent, name);
	metrics_add(metrics, METRIC_CXL_MEMDEV_DIRTY_SHUTDOWNS, health->dirty_shutdowns, name);
	metrics_add(metrics, METRIC_CXL_MEMDEV_ERRORS, health->corrected_volatile_errors, name,
		    "ram");
	metrics_add(metrics, METRIC_CXL_MEMDEV_ERRORS, health->corrected_persistent_errors, name,
		    "pmem");
}

static void add_cxl_memdevs(struct metrics *metrics, const struct mhp_topology *topo)
{
	const struct mhp_cxl_memdev *memdev;

	for (size_t i = 0; (memdev = mhp_topology_cxl_memdev(topo, i)); i++) {
		const char *name = memdev->name;
		char serial[24] = "none";

		if (memdev->serial != MHP_UNKNOWN)
			snprintf(serial, sizeof(serial), "0x%" PRIx64, memdev->serial);
		metrics_add(metrics, METRIC_CXL_MEMDEV_INFO, 1, name, serial,
			    memdev->is_enabled ? "true" : "false");
		metrics_add(metrics, METRIC_CXL_MEMDEV_SIZE, memdev->ram_bytes, name, "ram");
		metrics_add(metrics, METRIC_CXL_MEMDEV_SIZE, memdev->pmem_bytes, name, "pmem");
		metrics_add(metrics, METRIC_CXL_MEMDEV_USED, memdev->ram_used_bytes, name, "ram");
		metrics_add(metrics, METRIC_CXL_MEMDEV_USED, memdev->pmem_used_bytes, name, "pmem");
	}
}

static void add_cxl_regions(struct metrics *metrics, const struct mhp_topology *topo)
{
	const struct mhp_cxl_region *region;

	for (size_t i = 0; (region = mhp_topology_cxl_region(topo, i)); i++) {
		const char *state = mhp_cxl_state_name(region->state);

		metrics_add(metrics, METRIC_CXL_REGION_INFO, 1, region->name,
			    *region->type ? region->type : "unknown", state ? state : "unknown");
		metrics_add(metrics, METRIC_CXL_REGION_SIZE, region->size, region->name);
		metrics_add(metrics, METRIC_CXL_REGION_ONLINE, region->online_bytes, region->name);
	}
}

void metrics_cxl(struct metrics *metrics, const struct mhp_topology *topo)
{
	add_cxl_memdevs(metrics, topo);
	add_cxl_regions(metrics, topo);
}

int metrics_cxl_health(struct mhp_ctx *ctx, struct metrics *metrics, struct mhp_error *err)
{
	const struct mhp_topology *topo = metrics->topo;
	const struct mhp_cxl_memdev *memdev;

	(void)ctx;
	if (!topo) {
		*err = metrics->error[METRIC_COLLECTOR_MEMORY];
		return -EIO;
	}
	for (size_t i = 0; (memdev = mhp_topology_cxl_memdev(topo, i)); i++)
		if (memdev->health.is_known)
			add_health(metrics, memdev->name, &memdev->health);
		else
			metrics->nr_unknown++;
	return 0;
}
