/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Suggests a known word for a mistyped one. */
#pragma once

#include <stddef.h>

/* The best suggestion so far for a mistyped word. Zero it before use. */
struct suggest {
	const char *best;
	size_t distance;
};

/* Keeps word if it is closer than the best so far to the typed text (len bytes). */
void suggest_offer(struct suggest *s, const char *typed, size_t len, const char *word);
