/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why the kernel refused something about a whole dax device, as far as its log says. */
#pragma once

#include "lib/exec/exec.h"

/* From here on what the log says may be about what is done next. */
void refused_begin(struct exec *x);

/*
 * Read on: what it has said of the device since then is in x->refusal, and becomes the reason,
 * message and hint of *err where these come from no more than an errno.
 */
void refused_tell(struct exec *x, const struct mhp_dax *dax, struct mhp_error *err);
