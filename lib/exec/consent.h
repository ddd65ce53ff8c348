/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/plan/plan.h"

/* Sets the failure that a plan needs consent, with the options that give it. Returns -EPERM. */
int consent_missing(const struct mhp_plan *plan, struct mhp_error *err);
