/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The context that every other call takes, and what people type for sizes and times. */
#pragma once

#include "error.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mhp_ctx;

/**
 * mhp_version - the version of the library
 *
 * Return: a static string such as "0.1.0".
 * Since: 0.1
 */
const char *mhp_version(void);

/**
 * mhp_ctx_new - begin to use the library
 * @ctx: receives the context; free with mhp_ctx_free()
 * @sysroot: a folder to read in place of /, for a copied tree, or NULL for the machine itself.
 *	A context with a sysroot refuses to change anything (-EROFS).
 * @err: receives reason and hint, or NULL
 *
 * Return: 0, or -ENOENT, -ENOTDIR, -EACCES (the sysroot), -EMFILE, -ENOMEM.
 * Since: 0.1
 */
int mhp_ctx_new(struct mhp_ctx **ctx, const char *sysroot, struct mhp_error *err);

/**
 * mhp_ctx_free - end the use of the library
 * @ctx: the context, or NULL
 *
 * Since: 0.1
 */
void mhp_ctx_free(struct mhp_ctx *ctx);

/**
 * mhp_ctx_cancel - stop what runs with this context as soon as can be
 * @ctx: the context
 *
 * Async-signal-safe. The running call ends within a second with MHP_REASON_INTERRUPTED and tells
 * truthfully what was reached; where a whole device goes offline, once the kernel has put back what
 * it had done, and where one comes online, once it is. A context once cancelled stays so.
 * Since: 0.1
 */
void mhp_ctx_cancel(struct mhp_ctx *ctx);

/**
 * mhp_ctx_guard - keep a lack of memory from ending this process in the middle of a change
 * @ctx: the context
 *
 * What the process has mapped stays in memory (mlockall(2) with MCL_CURRENT and MCL_ONFAULT), and
 * it is among the last that the kernel ends where memory is short (oom_score_adj -900), for as long
 * as it runs; so are the processes that it starts for its work. Whatever of that is not permitted
 * is left out. For programs whose only work is this one; call it before mhp_run().
 * Since: 0.1
 */
void mhp_ctx_guard(struct mhp_ctx *ctx);

typedef void (*mhp_log_fn)(const char *line, void *data);

/**
 * mhp_ctx_set_log - receive lines for developers
 * @ctx: the context
 * @fn: called with a line without a newline, or NULL for silence (the default)
 * @data: handed to @fn
 *
 * A line has the seconds since this call, the place in the source, and what was done: each file of
 * the kernel that could not be read, each that is written (before and after, with the value and the
 * result), each process that begins or ends, modules, what libndctl is asked to do, what the
 * planner decides and the events of a run. Lines of the writer processes are among them with their
 * process id, in the order in which that process wrote them. A line is printable, is no longer than
 * 1023 bytes, and its wording may change. @fn is called only within a call of this library, in its
 * thread.
 * A topology keeps @fn and @data for the plans that are made of it: read it again after a change.
 * Since: 0.1
 */
void mhp_ctx_set_log(struct mhp_ctx *ctx, mhp_log_fn fn, void *data);

/* ---- parsing of what people type -------------------------------------------------------- */

/**
 * mhp_parse_size - read a size such as 4096, 16M, 2GiB
 * @text: a whole number with an optional unit K, M, G, T, P (powers of 1024; iB may follow)
 * @size: receives bytes; untouched on failure
 * @err: receives reason and hint, or NULL
 *
 * Return: 0, or -EINVAL (not such a text), -ERANGE (does not fit).
 * Since: 0.1
 */
int mhp_parse_size(const char *text, uint64_t *size, struct mhp_error *err);

/**
 * mhp_parse_msec - read a time such as 30s, 500ms, 2min, 1h; a bare number is seconds
 * @text: a decimal number, a fraction allowed, with an optional unit
 * @msec: receives milliseconds; untouched on failure
 * @err: receives reason and hint, or NULL
 *
 * Return: 0, or -EINVAL, -ERANGE.
 * Since: 0.1
 */
int mhp_parse_msec(const char *text, uint64_t *msec, struct mhp_error *err);

#ifdef __cplusplus
}
#endif
