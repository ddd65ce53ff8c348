/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document of a command as a text, for a report. */
#pragma once

#include "cmd/cmd.h"

/* A command with its operands. */
struct document {
	const struct cmd *cmd;
	const char *operand; /* or NULL */
};

/*
 * Runs the command (data: struct document) as with --json. The process must end afterwards: its
 * standard output is closed. A failure of the command is a document too. Returns 0 or a negative
 * errno.
 */
int document_make(struct mhp_ctx *ctx, const void *data, char **text, struct mhp_error *err);
