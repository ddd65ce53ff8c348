/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of enumerators in text and JSON. */
#include "lib/base/cleanup.h"
#include "lib/base/counts.h"
#include "lib/base/export.h"
#include "lib/libmhp.h"

static const char *name_at(const char *const *names, size_t nr, unsigned index)
{
	return index < nr ? names[index] : "unknown";
}

MHP_EXPORT const char *mhp_zone_name(enum mhp_zone zone)
{
	static const char *const names[] = {
		[MHP_ZONE_NONE] = NULL,		[MHP_ZONE_DMA] = "dma",
		[MHP_ZONE_DMA32] = "dma32",	[MHP_ZONE_NORMAL] = "normal",
		[MHP_ZONE_MOVABLE] = "movable", [MHP_ZONE_MIXED] = "mixed",
		[MHP_ZONE_UNKNOWN] = "unknown",
	};

	return name_at(names, ARRAY_SIZE(names), zone);
}

MHP_EXPORT const char *mhp_block_state_name(enum mhp_block_state state)
{
	static const char *const names[] = { "offline", "online", "going_offline", "unknown" };

	return name_at(names, ARRAY_SIZE(names), state);
}

MHP_EXPORT const char *mhp_dax_mode_name(enum mhp_dax_mode mode)
{
	static const char *const names[] = { "unbound", "devdax", "system_ram", "other", "famfs" };

	return name_at(names, ARRAY_SIZE(names), mode);
}

MHP_EXPORT const char *mhp_dax_state_name(enum mhp_dax_state state)
{
	static const char *const names[] = { NULL,     "unplugged",	"offline",
					     "online", "online_kernel", "online_movable",
					     "unknown" };

	return name_at(names, ARRAY_SIZE(names), state);
}

MHP_EXPORT const char *mhp_origin_name(enum mhp_origin origin)
{
	static const char *const names[] = { NULL, "pmem", "cxl", "soft_reserved" };

	return name_at(names, ARRAY_SIZE(names), origin);
}

MHP_EXPORT const char *mhp_block_origin_name(enum mhp_block_origin origin)
{
	static const char *const names[] = {
		"unknown", "boot", "kmem", "dimm", "virtio_mem", "hmem"
	};

	return name_at(names, ARRAY_SIZE(names), origin);
}

MHP_EXPORT const char *mhp_cxl_state_name(enum mhp_cxl_state state)
{
	static const char *const names[] = { NULL, "incomplete", "uncommitted", "committed",
					     "enabled" };

	return name_at(names, ARRAY_SIZE(names), state);
}

MHP_EXPORT const char *mhp_namespace_mode_name(enum mhp_namespace_mode mode)
{
	static const char *const names[] = { "raw", "sector", "fsdax", "devdax" };

	return name_at(names, ARRAY_SIZE(names), mode);
}

MHP_EXPORT const char *mhp_memmap_location_name(enum mhp_memmap_location map)
{
	static const char *const names[] = { NULL, "mem", "dev" };

	return name_at(names, ARRAY_SIZE(names), map);
}

MHP_EXPORT const char *mhp_onliner_kind_name(enum mhp_onliner_kind kind)
{
	static const char *const names[] = { "kernel_policy", "udev_rule", "daxctl_unit" };

	return name_at(names, ARRAY_SIZE(names), kind);
}

MHP_EXPORT const char *mhp_page_kind_name(enum mhp_page_kind kind)
{
	static const char *const names[NR_PAGE_KINDS] = {
		[MHP_PAGE_UNKNOWN] = "unknown",	 [MHP_PAGE_ANON] = "anon",
		[MHP_PAGE_FILE] = "file",	 [MHP_PAGE_SHMEM] = "shmem",
		[MHP_PAGE_HUGETLB] = "hugetlb",	 [MHP_PAGE_SLAB] = "slab",
		[MHP_PAGE_TABLE] = "page_table", [MHP_PAGE_OFFLINE] = "offline",
		[MHP_PAGE_KERNEL] = "kernel",
	};

	return name_at(names, ARRAY_SIZE(names), kind);
}

