/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/iomem: what lies where in physical addresses. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/sysfs.h"

/* A negative return ends the walk and is returned. The name ends with the call. */
typedef int (*iomem_fn)(struct mhp_range range, const char *name, void *data);

/*
 * Call fn for each line. -EACCES where the kernel shows no addresses, which it does to root only,
 * and -ENOENT where there is no such file.
 */
int iomem_each(const struct sysfs *sys, iomem_fn fn, void *data);
