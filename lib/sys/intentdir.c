/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/intentdir.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/vec.h"
#include "lib/sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
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

/* Opens the directory for reading. Another user must not be able to plant a file there. */
static int open_folder(const struct mhp_ctx *ctx, enum intent_place place)
{
	cleanup_close int fd = root_open(&ctx->sys, intentdir_path(place) + 1, O_DIRECTORY);

	if (fd < 0)
		return -errno;
	return !ctx->is_copy && file_distrust(fd) ? -EPERM : TAKE_FD(fd);
}

/* Syncs the entry of a directory that may be new. */
static void sync_above(int folder)
{
	cleanup_close int above = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (above >= 0)
		fsync(above);
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
	if (file_distrust(fd))
		return -EPERM;
	if (place == INTENT_LASTING) {
		sync_above(fd);
		cleanup_close int above = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (above >= 0)
			sync_above(above);
	}
	return TAKE_FD(fd);
}

/* ---- the files of a run ------------------------------------------------------------------ */

static int write_whole(int fd, const char *text, bool sync)
{
	size_t len = strlen(text);
	ssize_t done;

	do
		done = write(fd, text, len);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return -errno;
	if ((size_t)done != len)
		return -ENOSPC;
	return sync && fdatasync(fd) < 0 ? -errno : 0;
}

static int choose_name(char name[INTENT_NAME_MAX])
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return -EIO;
	snprintf(name, INTENT_NAME_MAX, "%016" PRIx64, number);
	return 0;
}

/* A young file may be one that its run has created and not locked yet. */
static bool is_abandoned(int folder, const char *name)
{
	struct stat st;

	return *name == '.' && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) &&
	       st.st_mtime + ABANDONED_S < (time_t)(clock_real_usec() / 1000000);
}

