/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts made from the tables. All but help_dump() are for people, 80 columns wide. */
#pragma once

#include "cmd/cmd.h"

#include <stdio.h>

/* Of the command, or of the program where cmd is NULL. */
void help_print(FILE *f, const struct cmd *cmd);

/* The same through a sink. Returns 0 or -ENOMEM. */
int help_show(struct out *out, const struct cmd *cmd, struct mhp_error *err);

/* What somebody sees who typed the bare name of the program. */
void help_print_usage(FILE *f);

/* Every option for tests: command, --long, -s, argument, help, separated by tabs. */
void help_dump(FILE *f);
