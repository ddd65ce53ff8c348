/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The context that every other call takes. */
#pragma once

#include "error.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The state of one user of the library. See "Threads" in libmhp.h. */
struct mhp_ctx;

/**
 * mhp_version - the version of the library
 *
 * Return: a static string such as "0.2.0".
 * Since: 0.1
 */
const char *mhp_version(void);

/**
 * mhp_ctx_new - create a context
 * @ctx: receives the context; free with mhp_ctx_free()
 * @sysroot: a directory to read instead of /, for a copied tree, or a file of "mhpctl report",
 *	which is unpacked below TMPDIR or /tmp until mhp_ctx_free(); NULL for the machine itself.
 *	A context with a sysroot refuses to change anything (-EROFS).
 * @err: receives reason and hint, or NULL
 *
 * Return: 0, or -ENOENT, -ENOTDIR, -EACCES, -EBADMSG, -ETIMEDOUT (the sysroot), -EMFILE, -ENOMEM.
 * Since: 0.1
 */
int mhp_ctx_new(struct mhp_ctx **ctx, const char *sysroot, struct mhp_error *err);

/**
 * mhp_ctx_free - free a context
 * @ctx: the context, or NULL
 *
 * Since: 0.1
 */
void mhp_ctx_free(struct mhp_ctx *ctx);

/**
 * mhp_ctx_cancel - cancel the call that is running on this context
 * @ctx: the context
 *
 * Async-signal-safe. The running call ends within a second with MHP_REASON_INTERRUPTED and reports
 * the state that was reached. If a whole device is going offline, the call ends after the kernel
 * has undone its work; if a whole device is coming online, after it is online. A context stays
 * cancelled.
 * Since: 0.1
 */
void mhp_ctx_cancel(struct mhp_ctx *ctx);

/**
 * mhp_ctx_guard - protect this process from a lack of memory during a change
 * @ctx: the context
 *
 * Locks the mappings of the process in memory (mlockall(2) with MCL_CURRENT and MCL_ONFAULT) and
 * sets oom_score_adj to -900, so that the OOM killer chooses other processes first. Both last until
 * the process ends and apply to the library's child processes too. A part that is not permitted is
 * skipped. Intended for programs that do nothing else; call it before mhp_run().
 * Since: 0.1
 */
void mhp_ctx_guard(struct mhp_ctx *ctx);

/* Receives one line of the log; @data is the pointer given to mhp_ctx_set_log(). */
typedef void (*mhp_log_fn)(const char *line, void *data);

/**
 * mhp_ctx_set_log - receive log lines for developers
 * @ctx: the context
 * @fn: called with a line without a newline, or NULL for silence (the default)
 * @data: passed to @fn
 *
 * A line contains the seconds since this call, the place in the source, and an action: a kernel
 * file that could not be read, a write (before and after, with value and result), the start or end
 * of a process, a module, a request to libndctl, a decision of the planner, or an event of a run.
 * Lines of writer processes carry their process id and are in the order in which that process wrote
 * them. A line is printable and at most 1023 bytes long; its wording may change. @fn is called only
 * within a call of this library, in the thread of that call.
 * A topology keeps @fn and @data for the plans made from it: scan again after a change.
 * Since: 0.1
 */
void mhp_ctx_set_log(struct mhp_ctx *ctx, mhp_log_fn fn, void *data);

#ifdef __cplusplus
}
#endif
