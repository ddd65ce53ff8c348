/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of ids. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A set of ids, such as those of memory blocks, as ascending runs that neither touch nor overlap.
 * Zero it before use.
 */
struct idrun {
	uint64_t first;
	uint64_t last; /* inclusive */
};

struct idset {
	struct idrun *runs;
	size_t nr;
	size_t size;
};

void idset_free(struct idset *set);
int idset_add(struct idset *set, uint64_t first, uint64_t last); /* returns 0 or -ENOMEM */
bool idset_has(const struct idset *set, uint64_t id);
uint64_t idset_count(const struct idset *set);

/*
 * Adds the ids of a list in the kernel's format: "0-3,8", or "" for none. Returns 0, -EINVAL or
 * -ENOMEM.
 */
int idset_parse(struct idset *set, const char *text);

#define cleanup_idset __attribute__((cleanup(idset_free)))
