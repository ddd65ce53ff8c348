/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A device of a dax region that a plan creates, resizes or destroys, and its steps. */
#pragma once

#include "lib/base/range.h"
#include "lib/plan/plan.h"

/* A device of a region, before and after its resize. */
struct part {
	const struct mhp_dax_region *region;
	const struct mhp_dax *dax; /* NULL: a new one */
	uint64_t align;
	uint64_t bytes;	    /* its size afterwards */
	struct ranges now;  /* empty if they are not known */
	struct ranges then; /* empty: the kernel chooses */
	bool is_same;	    /* nothing changes */
};

/* Returns the unit of its size: memory blocks, or its alignment if that is larger. */
uint64_t part_unit(const struct planner *p, const struct part *part);

/* Sets the alignment, which is the requested one or that of the device or region. */
int part_align(const struct planner *p, struct part *part, struct mhp_error *err);

/*
 * Chooses its ranges for the requested size; where the address of the region is not known, only the
 * size. Returns 0, or a negative errno such as -ENOSPC.
 */
int part_choose(struct planner *p, struct part *part, struct mhp_error *err);

/* Returns whether an earlier target has planned the device, or a new one of the region. */
bool part_is_planned(const struct planner *p, const struct part *part);

/* Finds or adds its chain, and locks its region. */
int part_begin(struct planner *p, const struct part *part, uint32_t *chain, bool *is_new);

/* Add its steps. The name is a forecast if the device does not exist. */
int part_add_create(struct planner *p, uint32_t chain, const struct part *part);
int part_add_resize(struct planner *p, uint32_t chain, const struct part *part, const char *name);
int part_add_mode(struct planner *p, uint32_t chain, const struct part *part, const char *name,
		  enum mhp_dax_mode mode);
