/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The floor that a program is compared with: only the system calls that its work needs.
 *
 *	bare blocks ROOT               state and zones of each memory block, and the nodes
 *	bare write WORD FILE...        the word into each file, one after the other
 *	bare repeat TIMES WORD FILE    the word into one file, again and again
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE 64

struct blocks {
	long *ids;
	size_t nr;
};

static int fail(const char *what)
{
	fprintf(stderr, "bare: %s: %s\n", what, strerror(errno));
	return 1;
}

static int by_number(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

/* Reads the numbers of the entries that begin with a word. Returns 0 or -1. */
static int list(int root, const char *path, const char *word, struct blocks *blocks)
{
	int fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	size_t len = strlen(word);

	while (dir && (entry = readdir(dir))) {
		const char *number = entry->d_name + len;

		if (strncmp(entry->d_name, word, len) != 0 || *number < '0' || *number > '9')
			continue;
		if (blocks->nr % 4096 == 0)
			blocks->ids =
				realloc(blocks->ids, (blocks->nr + 4096) * sizeof(*blocks->ids));
		if (!blocks->ids)
			return -1;
		blocks->ids[blocks->nr++] = atol(number);
	}
	return dir ? closedir(dir) : -1;
}

static int read_one(int memory, long id, const char *attribute)
{
	char path[LINE], text[LINE];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "memory%ld/%s", id, attribute);
	fd = openat(memory, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = read(fd, text, sizeof(text));
	close(fd);
	return len > 0 ? 0 : -1;
}

/* Reads the members of each node from its directory. */
static int read_nodes(int root)
{
	struct blocks nodes = { 0 }, members = { 0 };
	int rc = list(root, "sys/devices/system/node", "node", &nodes);

	for (size_t i = 0; i < nodes.nr && rc == 0; i++) {
		char path[LINE];

		snprintf(path, sizeof(path), "sys/devices/system/node/node%ld", nodes.ids[i]);
		rc = list(root, path, "memory", &members);
	}
	free(nodes.ids);
	free(members.ids);
	return rc;
}

static int read_blocks(const char *path)
{
	int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int memory = openat(root, "sys/devices/system/memory", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct blocks blocks = { 0 };
	int rc = list(memory, ".", "memory", &blocks);

	if (rc == 0)
		rc = read_nodes(root);
	if (blocks.nr)
		qsort(blocks.ids, blocks.nr, sizeof(*blocks.ids), by_number);
	for (size_t i = 0; i < blocks.nr && rc == 0; i++)
		rc = read_one(memory, blocks.ids[i], "state") ||
		     read_one(memory, blocks.ids[i], "valid_zones");
	if (rc || !blocks.nr)
		return fail(path);
	printf("%zu\n", blocks.nr);
	free(blocks.ids);
	return 0;
}

static int write_word(const char *word, const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : write(fd, word, strlen(word));

	if (len < 0)
		return fail(path);
	return close(fd);
}

int main(int argc, char **argv)
{
	int rc = 0;

	if (argc == 3 && strcmp(argv[1], "blocks") == 0)
		return read_blocks(argv[2]);
	if (argc > 3 && strcmp(argv[1], "write") == 0) {
		for (int i = 3; i < argc && rc == 0; i++)
			rc = write_word(argv[2], argv[i]);
		return rc;
	}
	if (argc == 5 && strcmp(argv[1], "repeat") == 0) {
		for (int i = atoi(argv[2]); i > 0 && rc == 0; i--)
			rc = write_word(argv[3], argv[4]);
		return rc;
	}
	fprintf(stderr, "usage: bare blocks ROOT | write WORD FILE... | repeat TIMES WORD FILE\n");
	return 2;
}
