/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/trusted.h"
#include "lib/base/parse.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 20

/* Returns why others could change the file or directory, or NULL. */
static const char *distrust(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "belongs to another user";
	if (S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX)
		return NULL; /* only owners may rename in it */
	return st->st_mode & (S_IWGRP | S_IWOTH) ? "is writable by other users" : NULL;
}

/* Replaces the link that ends at the position by its target. Returns 0 or a negative errno. */
static int follow_link(char path[PATH_MAX], size_t end)
{
	char target[PATH_MAX], whole[PATH_MAX], rest = path[end];
	ssize_t len;
	int above = 0, nr;

	path[end] = '\0';
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	if (*target != '/')
		above = (int)(strrchr(path, '/') - path) + 1;
	path[end] = rest;
	nr = snprintf(whole, sizeof(whole), "%.*s%s%s", above, path, target, path + end);
	if (nr < 0 || (size_t)nr >= sizeof(whole))
		return -ENAMETOOLONG;
	memcpy(path, whole, (size_t)nr + 1);
	return 0;
}

/* Reads the first end bytes of the path; 0: the root directory. */
static int read_part(char path[PATH_MAX], size_t end, struct stat *st)
{
	char rest = path[end];
	int rc;

	path[end] = '\0';
	rc = lstat(end ? path : "/", st) < 0 ? -errno : 0;
	path[end] = rest;
	return rc;
}

/*
 * Checks directory by directory until a link, which it replaces. Returns 1 after a link, 0 with the
 * status of the file, or a negative errno; *end is the position that is reached.
 */
static int check_parts(char path[PATH_MAX], size_t *end, struct stat *st, const char **wrong)
{
	int rc;

	for (*end = 0;; *end += strcspn(path + *end, "/")) {
		rc = read_part(path, *end, st);
		if (rc < 0)
			return rc;
		if (S_ISLNK(st->st_mode)) {
			rc = follow_link(path, *end);
			return rc < 0 ? rc : 1;
		}
		*wrong = distrust(st);
		if (*wrong)
			return -EPERM;
		*end += strspn(path + *end, "/");
		if (!path[*end])
			return 0;
	}
}

static int check_file(const char *path, const struct stat *st, const char **wrong)
{
	*wrong = "is not a regular file";
	if (!S_ISREG(st->st_mode))
		return -EACCES;
	*wrong = "is not executable";
	return access(path, X_OK) < 0 ? -EACCES : 0;
}

int trusted_program(const char *path, char *why, size_t size)
{
	char at[PATH_MAX], shown[256];
	const char *wrong = NULL;
	struct stat st = { 0 };
	size_t end = 0;
	int rc = 1, len;

	len = snprintf(at, sizeof(at), "%s", path);
	if (len < 0 || (size_t)len >= sizeof(at))
		rc = -ENAMETOOLONG;
	for (unsigned links = 0; rc == 1; links++)
		rc = links > LINKS_MAX ? -ELOOP : check_parts(at, &end, &st, &wrong);
	if (rc == 0)
		rc = check_file(at, &st, &wrong);
	if (rc == 0)
		return 0;
	at[end] = '\0';
	text_escape(end ? at : "/", shown, sizeof(shown));
	if (wrong)
		snprintf(why, size, "%s %s", shown, wrong);
	else
		snprintf(why, size, "%s: %s", shown, strerror(-rc));
	return rc;
}
