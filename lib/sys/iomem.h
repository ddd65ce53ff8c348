/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads /proc/iomem: the use of physical addresses. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

/*
 * Receives one line, counted from 1. The range is empty if the kernel hides addresses, which it
 * shows only to root. A negative return ends the walk and is returned. The name is valid during the
 * call.
 */
typedef int (*iomem_fn)(const struct mhp_range *range, const char *name, unsigned line, void *data);

/*
 * Calls fn for each line. Returns 0, the negative result of fn, -EACCES if no address is shown, or
 * the negative errno of opening the file.
 */
int iomem_each(const struct root *sys, iomem_fn fn, void *data);

#define IOMEM_KMEM	    "System RAM (kmem)"
#define IOMEM_VIRTIO_MEM    "System RAM (virtio_mem)"
#define IOMEM_RAM	    "System RAM" /* known at boot */
#define IOMEM_SOFT_RESERVED "Soft Reserved"
