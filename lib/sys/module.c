/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/module.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/sys/ctx.h"
#include "lib/sys/guard.h"

#include <errno.h>
#include <libkmod.h>

static inline void kmod_unrefp(struct kmod_ctx **kmod)
{
	kmod_unref(*kmod);
}

static inline void module_unrefp(struct kmod_module **module)
{
	kmod_module_unref(*module);
}

/* Loads a module by name, not by alias: device_dax and kmem share the alias dax:t0. */
static int load_module(struct mhp_ctx *ctx, const char *name, struct mhp_error *err)
{
	__attribute__((cleanup(kmod_unrefp))) struct kmod_ctx *kmod = kmod_new(NULL, NULL);
	__attribute__((cleanup(module_unrefp))) struct kmod_module *module = NULL;
	int rc;

	if (!kmod)
		return err_errno(err, -ENOMEM, "module %s", name);
	kmod_set_log_priority(kmod, 0);
	rc = kmod_module_new_from_name(kmod, name, &module);
	if (rc < 0)
		return err_errno(err, rc, "module %s", name);
	guard_pause(ctx); /* an "install" line of modprobe.d can start any program */
	rc = kmod_module_probe_insert_module(module, KMOD_PROBE_APPLY_BLACKLIST, NULL, NULL, NULL,
					     NULL);
	guard_resume(ctx);
	log_done(&ctx->log, rc, "module %s is %s", name, rc > 0 ? "blacklisted" : "loaded");
	if (rc > 0) /* KMOD_PROBE_APPLY_BLACKLIST: not loaded, because it is blacklisted */
		return err_hint(err,
				err_set(err, -EPERM, MHP_REASON_UNSUPPORTED,
					"module %s is blacklisted", name),
				"remove it from the blacklist in /etc/modprobe.d");
	if (rc == -ENOENT)
		return err_hint(err,
				err_set(err, rc, MHP_REASON_UNSUPPORTED,
					"module %s is not installed for the running kernel", name),
				"install the modules of the running kernel (after an upgrade: "
				"reboot)");
	if (rc < 0)
		return err_errno(err, rc, "cannot load module %s", name);
	return 0;
}

const struct module_ops module_kernel_ops = { .load = load_module };
