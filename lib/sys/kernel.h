/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths of the kernel's files. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define KERNEL_RELEASE	"proc/sys/kernel/osrelease"
#define KERNEL_HOSTNAME "proc/sys/kernel/hostname"
#define KERNEL_ARCH	"proc/sys/kernel/arch" /* since 6.1 */

/* Settings that matter to hotplug. */
#define KERNEL_AUTO_ONLINE	"sys/devices/system/memory/auto_online_blocks"
#define KERNEL_CRASH_HOTPLUG	"sys/devices/system/memory/crash_hotplug"
#define KERNEL_MHP_PARAMETERS	"sys/module/memory_hotplug/parameters"
#define KERNEL_DEMOTION		"sys/kernel/mm/numa/demotion_enabled"
#define KERNEL_DMESG_RESTRICT	"proc/sys/kernel/dmesg_restrict"
#define KERNEL_DROP_CACHES	"proc/sys/vm/drop_caches"
#define KERNEL_MOVABLE_GIGANTIC "proc/sys/vm/movable_gigantic_pages" /* since 7.2 */
#define KERNEL_DAX_AUTOPROBE	"sys/bus/dax/drivers_autoprobe"
#define KERNEL_ND_AUTOPROBE	"sys/bus/nd/drivers_autoprobe"
#define KERNEL_DYNDBG		"proc/dynamic_debug/control"
#define KERNEL_DYNDBG_DEBUGFS	"sys/kernel/debug/dynamic_debug/control"
#define KERNEL_TRACING		"sys/kernel/tracing"
#define KERNEL_TRACING_DEBUGFS	"sys/kernel/debug/tracing"
#define KERNEL_CRASH_LOADED	"sys/kernel/kexec_crash_loaded"
#define KERNEL_REPORTING	"sys/module/page_reporting/parameters"
#define KERNEL_REPORTING_ORDER	KERNEL_REPORTING "/page_reporting_order"
#define KERNEL_REPORTING_DELAY	KERNEL_REPORTING "/page_reporting_delay_ms" /* since 7.3 */

/* Objects. */
#define KERNEL_BLOCKS	    "sys/devices/system/memory"
#define KERNEL_BLOCK_SIZE   KERNEL_BLOCKS "/block_size_bytes"
#define KERNEL_NODES	    "sys/devices/system/node"
#define KERNEL_BUSES	    "sys/bus"
#define KERNEL_DAX_BUS	    KERNEL_BUSES "/dax"
#define KERNEL_CXL_BUS	    KERNEL_BUSES "/cxl"
#define KERNEL_ND_BUS	    KERNEL_BUSES "/nd"
#define KERNEL_ACPI_BUS	    KERNEL_BUSES "/acpi"
#define KERNEL_VIRTIO_BUS   KERNEL_BUSES "/virtio"
#define KERNEL_VMBUS	    KERNEL_BUSES "/vmbus"	       /* Hyper-V */
#define KERNEL_ACPI_HOTPLUG "sys/firmware/acpi/hotplug/memory" /* CONFIG_ACPI_HOTPLUG_MEMORY */
#define KERNEL_LOADED	    "sys/module"  /* modules that are loaded or built in */
#define KERNEL_MODULES	    "lib/modules" /* module files, by release */
#define KERNEL_CMDLINE	    "proc/cmdline"
#define KERNEL_CGROUPS	    "sys/fs/cgroup"
#define KERNEL_IOMEM	    "proc/iomem"
#define KERNEL_PMD_SIZE	    "sys/kernel/mm/transparent_hugepage/hpage_pmd_size"
#define KERNEL_HYPERVISOR   "sys/hypervisor/type" /* of Xen */
#define KERNEL_SELF_MAPS    "proc/self/maps"

/* Exists if hugetlb can share the page structs of its pages. */
#define KERNEL_HUGETLB_DEDUP "proc/sys/vm/hugetlb_optimize_vmemmap"

/* Returns whether memory blocks can have that size: at least a section, of 16 MiB or more. */
static inline bool kernel_is_block_size(uint64_t size)
{
	return size >= (UINT64_C(1) << 20) && (size & (size - 1)) == 0;
}
