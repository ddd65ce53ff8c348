/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The CXL bus as it is now, for steps: the topology of a run is as old as its plan. */
#pragma once

#include "lib/exec/exec.h"

struct cxl_look {
	struct reply reply;
	const struct mhp_cxl_memdev *memdevs;
	size_t nr_memdevs;
	const struct mhp_cxl_window *windows; /* without what is free in them */
	size_t nr_windows;
	const struct mhp_cxl_region *regions; /* without what is online in them */
	size_t nr_regions;
};

/* Reads the bus in the writer, also after a cancel. Returns 0, or a negative errno with *err. */
int cxl_look(struct exec *x, struct cxl_look *look, struct mhp_error *err);
void cxl_look_free(struct cxl_look *look);
#define cleanup_cxl_look __attribute__((cleanup(cxl_look_free)))

/* Find an object by its name, or return NULL. */
const struct mhp_cxl_region *cxl_look_region(const struct cxl_look *look, const char *name);
const struct mhp_cxl_memdev *cxl_look_memdev(const struct cxl_look *look, const char *name);

/* Returns whether the region is the one of the setup: window, size, granularity and members. */
bool cxl_is_region_of(const struct cxl_setup *cxl, const struct mhp_cxl_region *region);

/* Returns whether no member of the region is another memory device than that of the setup. */
bool cxl_has_members_of(const struct cxl_setup *cxl, const struct mhp_cxl_region *region);

/* Returns the position of a memory device among those of the setup, or -ENOENT. */
int cxl_position_of(const struct cxl_setup *cxl, const char *memdev);
