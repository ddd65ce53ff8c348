/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Huge pages that have nowhere to go: known before the kernel is asked, which would try for ever.
 */
#pragma once

#include "lib/exec/exec.h"

struct evidence;

/*
 * Before a block is taken offline: 0, or the failure that this would come to, with the page among
 * the evidence. One page over several blocks is told of in the same words for each.
 */
int huge_target_check(struct exec *x, struct evidence *e, const char *name, struct mhp_error *err);
