/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/failures.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/item.h"

#include <errno.h>
#include <stdlib.h>

#define SPARE 1

int failures_reserve(struct failures *list, size_t nr)
{
	struct mhp_failure *at;

	if (list->room >= nr + SPARE)
		return 0;
	at = reallocarray(list->at, nr + SPARE, sizeof(*at));
	if (!at)
		return -ENOMEM;
	list->at = at;
	list->room = nr + SPARE;
	return 0;
}

static void free_arrays(const struct mhp_failure *failure)
{
	free((void *)failure->pages);
	free((void *)failure->owners);
}

/* Uses the spare entry. */
static void end_list(struct failures *list)
{
	struct mhp_failure *last = &list->at[list->nr++];

	*last = (struct mhp_failure){ .migrate_failures = MHP_UNKNOWN, .node_pins = MHP_UNKNOWN };
	err_set(&last->error, -ENOMEM, MHP_REASON_OUT_OF_MEMORY,
		"out of memory: further failures are not reported");
	list->is_cut = true;
}

void failures_add(struct failures *list, const struct mhp_failure *failure)
{
	bool is_full = list->nr + SPARE >= list->room;

	if (!list->is_cut && is_full && failures_reserve(list, list->nr * 2 + 1) < 0)
		end_list(list);
	if (list->is_cut)
		free_arrays(failure);
	else
		list->at[list->nr++] = *failure;
}

void failures_add_error(struct failures *list, const struct mhp_error *err, const char *target)
{
	struct mhp_failure failure = {
		.error = *err,
		.migrate_failures = MHP_UNKNOWN,
		.node_pins = MHP_UNKNOWN,
	};

	str_copy(failure.target, target);
	failures_add(list, &failure);
}

void failures_clear(struct failures *list)
{
	for (size_t i = 0; i < list->nr; i++)
		free_arrays(&list->at[i]);
	free(list->at);
	*list = (struct failures){ .at = NULL };
}

MHP_EXPORT const struct mhp_page *mhp_failure_page(const struct mhp_failure *failure, size_t index)
{
	return item_get(struct mhp_page, failure->pages, failure->nr_pages, index);
}

MHP_EXPORT const struct mhp_owner *mhp_failure_owner(const struct mhp_failure *failure,
						     size_t index)
{
	return item_get(struct mhp_owner, failure->owners, failure->nr_owners, index);
}

MHP_EXPORT const struct mhp_hidden *mhp_failure_hidden(const struct mhp_failure *failure,
						       size_t index)
{
	return item_get(struct mhp_hidden, failure->hidden, failure->nr_hidden, index);
}
