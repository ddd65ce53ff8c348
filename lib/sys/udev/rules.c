/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/udev/rules.h"
#include "lib/base/buf.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "lib/sys/attrs.h"
#include "lib/sys/confdirs.h"
#include "lib/sys/udev/flow.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static const char *skip_space(const char *at)
{
	while (isspace((unsigned char)*at))
		at++;
	return at;
}

struct rules_walk {
	const struct mhp_ctx *ctx;
	struct onliners *onliners;
	struct udev_unread *unread;
	size_t folder;
	struct attrs attrs; /* of the directory, once it has a file */
	struct buf seen;    /* file names, each with its NUL; later ones are ignored */
};

static int add_onliner(struct onliners *onliners, const struct mhp_onliner *onliner)
{
	struct mhp_onliner *added = VEC_PUSH(onliners->at, onliners->nr);

	if (!added)
		return -ENOMEM;
	*added = *onliner;
	return 0;
}

struct found {
	const char *path;
	struct onliners *onliners;
};

static int add_line(const struct udev_found *line, void *data)
{
	const struct found *found = data;
	struct mhp_onliner onliner = {
		.kind = MHP_ONLINER_UDEV_RULE,
		.is_uncertain = !line->is_certain,
		.is_alone = line->is_alone,
	};

	str_format(onliner.where, "/%.240s:%u", found->path, line->line);
	return add_onliner(found->onliners, &onliner);
}

static void add_unread(struct udev_unread *unread, const char *path)
{
	if (!unread->nr++)
		str_copy(unread->first, path);
}

/*
 * Returns whether a file that cannot be opened may have rules. A dangling link and one to /dev/null
 * have none.
 */
static bool is_unread(const struct root *sys, int error, const char *path)
{
	return error != ENOENT && !root_is_null(sys, path);
}

/* Scans a file. Most have no rule about memory, so a plain search for the word comes first. */
static int scan_file(const struct root *sys, const char *name, struct rules_walk *walk)
{
	cleanup_close int fd = -1;
	cleanup_buf struct buf text = { 0 };
	cleanup_fclose FILE *file = NULL;
	char piece[16384];
	ssize_t len;

	ROOT_PATH(path, "%s/%s", confdirs_udev_rules[walk->folder], name);
	if (walk->attrs.fd >= 0 ||
	    attrs_open(sys, confdirs_udev_rules[walk->folder], 0, &walk->attrs))
		fd = attrs_open_file(&walk->attrs, name);
	if (fd < 0)
		fd = root_open(sys, path, 0);
	len = fd;
	while (fd >= 0 && (len = read(fd, piece, sizeof(piece))) > 0) {
		if (buf_add(&text, piece, (size_t)len) < 0)
			return -ENOMEM;
		if ((size_t)len < sizeof(piece)) /* of a file, that is the end */
			break;
	}
	if (len < 0 && is_unread(sys, errno, path))
		add_unread(walk->unread, path);
	if (!text.len || !memmem(text.data, text.len, "memory", strlen("memory")))
		return 0;
	file = fmemopen(text.data, text.len, "r");
	return file ? udev_flow_walk(walk->ctx, file, add_line,
				     &(struct found){ path, walk->onliners })
		    : -ENOMEM;
}

static bool is_seen(const struct buf *seen, const char *name)
{
	const char *at = seen->data;

	for (size_t left = seen->len; left; left -= strlen(at) + 1, at += strlen(at) + 1)
		if (strcmp(at, name) == 0)
			return true;
	return false;
}

static int scan_entry(const struct root *sys, const char *name, void *data)
{
	struct rules_walk *walk = data;
	const char *dot = strrchr(name, '.');

	if (!dot || strcmp(dot, ".rules") != 0 || is_seen(&walk->seen, name))
		return 0;
	if (buf_add(&walk->seen, name, strlen(name) + 1) < 0)
		return -ENOMEM;
	return scan_file(sys, name, walk);
}

/* Scans a file for sections of daxctl, whose unit acts on nothing else. */
static int scan_daxctl_conf(const struct root *sys, const char *name, void *data)
{
	const struct rules_walk *walk = data;
	const char *dot = strrchr(name, '.');
	struct mhp_onliner onliner = { .kind = MHP_ONLINER_DAXCTL_UNIT };
	char line[512];
	cleanup_fclose FILE *file = NULL;

	if (!dot || strcmp(dot, ".conf") != 0)
		return 0;
	ROOT_PATH(path, CONF_DAXCTL_DIR "/%s", name);
	str_format(onliner.where, "/%.250s", path);
	file = root_fopen(sys, path);
	if (!file && is_unread(sys, errno, path))
		add_unread(walk->unread, path);
	while (file && root_gets(sys, line, sizeof(line), file))
		if (strncmp(skip_space(line), "[reconfigure-device", 19) == 0)
			return add_onliner(walk->onliners, &onliner);
	if (file && ferror(file))
		add_unread(walk->unread, path);
	return 0;
}

static bool is_usr_merged(const struct mhp_ctx *ctx)
{
	char target[64];

	/* merged /usr: lib is a link to usr/lib, so its rules would count twice */
	return root_link(&ctx->sys, "lib", target, sizeof(target)) == 0;
}

static int scan_directory(struct rules_walk *walk, const char *folder,
			  int (*fn)(const struct root *sys, const char *name, void *data))
{
	int rc = root_each(&walk->ctx->sys, folder, fn, walk);

	if (rc < 0 && rc != -ENOMEM && rc != -ENOENT)
		add_unread(walk->unread, folder);
	return rc == -ENOMEM ? rc : 0;
}

int udev_rules_scan(const struct mhp_ctx *ctx, struct onliners *onliners,
		    struct udev_unread *unread)
{
	struct rules_walk walk = {
		.ctx = ctx, .onliners = onliners, .unread = unread, .attrs = ATTRS_NONE
	};
	bool is_merged = is_usr_merged(ctx);
	int rc = 0;

	*unread = (struct udev_unread){ .nr = 0 };
	for (; confdirs_udev_rules[walk.folder] && rc == 0; walk.folder++) {
		if (!is_merged || strncmp(confdirs_udev_rules[walk.folder], "lib/", 4) != 0)
			rc = scan_directory(&walk, confdirs_udev_rules[walk.folder], scan_entry);
		attrs_close(&walk.attrs);
	}
	buf_free(&walk.seen);
	return rc < 0 ? rc : scan_directory(&walk, CONF_DAXCTL_DIR, scan_daxctl_conf);
}
