/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How large a memmap is, how much of it the kernel has to write, and how fast it does. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

/*
 * The rate that the run left which last initialised a memmap: struct pages that one worker does in
 * a second. MHP_UNKNOWN where no run has left one, or the file holds what no machine does: all
 * that is foretold from it would be wrong.
 */
uint64_t memmap_rate_read(const struct root *sys);

/* A page struct for every page of so many bytes. */
uint64_t memmap_bytes(uint64_t bytes, uint64_t page_size);

/*
 * Can the memmap of a memory block lie on the block itself? It has to be made of whole entries of
 * the second level of page tables (mm/memory_hotplug.c:mhp_supports_memmap_on_memory).
 */
bool memmap_fits_block(const struct mhp_memory *memory);

/*
 * The same of a devdax device. With an alignment of several pages, in ordinary memory, on a kernel
 * that does so, compound pages share all but two pages of their page structs (mm/sparse-vmemmap.c),
 * of which only these two are initialised; the tables that map them are counted too.
 */
uint64_t memmap_devdax_bytes(const struct mhp_memory *memory, uint64_t size, uint64_t align,
			     enum mhp_map map);
uint64_t memmap_devdax_structs(const struct mhp_memory *memory, uint64_t size, uint64_t align,
			       enum mhp_map map);
