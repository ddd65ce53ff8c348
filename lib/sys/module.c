/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/module.h"
#include "lib/base/cleanup.h"
#include "lib/base/dynlib.h"
#include "lib/base/error.h"
#include "lib/sys/ctx.h"
#include "lib/sys/guard.h"

#include <errno.h>
#include <libkmod.h>

/* Loaded when a module is: with the libraries that it needs it takes longer than most commands. */
#define LIBKMOD_FUNCTIONS(X)               \
	X(kmod_new)                        \
	X(kmod_unref)                      \
	X(kmod_set_log_priority)           \
	X(kmod_module_new_from_name)       \
	X(kmod_module_probe_insert_module) \
	X(kmod_module_unref)

struct libkmod {
#define X(name) __typeof__(&(name)) name;
	LIBKMOD_FUNCTIONS(X)
#undef X
};

static int libkmod_load(struct libkmod *lib, struct mhp_error *err)
{
#define X(name) { #name, offsetof(struct libkmod, name) },
	static const struct dynlib_function functions[] = { LIBKMOD_FUNCTIONS(X) };
#undef X
	int rc = dynlib_load("libkmod.so.2", functions, ARRAY_SIZE(functions), lib);

	if (rc == -EOPNOTSUPP)
		return err_set(err, rc, MHP_REASON_UNSUPPORTED, "libkmod is not installed");
	return rc < 0 ? err_errno(err, rc, "libkmod") : 0;
}

/* Inserts a module. Returns 0, 1 if it is blacklisted, or a negative errno. */
static int insert_module(struct mhp_ctx *ctx, const struct libkmod *lib, struct kmod_module *module)
{
	int rc;

	guard_pause(ctx); /* an "install" line of modprobe.d can start any program */
	rc = lib->kmod_module_probe_insert_module(module, KMOD_PROBE_APPLY_BLACKLIST, NULL, NULL,
						  NULL, NULL);
	guard_resume(ctx);
	return rc;
}

static int explain_insert(int rc, const char *name, struct mhp_error *err)
{
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

/* Loads a module by name, not by alias: device_dax and kmem share the alias dax:t0. */
static int load_module(struct mhp_ctx *ctx, const char *name, struct mhp_error *err)
{
	struct kmod_module *module = NULL;
	struct kmod_ctx *kmod;
	struct libkmod lib;
	int rc = libkmod_load(&lib, err);

	if (rc < 0)
		return rc;
	kmod = lib.kmod_new(NULL, NULL);
	if (!kmod)
		return err_errno(err, -ENOMEM, "module %s", name);
	lib.kmod_set_log_priority(kmod, 0);
	rc = lib.kmod_module_new_from_name(kmod, name, &module);
	if (rc < 0) {
		err_errno(err, rc, "module %s", name);
	} else {
		rc = insert_module(ctx, &lib, module);
		log_done(&ctx->log, rc, "module %s is %s", name, rc > 0 ? "blacklisted" : "loaded");
		rc = explain_insert(rc, name, err);
	}
	lib.kmod_module_unref(module);
	lib.kmod_unref(kmod);
	return rc;
}

const struct module_ops module_kernel_ops = { .load = load_module };
