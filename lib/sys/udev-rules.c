/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/udev-rules.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* Highest priority first; a file of the same name further down is not read (udev(7)). */
static const char *const rule_folders[] = {
	"etc/udev/rules.d",	"run/udev/rules.d", "usr/local/lib/udev/rules.d",
	"usr/lib/udev/rules.d", "lib/udev/rules.d",
};

static const char *skip_space(const char *at)
{
	while (isspace((unsigned char)*at))
		at++;
	return at;
}

/* Does KEY OPERATOR "value" stand there, with a value that begins so? Spaces as udev allows. */
static bool has_token(const char *line, const char *key, const char *op, const char *value)
{
	for (const char *at = strstr(line, key); at; at = strstr(at + 1, key)) {
		const char *rest = skip_space(at + strlen(key));

		if (strncmp(rest, op, strlen(op)) != 0)
			continue;
		rest = skip_space(rest + strlen(op));
		if (*rest == '"' && strncmp(rest + 1, value, strlen(value)) == 0)
			return true;
	}
	return false;
}

bool udev_rule_onlines(const char *line)
{
	line = skip_space(line);
	if (*line == '#' || !has_token(line, "SUBSYSTEM", "==", "memory"))
		return false;
	return has_token(line, "ATTR{state}", "=", "online") ||
	       has_token(line, "ATTR{online}", "=", "1") || strstr(line, "/state") != NULL;
}

struct rules_walk {
	const struct mhp_ctx *ctx;
	struct reply *reply;
	size_t folder;
};

static int add(struct reply *reply, enum mhp_onliner_kind kind, const char *where, unsigned line)
{
	struct mhp_onliner onliner = { .kind = kind };

	if (line)
		mhp_format(onliner.where, "/%s:%u", where, line);
	else
		mhp_format(onliner.where, "/%s", where);
	return reply_add(reply, &onliner, sizeof(onliner));
}

/* A line that ends in a backslash goes on in the next. Returns how many were joined, 0 at end. */
static unsigned logical_line(FILE *file, char *line, size_t size)
{
	unsigned joined = 0;
	size_t len = 0;

	line[0] = '\0';
	while (len + 1 < size && fgets(line + len, (int)(size - len), file)) {
		joined++;
		len += strcspn(line + len, "\n");
		if (!len || line[len - 1] != '\\')
			break;
		len--;
	}
	line[len] = '\0';
	return joined;
}

static int scan_file(const struct sysfs *sys, const char *path, struct reply *reply)
{
	int fd = openat(sys->root_fd, path, O_RDONLY | O_CLOEXEC);
	cleanup_fclose FILE *file = fd < 0 ? NULL : fdopen(fd, "re");
	unsigned number = 1, joined;
	char line[8192];
	int rc;

	while (file && (joined = logical_line(file, line, sizeof(line)))) {
		if (udev_rule_onlines(line)) {
			rc = add(reply, MHP_ONLINER_UDEV_RULE, path, number);
			if (rc < 0)
				return rc;
		}
		number += joined;
	}
	return 0;
}

static bool is_replaced(const struct rules_walk *walk, const char *name)
{
	for (size_t i = 0; i < walk->folder; i++) {
		SYSFS_PATH(path, "%s/%s", rule_folders[i], name);
		if (sysfs_exists(&walk->ctx->sys, path))
			return true;
	}
	return false;
}

static int scan_entry(const struct sysfs *sys, const char *name, void *data)
{
	const struct rules_walk *walk = data;
	const char *dot = strrchr(name, '.');

	if (!dot || strcmp(dot, ".rules") != 0 || is_replaced(walk, name))
		return 0;
	SYSFS_PATH(path, "%s/%s", rule_folders[walk->folder], name);
	return scan_file(sys, path, walk->reply);
}

/* daxctl's unit acts only on sections of its configuration. */
static int scan_daxctl_conf(const struct sysfs *sys, const char *name, void *data)
{
	const struct rules_walk *walk = data;
	const char *dot = strrchr(name, '.');
	char line[512];
	cleanup_fclose FILE *file = NULL;
	int fd;

	if (!dot || strcmp(dot, ".conf") != 0)
		return 0;
	SYSFS_PATH(path, "etc/daxctl.conf.d/%s", name);
	fd = openat(sys->root_fd, path, O_RDONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "re");
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(skip_space(line), "[reconfigure-device", 19) == 0)
			return add(walk->reply, MHP_ONLINER_DAXCTL_UNIT, path, 0);
	return 0;
}

static bool same_folder(const struct mhp_ctx *ctx)
{
	char target[64];

	/* merged /usr: lib is a link to usr/lib, and its rules would count twice */
	return sysfs_link(&ctx->sys, "lib", target, sizeof(target)) == 0;
}

int udev_rules_scan(const struct mhp_ctx *ctx, struct reply *reply)
{
	struct rules_walk walk = { .ctx = ctx, .reply = reply };
	size_t folders = ARRAY_SIZE(rule_folders) - (same_folder(ctx) ? 1 : 0);
	int rc;

	for (walk.folder = 0; walk.folder < folders; walk.folder++) {
		rc = sysfs_each(&ctx->sys, rule_folders[walk.folder], scan_entry, &walk);
		if (rc == -ENOMEM)
			return rc;
	}
	rc = sysfs_each(&ctx->sys, "etc/daxctl.conf.d", scan_daxctl_conf, &walk);
	return rc == -ENOMEM ? rc : 0;
}
