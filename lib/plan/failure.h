/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Failures of a target, as plan and run fill them in. */
#pragma once

#include "lib/libmhp/run.h"

/* Sets a failure of the target, about which nothing is known but the error. */
void failure_init(struct mhp_failure *failure, const char *target, const struct mhp_error *err);
