/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds huge pages without a target before the write: the kernel would try forever. */
#pragma once

#include "lib/exec/exec.h"

struct evidence;

/* Returns whether huge pages without a target are possible here: usually not. */
bool huge_target_is_possible(const struct exec *x);

/*
 * Returns 0 if the block may be taken offline. Otherwise sets the failure and adds the page to the
 * evidence. A page over several blocks gets the same words for each.
 */
int huge_target_check(struct exec *x, struct evidence *e, const char *name, struct mhp_error *err);
