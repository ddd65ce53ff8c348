/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether it is so: at the end of a run the blocks, devices and namespaces that it was about are
 * read once more, and this reading alone says what is told of them.
 */
#pragma once

#include "lib/exec/exec.h"

/*
 * Fill in what is seen of each chain. What is not as wanted although its steps have ended well is
 * a failure of the chain, which is told of here.
 */
void proof_read(struct exec *x);

/* Who is known to bring memory online by himself, and what to do about it, as a hint; rc. */
int proof_hint_back(const struct exec *x, struct mhp_error *err, int rc);
