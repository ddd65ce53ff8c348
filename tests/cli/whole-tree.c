/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded, it has mhpctl read the dax and CXL buses of a --sysroot too, as on a machine. Only for
 * commands that change nothing.
 */
#include "lib/sys/ctx.h"
#include "lib/tool.h"

#include <dlfcn.h>
#include <errno.h>

int mhp_ctx_new_watched(struct mhp_ctx **ctx, const char *root, mhp_ctx_watch_fn watch,
			struct mhp_error *err)
{
	int (*real)(struct mhp_ctx **, const char *, mhp_ctx_watch_fn, struct mhp_error *);
	int rc;

	*(void **)&real = dlsym(RTLD_NEXT, "mhp_ctx_new_watched");
	rc = real ? real(ctx, root, watch, err) : -ENOSYS;
	if (rc == 0)
		(*ctx)->is_copy = false;
	return rc;
}
