/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of a scan that targets name, each of which may be there or not. */
#pragma once

#include "lib/model/target.h"

#include <stddef.h>

struct narrowing {
	const struct target *targets;
	size_t nr_targets;
	void (*missing)(const char *target, void *data); /* or NULL */
	void *data;
};

/* *ret: a copy of what is named of topo, and of what is below or above that. 0, or why not. */
int narrow(const struct narrowing *to, const struct mhp_topology *topo, struct mhp_topology **ret,
	   struct mhp_error *err);
