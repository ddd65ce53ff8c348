/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loads libndctl when the nvdimm bus is read or changed: with the libraries that it needs it takes
 * longer to load than most commands run, and most machines have no such bus.
 */
#pragma once

#include <ndctl/libndctl.h>

#define LIBNDCTL_FUNCTIONS(X)                    \
	X(ndctl_btt_get_block_device)            \
	X(ndctl_btt_get_size)                    \
	X(ndctl_btt_get_uuid)                    \
	X(ndctl_btt_is_enabled)                  \
	X(ndctl_bus_get_devname)                 \
	X(ndctl_bus_get_first)                   \
	X(ndctl_bus_get_next)                    \
	X(ndctl_bus_has_cxl)                     \
	X(ndctl_bus_wait_probe)                  \
	X(ndctl_cmd_unref)                       \
	X(ndctl_dax_get_align)                   \
	X(ndctl_dax_get_devname)                 \
	X(ndctl_dax_get_location)                \
	X(ndctl_dax_get_num_alignments)          \
	X(ndctl_dax_get_size)                    \
	X(ndctl_dax_get_supported_alignment)     \
	X(ndctl_dax_get_uuid)                    \
	X(ndctl_dax_is_enabled)                  \
	X(ndctl_dimm_disable)                    \
	X(ndctl_dimm_enable)                     \
	X(ndctl_dimm_get_devname)                \
	X(ndctl_dimm_get_security)               \
	X(ndctl_dimm_get_unique_id)              \
	X(ndctl_dimm_init_labels)                \
	X(ndctl_dimm_is_cmd_supported)           \
	X(ndctl_dimm_is_enabled)                 \
	X(ndctl_dimm_read_label_index)           \
	X(ndctl_dimm_validate_labels)            \
	X(ndctl_namespace_delete)                \
	X(ndctl_namespace_disable_invalidate)    \
	X(ndctl_namespace_disable_safe)          \
	X(ndctl_namespace_enable)                \
	X(ndctl_namespace_get_alt_name)          \
	X(ndctl_namespace_get_block_device)      \
	X(ndctl_namespace_get_btt)               \
	X(ndctl_namespace_get_dax)               \
	X(ndctl_namespace_get_devname)           \
	X(ndctl_namespace_get_enforce_mode)      \
	X(ndctl_namespace_get_first)             \
	X(ndctl_namespace_get_next)              \
	X(ndctl_namespace_get_pfn)               \
	X(ndctl_namespace_get_raw_mode)          \
	X(ndctl_namespace_get_region)            \
	X(ndctl_namespace_get_resource)          \
	X(ndctl_namespace_get_size)              \
	X(ndctl_namespace_get_uuid)              \
	X(ndctl_namespace_is_enabled)            \
	X(ndctl_namespace_set_enforce_mode)      \
	X(ndctl_namespace_set_raw_mode)          \
	X(ndctl_new)                             \
	X(ndctl_pfn_get_align)                   \
	X(ndctl_pfn_get_block_device)            \
	X(ndctl_pfn_get_location)                \
	X(ndctl_pfn_get_size)                    \
	X(ndctl_pfn_get_uuid)                    \
	X(ndctl_pfn_is_enabled)                  \
	X(ndctl_region_disable_preserve)         \
	X(ndctl_region_enable)                   \
	X(ndctl_region_get_align)                \
	X(ndctl_region_get_available_size)       \
	X(ndctl_region_get_bus)                  \
	X(ndctl_region_get_dax_seed)             \
	X(ndctl_region_get_devname)              \
	X(ndctl_region_get_first)                \
	X(ndctl_region_get_first_dimm)           \
	X(ndctl_region_get_mappings)             \
	X(ndctl_region_get_max_available_extent) \
	X(ndctl_region_get_namespace_seed)       \
	X(ndctl_region_get_next)                 \
	X(ndctl_region_get_next_dimm)            \
	X(ndctl_region_get_nstype)               \
	X(ndctl_region_get_numa_node)            \
	X(ndctl_region_get_resource)             \
	X(ndctl_region_get_ro)                   \
	X(ndctl_region_get_size)                 \
	X(ndctl_region_get_target_node)          \
	X(ndctl_region_get_type_name)            \
	X(ndctl_region_is_enabled)               \
	X(ndctl_set_log_priority)                \
	X(ndctl_unref)

