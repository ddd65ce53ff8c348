/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kinds of objects that a scan of the CXL bus reads. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

/* Reads a memory device. The used bytes begin as 0, or as unknown without a driver. */
void cxl_read_memdev(const struct root *sys, const char *name, struct mhp_cxl_memdev *memdev);

/* Adds the size of a decoder to the used bytes of its memory device. */
void cxl_add_decoder(const struct root *sys, const char *decoder, struct mhp_cxl_memdev *memdev);

/*
 * Counts the decoders that no region uses: of the endpoint and of switches above it, the fewest,
 * and of its host bridge. -1: not known.
 */
void cxl_count_free_decoders(const struct root *sys, const char *endpoint, int *own, int *bridge);

/* Reads a root decoder. -ENOENT for other decoders. */
int cxl_read_window(const struct root *sys, const char *name, struct mhp_cxl_window *window);

/* Returns 0, or -EIO if its window or memory devices are not known: it would seem to be of none. */
int cxl_read_region(const struct root *sys, const char *name, struct mhp_cxl_region *region);
