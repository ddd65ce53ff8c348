/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The alignments that the kernel offers for new devdax namespaces. */
#pragma once

#include "lib/base/counts.h"
#include "lib/model/topology.h"

#include <stdbool.h>
#include <stddef.h>

/* Size of a buffer for the text of all alignments. */
#define ALIGNS_TEXT_MAX (ALIGNS_MAX * 24)

/*
 * Returns the alignments of the region, ascending. A disabled region shows none: then returns those
 * of another region, as they depend only on the page tables of the machine. NULL and *nr 0 if no
 * region shows any.
 */
const uint64_t *aligns_of(const struct mhp_topology *topo, const struct mhp_region *region,
			  unsigned *nr);

/* Returns whether the kernel offers that alignment; true if this is not known. */
bool aligns_offer(const struct mhp_topology *topo, const struct mhp_region *region, uint64_t align);

/*
 * Returns the kernel's default for a new namespace: its smallest huge page, else a single page
 * (drivers/nvdimm/pfn_devs.c:nd_pfn_default_alignment). It is not read from the seed, because a
 * seed keeps the value written by a creation that failed.
 */
uint64_t aligns_default(const struct mhp_topology *topo, const struct mhp_region *region);

/* Writes "4K, 2M and 1G" or, with words before each, "--align 4K or --align 2M". Returns buf. */
const char *aligns_text(const uint64_t *aligns, unsigned nr, const char *before, const char *last,
			char *buf, size_t size);
