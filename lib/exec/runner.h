/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/exec/exec.h"

/* Carry out the plan. What came of it is in x. */
void exec_run(struct exec *x);
