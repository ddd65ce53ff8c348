/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/tree.h"
#include "lib/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Returns TMPDIR, or a directory in memory. Tests make some hundred thousand files, and ext4 takes
 * long for files that replace others just deleted (recently_deleted()).
 */
static const char *parent_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	if (tmp && *tmp)
		return tmp;
	return access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
}

int tree_new(struct tree *tree)
{
	*tree = (struct tree){ .fd = -1 };
	snprintf(tree->dir, sizeof(tree->dir), "%s/mhp-unit.XXXXXX", parent_folder());
	if (!mkdtemp(tree->dir))
		return -errno;
	tree->fd = open(tree->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return tree->fd < 0 ? -errno : 0;
}

void tree_free(const struct tree *tree)
{
	close(tree->fd);
	tree_remove(AT_FDCWD, tree->dir);
}

static int make_folders_above(int fd, const char *path)
{
	char part[PATH_MAX];

	for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(at - path), path);
		if (mkdirat(fd, part, 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

int tree_folder(int fd, const char *path)
{
	int rc;

	if (mkdirat(fd, path, 0755) == 0 || errno == EEXIST)
		return 0;
	rc = make_folders_above(fd, path);
	if (rc == 0 && mkdirat(fd, path, 0755) < 0 && errno != EEXIST)
		return -errno;
	return rc;
}

/* Opens a file for writing, and makes it and the directories above it. */
static int open_file(int fd, const char *path, int flags)
{
	int file, rc;

	flags |= O_WRONLY | O_CREAT | O_CLOEXEC;
	file = openat(fd, path, flags, 0644);
	if (file < 0 && errno == ENOENT) {
		rc = make_folders_above(fd, path);
		if (rc < 0)
			return rc;
		file = openat(fd, path, flags, 0644);
	}
	return file < 0 ? -errno : file;
}

static int write_file(int fd, const char *path, const char *text, int flags)
{
	size_t len = strlen(text);
	cleanup_close int file = open_file(fd, path, flags);

	if (file < 0)
		return file;
	if (write(file, text, len) != (ssize_t)len)
		return -EIO;
	if (!(flags & O_APPEND) && ftruncate(file, (off_t)len) < 0)
		return -errno;
	return 0;
}

int tree_put(int fd, const char *path, const char *fmt, ...)
{
	char text[8192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return write_file(fd, path, text, 0);
}

int tree_append(int fd, const char *path, const char *text)
{
	return write_file(fd, path, text, O_APPEND);
}

int tree_get(int fd, const char *path, char *buf, size_t size)
{
	cleanup_close int file = openat(fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (file < 0)
		return -errno;
	len = read(file, buf, size - 1);
	if (len < 0)
		return -errno;
	buf[len] = '\0';
	if (len && buf[len - 1] == '\n')
		buf[len - 1] = '\0';
	return 0;
}

int tree_link(int fd, const char *path, const char *target)
{
	int rc;

	unlinkat(fd, path, 0);
	if (symlinkat(target, fd, path) == 0)
		return 0;
	if (errno != ENOENT)
		return -errno;
	rc = make_folders_above(fd, path);
	if (rc == 0 && symlinkat(target, fd, path) < 0)
		return -errno;
	return rc;
}

int tree_remove(int fd, const char *path)
{
	cleanup_closedir DIR *dir = NULL;
	const struct dirent *entry;
	int folder, rc = 0;

	if (unlinkat(fd, path, 0) == 0)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	folder = openat(fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = folder < 0 ? NULL : fdopendir(folder);
	while (dir && rc == 0 && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			rc = tree_remove(folder, entry->d_name);
	if (rc == 0 && unlinkat(fd, path, AT_REMOVEDIR) < 0)
		return -errno;
	return rc;
}

static int load_line(int fd, char *line)
{
	char *path = line + strspn(line, "/");
	char *arrow = strstr(path, " -> "), *value = strstr(path, "] = ");

	line[strcspn(line, "\n")] = '\0';
	if (*line != '/')
		return 0;
	if (arrow && !value) {
		*arrow = '\0';
		return tree_link(fd, path, arrow + 4);
	}
	if (!value || (value[4] == '<' && strcmp(value + 4, "<write-only>") != 0))
		return 0;
	path[strcspn(path, " ")] = '\0';
	value += 4;
	if (*value == '<')
		return tree_put(fd, path, "%s", "");
	for (char *at = value; *at; at++)
		if (*at == '|')
			*at = '\n';
	return tree_put(fd, path, "%s\n", value);
}

FILE *tree_data(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", UNIT_DATA, name);
	return fopen(path, "re");
}

int tree_load(int fd, const char *name)
{
	cleanup_fclose FILE *file = tree_data(name);
	char line[4096];
	int rc = 0;

	if (!file)
		return -errno;
	while (rc == 0 && fgets(line, sizeof(line), file))
		rc = load_line(fd, line);
	return rc;
}