struct libndctl {
#define X(name) __typeof__(&(name)) name;
	LIBNDCTL_FUNCTIONS(X)
#undef X
};

/*
 * Loads the library, which stays loaded, for libndctl(). Returns 0, -ENOMEM, or -EOPNOTSUPP if it
 * is not installed.
 */
int libndctl_load(void);

/* Returns its functions. Call it after libndctl_load(). */
const struct libndctl *libndctl(void);

/* The functions have their usual names, also in the macros of the library's header. */
#ifndef LIBNDCTL_IS_LOADED_HERE
#define ndctl_btt_get_block_device	      libndctl()->ndctl_btt_get_block_device
#define ndctl_btt_get_size		      libndctl()->ndctl_btt_get_size
#define ndctl_btt_get_uuid		      libndctl()->ndctl_btt_get_uuid
#define ndctl_btt_is_enabled		      libndctl()->ndctl_btt_is_enabled
#define ndctl_bus_get_devname		      libndctl()->ndctl_bus_get_devname
#define ndctl_bus_get_first		      libndctl()->ndctl_bus_get_first
#define ndctl_bus_get_next		      libndctl()->ndctl_bus_get_next
#define ndctl_bus_has_cxl		      libndctl()->ndctl_bus_has_cxl
#define ndctl_bus_wait_probe		      libndctl()->ndctl_bus_wait_probe
#define ndctl_cmd_unref			      libndctl()->ndctl_cmd_unref
#define ndctl_dax_get_align		      libndctl()->ndctl_dax_get_align
#define ndctl_dax_get_devname		      libndctl()->ndctl_dax_get_devname
#define ndctl_dax_get_location		      libndctl()->ndctl_dax_get_location
#define ndctl_dax_get_num_alignments	      libndctl()->ndctl_dax_get_num_alignments
#define ndctl_dax_get_size		      libndctl()->ndctl_dax_get_size
#define ndctl_dax_get_supported_alignment     libndctl()->ndctl_dax_get_supported_alignment
#define ndctl_dax_get_uuid		      libndctl()->ndctl_dax_get_uuid
#define ndctl_dax_is_enabled		      libndctl()->ndctl_dax_is_enabled
#define ndctl_dimm_disable		      libndctl()->ndctl_dimm_disable
#define ndctl_dimm_enable		      libndctl()->ndctl_dimm_enable
#define ndctl_dimm_get_devname		      libndctl()->ndctl_dimm_get_devname
#define ndctl_dimm_get_security		      libndctl()->ndctl_dimm_get_security
#define ndctl_dimm_get_unique_id	      libndctl()->ndctl_dimm_get_unique_id
#define ndctl_dimm_init_labels		      libndctl()->ndctl_dimm_init_labels
#define ndctl_dimm_is_cmd_supported	      libndctl()->ndctl_dimm_is_cmd_supported
#define ndctl_dimm_is_enabled		      libndctl()->ndctl_dimm_is_enabled
#define ndctl_dimm_read_label_index	      libndctl()->ndctl_dimm_read_label_index
#define ndctl_dimm_validate_labels	      libndctl()->ndctl_dimm_validate_labels
#define ndctl_namespace_delete		      libndctl()->ndctl_namespace_delete
#define ndctl_namespace_disable_invalidate    libndctl()->ndctl_namespace_disable_invalidate
#define ndctl_namespace_disable_safe	      libndctl()->ndctl_namespace_disable_safe
#define ndctl_namespace_enable		      libndctl()->ndctl_namespace_enable
#define ndctl_namespace_get_alt_name	      libndctl()->ndctl_namespace_get_alt_name
#define ndctl_namespace_get_block_device      libndctl()->ndctl_namespace_get_block_device
#define ndctl_namespace_get_btt		      libndctl()->ndctl_namespace_get_btt
#define ndctl_namespace_get_dax		      libndctl()->ndctl_namespace_get_dax
#define ndctl_namespace_get_devname	      libndctl()->ndctl_namespace_get_devname
#define ndctl_namespace_get_enforce_mode      libndctl()->ndctl_namespace_get_enforce_mode
#define ndctl_namespace_get_first	      libndctl()->ndctl_namespace_get_first
#define ndctl_namespace_get_next	      libndctl()->ndctl_namespace_get_next
#define ndctl_namespace_get_pfn		      libndctl()->ndctl_namespace_get_pfn
#define ndctl_namespace_get_raw_mode	      libndctl()->ndctl_namespace_get_raw_mode
#define ndctl_namespace_get_region	      libndctl()->ndctl_namespace_get_region
#define ndctl_namespace_get_resource	      libndctl()->ndctl_namespace_get_resource
#define ndctl_namespace_get_size	      libndctl()->ndctl_namespace_get_size
#define ndctl_namespace_get_uuid	      libndctl()->ndctl_namespace_get_uuid
#define ndctl_namespace_is_enabled	      libndctl()->ndctl_namespace_is_enabled
#define ndctl_namespace_set_enforce_mode      libndctl()->ndctl_namespace_set_enforce_mode
#define ndctl_namespace_set_raw_mode	      libndctl()->ndctl_namespace_set_raw_mode
#define ndctl_new			      libndctl()->ndctl_new
#define ndctl_pfn_get_align		      libndctl()->ndctl_pfn_get_align
#define ndctl_pfn_get_block_device	      libndctl()->ndctl_pfn_get_block_device
#define ndctl_pfn_get_location		      libndctl()->ndctl_pfn_get_location
#define ndctl_pfn_get_size		      libndctl()->ndctl_pfn_get_size
#define ndctl_pfn_get_uuid		      libndctl()->ndctl_pfn_get_uuid
#define ndctl_pfn_is_enabled		      libndctl()->ndctl_pfn_is_enabled
#define ndctl_region_disable_preserve	      libndctl()->ndctl_region_disable_preserve
#define ndctl_region_enable		      libndctl()->ndctl_region_enable
#define ndctl_region_get_align		      libndctl()->ndctl_region_get_align
#define ndctl_region_get_available_size	      libndctl()->ndctl_region_get_available_size
#define ndctl_region_get_bus		      libndctl()->ndctl_region_get_bus
#define ndctl_region_get_dax_seed	      libndctl()->ndctl_region_get_dax_seed
#define ndctl_region_get_devname	      libndctl()->ndctl_region_get_devname
#define ndctl_region_get_first		      libndctl()->ndctl_region_get_first
#define ndctl_region_get_first_dimm	      libndctl()->ndctl_region_get_first_dimm
#define ndctl_region_get_mappings	      libndctl()->ndctl_region_get_mappings
#define ndctl_region_get_max_available_extent libndctl()->ndctl_region_get_max_available_extent
#define ndctl_region_get_namespace_seed	      libndctl()->ndctl_region_get_namespace_seed
#define ndctl_region_get_next		      libndctl()->ndctl_region_get_next
#define ndctl_region_get_next_dimm	      libndctl()->ndctl_region_get_next_dimm
#define ndctl_region_get_nstype		      libndctl()->ndctl_region_get_nstype
#define ndctl_region_get_numa_node	      libndctl()->ndctl_region_get_numa_node
#define ndctl_region_get_resource	      libndctl()->ndctl_region_get_resource
#define ndctl_region_get_ro		      libndctl()->ndctl_region_get_ro
#define ndctl_region_get_size		      libndctl()->ndctl_region_get_size
#define ndctl_region_get_target_node	      libndctl()->ndctl_region_get_target_node
#define ndctl_region_get_type_name	      libndctl()->ndctl_region_get_type_name
#define ndctl_region_is_enabled		      libndctl()->ndctl_region_is_enabled
#define ndctl_set_log_priority		      libndctl()->ndctl_set_log_priority
#define ndctl_unref			      libndctl()->ndctl_unref
#endif
