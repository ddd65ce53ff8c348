/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one line on a terminal that says how far it is, redrawn in place and gone at the end. */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>

struct progress {
	bool is_on;
	bool is_shown;
};

void progress_event(struct progress *progress, const struct mhp_event *event);

/* Make room for other text; the next event draws the line again. */
void progress_clear(struct progress *progress);
