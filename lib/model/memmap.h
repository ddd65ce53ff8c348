/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The size of a memmap, the part of it that the kernel writes, and the speed of that. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

/*
 * Reads the rate measured by the last run that initialised a memmap: struct pages a second, one
 * worker. MHP_UNKNOWN if there is none, or if the value is implausible.
 */
uint64_t memmap_rate_read(const struct root *sys);

/* Returns the size of the page structs for that many bytes. */
uint64_t memmap_bytes(uint64_t bytes, uint64_t page_size);

/*
 * Returns whether the memmap of a memory block can lie on the block itself. It must fill whole
 * entries of the second level of page tables (mm/memory_hotplug.c:mhp_supports_memmap_on_memory).
 */
bool memmap_fits_block(const struct mhp_memory *memory);

/*
 * Return the size of a devdax device's memmap, and the number of page structs that are initialised.
 * With an alignment of several pages, in ordinary memory, on a kernel with vmemmap_dedup, compound
 * pages share all but two pages of their page structs (mm/sparse-vmemmap.c), and only these two are
 * initialised; the size includes the page tables that map them.
 */
uint64_t memmap_devdax_bytes(const struct mhp_memory *memory, uint64_t size, uint64_t align,
			     enum mhp_memmap_location map);
uint64_t memmap_devdax_structs(const struct mhp_memory *memory, uint64_t size, uint64_t align,
			       enum mhp_memmap_location map);