/* Removes hidden files that killed runs have left. */
static void sweep(const struct mhp_ctx *ctx, enum intent_place place)
{
	cleanup_close int folder = open_folder(ctx, place);
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

	return rc < 0 ? rc : write_whole(fd, text, sync);
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

/* The same where the file system has no unnamed files: the name is hidden at first. */
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

int intentdir_create(const struct mhp_ctx *ctx, enum intent_place place, const char *text,
		     char name[INTENT_NAME_MAX], struct intent_file *file)
{
	cleanup_close int folder = make_folder(ctx, place);
	bool sync = place == INTENT_LASTING;
	char chosen[INTENT_NAME_MAX];
	int rc, fd;

	if (folder < 0)
		return folder;
	sweep(ctx, place);
	str_copy(chosen, name);
	rc = *chosen ? 0 : choose_name(chosen);
	if (rc < 0)
		return rc;
	fd = create_unnamed(folder, chosen, text, sync);
	if (fd == -EOPNOTSUPP || fd == -EISDIR || fd == -ENOENT || fd == -EPERM)
		fd = create_hidden(folder, chosen, text, sync);
	if (fd < 0)
		return fd;
	if (sync)
		fsync(folder);
	str_copy_to(name, INTENT_NAME_MAX, chosen);
	*file = (struct intent_file){ .fd = fd, .size = strlen(text) };
	return 0;
}

int intentdir_append(struct intent_file *file, const char *text, bool sync)
{
	int rc;

	if (file->size + strlen(text) > INTENT_MAX - RESERVED)
		return -EFBIG;
	rc = write_whole(file->fd, text, sync);
	if (rc == 0)
		file->size += strlen(text);
	return rc;
}

void intentdir_finish(struct intent_file *file, const char *text)
{
	if (file->size + strlen(text) > INTENT_MAX)
		return;
	write_whole(file->fd, text, true);
	file->size = INTENT_MAX;
}

static int add_to(const struct mhp_ctx *ctx, enum intent_place place, const char *name,
		  const char *text)
{
	cleanup_close int folder = open_folder(ctx, place), fd = -1;

	if (folder < 0)
		return folder;
	fd = openat(folder, name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : write_whole(fd, text, true);
}

int intentdir_add(const struct mhp_ctx *ctx, const char *name, const char *text)
{
	int run = add_to(ctx, INTENT_RUN, name, text);
	int lasting = add_to(ctx, INTENT_LASTING, name, text);

	return run == 0 || lasting == 0 ? 0 : run;
}

void intentdir_close(struct intent_file *file)
{
	lock_close(file->fd);
	file->fd = -1;
}

void intentdir_remove(const struct mhp_ctx *ctx, enum intent_place place, const char *name,
		      struct intent_file *file)
{
	cleanup_close int folder = open_folder(ctx, place);

	if (folder >= 0)
		unlinkat(folder, name, 0);
	intentdir_close(file);
}

/* ---- the files of ended runs ------------------------------------------------------------- */

static int add_found(struct intents *intents, enum intent_place place, const char *name,
		     struct intent_found **found)
{
	*found = VEC_PUSH(intents->at, intents->nr);
	if (!*found)
		return -ENOMEM;
	(*found)->place = place;
	str_copy((*found)->name, name);
	return 0;
}

static int fill_unreadable(struct intents *intents, enum intent_place place, const char *name,
			   int why, const char *text)
{
	struct intent_found *found;
	int rc = add_found(intents, place, name, &found);

	if (rc < 0)
		return rc;
	str_copy(found->why, text);
	found->rc = why;
	return 0;
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

static int read_found(const struct mhp_ctx *ctx, int folder, enum intent_place place,
		      const char *name, struct intents *intents)
{
	cleanup_intent struct intent intent = { 0 };
	cleanup_free char *text = NULL;
	cleanup_close int fd = -1;
	struct intent_found *found;
	const char *why;
	size_t len;
	pid_t holder;
	int rc;

	fd = open_found(ctx, folder, name, &why);
	if (fd == -ENOENT) /* its run has just removed it */
		return 0;
	if (fd < 0)
		return root_is_lack(fd) ? fd : fill_unreadable(intents, place, name, fd, why);
	if (!ctx->is_copy && lock_is_held(fd, whole_file, &holder) == 1)
		return 0;
	rc = file_read_all(fd, INTENT_MAX, &text, &len);
	if (rc == 0)
		rc = intent_parse(text, len, &intent);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		return fill_unreadable(intents, place, name, rc, why_of(rc));
	rc = add_found(intents, place, name, &found);
	if (rc < 0)
		return rc;
	found->intent = intent;
	intent = (struct intent){ 0 };
	return 0;
}

static int read_folder(const struct mhp_ctx *ctx, enum intent_place place, struct intents *intents)
{
	cleanup_close int folder = open_folder(ctx, place);
	cleanup_closedir DIR *dir = NULL;
	const struct dirent *entry;
	size_t nr = 0;
	int rc = 0, copy;

	if (folder == -ENOENT || folder == -ENOTDIR)
		return 0;
	if (folder < 0)
		return root_is_lack(folder)
			       ? folder
			       : fill_unreadable(intents, place, "", folder,
						 folder == -EPERM ? "other users can write to it"
								  : strerror(-folder));
	copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = copy < 0 ? NULL : fdopendir(copy);
	if (!dir)
		return -errno;
	while (rc == 0 && (entry = readdir(dir))) {
		if (*entry->d_name == '.')
			continue;
		if (++nr > INTENT_FILES_MAX)
			return fill_unreadable(intents, place, "", -E2BIG,
					       "it has more than 256 files");
		rc = strlen(entry->d_name) < INTENT_NAME_MAX
			     ? read_found(ctx, folder, place, entry->d_name, intents)
			     : fill_unreadable(intents, place, entry->d_name, -ENAMETOOLONG,
					       "its name is too long");
	}
	return rc;
}

void intentdir_sweep(const struct mhp_ctx *ctx)
{
	for (enum intent_place place = 0; place < INTENT_PLACES; place++)
		sweep(ctx, place);
}

int intentdir_read(const struct mhp_ctx *ctx, struct intents *intents)
{
	int rc = 0;

	*intents = (struct intents){ 0 };
	for (enum intent_place place = 0; place < INTENT_PLACES && rc == 0; place++)
		rc = read_folder(ctx, place, intents);
	return rc;
}

void intents_free(struct intents *intents)
{
	for (size_t i = 0; i < intents->nr; i++)
		intent_free(&intents->at[i].intent);
	free(intents->at);
	*intents = (struct intents){ 0 };
}

int intentdir_claim(const struct mhp_ctx *ctx, enum intent_place place, const char *name,
		    struct intent_file *file)
{
	cleanup_close int folder = open_folder(ctx, place), fd = -1;
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

int intentdir_discard(const struct mhp_ctx *ctx, enum intent_place place, const char *name)
{
	cleanup_close int folder = open_folder(ctx, place);

	if (folder < 0)
		return folder;
	if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
		return 0;
	return errno == EISDIR && unlinkat(folder, name, AT_REMOVEDIR) == 0 ? 0 : -errno;
}
