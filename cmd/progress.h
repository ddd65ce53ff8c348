/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one line on a terminal that says how far it is, redrawn in place and gone at the end. */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>

struct progress {
	bool is_on;
	bool is_shown;
};

void progress_event(struct progress *progress, const struct mhp_event *event);

/* The line as text; false for an event that it is not about. */
bool progress_text(const struct mhp_event *event, char *buf, size_t size);

/* Make room for other text; the next event draws the line again. */
void progress_clear(struct progress *progress);
