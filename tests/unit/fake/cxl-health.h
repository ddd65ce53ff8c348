/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The health of a CXL memory device that reports that all is normal. */
#pragma once

#include "lib/libmhp.h"

static inline struct mhp_cxl_health cxl_health_normal(void)
{
	return (struct mhp_cxl_health){
		.is_known = true,
		.maintenance_needed = MHP_TRISTATE_NO,
		.performance_degraded = MHP_TRISTATE_NO,
		.hw_replacement_needed = MHP_TRISTATE_NO,
		.media_status = "normal",
		.life_used_alert = "normal",
		.temperature_alert = "normal",
		.volatile_errors_alert = "normal",
		.persistent_errors_alert = "normal",
		.life_used_percent = 99,
		.has_temperature = true,
		.temperature_celsius = 90,
		.dirty_shutdowns = 4,
		.corrected_volatile_errors = 12,
		.corrected_persistent_errors = 34,
	};
}
