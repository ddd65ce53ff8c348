/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/dax-state.h"
#include "lib/base/cleanup.h"
#include "lib/base/export.h"

#include <errno.h>
#include <string.h>

#define STATE_PATH "sys/bus/dax/devices/%s/state"

/* Those between none and unknown as the kernel spells them. */
MHP_EXPORT const char *mhp_dax_state_name(enum mhp_dax_state state)
{
	static const char *const names[] = {
		[MHP_DAX_STATE_NONE] = NULL,
		[MHP_DAX_STATE_UNPLUGGED] = "unplugged",
		[MHP_DAX_STATE_OFFLINE] = "offline",
		[MHP_DAX_STATE_ONLINE] = "online",
		[MHP_DAX_STATE_ONLINE_KERNEL] = "online_kernel",
		[MHP_DAX_STATE_ONLINE_MOVABLE] = "online_movable",
	};

	return (unsigned)state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

static enum mhp_dax_state state_parse(const char *word)
{
	int state = MHP_DAX_STATE_UNPLUGGED;

	while (state < MHP_DAX_STATE_UNKNOWN &&
	       strcmp(word, mhp_dax_state_name((enum mhp_dax_state)state)) != 0)
		state++;
	return (enum mhp_dax_state)state;
}

enum mhp_dax_state dax_read_state(const struct sysfs *sys, const char *name)
{
	char text[32];
	int rc;

	SYSFS_PATH(path, STATE_PATH, name);
	rc = sysfs_read(sys, path, text, sizeof(text));
	if (rc == -ENOENT || rc == -ENODEV)
		return MHP_DAX_STATE_NONE;
	return rc < 0 ? MHP_DAX_STATE_UNKNOWN : state_parse(text);
}

int dax_write_state(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err)
{
	const struct dax_state_write *w = arg;
	int rc = nd_identity_check(ctx, &w->who.ns, err);

	(void)reply;
	if (rc == 0)
		rc = dax_identity_check(ctx, &w->who.dax, err);
	if (rc < 0)
		return rc;
	SYSFS_PATH(path, STATE_PATH, w->who.name);
	return sysfs_write(&ctx->sys, path, w->word);
}
