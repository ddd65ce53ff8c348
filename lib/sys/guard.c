/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/guard.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/sys/content.h"
#include "lib/sys/ctx.h"
#include "lib/sys/kernel.h"
#include "lib/sys/nd/libndctl.h"

#include <errno.h>
#include <sys/mman.h>

/* Not -1000, so that the kernel can still kill this process if it uses all memory itself. */
#define OOM_SCORE_ADJ "proc/self/oom_score_adj"
#define SPARED	      (-900)

static void set_oom_score(const struct mhp_ctx *ctx, int score)
{
	char text[16];

	str_format(text, "%d", score);
	(void)!root_write(&ctx->sys, OOM_SCORE_ADJ, text);
}

/*
 * Keeps mapped memory resident once it was used. Unused memory costs nothing. Later allocations are
 * not locked, so RLIMIT_MEMLOCK cannot make them fail.
 */
static void lock_memory(void)
{
	(void)!mlockall(MCL_CURRENT | MCL_ONFAULT);
}

MHP_EXPORT void mhp_ctx_guard(struct mhp_ctx *ctx)
{
	int saved_errno = errno;

	if (ctx->is_copy || ctx->is_guarded)
		return;
	ctx->is_guarded = true;
	if (root_read_int(&ctx->sys, OOM_SCORE_ADJ, &ctx->oom_score_adj) < 0)
		ctx->oom_score_adj = 0;
	if (ctx->oom_score_adj > SPARED)
		set_oom_score(ctx, SPARED);
	if (root_seems(&ctx->sys, KERNEL_ND_BUS)) {
		libndctl_load(); /* both are locked too, and the children have them */
		content_prepare();
	}
	lock_memory();
	errno = saved_errno;
}

void guard_child(const struct mhp_ctx *ctx)
{
	if (ctx->is_guarded)
		lock_memory();
}

void guard_pause(const struct mhp_ctx *ctx)
{
	if (ctx->is_guarded && ctx->oom_score_adj > SPARED)
		set_oom_score(ctx, ctx->oom_score_adj);
}

void guard_resume(const struct mhp_ctx *ctx)
{
	if (ctx->is_guarded && ctx->oom_score_adj > SPARED)
		set_oom_score(ctx, SPARED);
}
