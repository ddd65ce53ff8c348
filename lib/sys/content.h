/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a namespace or a dax device holds, as far as looking can tell: both ends, where file
 * systems, RAID, encryption and partition tables have their signatures (libblkid names them), and
 * pages all over the rest. What cannot be read is not known to be empty.
 */
#pragma once

#include "lib/sys/ctx.h"

#include <stdint.h>

/* Where to look. Exactly one of the names is given. */
struct content_source {
	const char *block; /* of a block device: pmem0 */
	const char *dax;   /* of a device bound to device_dax: dax0.0 */
};

/* How much of it a seal covers: the ends alone where the rest becomes memory. */
struct content_scope {
	uint64_t head; /* bytes from the start; 0 with tail 0: all that is looked at */
	uint64_t tail; /* bytes before the end */
};

struct content {
	enum mhp_content kind;
	char holds[MHP_HOLDS_MAX]; /* "ext4 \"backup\"", "not zero at 100 MiB", why it is unknown */
	bool has_signature;	   /* of something that libblkid knows */
	bool has_seal;
	uint64_t seal; /* a number that differs when what was looked at differs */
};

/* The ends are read up to this size, whatever a scope says. */
#define CONTENT_WINDOW (2ULL << 20)

/*
 * Looks at the source. With a scope the seal is worked out, for which all has to be looked at;
 * without one the first byte that is not zero ends the search. Always fills *content.
 */
void content_read(const struct mhp_ctx *ctx, const struct content_source *source,
		  const struct content_scope *scope, struct content *content);

/* The same of what was opened already. */
void content_read_file(int fd, uint64_t size, const struct content_scope *scope,
		       struct content *content);

/* How far apart the pages are that are looked at between the ends of so large a device. */
uint64_t content_gap(uint64_t size);
