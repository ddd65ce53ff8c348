/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the blocks, devices and namespaces of a run again at its end. Only this reading decides
 * what the result says about them.
 */
#pragma once

#include "lib/exec/exec.h"

/*
 * Fills the final state of each chain. Reports a failure for each object that is not in the wanted
 * state although its steps succeeded.
 */
void final_state_read(struct exec *x);

/* Sets a hint that names the programs that may have brought memory online. Returns rc. */
int final_state_hint_back(const struct exec *x, struct mhp_error *err, int rc);
