/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the nouns are called in text and JSON. */
#include "lib/base/cleanup.h"
#include "lib/base/export.h"
#include "lib/libmhp.h"

static const char *pick(const char *const *names, size_t nr, unsigned index)
{
	return index < nr ? names[index] : "unknown";
}

MHP_EXPORT const char *mhp_zone_name(enum mhp_zone zone)
{
	static const char *const names[] = {
		[MHP_ZONE_NONE] = NULL,		[MHP_ZONE_DMA] = "dma",
		[MHP_ZONE_DMA32] = "dma32",	[MHP_ZONE_NORMAL] = "normal",
		[MHP_ZONE_MOVABLE] = "movable", [MHP_ZONE_MIXED] = "mixed",
		[MHP_ZONE_UNKNOWN] = "unknown",
	};

	return pick(names, ARRAY_SIZE(names), zone);
}

MHP_EXPORT const char *mhp_block_state_name(enum mhp_block_state state)
{
	static const char *const names[] = { "offline", "online", "going_offline", "unknown" };

	return pick(names, ARRAY_SIZE(names), state);
}

MHP_EXPORT const char *mhp_dax_mode_name(enum mhp_dax_mode mode)
{
	static const char *const names[] = { "unbound", "devdax", "system_ram", "other" };

	return pick(names, ARRAY_SIZE(names), mode);
}

MHP_EXPORT const char *mhp_namespace_mode_name(enum mhp_namespace_mode mode)
{
	static const char *const names[] = { "raw", "sector", "fsdax", "devdax" };

	return pick(names, ARRAY_SIZE(names), mode);
}

MHP_EXPORT const char *mhp_map_name(enum mhp_map map)
{
	static const char *const names[] = { NULL, "mem", "dev" };

	return pick(names, ARRAY_SIZE(names), map);
}

MHP_EXPORT const char *mhp_onliner_name(enum mhp_onliner_kind kind)
{
	static const char *const names[] = { "kernel_policy", "udev_rule", "daxctl_unit" };

	return pick(names, ARRAY_SIZE(names), kind);
}
