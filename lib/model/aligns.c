/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/aligns.h"
#include "lib/base/parse.h"

#include <stdio.h>

/* Used if no region shows its alignments. */
#define USUAL_ALIGN (2ULL << 20)

const uint64_t *aligns_of(const struct mhp_topology *topo, const struct mhp_region *region,
			  unsigned *nr)
{
	for (size_t i = 0; !region->nr_aligns && i < topo->nr_regions; i++)
		if (topo->regions[i].nr_aligns)
			region = &topo->regions[i];
	*nr = region->nr_aligns;
	return *nr ? region->aligns : NULL;
}

bool aligns_offer(const struct mhp_topology *topo, const struct mhp_region *region, uint64_t align)
{
	unsigned nr;
	const uint64_t *aligns = aligns_of(topo, region, &nr);

	for (unsigned i = 0; i < nr; i++)
		if (aligns[i] == align)
			return true;
	return !nr;
}

uint64_t aligns_default(const struct mhp_topology *topo, const struct mhp_region *region)
{
	unsigned nr;
	const uint64_t *aligns = aligns_of(topo, region, &nr);

	return nr > 1 ? aligns[1] : nr ? aligns[0] : USUAL_ALIGN;
}

const char *aligns_text(const uint64_t *aligns, unsigned nr, const char *before, const char *last,
			char *buf, size_t size)
{
	size_t len = 0;
	char word[24];

	*buf = '\0';
	for (unsigned i = 0; i < nr && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s%s",
					!i	     ? ""
					: i + 1 < nr ? ", "
						     : last,
					before, size_word(aligns[i], word, sizeof(word)));
	return buf;
}
