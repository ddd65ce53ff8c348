/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why the kernel refused something, as far as its log or its errno says. */
#pragma once

#include "lib/exec/exec.h"

/* Why it did not take word for a block: from what its log says, or else the errno. */
enum mhp_reason refused_reason(const struct refusal *refusal, int rc, const char *word);

/* For a whole dax device: from here on what the log says may be about what is done next. */
void refused_begin(struct exec *x);

/*
 * Read on: what it has said of the device since then is in x->refusal, and becomes the reason,
 * message and hint of *err where these come from no more than an errno.
 */
void refused_tell(struct exec *x, const struct mhp_dax *dax, struct mhp_error *err);
