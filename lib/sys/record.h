/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What mhpctl remembers of namespaces, below /var/lib/mhpctl/namespaces, a file for each UUID: that
 * it made one, or gave it to the kernel as memory, so that nothing of value is in it. Such a
 * record outlives a power cut. A seal tells whether somebody has used the namespace since.
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
 * Reads the record of a namespace. 0, -ENOENT, or why there is none that counts: it is a symbolic
 * link, others may write it, it is too large, or it is not whole.
 */
int record_read(const struct mhp_ctx *ctx, const char *uuid, struct record *record);

/* Writes it to disk, past a power cut. Replaces an older one. */
int record_write(const struct mhp_ctx *ctx, const char *uuid, const struct record *record);

/* Forgets it, past a power cut. 0 also where there was none. */
int record_forget(const struct mhp_ctx *ctx, const char *uuid);

/* How a record fits what is there now. content NULL: it could not be looked at. */
enum mhp_record record_judge(const struct record *record, uint64_t raw_size,
			     const struct content *content);

struct record_seal_args {
	char uuid[MHP_UUID_MAX];
	char dax[MHP_NAME_MAX]; /* bound to device_dax; empty: leave it unsealed */
	uint64_t size;		/* raw bytes of the namespace */
	struct content_scope scope;
};

/* Task (struct record_seal_args): looks at the device and writes its record. Answers nothing. */
int record_seal(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);

/* Task (struct record_seal_args): forgets the namespace. Answers nothing. */
int record_drop(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
