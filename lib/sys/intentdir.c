/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/intentdir.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/sys/lock.h"
#include "lib/sys/statedir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define ABANDONED_S 60

/* The last bytes of a file are kept for the line that says it is full. */
#define RESERVED 64

static const struct mhp_range whole_file = { 0, UINT64_MAX };

const char *intentdir_path(enum intent_place place)
{
	return place == INTENT_RUN ? "/" STATE_INTENTS : "/" STATE_INTENTS_LASTING;
}

void intentdir_boot(const struct mhp_ctx *ctx, char boot[INTENT_BOOT_MAX])
{
	if (root_read(&ctx->sys, "proc/sys/kernel/random/boot_id", boot, INTENT_BOOT_MAX) < 0 ||
	    !*boot)
		str_copy_to(boot, INTENT_BOOT_MAX, "unknown");
}

int intentdir_open(const struct mhp_ctx *ctx, enum intent_place place)
{
	cleanup_close int fd = root_open(&ctx->sys, intentdir_path(place) + 1, O_DIRECTORY);

	if (fd < 0)
		return -errno;
	return !ctx->is_copy && file_distrust(fd) ? -EPERM : TAKE_FD(fd);
}

static int make_folder(const struct mhp_ctx *ctx, enum intent_place place)
{
	cleanup_close int fd = -1;

	if (ctx->is_copy)
		return -EROFS;
	if (place == INTENT_RUN)
		fd = file_open_dir_at(ctx->sys.root_fd, STATE_INTENTS, true);
	else
		fd = statedir_open_lasting(&ctx->sys, INTENTS, true);
	if (fd < 0)
		return fd;
	return file_distrust(fd) ? -EPERM : TAKE_FD(fd);
}

/* ---- writing ----------------------------------------------------------------------------- */

/* Appends lines whole or not at all: behind a part of a line the next one would be damaged. */
static int append_whole(int fd, const char *text, bool sync)
{
	size_t len = strlen(text);
	struct stat before, after;
	ssize_t done;
	int rc;

	if (fstat(fd, &before) < 0)
		return -errno;
	done = write(fd, text, len);
	if (done == (ssize_t)len)
		return sync && fdatasync(fd) < 0 ? -errno : 0;
	rc = done < 0 ? -errno : -ENOSPC;
	if (done > 0 && fstat(fd, &after) == 0 && after.st_size == before.st_size + done &&
	    ftruncate(fd, before.st_size) < 0)
		rc = -errno;
	return rc;
}

static int choose_name(char name[INTENT_NAME_MAX])
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return -EIO;
	snprintf(name, INTENT_NAME_MAX, "%016" PRIx64, number);
	return 0;
}

/* Returns whether no run owns the file: a young one may not be locked yet. */
static bool is_abandoned(int folder, const char *name)
{
	struct stat st;

	return *name == '.' && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) &&
	       st.st_mtime + ABANDONED_S < (time_t)(clock_real_usec() / 1000000);
}

int intentdir_claim(const struct mhp_ctx *ctx, enum intent_place place, const char *name,
		    struct intent_file *file)
{
	cleanup_close int folder = intentdir_open(ctx, place), fd = -1;
	struct stat st;
	pid_t holder;
	int rc;

