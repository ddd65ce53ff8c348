/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/exec/exec.h"

/* An empty one, with all that it takes to tell of so many targets. NULL: -ENOMEM. */
struct mhp_result *result_new(size_t nr_targets);

/* What came of it, read back from the machine. The failures are taken over. */
void result_fill(struct mhp_result *result, struct exec *x);

/* Add what an earlier round of the same request came to; the failures of before are taken over. */
void result_join(struct mhp_result *result, struct mhp_result *before);

/* The arrays of the failure are taken over. */
void result_fail(struct mhp_result *result, const struct mhp_failure *failure);

/* An error of the whole, behind what was reached before: the result becomes that of a failure. */
void result_add_error(struct mhp_result *result, const struct mhp_error *err);

/* The status that a failure of that reason gives its target. */
enum mhp_status status_of_reason(enum mhp_reason reason);

/* What the whole came to, from its failures and from how many of its targets are as wanted. */
void result_judge(struct mhp_result *result, size_t good);
void result_end(struct mhp_result *result, enum mhp_status status, enum mhp_reason reason);
