/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files of ended runs. The lasting ones are read in a child, which sends their texts: the disk
 * may hang, and a run reads them before it changes anything. Most machines have none, and the
 * kernel knows that without the disk.
 */
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/vec.h"
#include "lib/sys/intentdir.h"
#include "lib/sys/lock.h"
#include "lib/sys/statedir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define READ_MS 10000

static const struct mhp_range whole_file = { 0, UINT64_MAX };

/* One file as the child sends it; its text follows. */
struct sent {
	char name[INTENT_NAME_MAX];
	char why[96];
	int rc;
	size_t len;
};

static int send_text(struct reply *reply, const char *name, const char *text, size_t len)
{
	struct sent sent = { .len = len };
	int rc;

	str_copy(sent.name, name);
	rc = reply_add(reply, &sent, sizeof(sent));
	return rc < 0 ? rc : reply_add(reply, text, len);
}

static int send_why(struct reply *reply, const char *name, int why, const char *text)
{
	struct sent sent = { .rc = why };

	str_copy(sent.name, name);
	str_copy(sent.why, text);
	return reply_add(reply, &sent, sizeof(sent));
}

static const char *why_of(int rc)
{
	switch (rc) {
	case -EISDIR:
		return "it is a directory";
	case -ELOOP:
		return "it is a symbolic link";
	case -EINVAL:
		return "it is not a regular file";
	case -EFBIG:
		return "it is too large";
	case -ENOTSUP:
		return "another version of mhpctl wrote it";
	case -EPROTO:
		return "its content is damaged";
	default:
		return strerror(-rc);
	}
}

/* Returns the fd of a file, or a negative errno with the reason in *why. */
static int open_found(const struct mhp_ctx *ctx, int folder, const char *name, const char **why)
{
	cleanup_close int fd = file_open_at(folder, name, false);

	*why = NULL;
	if (fd < 0) {
		*why = why_of(fd);
		return fd;
	}
	if (!ctx->is_copy)
		*why = file_distrust(fd);
	return *why ? -EPERM : TAKE_FD(fd);
}

/* Returns 1 if the run of a file lives, 0 if it has ended, or a negative errno if that is unknown.
 */
static int is_living(const struct mhp_ctx *ctx, int fd, const char *name)
{
	cleanup_close int folder = -1, run = -1;
	pid_t holder;
	int rc = ctx->is_copy ? 0 : lock_is_held(fd, whole_file, &holder);

	if (rc != 0 || ctx->is_copy)
		return rc;
	folder = intentdir_open(ctx, INTENT_RUN);
	run = folder < 0 ? folder : file_open_at(folder, name, false);
	if (run < 0) /* after a boot there is none */
		return run == -ENOENT || run == -ENOTDIR ? 0 : run;
	return lock_is_held(run, whole_file, &holder);
}

/* Returns whether the run has removed its file since it was opened. */
static bool is_removed(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && !st.st_nlink;
}

static int read_found(const struct mhp_ctx *ctx, int folder, const char *name, struct reply *reply)
{
	cleanup_free char *text = NULL;
	cleanup_close int fd = -1;
	const char *why;
	size_t len = 0;
	int rc;

	fd = open_found(ctx, folder, name, &why);
	if (fd == -ENOENT) /* its run has just removed it */
		return 0;
	if (fd < 0)
		return root_is_lack(fd) ? fd : send_why(reply, name, fd, why);
	rc = is_living(ctx, fd, name);
	if (rc == 1 || (rc == 0 && is_removed(fd)))
		return 0;
	if (rc == 0)
		rc = file_read_all(fd, INTENT_MAX, &text, &len);
	if (root_is_lack(rc))
		return rc;
	return rc < 0 ? send_why(reply, name, rc, why_of(rc)) : send_text(reply, name, text, len);
}

static int read_entries(const struct mhp_ctx *ctx, int folder, DIR *dir, struct reply *reply)
{
	const struct dirent *entry;
	size_t nr = 0;
	int rc = 0;

	while (rc == 0) {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return errno ? send_why(reply, "", -errno, strerror(errno)) : 0;
		if (*entry->d_name == '.')
			continue;
		if (++nr > INTENT_FILES_MAX)
			return send_why(reply, "", -E2BIG, "it has more than 256 files");
		rc = strlen(entry->d_name) < INTENT_NAME_MAX
			     ? read_found(ctx, folder, entry->d_name, reply)
			     : send_why(reply, entry->d_name, -ENAMETOOLONG,
					"its name is too long");
	}
	return rc;
}

static int read_folder(const struct mhp_ctx *ctx, enum intent_place place, struct reply *reply)
{
	cleanup_close int folder = intentdir_open(ctx, place);
	cleanup_closedir DIR *dir = NULL;
	int copy;

	if (folder == -ENOENT || folder == -ENOTDIR)
		return 0;
	if (folder < 0)
		return root_is_lack(folder)
			       ? folder
			       : send_why(reply, "", folder,
					  folder == -EPERM ? "other users can write to it"
							   : strerror(-folder));
	copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = copy < 0 ? NULL : fdopendir(copy);
	return dir ? read_entries(ctx, folder, dir, reply) : -errno;
}

