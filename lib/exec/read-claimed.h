/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the claim of a namespace while others may work on it. */
#pragma once

#include "lib/exec/exec.h"
#include "lib/sys/nd/bind.h"

/*
 * Reads in a child, and for at most two seconds: the process that works on the namespace may hold
 * locks that a read needs. Returns 0 or a negative errno.
 */
int exec_read_claimed(struct exec *x, const struct nd_claim_args *args, struct nd_claimed *claimed);
