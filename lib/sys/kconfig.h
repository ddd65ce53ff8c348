/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The build options of the running kernel, from its configuration or inferred from its files. */
#pragma once

#include "lib/sys/ctx.h"

enum kconfig_option {
	CONFIG_HOTPLUG = 0,
	CONFIG_HOTREMOVE,
	CONFIG_KMEM,
	CONFIG_MEMMAP_ON_MEMORY,
	CONFIG_PAGE_MONITOR,
	CONFIG_DYNAMIC_DEBUG,
	CONFIG_DEFAULT_ONLINE, /* new blocks come online automatically */
	CONFIG_INIT_ON_ALLOC,
	CONFIG_ZONE_DEVICE,
	CONFIG_NVDIMM_DAX,
	CONFIG_DEV_DAX,
	CONFIG_DAX_PMEM,
	CONFIG_PMEM,
	CONFIG_DAX_CXL,
	CONFIG_PAGE_REPORTING,
	CONFIG_INIT_ON_FREE,
	CONFIG_PAGE_POISONING,
	CONFIG_MAX,
};

extern const char *const kconfig_names[CONFIG_MAX];

struct kconfig {
	enum mhp_tristate options[CONFIG_MAX];
	char file[128]; /* empty: the options were inferred */
	char release[96];
	char unread[ROOT_PATH_MAX]; /* a configuration that exists but cannot be read, or empty */
};

/* Reads the options; those that cannot be read are unknown. Returns 0 or -ENOMEM. */
int kconfig_read(const struct mhp_ctx *ctx, struct kconfig *config);

/* Returns the option that a module needs and this kernel lacks for certain, or NULL. */
const char *kconfig_lack(const struct kconfig *config, const char *module);
