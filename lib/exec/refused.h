/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds out from the log or the errno why the kernel refused something. */
#pragma once

#include "lib/exec/exec.h"

/* Returns the reason why a write of word to a block failed: from the log, or else the errno. */
enum mhp_reason refused_reason(const struct refusal *refusal, int rc, const char *word);

/* Skips old log records before an operation on a whole dax device. */
void refused_begin(struct exec *x);

/*
 * Reads the log since refused_begin(), and keeps in x->refusal what it says about the device. Sets
 * reason, message and hint of *err if these come only from an errno.
 */
void refused_end(struct exec *x, const struct mhp_dax *dax, struct mhp_error *err);
