/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that no device has added, from /proc/iomem. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/sysfs.h"

/* A negative return ends the walk and is returned. */
typedef int (*ram_fn)(struct mhp_range range, void *data);

/*
 * Call fn for each "System RAM"; what kmem and virtio-mem have added has more to its name. -EACCES
 * where the kernel shows no addresses, which it does to root only, -ENOENT where there is no such
 * file.
 */
int ram_each(const struct sysfs *sys, ram_fn fn, void *data);
