/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/exec/exec.h"

/* Runs the plan. The results are in x. */
void exec_run(struct exec *x);
