/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/failures.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "lib/plan/failure.h"

#include <errno.h>
#include <stdlib.h>

#define SPARE 1

int failures_reserve(struct failures *list, size_t nr)
{
	return VEC_RESERVE(list->at, nr + SPARE, list->space);
}

static void free_arrays(const struct mhp_failure *failure)
{
	free_const(failure->pages);
	free_const(failure->owners);
}

/* Uses the spare entry. */
static void end_list(struct failures *list)
{
	struct mhp_error err = { 0 };

	err_set(&err, -ENOMEM, MHP_REASON_OUT_OF_MEMORY,
		"out of memory: further failures are not reported");
	failure_init(&list->at[list->nr++], "", &err);
	list->is_cut = true;
}

void failures_add(struct failures *list, const struct mhp_failure *failure)
{
	bool is_full = list->nr + SPARE >= list->space;

	if (!list->is_cut && is_full && failures_reserve(list, list->nr * 2 + 1) < 0)
		end_list(list);
	if (list->is_cut)
		free_arrays(failure);
	else
		list->at[list->nr++] = *failure;
}

void failures_add_error(struct failures *list, const struct mhp_error *err, const char *target)
{
	struct mhp_failure failure;

	failure_init(&failure, target, err);
	failures_add(list, &failure);
}

void failures_drop(struct failures *list, size_t index)
{
	free_arrays(&list->at[index]);
}

void failures_clear(struct failures *list)
{
	for (size_t i = 0; i < list->nr; i++)
		free_arrays(&list->at[i]);
	free(list->at);
	*list = (struct failures){ .at = NULL };
}
