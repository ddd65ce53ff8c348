/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/dax/state.h"
#include "lib/base/cleanup.h"

#include <errno.h>
#include <string.h>

static enum mhp_dax_state state_parse(const char *word)
{
	static const char *const words[] = {
		[MHP_DAX_STATE_UNPLUGGED] = "unplugged",
		[MHP_DAX_STATE_OFFLINE] = "offline",
		[MHP_DAX_STATE_ONLINE] = "online",
		[MHP_DAX_STATE_ONLINE_KERNEL] = "online_kernel",
		[MHP_DAX_STATE_ONLINE_MOVABLE] = "online_movable",
	};
	size_t state = MHP_DAX_STATE_UNPLUGGED;

	while (state < ARRAY_SIZE(words) && strcmp(word, words[state]) != 0)
		state++;
	return state < ARRAY_SIZE(words) ? (enum mhp_dax_state)state : MHP_DAX_STATE_UNKNOWN;
}

enum mhp_dax_state dax_read_state(const struct root *sys, const char *name)
{
	char text[32];
	int rc;

	ROOT_PATH(path, DAX_STATE_PATH, name);
	rc = root_read(sys, path, text, sizeof(text));
	if (rc == -ENOENT || rc == -ENODEV)
		return MHP_DAX_STATE_NONE;
	return rc < 0 ? MHP_DAX_STATE_UNKNOWN : state_parse(text);
}
