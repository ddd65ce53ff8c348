/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/plan/failure.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/item.h"

void failure_init(struct mhp_failure *failure, const char *target, const struct mhp_error *err)
{
	*failure = (struct mhp_failure){
		.error = *err,
		.migrate_failures = MHP_UNKNOWN,
		.node_pins = MHP_UNKNOWN,
	};
	str_copy(failure->target, target);
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
