/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A logical line of a rules file as tokens: KEY{ATTRIBUTE} OPERATOR "value". */
#pragma once

#include <stdbool.h>

struct udev_token {
	char key[24];	    /* ATTR */
	char attribute[64]; /* state, or empty */
	char op[3];	    /* ==, !=, =, +=, -=, := */
	char value[512];
};

/*
 * Reads the next token at *at and moves *at past it. Returns 1, 0 at the end of the line, or
 * -EINVAL for a token that udev would not accept either.
 */
int udev_token_next(const char **at, struct udev_token *token);

/* Returns whether the operator is == or !=, which match; the others set something. */
bool udev_token_is_match(const struct udev_token *token);
