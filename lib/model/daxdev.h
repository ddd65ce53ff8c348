/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"

/* Bytes of the device that lie in whole memory blocks, as kmem takes them. */
uint64_t dax_block_bytes(const struct mhp_dax *dax, uint64_t block_size);

/* Will kmem, or does it, keep the memmap on the device itself? */
bool dax_memmap_on_memory(const struct mhp_dax *dax, const struct mhp_memory *memory);

/* What has page structs in mode devdax: the data, and what lies before it in its namespace. */
uint64_t dax_mapped_bytes(const struct mhp_dax *dax, const struct mhp_namespace *ns);

/* Fill memmap_bytes and lost_bytes from mode, ranges and the namespace under it (or NULL). */
void dax_costs(struct mhp_dax *dax, const struct mhp_namespace *ns,
	       const struct mhp_memory *memory);
