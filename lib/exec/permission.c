/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/permission.h"
#include "lib/base/error.h"
#include "lib/sys/kernel.h"

#include <errno.h>

int permission_check(const struct mhp_ctx *ctx, struct mhp_error *err)
{
	int rc;

	if (ctx->is_copy)
		return err_hint(err,
				err_set(err, -EROFS, MHP_REASON_USAGE,
					"a copied tree cannot be changed"),
				"leave out --sysroot, or add --dry-run");
	rc = root_may_write(&ctx->sys, KERNEL_AUTO_ONLINE);
	if (rc == 0 || rc == -ENOENT)
		return 0;
	if (rc == -EROFS)
		return err_hint(
			err,
			err_set(err, -EROFS, MHP_REASON_NOT_PERMITTED, "/sys is mounted read-only"),
			"in a container, run it on the host; else mount -o remount,rw /sys");
	return err_set(err, rc, MHP_REASON_NOT_PERMITTED,
		       "changing memory is not permitted to this user");
}
