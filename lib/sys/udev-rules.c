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

/* The value of KEY OPERATOR "value" where that stands on the line. Spaces as udev allows. */
static bool token_value(const char *line, const char *key, const char *op, char *value, size_t size)
{
	for (const char *at = strstr(line, key); at; at = strstr(at + 1, key)) {
		const char *rest = skip_space(at + strlen(key));

		if (strncmp(rest, op, strlen(op)) != 0)
			continue;
		rest = skip_space(rest + strlen(op));
		if (*rest != '"')
			continue;
		snprintf(value, size, "%.*s", (int)strcspn(rest + 1, "\""), rest + 1);
		return true;
	}
	return false;
}

static bool is_about(const char *line, const char *op, const char *subsystem)
{
	char value[64];

	return token_value(line, "SUBSYSTEM", op, value, sizeof(value)) &&
	       strcmp(value, subsystem) == 0;
}

/* "$env{.state}" may be anything, and is not "offline" in any rule that was ever seen. */
static bool sets_state(const char *line)
{
	static const char *const ops[] = { "=", ":=" };
	char value[64];

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		if (token_value(line, "ATTR{state}", ops[i], value, sizeof(value)) &&
		    strcmp(value, "offline") != 0)
			return true;
		if (token_value(line, "ATTR{online}", ops[i], value, sizeof(value)) &&
		    strcmp(value, "0") != 0)
			return true;
	}
	return false;
}

bool udev_rule_onlines(const char *line, bool in_memory)
{
	const char *run;

	line = skip_space(line);
	if (*line == '#' || (!in_memory && !is_about(line, "==", "memory")))
		return false;
	run = strstr(line, "RUN");
	return sets_state(line) || (run && strstr(run, "/state"));
}

/*
 * 'SUBSYSTEM!="memory", GOTO="end"' as Red Hat has it: what follows is about memory alone, up to
 * LABEL="end". *label says which, and is empty elsewhere.
 */
static void follow_goto(const char *line, char *label, size_t size)
{
	char value[64];

	if (token_value(line, "LABEL", "=", value, sizeof(value)) && strcmp(value, label) == 0)
		label[0] = '\0';
	if (is_about(line, "!=", "memory"))
		token_value(line, "GOTO", "=", label, size);
}

struct rules_walk {
	const struct mhp_ctx *ctx;
	struct reply *reply;
	struct udev_unread *unread;
	size_t folder;
	struct reply seen; /* names of files, each with its NUL: those further up replace others */
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
		if (*skip_space(line + len) == '#') { /* may stand within a rule, never goes on */
			line[len] = '\0';
			if (len)
				continue;
			break;
		}
		len += strcspn(line + len, "\n");
		if (!len || line[len - 1] != '\\')
			break;
		len--;
	}
	line[len] = '\0';
	return joined;
}

static int scan_lines(FILE *file, const char *path, struct reply *reply)
{
	unsigned number = 1, joined;
	char line[8192], label[64] = "";
	int rc;

	while ((joined = logical_line(file, line, sizeof(line)))) {
		follow_goto(line, label, sizeof(label));
		if (udev_rule_onlines(line, *label)) {
			rc = add(reply, MHP_ONLINER_UDEV_RULE, path, number);
			if (rc < 0)
				return rc;
		}
		number += joined;
	}
	return 0;
}

static void add_unread(struct udev_unread *unread, const char *path)
{
	if (!unread->nr++)
		mhp_copy(unread->first, path);
}

/* A link that leads nowhere has no rules; nor has one to /dev/null. */
static bool is_unread(const struct sysfs *sys, int error, const char *path)
{
	return error != ENOENT && !sysfs_is_null(sys, path);
}

/* Most files have no rule about memory at all, which is seen without taking them apart. */
static int scan_file(const struct sysfs *sys, const char *path, const struct rules_walk *walk)
{
	cleanup_close int fd = sysfs_open(sys, path, 0);
	cleanup_reply struct reply text = { 0 };
	cleanup_fclose FILE *file = NULL;
	char piece[16384];
	ssize_t len = fd;

	while (fd >= 0 && (len = read(fd, piece, sizeof(piece))) > 0)
		if (reply_add(&text, piece, (size_t)len) < 0)
			return -ENOMEM;
	if (len < 0 && is_unread(sys, errno, path))
		add_unread(walk->unread, path);
	if (!text.len || !memmem(text.data, text.len, "\"memory\"", strlen("\"memory\"")))
		return 0;
	file = fmemopen(text.data, text.len, "r");
	return file ? scan_lines(file, path, walk->reply) : -ENOMEM;
}

static bool is_seen(const struct reply *seen, const char *name)
{
	const char *at = seen->data;

	for (size_t left = seen->len; left; left -= strlen(at) + 1, at += strlen(at) + 1)
		if (strcmp(at, name) == 0)
			return true;
	return false;
}

static int scan_entry(const struct sysfs *sys, const char *name, void *data)
{
	struct rules_walk *walk = data;
	const char *dot = strrchr(name, '.');

	if (!dot || strcmp(dot, ".rules") != 0 || is_seen(&walk->seen, name))
		return 0;
	if (reply_add(&walk->seen, name, strlen(name) + 1) < 0)
		return -ENOMEM;
	SYSFS_PATH(path, "%s/%s", rule_folders[walk->folder], name);
	return scan_file(sys, path, walk);
}

/* daxctl's unit acts only on sections of its configuration. */
static int scan_daxctl_conf(const struct sysfs *sys, const char *name, void *data)
{
	const struct rules_walk *walk = data;
	const char *dot = strrchr(name, '.');
	char line[512];
	cleanup_fclose FILE *file = NULL;

	if (!dot || strcmp(dot, ".conf") != 0)
		return 0;
	SYSFS_PATH(path, "etc/daxctl.conf.d/%s", name);
	file = sysfs_fopen(sys, path);
	if (!file && is_unread(sys, errno, path))
		add_unread(walk->unread, path);
	while (file && sysfs_gets(sys, line, sizeof(line), file))
		if (strncmp(skip_space(line), "[reconfigure-device", 19) == 0)
			return add(walk->reply, MHP_ONLINER_DAXCTL_UNIT, path, 0);
	if (file && ferror(file))
		add_unread(walk->unread, path);
	return 0;
}

static bool same_folder(const struct mhp_ctx *ctx)
{
	char target[64];

	/* merged /usr: lib is a link to usr/lib, and its rules would count twice */
	return sysfs_link(&ctx->sys, "lib", target, sizeof(target)) == 0;
}

static int each_of(struct rules_walk *walk, const char *folder,
		   int (*fn)(const struct sysfs *sys, const char *name, void *data))
{
	int rc = sysfs_each(&walk->ctx->sys, folder, fn, walk);

	if (rc < 0 && rc != -ENOMEM && rc != -ENOENT)
		add_unread(walk->unread, folder);
	return rc == -ENOMEM ? rc : 0;
}

int udev_rules_scan(const struct mhp_ctx *ctx, struct reply *reply, struct udev_unread *unread)
{
	struct rules_walk walk = { .ctx = ctx, .reply = reply, .unread = unread };
	size_t folders = ARRAY_SIZE(rule_folders) - (same_folder(ctx) ? 1 : 0);
	int rc = 0;

	*unread = (struct udev_unread){ .nr = 0 };
	for (walk.folder = 0; walk.folder < folders && rc == 0; walk.folder++)
		rc = each_of(&walk, rule_folders[walk.folder], scan_entry);
	reply_free(&walk.seen);
	return rc < 0 ? rc : each_of(&walk, "etc/daxctl.conf.d", scan_daxctl_conf);
}
