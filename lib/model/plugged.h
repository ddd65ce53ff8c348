/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory of virtio-mem: the parts of a block that the device has not plugged in. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

#include <stddef.h>

/* The ranges that /proc/iomem lists as "System RAM (virtio_mem)". */
struct virtio_mem {
	struct mhp_range *ranges;
	size_t nr;
	bool hidden;	/* there may be ranges that cannot be read */
	bool is_listed; /* the list has at least one line */
};

/* Reads the ranges. 0 or -ENOMEM. */
int virtio_mem_read(const struct root *sys, struct virtio_mem *memory);
void virtio_mem_free(struct virtio_mem *memory);
#define cleanup_virtio_mem __attribute__((cleanup(virtio_mem_free)))

bool virtio_mem_has(const struct virtio_mem *memory, struct mhp_range range);