MHP_EXPORT const char *mhp_holder_kind_name(enum mhp_holder_kind kind)
{
	static const char *const names[NR_HOLDERS] = {
		[MHP_HOLDER_UNKNOWN] = "unknown",   [MHP_HOLDER_IO_URING] = "io_uring",
		[MHP_HOLDER_RDMA] = "rdma",	    [MHP_HOLDER_VFIO] = "vfio",
		[MHP_HOLDER_IOMMUFD] = "iommufd",   [MHP_HOLDER_VHOST_VDPA] = "vhost_vdpa",
		[MHP_HOLDER_VMSPLICE] = "vmsplice", [MHP_HOLDER_XDP] = "xdp",
		[MHP_HOLDER_HUGETLB] = "hugetlb",   [MHP_HOLDER_KERNEL] = "kernel",
	};

	return name_at(names, ARRAY_SIZE(names), kind);
}

MHP_EXPORT const char *mhp_consent_kind_name(unsigned kind)
{
	return kind == MHP_CONSENT_DATA	    ? "data"
	       : kind == MHP_CONSENT_MEMORY ? "memory"
	       : kind == MHP_CONSENT_LABELS ? "labels"
					    : NULL;
}

MHP_EXPORT const char *mhp_confidence_name(enum mhp_confidence confidence)
{
	static const char *const names[] = { "possible", "likely", "certain" };

	return name_at(names, ARRAY_SIZE(names), confidence);
}

MHP_EXPORT const char *mhp_pin_verdict_name(enum mhp_pin_verdict verdict)
{
	static const char *const names[NR_PIN_VERDICTS] = { "fits", "unknown", "refused",
							    "harmful" };

	return name_at(names, ARRAY_SIZE(names), verdict);
}

MHP_EXPORT const char *mhp_pin_limit_kind_name(enum mhp_pin_limit_kind kind)
{
	static const char *const names[NR_PIN_LIMITS] = { "kernel_zones", "node", "memlock",
							  "cgroup" };

	return name_at(names, ARRAY_SIZE(names), kind);
}

MHP_EXPORT const char *mhp_verdict_name(enum mhp_verdict verdict)
{
	static const char *const names[NR_VERDICTS] = { "removable", "maybe", "blocked" };

	return name_at(names, ARRAY_SIZE(names), verdict);
}

/* The words of each kind of step: for programs, and for people. */
static const struct {
	const char *name;
	const char *text;
} steps[NR_STEP_TYPES] = {
	[MHP_STEP_LOAD_MODULE] = { "load_module", "load-module" },
	[MHP_STEP_ENABLE_REGION] = { "enable_region", "enable-region" },
	[MHP_STEP_INIT_LABELS] = { "init_labels", "init-labels" },
	[MHP_STEP_CREATE_NAMESPACE] = { "create_namespace", "create-namespace" },
	[MHP_STEP_ENABLE_NAMESPACE] = { "enable_namespace", "enable-namespace" },
	[MHP_STEP_SET_MODE] = { "set_mode", "set-mode" },
	[MHP_STEP_ONLINE_BLOCK] = { "online_block", "online-block" },
	[MHP_STEP_OFFLINE_BLOCK] = { "offline_block", "offline-block" },
	[MHP_STEP_DESTROY_NAMESPACE] = { "destroy_namespace", "destroy-namespace" },
	[MHP_STEP_CREATE_DEVICE] = { "create_device", "create-device" },
	[MHP_STEP_RESIZE_DEVICE] = { "resize_device", "resize-device" },
	[MHP_STEP_DESTROY_DEVICE] = { "destroy_device", "destroy-device" },
	[MHP_STEP_ENABLE_MEMDEV] = { "enable_memdev", "enable-memdev" },
	[MHP_STEP_CREATE_CXL_REGION] = { "create_cxl_region", "create-cxl-region" },
	[MHP_STEP_ADD_MEMDEV] = { "add_memdev", "add-memdev" },
	[MHP_STEP_COMMIT_CXL_REGION] = { "commit_cxl_region", "commit-cxl-region" },
	[MHP_STEP_ENABLE_CXL_REGION] = { "enable_cxl_region", "enable-cxl-region" },
	[MHP_STEP_DESTROY_CXL_REGION] = { "destroy_cxl_region", "destroy-cxl-region" },
};

MHP_EXPORT const char *mhp_step_type_name(enum mhp_step_type type)
{
	return (unsigned)type < NR_STEP_TYPES ? steps[type].name : "unknown";
}

MHP_EXPORT const char *mhp_step_type_text(enum mhp_step_type type)
{
	return (unsigned)type < NR_STEP_TYPES ? steps[type].text : "unknown";
}
