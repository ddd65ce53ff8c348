/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/nd/identity.h"
#include "lib/base/error.h"
#include "lib/sys/nd/nd.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define ND_DEVICES "sys/bus/nd/devices"

static int read_attribute(const struct mhp_ctx *ctx, const char *device, const char *attribute,
			  char *text, size_t size)
{
	int rc;

	ROOT_PATH(path, ND_DEVICES "/%s/%s", device, attribute);
	rc = root_read(&ctx->sys, path, text, size);
	if (rc < 0)
		text[0] = '\0';
	return rc;
}

/*
 * Reads the UUID of the label, or without a label (attribute missing or empty) that of the claim.
 */
static void read_id(const struct mhp_ctx *ctx, const char *name, char *id, size_t size)
{
	static const char null[] = "00000000-0000-0000-0000-000000000000";
	char holder[MHP_NAME_MAX], text[64]; /* with space for the newline */

	read_attribute(ctx, name, "uuid", text, sizeof(text));
	if ((!*text || strcmp(text, null) == 0) &&
	    read_attribute(ctx, name, "holder", holder, sizeof(holder)) == 0 && *holder)
		read_attribute(ctx, holder, "uuid", text, sizeof(text));
	str_copy_to(id, size, strcmp(text, null) == 0 ? "" : text);
}

/* Returns the mode: from its claim, else from its label; a raw namespace has neither. */
static int read_mode(const struct mhp_ctx *ctx, const char *name)
{
	static const char *const claims[] = {
		[MHP_NAMESPACE_SECTOR] = "btt",
		[MHP_NAMESPACE_FSDAX] = "pfn",
		[MHP_NAMESPACE_DEVDAX] = "dax",
	};
	char text[MHP_NAME_MAX];

	if (read_attribute(ctx, name, "holder", text, sizeof(text)) < 0)
		return ND_ANY_MODE; /* equals no expected mode */
	if (!*text)
		read_attribute(ctx, name, "holder_class", text, sizeof(text));
	for (int i = MHP_NAMESPACE_SECTOR; i <= MHP_NAMESPACE_DEVDAX; i++)
		if (strncmp(text, claims[i], 3) == 0)
			return i;
	return MHP_NAMESPACE_RAW;
}

/* Checks the link "../../../devices/.../ndbus0/region0/namespace0.0". */
static bool is_in_region(const struct mhp_ctx *ctx, const struct nd_identity *expected)
{
	char target[PATH_MAX], end[2 * MHP_NAME_MAX + 2];
	size_t len = (size_t)str_format(end, "/%s/%s", expected->region, expected->name), its;

	ROOT_PATH(path, ND_DEVICES "/%s", expected->name);
	if (root_link(&ctx->sys, path, target, sizeof(target)) < 0)
		return false;
	its = strlen(target);
	return its > len && strcmp(target + its - len, end) == 0;
}

static bool starts_at(const struct mhp_ctx *ctx, const struct nd_identity *expected)
{
	uint64_t start;

	ROOT_PATH(path, ND_DEVICES "/%s/resource", expected->name);
	return root_read_u64(&ctx->sys, path, 16, &start) == 0 && start == expected->start;
}

/* Compares size and UUID, and of the rest what is known. */
static bool is_the_same(const struct mhp_ctx *ctx, const struct nd_identity *expected)
{
	char id[MHP_UUID_MAX];
	uint64_t size;

	ROOT_PATH(path, ND_DEVICES "/%s/size", expected->name);
	if (root_read_u64(&ctx->sys, path, 10, &size) < 0 || size != expected->raw_size)
		return false;
	read_id(ctx, expected->name, id, sizeof(id));
	if (!expected->id_unknown && strcmp(id, expected->id) != 0)
		return false;
	if (*expected->region && !is_in_region(ctx, expected))
		return false;
	if (expected->start != MHP_UNKNOWN && !starts_at(ctx, expected))
		return false;
	return expected->mode == ND_ANY_MODE || read_mode(ctx, expected->name) == expected->mode;
}

int nd_check_identity(const struct mhp_ctx *ctx, const struct nd_identity *expected,
		      struct mhp_error *err)
{
	if (is_the_same(ctx, expected))
		return 0;
	err_set(err, -ESTALE, MHP_REASON_STALE_PLAN, "%s: is now a different namespace (%s)",
		expected->name, *expected->id ? expected->id : "without a UUID");
	return err_hint(err, -ESTALE, "check with mhpctl list, then run the command again");
}

int nd_identity_check(const struct mhp_ctx *ctx, const struct nd_identity *expected,
		      struct mhp_error *err)
{
	return *expected->name ? ctx->nd->check_identity(ctx, expected, err) : 0;
}
