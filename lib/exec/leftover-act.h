/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Does what ends a leftover of a killed run. */
#pragma once

#include "lib/exec/event.h"
#include "lib/exec/leftover.h"
#include "lib/sys/child.h"

struct leftover_acts {
	struct mhp_ctx *ctx;
	const struct mhp_run_options *run; /* of the runs that this needs */
	unsigned agreed;		   /* bits of enum mhp_consent_kind */
	const struct emitter *emitter;
	struct child *child; /* for work that may hang */
	bool has_changes;    /* one of the acts has changed something */
};

/* Does the act of a leftover. If that fails, sets its error. */
void leftover_do(struct leftover_acts *acts, struct judged *judged);
