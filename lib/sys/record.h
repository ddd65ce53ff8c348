/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records of namespaces below /var/lib/mhpctl/namespaces, a file for each UUID: mhpctl created the
 * namespace or gave it to the kernel as memory, so it has no valuable data. A record survives a
 * power failure. A seal shows whether somebody has used the namespace since.
 */
#pragma once

#include "lib/sys/child.h"
#include "lib/sys/content.h"

struct record {
	uint64_t size; /* raw bytes of the namespace */
	bool is_sealed;
	struct content_scope scope;
	uint64_t seal;
};

/*
 * Reads the record of a namespace. Returns 0, -ENOENT, or another negative errno if the record is a
 * symbolic link, can be written by others, is too large or is incomplete.
 */
int record_read(const struct mhp_ctx *ctx, const char *uuid, struct record *record);

/* Writes or replaces a record and syncs it to disk. Returns 0 or a negative errno. */
int record_write(const struct mhp_ctx *ctx, const char *uuid, const struct record *record);

/*
 * Deletes a record and syncs that to disk. Returns 0, also without a record, or a negative errno.
 */
int record_forget(const struct mhp_ctx *ctx, const char *uuid);

/* Compares a record with the namespace. content is NULL if it could not be read. */
enum mhp_record record_judge(const struct record *record, uint64_t raw_size,
			     const struct content *content);

struct record_seal_args {
	char uuid[MHP_UUID_MAX];
	char dax[MHP_NAME_MAX]; /* device bound to device_dax; empty: do not seal */
	uint64_t size;		/* raw bytes of the namespace */
	struct content_scope scope;
};

/* Scans, as a task (struct record_seal_args), the device and writes its record. Empty reply. */
int record_seal(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);

/* Deletes, as a task (struct record_seal_args), the record. Empty reply. */
int record_drop(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
