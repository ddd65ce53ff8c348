/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/ctx.h"
#include "lib/base/clock.h"
#include "lib/base/export.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>

MHP_EXPORT const char *mhp_version(void)
{
	return PACKAGE_VERSION;
}

MHP_EXPORT void mhp_ctx_cancel(struct mhp_ctx *ctx)
{
	int saved_errno = errno;

	eventfd_write(ctx->cancel_fd, 1);
	errno = saved_errno;
}

MHP_EXPORT void mhp_ctx_set_log(struct mhp_ctx *ctx, mhp_log_fn fn, void *data)
{
	ctx->log = (struct log){ .fn = fn, .data = data, .start_ms = clock_msec() };
}

bool ctx_cancelled(const struct mhp_ctx *ctx)
{
	struct pollfd pfd = { .fd = ctx->stop_fd, .events = POLLIN };

	return poll(&pfd, 1, 0) > 0;
}

/*
 * Replaces stop_fd only. mhp_ctx_cancel() may write to cancel_fd at any time, so that one stays as
 * it is.
 */
void ctx_stop_by(struct mhp_ctx *ctx, int fd)
{
	ctx->stop_fd = fd < 0 ? ctx->cancel_fd : fd;
}
