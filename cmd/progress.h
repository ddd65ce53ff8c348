/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The progress line on a terminal: redrawn in place, erased at the end. */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>

struct progress {
	bool is_on;
	bool is_shown;
};

void progress_event(struct progress *progress, const struct mhp_event *event);

/* Formats the line; returns false for an event that has none. */
bool progress_text(const struct mhp_event *event, char *buf, size_t size);

/* Erases the line before other text; the next event draws it again. */
void progress_clear(struct progress *progress);
