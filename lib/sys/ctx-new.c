/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The beginning and the end of a context. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/sys/ctx.h"
#include "lib/sys/cxl/libcxl.h"
#include "lib/sys/module.h"
#include "lib/sys/nd/nd.h"
#include "lib/sys/report-tree.h"
#include "lib/sys/sysroot.h"
#include "lib/sys/tracing.h"
#include "lib/sys/uevent.h"
#include "lib/sys/users/users.h"
#include "lib/tool.h"

#include <errno.h>
#include <sys/eventfd.h>

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
	int rc;

	ctx->is_copy = ctx->sys.is_copy = sysroot != NULL;
	rc = sysroot_open(ctx, sysroot, &ctx->unpacked, err);
	if (rc < 0)
		return rc;
	ctx->sys.root_fd = rc;
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
	rc = root_lack(&ctx->sys); /* a mark that cannot be read is not one that is missing */
	if (rc < 0) {
		close_root(ctx);
		return err_errno(err, rc, "%s", sysroot);
	}
	return 0;
}

/* Returns a context without a root, which can be cancelled, or NULL. */
static struct mhp_ctx *new_ctx(struct mhp_error *err)
{
	cleanup_free struct mhp_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx) {
		err_errno(err, -ENOMEM, "context");
		return NULL;
	}
	ctx->nd = &nd_kernel_ops;
	ctx->module = &module_kernel_ops;
	ctx->tracing = &tracing_kernel_ops;
	ctx->uevent = &uevent_kernel_ops;
	ctx->users = &users_kernel_ops;
	ctx->load_libcxl = libcxl_load;
	ctx->sys = (struct root){
		.root_fd = -1, .ops = &root_kernel_ops, .lack = &ctx->lack, .log = &ctx->log
	};
	ctx->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ctx->cancel_fd < 0) {
		err_errno(err, -errno, "cannot make an event descriptor");
		return NULL;
	}
	ctx_stop_by(ctx, -1);
	return TAKE_PTR(ctx);
}

MHP_EXPORT int mhp_ctx_new_watched(struct mhp_ctx **ret, const char *sysroot,
				   mhp_ctx_watch_fn watch, struct mhp_error *err)
{
	struct mhp_error local = { 0 }, *error = err ? err : &local;
	struct mhp_ctx *ctx = new_ctx(error);
	int rc;

	if (!ctx)
		return -error->errnum;
	if (watch)
		watch(ctx);
	rc = open_root(ctx, sysroot, error);
	if (rc == 0) {
		*ret = ctx;
		return 0;
	}
	if (watch)
		watch(NULL);
	close(ctx->cancel_fd);
	free(ctx);
	return rc;
}

MHP_EXPORT int mhp_ctx_new(struct mhp_ctx **ret, const char *sysroot, struct mhp_error *err)
{
	return mhp_ctx_new_watched(ret, sysroot, NULL, err);
}

MHP_EXPORT void mhp_ctx_free(struct mhp_ctx *ctx)
{
	if (!ctx)
		return;
	close(ctx->cancel_fd);
	close_root(ctx);
	free(ctx);
}
