/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"

/* Bytes of the device that lie in whole memory blocks, as kmem takes them. */
uint64_t dax_block_bytes(const struct mhp_dax *dax, uint64_t block_size);

/*
 * Does its state say something else than its blocks do? Then it is of no use, and harmless. False
 * where these are not known.
 */
bool dax_state_is_stale(const struct mhp_dax *dax, uint64_t block_size);

/* Is it bound to kmem, has a state, and not one block of it is online nor are all of them there? */
bool dax_is_empty(const struct mhp_dax *dax, uint64_t block_size);

/* Will kmem, or does it, keep the memmap on the device itself? */
bool dax_memmap_on_memory(const struct mhp_dax *dax, const struct mhp_memory *memory);

/* What has page structs in mode devdax: the data, and what lies before it in its namespace. */
uint64_t dax_mapped_bytes(const struct mhp_dax *dax, const struct mhp_namespace *ns);

/* Fill memmap_bytes and lost_bytes from mode, ranges and the namespace under it (or NULL). */
void dax_costs(struct mhp_dax *dax, const struct mhp_namespace *ns,
	       const struct mhp_memory *memory);
