/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/candidate.h"

#include <stdlib.h>

static int compare_id(const void *key, const void *candidate)
{
	uint64_t id = *(const uint64_t *)key,
		 other = ((const struct candidate *)candidate)->block.id;

	return id < other ? -1 : id > other;
}

const struct candidate *candidate_find(const struct candidates *candidates, uint64_t id)
{
	if (!candidates->nr)
		return NULL;
	return bsearch(&id, candidates->at, candidates->nr, sizeof(*candidates->at), compare_id);
}

void candidates_free(struct candidates *candidates)
{
	free(candidates->at);
	*candidates = (struct candidates){ .nr = 0 };
}
