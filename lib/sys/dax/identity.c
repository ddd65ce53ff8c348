/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks that a dax device is the one that was meant: by its path, size, start and node. */
#include "lib/base/error.h"
#include "lib/sys/dax/dax.h"

#include <errno.h>
#include <string.h>

void dax_identify(const struct mhp_dax *dax, struct dax_identity *identity)
{
	*identity = (struct dax_identity){
		.size = dax->size,
		.start = dax->has_ranges && dax->nr_ranges ? dax->ranges[0].start : MHP_UNKNOWN,
		.target_node = dax->target_node,
	};
	str_copy(identity->name, dax->name);
	str_copy(identity->path, dax->path);
}

int dax_identity_check(const struct mhp_ctx *ctx, const struct dax_identity *expected,
		       struct mhp_error *err)
{
	struct dax_identity now;
	struct mhp_dax dax;
	int rc;

	if (!*expected->name)
		return 0;
	rc = dax_read(ctx, expected->name, &dax);
	if (rc < 0 && rc != -ENOENT && rc != -ENODEV && rc != -ENXIO)
		return err_errno(err, rc, "%s: cannot be read", expected->name);
	if (rc == 0) {
		dax_identify(&dax, &now);
		if (now.size == expected->size && now.target_node == expected->target_node &&
		    (expected->start == MHP_UNKNOWN || now.start == expected->start) &&
		    strcmp(now.path, expected->path) == 0)
			return 0;
	}
	err_set(err, -ESTALE, MHP_REASON_STALE_PLAN, "%s: is now a different device",
		expected->name);
	return err_hint(err, -ESTALE, "check with mhpctl list, then run the command again");
}
