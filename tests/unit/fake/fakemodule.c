/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replaces libkmod and the search for users of devices; tasks fail if an answer says so. */
#include "lib/base/error.h"
#include "lib/sys/ctx.h"
#include "lib/sys/users/users.h"
#include "tests/unit/fake/fakecxl.h"
#include "tests/unit/fake/fakekernel.h"
#include "tests/unit/fake/tree.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The answer to the task of this process, which runs one at a time. */
static struct fake_answer told;

bool fake_is_told(struct mhp_ctx *ctx, const char *task, const char *name, int *rc,
		  struct mhp_error *err)
{
	char line[128];

	told = (struct fake_answer){ 0 };
	str_format(line, "%s=%s\n", task, name);
	tree_append(ctx->sys.root_fd, "writes", line);
	if (!fake_answer_act(ctx->sys.root_fd, task, name, &told, rc))
		return false;
	if (*rc < 0)
		err_errno(err, *rc, "%s", name);
	return true;
}

int fake_told_after(struct mhp_ctx *ctx, int rc, struct mhp_error *err)
{
	int result = fake_answer_after(ctx->sys.root_fd, &told, rc);

	told = (struct fake_answer){ 0 };
	return result == rc ? rc : err_errno(err, result, "the kernel");
}

/* The file "users/dax0.0" has the users of dax0.0. */
static int check_users(const struct mhp_ctx *ctx, const struct users_device *device,
		       struct mhp_error *err)
{
	const char *name = *device->dax ? device->dax : device->block;
	char text[128];
	ROOT_PATH(hidden, "users/hidden");
	if (!device->force && root_read(&ctx->sys, hidden, text, sizeof(text)) == 0)
		return err_set(err, -EACCES, MHP_REASON_USERS_HIDDEN, "%s: %s", name, text);
	ROOT_PATH(path, "users/%s", name);
	if (root_read(&ctx->sys, path, text, sizeof(text)) < 0)
		return 0;
	return err_set(err, -EBUSY, MHP_REASON_IN_USE, "%s: %s", name, text);
}

const struct users_ops fake_users_ops = { .check = check_users };

static int add_module(struct mhp_ctx *ctx, const char *name, struct mhp_error *err)
{
	int rc;

	if (fake_is_told(ctx, "module", name, &rc, err))
		return rc;
	if (strcmp(name, "kmem") == 0 || strcmp(name, "device_dax") == 0)
		return fake_told_after(ctx, fake_driver_add(ctx->sys.root_fd, name), err);
	if (strncmp(name, "cxl_", 4) == 0 || strcmp(name, "dax_cxl") == 0)
		return fake_told_after(ctx, fakecxl_load(ctx->sys.root_fd, name), err);
	ROOT_PATH(path, "sys/bus/nd/drivers/%s/bind", name);
	return fake_told_after(ctx, tree_put(ctx->sys.root_fd, path, "%s", ""), err);
}

static int load(struct mhp_ctx *ctx, const char *name, struct mhp_error *err)
{
	int rc;

	fake_acting++;
	rc = add_module(ctx, name, err);
	fake_acting--;
	return rc;
}

const struct module_ops fake_module_ops = { .load = load };
