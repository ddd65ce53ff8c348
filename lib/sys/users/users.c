/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/users/users.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/devnode.h"
#include "lib/sys/visibility.h"
#include "lib/sys/users/search.h"

#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TRIES  6
#define TRY_MS 100

static void check_view(struct search *s)
{
	const struct root *sys = &s->ctx->sys;
	char link[64];

	if (root_link(sys, "proc/self/ns/pid", link, sizeof(link)) < 0)
		search_hide(s, NULL, "/proc is missing");
	else if (strcmp(link, FIRST_PID_NS) != 0)
		search_hide(s, NULL,
			    "processes outside of this pid namespace (a container) are not "
			    "visible");
	if (visibility_in_container(sys) != MHP_TRISTATE_NO)
		search_hide(s, NULL, "processes outside of this container are not visible");
	if (visibility_holds(sys, CAP_SYS_PTRACE) != MHP_TRISTATE_YES)
		search_hide(s, NULL,
			    "open files of other users are visible only with "
			    "CAP_SYS_PTRACE");
}

static void search_all(struct search *s)
{
	int rc;

	check_view(s);
	if (s->type == S_IFBLK) {
		search_loops(s);
		search_servers(s);
	}
	search_processes(s);
	rc = root_lack(&s->ctx->sys);
	if (rc < 0)
		search_hide(s, NULL, "not all could be read: %s", strerror(-rc));
}

static int report_unknown(const char *name, const char *hidden, const char *remedy,
			  struct mhp_error *err)
{
	err_set(err, -EACCES, MHP_REASON_USERS_HIDDEN, "%s: its users cannot be determined: %s",
		name, hidden);
	return err_hint(err, -EACCES, "%s; use --force-users if you know that nobody uses it",
			remedy);
}

static int report_in_use(const struct search *s, const char *name, struct mhp_error *err)
{
	char text[SHOWN_MAX * 130 + 32] = "";

	for (unsigned i = 0; i < s->nr_users && i < SHOWN_MAX; i++)
		str_append(text, "%s%s", i ? ", " : "", s->users[i]);
	if (s->nr_users > SHOWN_MAX)
		str_append(text, ", and %u more", s->nr_users - SHOWN_MAX);
	err_set(err, -EBUSY, MHP_REASON_IN_USE, "%s: %s", name, text);
	return err_hint(err, -EBUSY, "stop its users first; --yes does not cover this");
}

static int report_result(const struct search *s, const char *name, bool force,
			 struct mhp_error *err)
{
	if (s->nr_users)
		return report_in_use(s, name, err);
	if (!*s->hidden || force)
		return 0;
	return report_unknown(name, s->hidden, s->remedy, err);
}

typedef int (*numbers_fn)(struct search *s, const void *data);

/* Checks for users up to TRIES times, as udev and other commands open new devices for a moment. */
static int check_device(const struct mhp_ctx *ctx, mode_t type, const char *name, bool force,
			numbers_fn fn, const void *data, struct mhp_error *err)
{
	cleanup_free struct known_file *others = calloc(KNOWN_FILES_MAX, sizeof(*others));
	int rc = 0;

	if (!others)
		return err_errno(err, -ENOMEM, "%s", name);
	for (int i = 0; i < TRIES; i++) {
		struct search s = { .ctx = ctx, .type = type, .others = others };

		root_lack_reset(&ctx->sys);
		rc = fn(&s, data);
		if (rc == 0) {
			search_all(&s);
			rc = report_result(&s, name, force, err);
		} else {
			err_errno(err, rc, "%s: its users cannot be found", name);
		}
		free(s.numbers);
		if (rc != -EBUSY && rc != -EACCES)
			break;
		poll(NULL, 0, TRY_MS);
	}
	return rc;
}

static int add_dax_numbers(struct search *s, const void *data)
{
	char driver[MHP_NAME_MAX];
	dev_t number;
	int rc;

	ROOT_PATH(path, "sys/bus/dax/devices/%s/dev", (const char *)data);
	rc = devnode_number(&s->ctx->sys, path, &number);
	if (rc == 0)
		rc = search_add_number(s, number);
	if (rc == 0)
		rc = dax_driver(s->ctx, data, driver, sizeof(driver));
	if (rc == 0)
		search_dax_mounts(s, data, driver);
	return rc;
}

static int add_block_numbers(struct search *s, const void *data)
{
	return search_block(s, data);
}

static int add_number(struct search *s, const void *data)
{
	return search_add_number(s, *(const dev_t *)data);
}

int users_check_number(const struct mhp_ctx *ctx, mode_t type, dev_t number, const char *name,
		       bool force, struct mhp_error *err)
{
	return check_device(ctx, type, name, force, add_number, &number, err);
}

int users_kernel_check(const struct mhp_ctx *ctx, const struct users_device *device,
		       struct mhp_error *err)
{
	if (*device->dax)
		return check_device(ctx, S_IFCHR, device->dax, device->force, add_dax_numbers,
				    device->dax, err);
	return check_device(ctx, S_IFBLK, device->block, device->force, add_block_numbers,
			    device->block, err);
}

const struct users_ops users_kernel_ops = {
	.check = users_kernel_check,
	.lies_on = users_lies_on,
	.claimed = users_claimed,
};

int users_unknown(const char *name, bool force, struct mhp_error *err, const char *fmt, ...)
{
	char why[192];
	va_list args;

	if (force)
		return 0;
	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	return report_unknown(name, why, "check its state with mhpctl list and the kernel log",
			      err);
}

int users_check(const struct mhp_ctx *ctx, const struct users_device *device, struct mhp_error *err)
{
	return ctx->users->check(ctx, device, err);
}
