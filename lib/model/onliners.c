/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/onliners.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "lib/model/topology.h"
#include "lib/sys/udev/rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int hide_onliners(struct mhp_topology *topo, const struct udev_unread *unread)
{
	char why[128], more[32] = "";

	topo->onliners_unread = true;
	if (unread->nr > 1)
		str_format(more, " and %u more", unread->nr - 1);
	str_format(why, "/%.70s%s cannot be read", unread->first, more);
	return topology_hide(topo, "memory.onliners", why);
}

int onliners_scan(struct mhp_ctx *ctx, struct mhp_topology *topo)
{
	struct onliners onliners = { 0 };
	struct udev_unread unread = { 0 };
	struct mhp_onliner *kernel;
	int rc = 0;

	if (strncmp(topo->memory.auto_online_blocks, "online", 6) == 0) {
		kernel = VEC_PUSH(onliners.at, onliners.nr);
		if (!kernel)
			return -ENOMEM;
		kernel->kind = MHP_ONLINER_KERNEL_POLICY;
		str_format(kernel->where, "auto_online_blocks=%s", topo->memory.auto_online_blocks);
	}
	rc = udev_rules_scan(ctx, &onliners, &unread);
	topo->onliners = onliners.at;
	topo->nr_onliners = onliners.nr;
	return rc == 0 && unread.nr ? hide_onliners(topo, &unread) : rc;
}
