/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The content of a namespace or a dax device, as far as a scan can find it. The scan reads both
 * ends, where file systems, RAID, encryption and partition tables have their signatures (libblkid
 * names them), and sample pages in between. An area that cannot be read is not treated as empty.
 */
#pragma once

#include "lib/sys/ctx.h"

#include <stdint.h>

/* The device to scan. Exactly one of the names is set. */
struct content_source {
	const char *block; /* block device: pmem0 */
	const char *dax;   /* device bound to device_dax: dax0.0 */
};

/* The part that a seal covers: only the ends if the rest becomes memory. */
struct content_scope {
	uint64_t head; /* bytes from the start; 0 with tail 0: all that a scan reads */
	uint64_t tail; /* bytes before the end */
};

struct content {
	enum mhp_content kind;
	char text[MHP_CONTENT_TEXT_MAX]; /* "ext4 \"backup\"", "not zero at 100 MiB", why it is
					    unknown */
	bool has_signature;		 /* of a kind that libblkid knows */
	bool has_seal;
	uint64_t seal; /* a hash of what the scan has read */
};

/* The most bytes of each end that are read, in any scope. */
#define CONTENT_WINDOW (2ULL << 20)

/*
 * Scans the source. With a scope it computes the seal, which needs a complete scan; without one it
 * stops sampling at the first byte that is not zero. Always fills *content.
 */
void content_read(const struct mhp_ctx *ctx, const struct content_source *source,
		  const struct content_scope *scope, struct content *content);

/* Loads libblkid, before files can be missing or the disk hangs. Without it content has no name. */
void content_prepare(void);

/* Scans a file that is already open, for tests. */
void content_read_file(int fd, uint64_t size, const struct content_scope *scope,
		       struct content *content);

/* Returns the distance between the sample pages of a device of this size. */
uint64_t content_gap(uint64_t size);
