/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Warns about runs that ended in the middle, in commands that only read. */
#pragma once

#include "cmd/cmd.h"

/* Reports them as one warning, before the output of the command. */
void killed_runs_warn(const struct cmd_env *env);
