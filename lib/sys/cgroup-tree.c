/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/cgroup-tree.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX 32

struct walk {
	struct cgroup_found *found;
	unsigned nr;
	char path[CGROUP_PATH_MAX]; /* of the current cgroup, "" for the root */
	unsigned depth;
	bool has_children; /* the current one, as far as it is read */
};

static struct cgroup_found *find_inode(const struct walk *walk, uint64_t inode)
{
	for (unsigned i = 0; i < walk->nr; i++)
		if (walk->found[i].inode == inode)
			return &walk->found[i];
	return NULL;
}

/* Returns 1 and the inode of a cgroup, 0 for a name that is not one, or a negative errno. */
static int read_inode(const struct root *sys, const char *cgroup, uint64_t *inode)
{
	struct stat st;

	ROOT_PATH(path, KERNEL_CGROUPS "%s", cgroup);
	if (fstatat(sys->root_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return root_is_lack(-errno) ? -errno : 0;
	*inode = st.st_ino;
	return S_ISDIR(st.st_mode);
}

static int walk_children(const struct root *sys, struct walk *walk);

/* Takes the current cgroup, with those below it. */
static int take_cgroup(const struct root *sys, struct walk *walk, uint64_t inode)
{
	struct cgroup_found *found = find_inode(walk, inode);
	bool above = walk->has_children;
	int rc;

	ROOT_PATH(reclaim, KERNEL_CGROUPS "%s/memory.reclaim", walk->path);
	ROOT_PATH(memory, KERNEL_CGROUPS "%s/memory.current", walk->path);
	if (found) {
		str_copy(found->path, *walk->path ? walk->path : "/");
		found->is_root = !*walk->path;
		found->can_reclaim = root_exists(sys, reclaim) > 0;
	}
	walk->has_children = false;
	rc = walk_children(sys, walk);
	if (found) /* too deep to be read: it may have some */
		found->has_children = walk->has_children || walk->depth >= DEPTH_MAX;
	walk->has_children = above || root_exists(sys, memory) > 0;
	return rc;
}

/* Skips a path that does not fit: its pages have then no cgroup that is known. */
static int walk_entry(const struct root *sys, const char *name, void *data)
{
	struct walk *walk = data;
	size_t len = strlen(walk->path);
	uint64_t inode = 0;
	int rc;

	if (len + strlen(name) + 2 > sizeof(walk->path)) {
		walk->has_children = true;
		return 0;
	}
	str_append(walk->path, "/%s", name);
	rc = read_inode(sys, walk->path, &inode);
	if (rc > 0)
		rc = take_cgroup(sys, walk, inode);
	walk->path[len] = '\0';
	return rc;
}

static int walk_children(const struct root *sys, struct walk *walk)
{
	int rc;

	if (walk->depth >= DEPTH_MAX)
		return 0;
	ROOT_PATH(path, KERNEL_CGROUPS "%s", walk->path);
	walk->depth++;
	rc = root_each(sys, path, walk_entry, walk);
	walk->depth--;
	return root_is_lack(rc) || rc == -ECANCELED ? rc : 0; /* one that is gone has none */
}

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += len)
		if ((at == text || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

int cgroup_tree_find(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		     struct mhp_error *err)
{
	const struct cgroup_inodes *inodes = arg;
	struct cgroup_found found[CGROUPS_MAX] = { 0 };
	struct walk walk = { .found = found, .nr = inodes->nr };
	char controllers[256];
	uint64_t inode = 0;
	int rc = root_read(&ctx->sys, KERNEL_CGROUPS "/cgroup.controllers", controllers,
			   sizeof(controllers));

	if (root_is_lack(rc))
		return err_errno(err, rc, "/" KERNEL_CGROUPS);
	if (rc < 0 || !has_word(controllers, "memory"))
		return err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
			       "version 2 of cgroups does not account for memory here");
	for (unsigned i = 0; i < inodes->nr; i++)
		found[i].inode = inodes->inodes[i];
	rc = read_inode(&ctx->sys, "", &inode);
	if (rc > 0)
		rc = take_cgroup(&ctx->sys, &walk, inode);
	if (rc == 0)
		rc = reply_add(reply, found, inodes->nr * sizeof(found[0]));
	return rc < 0 ? err_errno(err, rc, "/" KERNEL_CGROUPS) : 0;
}

/* ---- one cgroup -------------------------------------------------------------------------- */

int cgroup_memory(const struct root *sys, const char *path, uint64_t *bytes)
{
	ROOT_PATH(current, KERNEL_CGROUPS "%s/memory.current", path);
	return root_read_u64(sys, current, 10, bytes);
}

int pressure_parse(const char *text, uint64_t *hundredths)
{
	static const char key[] = "full avg10=";
	const char *at =
		strncmp(text, key, strlen(key)) == 0 ? text : strstr(text, "\nfull avg10=");
	uint64_t whole, part;
	size_t len;

	if (!at)
		return -EPROTO;
	at = strchr(at, '=') + 1;
	len = strspn(at, "0123456789");
	if (parse_u64_n(at, len, 10, &whole) < 0 || whole > 100 || at[len] != '.')
		return -EPROTO;
	at += len + 1;
	len = strspn(at, "0123456789");
	if (len != 2 || (at[len] && !strchr(" \n", at[len])) || parse_u64_n(at, 2, 10, &part) < 0)
		return -EPROTO;
	*hundredths = whole * 100 + part;
	return 0;
}

int cgroup_pressure(const struct root *sys, const char *path, uint64_t *hundredths)
{
	char text[512];
	int rc;

	ROOT_PATH(pressure, KERNEL_CGROUPS "%s/memory.pressure", path);
	rc = root_read_text(sys, pressure, text, sizeof(text));
	return rc < 0 ? rc : pressure_parse(text, hundredths);
}

int cgroup_reclaim(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	const struct cgroup_reclaim *reclaim = arg;
	uint64_t inode = 0;
	char text[64];
	int rc = read_inode(&ctx->sys, reclaim->path, &inode);

	(void)reply;
	if (rc == 0)
		rc = -ENOENT;
	else if (rc > 0)
		rc = inode == reclaim->inode ? 0 : -ESTALE;
	ROOT_PATH(path, KERNEL_CGROUPS "%s/memory.reclaim", reclaim->path);
	str_format(text, "%" PRIu64 "%s", reclaim->bytes,
		   reclaim->keep_anon ? " swappiness=0" : "");
	if (rc == 0)
		rc = root_write(&ctx->sys, path, text);
	return rc < 0 ? err_errno(err, rc, "/%s", path) : 0;
}
