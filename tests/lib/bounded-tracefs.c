/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands in for tracefs in the root directory of tests/bounds (LD_PRELOAD): a directory below
 * instances gets its files, with /same/trace as what was traced, and is removed with them. The
 * process itself appears in /proc.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define EVENT  "events/migrate/mm_migrate_pages"

static const char *const dirs[] = { "events", "events/migrate", EVENT };
static const char *const files[] = { EVENT "/filter", EVENT "/enable", "buffer_size_kb",
				     "buffer_percent", "trace_pipe" };

#define NR(array) (sizeof(array) / sizeof(*(array)))

static int (*real_mkdirat)(int dirfd, const char *path, mode_t mode);
static int (*real_unlinkat)(int dirfd, const char *path, int flags);

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (file) {
		fputs(text, file);
		fclose(file);
	}
}

__attribute__((constructor)) static void appear(void)
{
	char path[64], text[128];

	real_mkdirat = dlsym(RTLD_NEXT, "mkdirat");
	real_unlinkat = dlsym(RTLD_NEXT, "unlinkat");
	snprintf(path, sizeof(path), "/proc/%d", (int)getpid());
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)getpid());
	snprintf(text, sizeof(text), "%d (mhpctl) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0\n",
		 (int)getpid(), (int)getpid());
	put(path, text);
}

EXPORT int mkdirat(int dirfd, const char *path, mode_t mode)
{
	char name[512];
	int rc = real_mkdirat(dirfd, path, mode);

	if (rc < 0 || !strstr(path, "/instances/"))
		return rc;
	for (size_t i = 0; i < NR(dirs); i++) {
		snprintf(name, sizeof(name), "%s/%s", path, dirs[i]);
		real_mkdirat(dirfd, name, 0700);
	}
	for (size_t i = 0; i < NR(files) - 1; i++) {
		snprintf(name, sizeof(name), "/%s/%s", path, files[i]);
		put(name, "0\n");
	}
	snprintf(name, sizeof(name), "/%s/%s", path, files[NR(files) - 1]);
	return link("/same/trace", name);
}

EXPORT int unlinkat(int dirfd, const char *path, int flags)
{
	char name[512];

	if (!(flags & AT_REMOVEDIR) || !strstr(path, "/instances/"))
		return real_unlinkat(dirfd, path, flags);
	for (size_t i = 0; i < NR(files); i++) {
		snprintf(name, sizeof(name), "%s/%s", path, files[i]);
		real_unlinkat(dirfd, name, 0);
	}
	for (size_t i = NR(dirs); i > 0; i--) {
		snprintf(name, sizeof(name), "%s/%s", path, dirs[i - 1]);
		real_unlinkat(dirfd, name, AT_REMOVEDIR);
	}
	return real_unlinkat(dirfd, path, flags);
}
