/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target for archives of reports. A line "TYPE NAME|TARGET|DATA" of the input is an entry. */
#pragma once

#include "lib/base/buf.h"
#include "lib/sys/archive.h"
#include "lib/sys/tar.h"

#include <ftw.h>

#define ARCHIVE_TREE "tree.archive"

/* Adds an entry with a right checksum: a wrong one is refused at once. */
static void add_fuzzed(struct buf *to, char type, const char *name, const char *target,
		       const char *data)
{
	static const char zeros[TAR_BLOCK];
	struct tar_header header = { .type = type, .magic = "ustar" };
	size_t len = strlen(data);

	memcpy(header.name, name, strnlen(name, sizeof(header.name)));
	memcpy(header.target, target, strnlen(target, sizeof(header.target)));
	str_format(header.size, "%011zo", len);
	str_format(header.sum, "%06o", tar_sum(&header));
	must(buf_add(to, &header, sizeof(header)) == 0 && buf_add(to, data, len) == 0);
	must(buf_add(to, zeros, (TAR_BLOCK - len % TAR_BLOCK) % TAR_BLOCK) == 0);
}

static void add_line(struct buf *to, char *line)
{
	char type = *line ? *line++ : TAR_FILE;
	char *name = strsep(&line, "|"), *target = line ? strsep(&line, "|") : NULL;

	for (char *at = line; at && *at; at++) /* the values of pax end with a newline */
		if (*at == '\r')
			*at = '\n';
	add_fuzzed(to, type, name + (*name == ' '), target ? target : "", line ? line : "");
}

/* Removes what was unpacked; no link may lead out of it. */
static int check_unpacked(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	char target[4096];
	ssize_t len = S_ISLNK(st->st_mode) ? readlink(path, target, sizeof(target) - 1) : 0;

	must(flag != FTW_NS && len >= 0);
	target[len] = '\0';
	must(*target != '/' || strcmp(target, "/dev/null") == 0);
	must(S_ISLNK(st->st_mode) || S_ISREG(st->st_mode) || S_ISDIR(st->st_mode));
	if (ftw->level)
		must(remove(path) == 0);
	return 0;
}

static void fuzz_archive(const char *text)
{
	cleanup_close int root = tree_with(ARCHIVE_TREE, "mhpctl-report/page_size", "4096\n");
	cleanup_free char *lines = strdup(text);
	cleanup_buf struct buf data = { 0 };
	char *rest = lines, *line, zeros[2 * TAR_BLOCK] = { 0 };
	struct mhp_error err = { 0 };
	int fd = memfd_create("archive", MFD_CLOEXEC), rc;

	while ((line = strsep(&rest, "\n")))
		add_line(&data, line);
	must(buf_add(&data, zeros, sizeof(zeros)) == 0);
	must(fd >= 0 && write(fd, data.data, data.len) == (ssize_t)data.len);
	must(lseek(fd, 0, SEEK_SET) == 0);
	rc = archive_unpack(fd, root, -1, &err);
	must_explain(rc, &err);
	must(nftw(ARCHIVE_TREE, check_unpacked, 16, FTW_PHYS | FTW_DEPTH) == 0);
}
