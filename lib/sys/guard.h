/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process that changes memory can do so that a machine without any left does not end it
 * half way. None of it is needed, so none of it fails.
 */
#pragma once

struct mhp_ctx;

/* In a child of a guarded process: what is locked in memory is not inherited. */
void guard_child(const struct mhp_ctx *ctx);

/* For as long as another program is started, which is to be spared no more than others. */
void guard_pause(const struct mhp_ctx *ctx);
void guard_resume(const struct mhp_ctx *ctx);
