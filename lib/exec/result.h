/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The result of a run: targets, failures and the state of the machine. */
#pragma once

#include "lib/exec/exec.h"

/* Returns an empty result with memory for nr_targets, or NULL without memory. */
struct mhp_result *result_new(size_t nr_targets);

/* Fills the result from the state of the machine. Takes the failures of x. */
void result_fill(struct mhp_result *result, struct exec *x);

/* Adds the result of an earlier round of the same request, and takes its failures. */
void result_join(struct mhp_result *result, struct mhp_result *before);

/* Adds a failure, and takes its arrays. */
void result_fail(struct mhp_result *result, const struct mhp_failure *failure);

/* Removes the failures of a target. */
void result_forgive(struct mhp_result *result, const char *target);

/* Adds an error of the whole run. All targets get its status. */
void result_add_error(struct mhp_result *result, const struct mhp_error *err);

/* Returns the status of a target whose failure has the reason. */
enum mhp_status status_of_reason(enum mhp_reason reason);

/* Sets status and exit code from the failures and from the number of good targets. */
void result_judge(struct mhp_result *result, size_t good);
void result_end(struct mhp_result *result, enum mhp_status status, enum mhp_reason reason);
