/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/statedir.h"
#include "lib/base/cleanup.h"
#include "lib/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_VAR_LIB "var/lib" /* may be a link */

int statedir_make(const struct root *sys)
{
	return mkdirat(sys->root_fd, STATE_RUN, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

int statedir_write(const struct root *sys, const char *path, bool make, const char *text,
		   mode_t mode)
{
	cleanup_close int folder = file_open_dir_at(sys->root_fd, STATE_RUN, make);

	if (folder < 0)
		return folder;
	return file_replace_at(folder, strrchr(path, '/') + 1, text, strlen(text), mode);
}

void statedir_overwrite(const struct root *sys, const char *path, const char *text, mode_t mode)
{
	cleanup_close int fd = openat(sys->root_fd, path,
				      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd >= 0)
		dprintf(fd, "%s", text);
}

int statedir_read(const struct root *sys, const char *path, size_t max, char **text)
{
	cleanup_close int fd = -1;
	struct stat st;
	size_t len;
	int rc;

	if (fstatat(sys->root_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	fd = root_open(sys, path, O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	rc = file_read_all(fd, max, text, &len);
	return rc == -EFBIG ? -EINVAL : rc;
}

void statedir_remove(const struct root *sys, const char *path)
{
	unlinkat(sys->root_fd, path, 0);
}

/*
 * Creates a directory, if it is missing, and syncs its entry in the directory above. Its file
 * system may be read-only: opening the directory then fails.
 */
static void make_lasting(const struct root *sys, const char *path, const char *above)
{
	cleanup_close int fd = -1;

	if (mkdirat(sys->root_fd, path, 0755) < 0)
		return;
	fd = openat(sys->root_fd, above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		fsync(fd);
}

int statedir_open_lasting(const struct root *sys, const char *name, bool make)
{
	cleanup_close int lib = -1;

	if (make) { /* they may be missing in a minimal system, such as an initramfs */
		make_lasting(sys, "var", ".");
		make_lasting(sys, STATE_VAR_LIB, "var");
	}
	lib = root_open(sys, STATE_VAR_LIB, O_DIRECTORY); /* no link of a copy leads out of it */
	if (lib < 0)
		return -errno;
	ROOT_PATH(path, "mhpctl/%s", name);
	return file_open_dir_at(lib, path, make);
}

void statedir_sweep(const struct root *sys)
{
	static const char *const paths[] = { STATE_RUN, STATE_JOBS };
	cleanup_close int records = statedir_open_lasting(sys, RECORDS, false);

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		cleanup_close int fd = file_open_dir_at(sys->root_fd, paths[i], false);

		if (fd >= 0)
			file_remove_abandoned(fd);
	}
	if (records >= 0)
		file_remove_abandoned(records);
}
