/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/iomem, whose addresses are 0 for whoever may not see them. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/sysfs.h"

/* One resource; line counts from 1. A negative return ends the walk and is returned. */
typedef int (*iomem_fn)(const struct mhp_range *range, unsigned line, void *data);

/*
 * Call fn for each piece of memory that kmem has added, whether or not its device is there still.
 * 1, 0 where no address could be seen, or what fn returned below 0.
 */
int iomem_each_kmem(const struct sysfs *sys, iomem_fn fn, void *data);
