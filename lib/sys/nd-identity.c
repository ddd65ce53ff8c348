/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/nd-identity.h"
#include "lib/base/error.h"
#include "lib/sys/nd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ND_DEVICES "sys/bus/nd/devices"

static int read_attribute(const struct mhp_ctx *ctx, const char *device, const char *attribute,
			  char *text, size_t size)
{
	int rc;

	SYSFS_PATH(path, ND_DEVICES "/%s/%s", device, attribute);
	rc = sysfs_read(&ctx->sys, path, text, size);
	if (rc < 0)
		text[0] = '\0';
	return rc;
}

/* The UUID of the label; without labels (the attribute is missing or empty) that of the claim. */
static void read_id(const struct mhp_ctx *ctx, const char *name, char *id, size_t size)
{
	static const char null[] = "00000000-0000-0000-0000-000000000000";
	char holder[MHP_NAME_MAX], text[64]; /* with room for the end of the line */

	read_attribute(ctx, name, "uuid", text, sizeof(text));
	if ((!*text || strcmp(text, null) == 0) &&
	    read_attribute(ctx, name, "holder", holder, sizeof(holder)) == 0 && *holder)
		read_attribute(ctx, holder, "uuid", text, sizeof(text));
	mhp_copy_to(id, size, strcmp(text, null) == 0 ? "" : text);
}

int nd_check_identity(const struct mhp_ctx *ctx, const struct nd_identity *expected,
		      struct mhp_error *err)
{
	char id[MHP_UUID_MAX];
	uint64_t size = 0;
	int rc;

	SYSFS_PATH(path, ND_DEVICES "/%s/size", expected->name);
	rc = sysfs_read_u64(&ctx->sys, path, 10, &size);
	read_id(ctx, expected->name, id, sizeof(id));
	if (rc == 0 && size == expected->raw_size && strcmp(id, expected->id) == 0)
		return 0;
	mhp_fail(err, -ESTALE, MHP_REASON_CHANGED,
		 "%s: is another namespace now than the one that was meant (%s)", expected->name,
		 *expected->id ? expected->id : "without a UUID");
	return mhp_hint(err, -ESTALE, "look with mhpctl list, then run the command again");
}

int nd_identity_check(const struct mhp_ctx *ctx, const struct nd_identity *expected,
		      struct mhp_error *err)
{
	return *expected->name ? ctx->nd->check_identity(ctx, expected, err) : 0;
}
