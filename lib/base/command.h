/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command line without a shell: an absolute path and its arguments, separated by spaces. */
#pragma once

#include "lib/libmhp.h"

#include <stddef.h>

#define COMMAND_TEXT_MAX  1024
#define COMMAND_WORDS_MAX 64

struct command {
	size_t nr;
	const char *words[COMMAND_WORDS_MAX + 1]; /* of text; the last is NULL */
	char text[COMMAND_TEXT_MAX];
};

/*
 * Splits a text at its spaces. Refuses what only a shell understands, so that nobody takes the
 * words for something that they are not. The struct must not move afterwards. Returns 0, or -EINVAL
 * with *err set.
 */
int command_parse(const char *text, struct command *command, struct mhp_error *err);
