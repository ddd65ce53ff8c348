/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Balloon devices, and whether free page reporting was negotiated with their hosts. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/ctx.h"

struct balloons {
	struct mhp_balloon *balloons;
	size_t nr;
	bool may_be_more;	    /* a bus or the type of a device could not be read */
	char unread[ROOT_PATH_MAX]; /* the first such file; or empty */
	bool lacks_cmdline;	    /* the boot parameters could not be read */
};

/* Finds all balloons. Returns 0 or -ENOMEM; free balloons with free(), also after a failure. */
int balloons_read(struct mhp_ctx *ctx, struct balloons *balloons);
