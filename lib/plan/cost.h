/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"

/* Ordinary memory for the memmap of that many bytes of system memory. */
uint64_t cost_memmap(uint64_t bytes, uint64_t page_size);

/*
 * Where the data of a devdax namespace begins and ends: [start, start + size) less the info block,
 * the memmap if it is kept there, and alignment (drivers/nvdimm/pfn_devs.c:nd_pfn_init).
 */
struct mhp_range cost_devdax_data(uint64_t start, uint64_t size, uint64_t align, enum mhp_map map,
				  uint64_t page_size);

/* The smallest unit that sizes of namespaces on this region are multiples of. */
uint64_t cost_size_unit(const struct mhp_region *region, uint64_t align);
