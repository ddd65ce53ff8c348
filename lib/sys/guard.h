/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Protects a process that changes memory, so that a machine that runs out of memory does not kill
 * it half way. Failures are ignored, because none of this is essential.
 */
#pragma once

struct mhp_ctx;

/* Locks the memory of a child of a guarded process, because memory locks are not inherited. */
void guard_child(const struct mhp_ctx *ctx);

/*
 * Suspend and resume the protection around the start of another program, which must not inherit it.
 */
void guard_pause(const struct mhp_ctx *ctx);
void guard_resume(const struct mhp_ctx *ctx);