/* Reads the lasting files, as a task. */
static int read_lasting(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			struct mhp_error *err)
{
	(void)arg;
	(void)err;
	return read_folder(ctx, INTENT_LASTING, reply);
}

/* ---- the caller's side ------------------------------------------------------------------- */

/* Parses one file. Without memory it leaves out nothing: the whole read fails. */
static int take_file(struct intents *intents, enum intent_place place, const struct sent *sent,
		     const char *text)
{
	struct intent_found *found = VEC_PUSH(intents->at, intents->nr);
	int rc = sent->rc;

	if (!found)
		return -ENOMEM;
	found->place = place;
	str_copy(found->name, sent->name);
	str_copy(found->why, sent->why);
	if (rc == 0)
		rc = intent_parse(text, sent->len, &found->intent);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0 && !*found->why) {
		intent_free(&found->intent);
		str_copy(found->why, why_of(rc));
	}
	found->rc = rc;
	return 0;
}

static int take_files(struct intents *intents, enum intent_place place, const struct reply *reply)
{
	struct sent sent;
	int rc = 0;

	for (size_t at = 0; rc == 0 && at + sizeof(sent) <= reply->len; at += sent.len) {
		memcpy(&sent, reply->data + at, sizeof(sent));
		at += sizeof(sent);
		rc = take_file(intents, place, &sent, reply->data + at);
	}
	return rc;
}

/* Reads the lasting files in a child. If it gives no answer, the directory has a reason. */
static int call_read_lasting(struct mhp_ctx *ctx, struct reply *reply)
{
	const struct child_wait wait = { .deadline = clock_deadline(READ_MS), .watch_fd = -1 };
	struct child child = CHILD_INIT(ctx);
	struct mhp_error err = { 0 };
	struct child_result result;
	int rc = child_call(&child, &(struct child_task){ .fn = read_lasting }, &wait, reply,
			    &result, &err);

	child_stop(&child);
	if (rc >= 0 || rc == -ECANCELED || root_is_lack(rc))
		return rc;
	reply->len = 0;
	return send_why(reply, "", rc,
			result.end == CHILD_ANSWERED ? strerror(-rc)
			: rc == -ETIMEDOUT	     ? "reading it takes more than 10 seconds"
						     : "the process that reads it has ended");
}

/*
 * Opens a directory without asking any disk: the kernel looks only at names that it has in memory,
 * and refuses (EAGAIN) where it would have to ask a file system. Returns an fd or a negative errno.
 */
static int open_cached(const struct mhp_ctx *ctx, const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_CACHED,
	};
	int fd = (int)syscall(SYS_openat2, ctx->sys.root_fd, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

static bool is_in_memory(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

/*
 * Opens the nearest directory of a path that the kernel has in memory: a file system in memory has
 * all names there are, but does not remember those that are missing. Returns an fd, -ENOENT if the
 * path itself is known to be missing, or another negative errno.
 */
static int open_nearest(const struct mhp_ctx *ctx, const char *path)
{
	cleanup_free char *above = strdup(path);
	int fd = above ? open_cached(ctx, path) : -ENOMEM;

	while (fd == -EAGAIN) {
		char *slash = strrchr(above, '/');

		if (!slash)
			return open_cached(ctx, ".");
		*slash = '\0';
		fd = open_cached(ctx, above);
	}
	return fd;
}

/*
 * Reads the lasting files: without a child where there are none, or no disk that can hang, as in an
 * initramfs.
 */
static int read_all_lasting(struct mhp_ctx *ctx, struct reply *reply)
{
	cleanup_close int fd = ctx->is_copy ? -EAGAIN : open_nearest(ctx, STATE_INTENTS_LASTING);

	if (fd == -ENOENT)
		return 0;
	if (ctx->is_copy || (fd >= 0 && is_in_memory(fd)))
		return read_folder(ctx, INTENT_LASTING, reply);
	return call_read_lasting(ctx, reply);
}

int intentdir_read(struct mhp_ctx *ctx, struct intents *intents)
{
	int rc = 0;

	*intents = (struct intents){ 0 };
	for (enum intent_place place = 0; place < INTENT_PLACES && rc == 0; place++) {
		cleanup_reply struct reply reply = { 0 };

		if (place == INTENT_LASTING)
			rc = read_all_lasting(ctx, &reply);
		else
			rc = read_folder(ctx, place, &reply);
		if (rc == 0)
			rc = take_files(intents, place, &reply);
	}
	return rc;
}

void intents_free(struct intents *intents)
{
	for (size_t i = 0; i < intents->nr; i++)
		intent_free(&intents->at[i].intent);
	free(intents->at);
	*intents = (struct intents){ 0 };
}

int intentdir_discard(const struct mhp_ctx *ctx, enum intent_place place, const char *name)
{
	cleanup_close int folder = intentdir_open(ctx, place);

	if (folder < 0)
		return folder;
	if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
		return 0;
	return errno == EISDIR && unlinkat(folder, name, AT_REMOVEDIR) == 0 ? 0 : -errno;
}
