/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/record.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/file.h"
#include "lib/sys/statedir.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>

#define RECORD_MAX 512

/* Checks the UUID, which becomes a file name. */
static int check_uuid(const char *uuid)
{
	uuid_t parsed;

	return uuid_parse(uuid, parsed) == 0 && !uuid_is_null(parsed) ? 0 : -EINVAL;
}

#define SEALED 0xeU /* bits of the keys head, tail and seal: all or none */

/* Parses a line into the record. Sets the bit of its key in *seen. */
static int parse_line(struct record *record, const char *line, unsigned *seen)
{
	static const struct {
		const char *key;
		size_t offset;
	} keys[] = {
		{ "size=", offsetof(struct record, size) },
		{ "head=", offsetof(struct record, scope.head) },
		{ "tail=", offsetof(struct record, scope.tail) },
		{ "seal=", offsetof(struct record, seal) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t len = strlen(keys[i].key);

		if (strncmp(line, keys[i].key, len) != 0)
			continue;
		if (*seen & 1U << i)
			return -EPROTO;
		*seen |= 1U << i;
		return parse_u64(line + len, 10, (uint64_t *)((char *)record + keys[i].offset));
	}
	return 0; /* key of a later version */
}

static int parse_record(char *text, struct record *record)
{
	char *line, *rest = text;
	bool is_whole = false;
	unsigned seen = 0;

	while ((line = strsep(&rest, "\n")) && rest) { /* a line without a newline is incomplete */
		if (is_whole)
			return -EPROTO;
		if (strcmp(line, "end") == 0)
			is_whole = true;
		else if (parse_line(record, line, &seen) < 0)
			return -EPROTO;
	}
	record->is_sealed = (seen & SEALED) == SEALED;
	if (!is_whole || (line && *line) || !record->size ||
	    (!record->is_sealed && (seen & SEALED)))
		return -EPROTO;
	return 0;
}

/*
 * Opens a record. Fails if another user could have changed it, because a record suppresses a
 * question.
 */
static int open_record(const struct mhp_ctx *ctx, const char *uuid)
{
	cleanup_close int folder = statedir_open_lasting(&ctx->sys, RECORDS, false), fd = -1;

	if (folder < 0)
		return folder;
	fd = file_open_at(folder, uuid, false);
	if (fd < 0)
		return fd;
	return file_distrust(folder) || file_distrust(fd) ? -EPERM : TAKE_FD(fd);
}

int record_read(const struct mhp_ctx *ctx, const char *uuid, struct record *record)
{
	cleanup_free char *text = NULL;
	cleanup_close int fd = -1;
	size_t len;
	int rc = check_uuid(uuid);

	*record = (struct record){ 0 };
	if (rc < 0)
		return rc;
	fd = open_record(ctx, uuid);
	if (fd < 0)
		return fd;
	rc = file_read_all(fd, RECORD_MAX, &text, &len);
	if (rc == 0)
		rc = strlen(text) == len ? parse_record(text, record) : -EPROTO;
	if (rc < 0)
		*record = (struct record){ 0 };
	return rc;
}

int record_write(const struct mhp_ctx *ctx, const char *uuid, const struct record *record)
{
	cleanup_close int folder = -1;
	char text[RECORD_MAX];
	size_t len;
	int rc = check_uuid(uuid);

	if (rc < 0)
		return rc;
	folder = ctx->is_copy ? -EROFS : statedir_open_lasting(&ctx->sys, RECORDS, true);
	if (folder < 0)
		return folder;
	len = (size_t)snprintf(text, sizeof(text), "size=%" PRIu64 "\n", record->size);
	if (record->is_sealed)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"head=%" PRIu64 "\ntail=%" PRIu64 "\nseal=%" PRIu64 "\n",
					record->scope.head, record->scope.tail, record->seal);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "end\n");
	return file_replace_at(folder, uuid, text, len, 0600);
}

int record_forget(const struct mhp_ctx *ctx, const char *uuid)
{
	cleanup_close int folder = -1;
	int rc = check_uuid(uuid);

	if (rc < 0)
		return rc;
	folder = statedir_open_lasting(&ctx->sys, RECORDS, false);
	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	if (unlinkat(folder, uuid, 0) < 0)
		return errno == ENOENT ? 0 : -errno;
	return fsync(folder) < 0 ? -errno : 0;
}

enum mhp_record record_judge(const struct record *record, uint64_t raw_size,
			     const struct content *content)
{
	if (record->size != raw_size)
		return MHP_RECORD_STALE;
	if (!record->is_sealed) /* unsealed: a signature shows that somebody has used it */
		return content && content->has_signature ? MHP_RECORD_STALE : MHP_RECORD_VALID;
	return content && content->has_seal && content->seal == record->seal ? MHP_RECORD_VALID
									     : MHP_RECORD_STALE;
}

int record_seal(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	const struct record_seal_args *args = arg;
	const struct content_source source = { .dax = args->dax };
	struct record record = { .size = args->size, .scope = args->scope };
	struct content content = { 0 };
	int rc;

	(void)reply;
	if (*args->dax)
		content_read(ctx, &source, &args->scope, &content);
	record.is_sealed = content.has_seal;
	record.seal = content.seal;
	rc = record_write(ctx, args->uuid, &record);
	return rc < 0 ? err_errno(err, rc, "cannot record namespace %s", args->uuid) : 0;
}

int record_drop(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	const struct record_seal_args *args = arg;
	int rc = record_forget(ctx, args->uuid);

	(void)reply;
	return rc < 0 ? err_errno(err, rc, "cannot delete the record of namespace %s", args->uuid)
		      : 0;
}
