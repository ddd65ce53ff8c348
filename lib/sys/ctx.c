/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/ctx.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/sys/cxl/libcxl.h"
#include "lib/sys/module.h"
#include "lib/sys/nd/nd.h"
#include "lib/sys/report-tree.h"
#include "lib/sys/sysroot.h"
#include "lib/sys/tracing.h"
#include "lib/sys/uevent.h"
#include "lib/sys/users/users.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>

MHP_EXPORT const char *mhp_version(void)
{
	return PACKAGE_VERSION;
}

/* Closes the root; a report that was unpacked ends with it. */
static void close_root(struct mhp_ctx *ctx)
{
	close(ctx->sys.root_fd);
	sysroot_remove(TAKE_PTR(ctx->unpacked));
}

/* Returns whether pages can have that size: Linux has 4 to 256 KiB. */
static bool is_page_size(uint64_t size)
{
	return size >= 4096 && size <= 262144 && (size & (size - 1)) == 0;
}

static int open_root(struct mhp_ctx *ctx, const char *sysroot, struct mhp_error *err)
{
	int rc = sysroot_open(sysroot, &ctx->unpacked, err);

	if (rc < 0)
		return rc;
	ctx->is_copy = sysroot != NULL;
	ctx->sys = (struct root){ .root_fd = rc,
				  .ops = &root_kernel_ops,
				  .is_copy = ctx->is_copy,
				  .lack = &ctx->lack,
				  .log = &ctx->log };
	if (!ctx->is_copy)
		return 0;
	if (root_exists(&ctx->sys, ".") == -ENOSYS) {
		close_root(ctx);
		err_set(err, -ENOSYS, MHP_REASON_UNSUPPORTED,
			"this kernel lacks openat2, which keeps links inside the copy");
		return err_hint(err, -ENOSYS, "--sysroot needs Linux 5.6 or later");
	}
	if (root_read_u64(&ctx->sys, REPORT_PAGE_SIZE, 10, &ctx->sys.page_size) < 0 ||
	    !is_page_size(ctx->sys.page_size))
		ctx->sys.page_size = 0;
	ctx->sys.is_report = ctx->sys.page_size != 0;
	ctx->is_cut = ctx->sys.is_report && root_exists(&ctx->sys, REPORT_CUT) != 0;
	return 0;
}

MHP_EXPORT int mhp_ctx_new(struct mhp_ctx **ret, const char *sysroot, struct mhp_error *err)
{
	cleanup_free struct mhp_ctx *ctx = calloc(1, sizeof(*ctx));
	int rc;

	if (!ctx)
		return err_errno(err, -ENOMEM, "context");
	rc = open_root(ctx, sysroot, err);
	if (rc < 0)
		return rc;
	ctx->nd = &nd_kernel_ops;
	ctx->module = &module_kernel_ops;
	ctx->tracing = &tracing_kernel_ops;
	ctx->uevent = &uevent_kernel_ops;
	ctx->users = &users_kernel_ops;
	ctx->load_libcxl = libcxl_load;
	ctx->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ctx->cancel_fd < 0) {
		rc = -errno;
		close_root(ctx);
		return err_errno(err, rc, "cannot make an event descriptor");
	}
	ctx_stop_by(ctx, -1);
	*ret = TAKE_PTR(ctx);
	return 0;
}

MHP_EXPORT void mhp_ctx_free(struct mhp_ctx *ctx)
{
	if (!ctx)
		return;
	close(ctx->cancel_fd);
	close_root(ctx);
	free(ctx);
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
