/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The root of a context: the machine's, a copied tree, or a report of mhpctl that is unpacked. */
#pragma once

#include "lib/libmhp.h"

/*
 * Opens the root; path NULL: that of the machine. If path is a report, unpacks it into a new
 * private directory and sets *unpacked to its path, else to NULL. Ends early when ctx is cancelled,
 * and does not wait long for a file whose server does not answer. Returns a descriptor or a
 * negative errno.
 */
int sysroot_open(struct mhp_ctx *ctx, const char *path, char **unpacked, struct mhp_error *err);

/* Removes a directory of sysroot_open() with its content, and frees the path; NULL: nothing. */
void sysroot_remove(char *unpacked);
