/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties of dax devices that follow from what was read. */
#pragma once

#include "lib/libmhp.h"

/* Returns the bytes of the device in whole memory blocks, which kmem uses. */
uint64_t dax_block_bytes(const struct mhp_dax *dax, uint64_t block_size);

/*
 * Returns whether the state of the device contradicts its blocks. The state is then useless, and
 * harmless. False if its blocks are not known.
 */
bool dax_state_is_stale(const struct mhp_dax *dax, uint64_t block_size);

/* Returns whether a driver other than device_dax and kmem has it, or one that cannot be read. */
bool dax_is_foreign(const struct mhp_dax *dax);

/* Returns whether it is bound to kmem and has a state, no online block, and missing blocks. */
bool dax_is_empty(const struct mhp_dax *dax, uint64_t block_size);

/* Returns whether kmem keeps, or will keep, the memmap on the device itself. */
bool dax_memmap_on_memory(const struct mhp_dax *dax, const struct mhp_memory *memory);

/* Returns the bytes with page structs in mode devdax: the data, and its namespace before it. */
uint64_t dax_mapped_bytes(const struct mhp_dax *dax, const struct mhp_namespace *ns);

/* Sets memmap_bytes and lost_bytes from mode, ranges and the namespace (or NULL). */
void dax_costs(struct mhp_dax *dax, const struct mhp_namespace *ns,
	       const struct mhp_memory *memory);