	if (folder < 0)
		return folder;
	fd = openat(folder, name, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = lock_range(fd, whole_file, &holder);
	if (rc == 0 && fstat(fd, &st) < 0)
		rc = -errno;
	if (rc < 0)
		return rc;
	if (!st.st_nlink) /* removed between the open and the lock */
		return -ENOENT;
	*file = (struct intent_file){ .fd = TAKE_FD(fd), .size = (size_t)st.st_size };
	return 0;
}

/* Removes hidden files that killed runs have left. */
void intentdir_sweep(const struct mhp_ctx *ctx, enum intent_place place)
{
	cleanup_close int folder = intentdir_open(ctx, place);
	cleanup_closedir DIR *dir = NULL;
	const struct dirent *entry;
	struct intent_file file;

	dir = folder < 0 ? NULL : fdopendir(dup(folder));
	while (dir && (entry = readdir(dir)))
		if (is_abandoned(folder, entry->d_name) &&
		    intentdir_claim(ctx, place, entry->d_name, &file) == 0)
			intentdir_remove(ctx, place, entry->d_name, &file);
}

/* Locks a new file and writes its first lines. */
static int begin_file(int fd, const char *text, bool sync)
{
	pid_t holder;
	int rc = lock_range(fd, whole_file, &holder);

	return rc < 0 ? rc : append_whole(fd, text, sync);
}

/* Gives a file its name once it is locked: nobody takes it for that of an ended run before. */
static int create_unnamed(int folder, const char *name, const char *text, bool sync)
{
	cleanup_close int fd = openat(folder, ".", O_RDWR | O_TMPFILE | O_APPEND | O_CLOEXEC, 0600);
	int rc = fd < 0 ? -errno : begin_file(fd, text, sync);

	if (rc == 0 && linkat(fd, "", folder, name, AT_EMPTY_PATH) < 0)
		rc = -errno;
	return rc < 0 ? rc : TAKE_FD(fd);
}

/* Does the same where the file system has no unnamed files: the name is hidden at first. */
static int create_hidden(int folder, const char *name, const char *text, bool sync)
{
	char hidden[INTENT_NAME_MAX + 2];
	cleanup_close int fd = -1;
	int rc;

	str_format(hidden, ".%s", name);
	fd = openat(folder, hidden, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	rc = begin_file(fd, text, sync);
	if (rc == 0 && renameat(folder, hidden, folder, name) < 0)
		rc = -errno;
	if (rc < 0)
		unlinkat(folder, hidden, 0);
	return rc < 0 ? rc : TAKE_FD(fd);
}

/* Creates a file that appears with its first lines. Returns its fd, which has the lock. */
static int create_file(const struct mhp_ctx *ctx, enum intent_place place, const char *name,
		       const char *text, bool sync)
{
	cleanup_close int folder = make_folder(ctx, place), fd = -1;

	if (folder < 0)
		return folder;
	intentdir_sweep(ctx, place);
	fd = create_unnamed(folder, name, text, sync);
	if (fd == -EOPNOTSUPP || fd == -EISDIR || fd == -ENOENT || fd == -EPERM)
		fd = create_hidden(folder, name, text, sync);
	if (fd < 0)
		return fd;
	return sync && fsync(folder) < 0 && errno != EINVAL ? -errno : TAKE_FD(fd);
}

/* ---- the file below /run ----------------------------------------------------------------- */

int intentdir_create(const struct mhp_ctx *ctx, const char *text, char name[INTENT_NAME_MAX],
		     struct intent_file *file)
{
	char chosen[INTENT_NAME_MAX];
	int rc = choose_name(chosen), fd;

	if (rc < 0)
		return rc;
	fd = create_file(ctx, INTENT_RUN, chosen, text, false);
	if (fd < 0)
		return fd;
	str_copy_to(name, INTENT_NAME_MAX, chosen);
	*file = (struct intent_file){ .fd = fd, .size = strlen(text) };
	return 0;
}

bool intentdir_has_space(size_t size, const char *text)
{
	return size + strlen(text) <= INTENT_MAX - RESERVED;
}

int intentdir_append(struct intent_file *file, const char *text)
{
	int rc;

	if (!intentdir_has_space(file->size, text))
		return -EFBIG;
	rc = append_whole(file->fd, text, false);
	if (rc == 0)
		file->size += strlen(text);
	return rc;
}

void intentdir_finish(struct intent_file *file, const char *text)
{
	if (file->size + strlen(text) > INTENT_MAX)
		return;
	append_whole(file->fd, text, false);
	file->size = INTENT_MAX;
}

void intentdir_close(struct intent_file *file)
{
	lock_close(file->fd);
	file->fd = -1;
}

void intentdir_remove(const struct mhp_ctx *ctx, enum intent_place place, const char *name,
		      struct intent_file *file)
{
	cleanup_close int folder = intentdir_open(ctx, place);

	if (folder >= 0)
		unlinkat(folder, name, 0);
	intentdir_close(file);
}

/* ---- the lasting file -------------------------------------------------------------------- */

static int add_to(const struct mhp_ctx *ctx, enum intent_place place, const char *name,
		  const char *text, bool sync)
{
	cleanup_close int folder = intentdir_open(ctx, place), fd = -1;

	if (folder < 0)
		return folder;
	fd = openat(folder, name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : append_whole(fd, text, sync);
}

int intentdir_add(const struct mhp_ctx *ctx, const char *name, const char *text)
{
	int run = add_to(ctx, INTENT_RUN, name, text, false);
	int lasting = add_to(ctx, INTENT_LASTING, name, text, true);

	return run == 0 || lasting == 0 ? 0 : run;
}

int intentdir_write(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err)
{
	const struct intent_write_args *args = arg;
	cleanup_close int fd = -1;

	(void)reply;
	(void)err;
	if (!args->create)
		return add_to(ctx, INTENT_LASTING, args->name, args->text, args->sync);
	fd = create_file(ctx, INTENT_LASTING, args->name, args->text, args->sync);
	return fd < 0 ? fd : 0;
}

int intentdir_drop(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	const struct intent_write_args *args = arg;
	cleanup_close int folder = intentdir_open(ctx, INTENT_LASTING);

	(void)reply;
	(void)err;
	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	return unlinkat(folder, args->name, 0) < 0 && errno != ENOENT ? -errno : 0;
}
