/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loads libcxl when the health of a CXL memory device is read, which most machines and commands
 * never need. Everything else about CXL is read and written through files: see cxl.h and change.h.
 */
#pragma once

struct libcxl;

/*
 * Loads the library, which stays loaded. Returns 0, or -EOPNOTSUPP if it is not installed, or if
 * mhpctl was built without it.
 */
int libcxl_load(struct libcxl *lib);

#ifdef HAVE_LIBCXL

#include <cxl/libcxl.h>

#define LIBCXL_FUNCTIONS(X)                                         \
	X(cxl_new)                                                  \
	X(cxl_unref)                                                \
	X(cxl_set_log_priority)                                     \
	X(cxl_memdev_get_first)                                     \
	X(cxl_memdev_get_next)                                      \
	X(cxl_memdev_get_devname)                                   \
	X(cxl_memdev_get_serial)                                    \
	X(cxl_cmd_new_get_health_info)                              \
	X(cxl_cmd_submit)                                           \
	X(cxl_cmd_get_mbox_status)                                  \
	X(cxl_cmd_get_out_size)                                     \
	X(cxl_cmd_unref)                                            \
	X(cxl_cmd_health_info_get_maintenance_needed)               \
	X(cxl_cmd_health_info_get_performance_degraded)             \
	X(cxl_cmd_health_info_get_hw_replacement_needed)            \
	X(cxl_cmd_health_info_get_media_normal)                     \
	X(cxl_cmd_health_info_get_media_not_ready)                  \
	X(cxl_cmd_health_info_get_media_persistence_lost)           \
	X(cxl_cmd_health_info_get_media_data_lost)                  \
	X(cxl_cmd_health_info_get_media_powerloss_persistence_loss) \
	X(cxl_cmd_health_info_get_media_shutdown_persistence_loss)  \
	X(cxl_cmd_health_info_get_media_persistence_loss_imminent)  \
	X(cxl_cmd_health_info_get_media_powerloss_data_loss)        \
	X(cxl_cmd_health_info_get_media_shutdown_data_loss)         \
	X(cxl_cmd_health_info_get_media_data_loss_imminent)         \
	X(cxl_cmd_health_info_get_ext_life_used_normal)             \
	X(cxl_cmd_health_info_get_ext_life_used_warning)            \
	X(cxl_cmd_health_info_get_ext_life_used_critical)           \
	X(cxl_cmd_health_info_get_ext_temperature_normal)           \
	X(cxl_cmd_health_info_get_ext_temperature_warning)          \
	X(cxl_cmd_health_info_get_ext_temperature_critical)         \
	X(cxl_cmd_health_info_get_ext_corrected_volatile_normal)    \
	X(cxl_cmd_health_info_get_ext_corrected_volatile_warning)   \
	X(cxl_cmd_health_info_get_ext_corrected_persistent_normal)  \
	X(cxl_cmd_health_info_get_ext_corrected_persistent_warning) \
	X(cxl_cmd_health_info_get_life_used)                        \
	X(cxl_cmd_health_info_get_temperature)                      \
	X(cxl_cmd_health_info_get_dirty_shutdowns)                  \
	X(cxl_cmd_health_info_get_volatile_errors)                  \
	X(cxl_cmd_health_info_get_pmem_errors)

struct libcxl {
#define X(name) __typeof__(&(name)) name;
	LIBCXL_FUNCTIONS(X)
#undef X
};

#endif
