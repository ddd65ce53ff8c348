/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the running kernel was built, from its configuration or from what it shows. */
#pragma once

#include "lib/sys/ctx.h"

enum kconfig_option {
	CONFIG_HOTPLUG = 0,
	CONFIG_HOTREMOVE,
	CONFIG_KMEM,
	CONFIG_MEMMAP_ON_MEMORY,
	CONFIG_PAGE_MONITOR,
	CONFIG_DYNAMIC_DEBUG,
	CONFIG_DEFAULT_ONLINE, /* new blocks come online without a word */
	CONFIG_INIT_ON_ALLOC,
	CONFIG_ZONE_DEVICE,
	CONFIG_NVDIMM_DAX,
	CONFIG_DEV_DAX,
	CONFIG_DAX_PMEM,
	CONFIG_PMEM,
	CONFIG_MAX,
};

extern const char *const kconfig_names[CONFIG_MAX];

struct kconfig {
	enum mhp_answer options[CONFIG_MAX];
	char file[128]; /* empty: the options were inferred from what the kernel shows */
	char release[96];
	char unread[ROOT_PATH_MAX]; /* a configuration that is there and cannot be read, or empty */
};

/* 0 or -ENOMEM; what cannot be read is unknown. */
int kconfig_read(const struct mhp_ctx *ctx, struct kconfig *config);

/* The option that a module needs and this kernel is known to be built without, or NULL. */
const char *kconfig_lack(const struct kconfig *config, const char *module);
