/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that can run in the background. */
#pragma once

#include "cmd/act.h"

struct async_args {
	bool async;
	uint64_t first;
};

/* Rows for the option table of a command; a is its field of type struct async_args. */
#define ASYNC_OPTS(s, a)                                                          \
	OPT_FLAG(0, "async", s, a.async, "continue in the background, as a job"), \
		OPT_SIZE(0, "first", s, a.first,                                  \
			 "with --async: return once SIZE can be used (default: at once)")

/* Does what act_run() does; with --async starts a job that runs the request. */
int async_run(const struct cmd_env *env, struct mhp_request *request, const struct async_args *args,
	      struct mhp_error *err);
