/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/idset.h"
#include "lib/base/parse.h"
#include "lib/base/vec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void idset_free(struct idset *set)
{
	free(set->runs);
	*set = (struct idset){ 0 };
}

/* Returns whether run a overlaps or directly precedes a run that begins at first. */
static bool run_touches(const struct idrun *a, uint64_t first)
{
	return a->last == UINT64_MAX || a->last + 1 >= first;
}

/* Returns the index of the first run that ends at the id, right before it, or after it. */
static size_t first_touching(const struct idset *set, uint64_t id)
{
	size_t from = 0, to = set->nr;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (run_touches(&set->runs[middle], id))
			to = middle;
		else
			from = middle + 1;
	}
	return from;
}

/* Merges the new run with all runs that it touches or overlaps; the array stays sorted. */
int idset_add(struct idset *set, uint64_t first, uint64_t last)
{
	size_t at = first_touching(set, first), end;
	int rc = VEC_GROW(set->runs, set->nr, set->size);

	if (rc < 0)
		return rc;
	for (end = at; end < set->nr && (last == UINT64_MAX || set->runs[end].first <= last + 1);
	     end++) {
		if (set->runs[end].first < first)
			first = set->runs[end].first;
		if (set->runs[end].last > last)
			last = set->runs[end].last;
	}
	memmove(&set->runs[at + 1], &set->runs[end], (set->nr - end) * sizeof(*set->runs));
	set->runs[at] = (struct idrun){ first, last };
	set->nr = set->nr - (end - at) + 1;
	return 0;
}

bool idset_has(const struct idset *set, uint64_t id)
{
	size_t at = first_touching(set, id);

	if (at < set->nr && set->runs[at].last < id) /* it ends right before it */
		at++;
	return at < set->nr && set->runs[at].first <= id;
}

uint64_t idset_count(const struct idset *set)
{
	uint64_t count = 0;

	for (size_t i = 0; i < set->nr; i++)
		count += set->runs[i].last - set->runs[i].first + 1;
	return count;
}

int idset_parse(struct idset *set, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, ",");
		const char *dash = memchr(text, '-', len);
		size_t first_len = dash ? (size_t)(dash - text) : len;
		uint64_t first, last;
		int rc = parse_u64_n(text, first_len, 10, &first);

		last = first;
		if (rc == 0 && dash)
			rc = parse_u64_n(dash + 1, len - first_len - 1, 10, &last);
		if (rc < 0 || last < first)
			return -EINVAL;
		rc = idset_add(set, first, last);
		if (rc < 0)
			return rc;
		text += len;
		if (*text == ',')
			text++;
	}
	return 0;
}
