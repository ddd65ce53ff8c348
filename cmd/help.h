/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help made from the option tables. All but help_dump() is for people, 80 columns wide. */
#pragma once

#include "cmd/cmd.h"

#include <stdio.h>

/*
 * Prints the help of the command, or of the program if cmd is NULL, through a sink. Returns 0 or
 * -ENOMEM.
 */
int help_show(struct out *out, const struct cmd *cmd, struct mhp_error *err);

/* Prints the usage that the bare name of the program shows. */
void help_print_usage(FILE *f);

/* Prints every option for tests: command, --long, -s, argument, help, separated by tabs. */
void help_dump(FILE *f);
