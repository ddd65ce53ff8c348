/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/log.h"
#include "lib/libmhp.h"
#include "lib/sys/root.h"

#include <stdbool.h>
#include <sys/types.h>

struct nd_ops;
struct module_ops;
struct uevent_ops;
struct users_ops;

struct mhp_ctx {
	struct root sys;
	int lack; /* sys.lack points here */
	struct log log;
	int cancel_fd;	    /* eventfd; stays readable after a cancel */
	bool is_copy;	    /* a --sysroot: only memory blocks and nodes, and no changes */
	bool is_guarded;    /* see mhp_ctx_guard() */
	bool is_recovering; /* within mhp_recover() */
	int oom_score_adj;  /* value before mhp_ctx_guard() */
	const struct nd_ops *nd;
	const struct module_ops *module;
	const struct uevent_ops *uevent;
	const struct users_ops *users;
};

/* Returns whether mhp_ctx_cancel() was called. */
bool ctx_cancelled(const struct mhp_ctx *ctx);
