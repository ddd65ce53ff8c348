/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files at a path that the user gave. They are read and written in a child, as the path may be on a
 * network file system whose server does not answer. mhp_file_read(), mhp_file_write() and
 * mhp_report_write() of lib/tool.h are here too.
 */
#pragma once

#include "lib/sys/conffiles.h"
#include "lib/sys/ctx.h"

/*
 * Calls fn as conffiles_path() does. Returns 0, -ETIMEDOUT if there is no answer in time,
 * -ECANCELED, or what conffiles_path() or fn returns.
 */
int userfile_conf(struct mhp_ctx *ctx, const char *path, conffile_fn fn, void *data);

/*
 * Copies the regular file at path to an open file. Returns 0, -EISDIR or -EINVAL for what is not a
 * file, -EFBIG if it has more bytes than max, or another negative errno. *err is filled if it is
 * not the path that fails.
 */
int userfile_copy(struct mhp_ctx *ctx, const char *path, uint64_t max, int to,
		  struct mhp_error *err);

/* Fails because the file, as shown, cannot be read in time. */
int userfile_late(const char *shown, struct mhp_error *err);
