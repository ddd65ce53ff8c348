/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/iomem: what lies where in physical addresses. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

/*
 * One line of it, counted from 1. The range is empty where the addresses are not shown, which they
 * are to root only. A negative return ends the walk and is returned. The name ends with the call.
 */
typedef int (*iomem_fn)(const struct mhp_range *range, const char *name, unsigned line, void *data);

/*
 * Call fn for each line. 0, what fn returned below 0, -EACCES where no address is shown, or -ENOENT
 * and the like where there is no such file.
 */
int iomem_each(const struct root *sys, iomem_fn fn, void *data);

#define IOMEM_KMEM	 "System RAM (kmem)"
#define IOMEM_VIRTIO_MEM "System RAM (virtio_mem)"
