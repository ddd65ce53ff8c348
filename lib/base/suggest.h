/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

/* The best guess so far at what somebody meant. Zero it before use. */
struct suggest {
	const char *best;
	size_t distance;
};

/* Offer a word that would have been right in place of what was typed (len bytes of it). */
void suggest_offer(struct suggest *s, const char *typed, size_t len, const char *word);
