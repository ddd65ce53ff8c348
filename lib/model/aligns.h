/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The alignments that the kernel offers for new devdax namespaces. */
#pragma once

#include "lib/model/topology.h"

#include <stdbool.h>
#include <stddef.h>

/* Room for all of them, as text. */
#define ALIGNS_TEXT_MAX (MHP_ALIGNS_MAX * 24)

/*
 * Of the region, ascending. One that is disabled shows none: then those of another region, as they
 * follow from the page tables of the machine. NULL and 0 where no region shows any.
 */
const uint64_t *aligns_of(const struct mhp_topology *topo, const struct mhp_region *region,
			  unsigned *nr);

/* True also where it is not known what the kernel offers. */
bool aligns_offer(const struct mhp_topology *topo, const struct mhp_region *region, uint64_t align);

/*
 * What the kernel itself takes for a new namespace: its huge pages of the first size, else single
 * pages (drivers/nvdimm/pfn_devs.c:nd_pfn_default_alignment). Not read from the seed, which keeps
 * what a creation wrote that failed.
 */
uint64_t aligns_default(const struct mhp_topology *topo, const struct mhp_region *region);

/* "4K, 2M and 1G", with words before each as in "--align 4K or --align 2M". Returns buf. */
const char *aligns_text(const uint64_t *aligns, unsigned nr, const char *before, const char *last,
			char *buf, size_t size);
