/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The decoders of a memory device, which give its capacity to regions. The kernel takes them in the
 * order of their numbers, and frees only the capacity of the last one that has some.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/cxl/write.h"

#define CXL_DECODERS_MAX 32

struct cxl_decoder {
	char name[MHP_NAME_MAX];   /* decoder5.0 */
	char region[MHP_NAME_MAX]; /* that it belongs to, or empty */
	uint64_t bytes;		   /* capacity that it has */
	bool is_committed;
};

struct cxl_endpoint {
	char name[MHP_NAME_MAX]; /* endpoint5 */
	unsigned nr;
	struct cxl_decoder decoders[CXL_DECODERS_MAX];
};

/* Finds the endpoint of a memory device. -ENOENT: it has none, as its driver is not bound. */
int cxl_find_endpoint(const struct root *sys, const char *memdev, char *name, size_t size);

/* Reads the decoders of an endpoint, whose name is set. A value that is unreadable is a failure. */
int cxl_read_endpoint(const struct root *sys, struct cxl_endpoint *endpoint);

/* Returns the decoder with a name, or NULL. */
const struct cxl_decoder *cxl_find_decoder(const struct cxl_endpoint *endpoint, const char *name);

/* Returns the number of decoders up to the last one that has capacity. */
unsigned cxl_nr_allocated(const struct cxl_endpoint *endpoint);

/* Returns the number of decoders after the last one that a region uses. */
unsigned cxl_nr_unused(const struct cxl_endpoint *endpoint);

/* Returns the last decoder that has capacity, if no region uses it, or NULL. */
struct cxl_decoder *cxl_last_unused(struct cxl_endpoint *endpoint);

/*
 * Reads the endpoint again, and frees the capacity of decoders without a region, from the last one
 * down to one that a region uses. Those are left by programs that delete a region, and
 * delete_region of the kernel leaves them, too. @own is such a decoder of the caller, or "".
 * Another one may be of a program that is about to add it to a region: it is freed only if it is
 * unused a moment later.
 */
int cxl_free_unused(struct cxl_writer *w, struct cxl_endpoint *endpoint, const char *own);
