/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/remains.h"
#include "lib/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned count_entries(const char *path)
{
	cleanup_closedir DIR *dir = opendir(path);
	unsigned nr = 0;

	while (dir && readdir(dir))
		nr++;
	return nr;
}

/* Counts the children of this thread, which starts all of them; 0 without CONFIG_PROC_CHILDREN. */
static unsigned count_children(void)
{
	cleanup_fclose FILE *file = NULL;
	char path[64];
	unsigned nr = 0;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "re");
	while (file && fscanf(file, "%d", &pid) == 1)
		nr++;
	return nr;
}

static void add_files(int dirfd, const char *folder, char *text, size_t size)
{
	int fd = openat(dirfd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	char path[256];

	while (dir && (entry = readdir(dir))) {
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%.128s", folder, entry->d_name);
		if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			add_files(dirfd, path, text, size);
		else
			snprintf(text + strlen(text), size - strlen(text), "%s\n", path);
	}
}

void remains_read(struct remains *remains, int root_fd)
{
	*remains = (struct remains){ .children = count_children() };
	if (root_fd >= 0) {
		add_files(root_fd, "run", remains->files, sizeof(remains->files));
		add_files(root_fd, "var/lib", remains->files, sizeof(remains->files));
	}
	remains->fds = count_entries("/proc/self/fd");
}

static bool is_temporary(const char *path)
{
	const char *name = strrchr(path, '/');

	return name && name[1] == '.';
}

static bool has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = strstr(text, line); at; at = strstr(at + 1, line))
		if ((at == text || at[-1] == '\n') && at[len] == '\n')
			return true;
	return false;
}

void remains_compare(const struct remains *before, const struct remains *after, char *text,
		     size_t size)
{
	char files[sizeof(after->files)], *rest = files, *line;
	size_t len = 0;

	text[0] = '\0';
	if (after->fds != before->fds)
		len += (size_t)snprintf(text, size, "%u descriptors, %u before; ", after->fds,
					before->fds);
	if (after->children > before->children)
		len += (size_t)snprintf(text + len, size - len, "%u children, %u before; ",
					after->children, before->children);
	strcpy(files, after->files);
	while ((line = strsep(&rest, "\n")) && len < size)
		if (*line && is_temporary(line) && !has_line(before->files, line))
			len += (size_t)snprintf(text + len, size - len, "the file %s; ", line);
}
