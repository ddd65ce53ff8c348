/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The context: settings, root directory and cancellation of a call. */
#pragma once

#include "lib/base/log.h"
#include "lib/libmhp.h"
#include "lib/sys/root.h"

#include <stdbool.h>

struct libcxl;
struct nd_ops;
struct module_ops;
struct tracing_ops;
struct uevent_ops;
struct users_ops;

struct mhp_ctx {
	struct root sys;
	int lack; /* sys.lack points here */
	struct log log;
	int cancel_fd;	    /* eventfd of mhp_ctx_cancel(); stays readable */
	int stop_fd;	    /* ends a call once it is readable: cancel_fd, or see ctx_stop_by() */
	bool is_copy;	    /* a --sysroot: no changes; see also ctx_is_partial() */
	char *unpacked;	    /* directory of a report, which ends with this; or NULL */
	bool is_cut;	    /* a report that lacks files without saying which */
	bool is_guarded;    /* see mhp_ctx_guard() */
	bool is_recovering; /* within mhp_recover() */
	int oom_score_adj;  /* value before mhp_ctx_guard() */
	const struct nd_ops *nd;
	const struct module_ops *module;
	const struct tracing_ops *tracing;
	const struct uevent_ops *uevent;
	const struct users_ops *users;
	int (*load_libcxl)(struct libcxl *lib); /* see lib/sys/cxl/libcxl.h */
};

/*
 * Returns whether it is a copied tree in which files may be missing that the machine has. One of
 * mhpctl report has all that were read there.
 */
static inline bool ctx_is_partial(const struct mhp_ctx *ctx)
{
	return ctx->is_copy && (!ctx->sys.is_report || ctx->is_cut);
}

/* Returns whether the running call should end: mhp_ctx_cancel() was called. */
bool ctx_cancelled(const struct mhp_ctx *ctx);

/*
 * Lets fd end the calls on this context instead of a cancel, for the work that is left to do after
 * one; -1: a cancel again.
 */
void ctx_stop_by(struct mhp_ctx *ctx, int fd);
