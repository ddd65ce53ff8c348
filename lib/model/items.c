/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Items of the arrays inside the structs of a topology. */
#include "lib/base/export.h"
#include "lib/base/item.h"
#include "lib/libmhp.h"

MHP_EXPORT uint64_t mhp_serial(const struct mhp_serials *serials, size_t index)
{
	return index < serials->nr ? serials->numbers[index] : MHP_UNKNOWN;
}

MHP_EXPORT uint64_t mhp_region_align(const struct mhp_region *region, size_t index)
{
	return index < region->nr_aligns ? region->aligns[index] : 0;
}

MHP_EXPORT const struct mhp_range *mhp_dax_range(const struct mhp_dax *dax, size_t index)
{
	return item_get(struct mhp_range, dax->ranges, dax->nr_ranges, index);
}
