/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes down what a step is about to do, before it begins. */
#pragma once

#include "lib/exec/exec.h"

void intent_step_fill(const struct exec *x, const struct mhp_step *step, uint64_t number,
		      struct intent_step *out);
