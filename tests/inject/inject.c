/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes allocations fail, or the opening of files (LD_PRELOAD). Each process counts its own, from
 * main() on:
 *
 *   INJECT_AT=N         the Nth fails, counted from 1; 0: none
 *   INJECT_WHAT=open    files fail with EMFILE; else allocations fail
 *   INJECT_ALL=1        all later ones fail too
 *   INJECT_IN=parent    in the started process (the default); child: only in processes that it
 *                       forks; both
 *   INJECT_COUNT=FILE   the started process writes the number of its requests there
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* The allocator of glibc. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t nr, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t align, size_t size);

static bool is_on;
static bool fails_all;
static bool of_files;
static bool in_parent;
static bool in_child;
static unsigned long fails_at;
static pid_t parent;
static pid_t counted_in;
static atomic_ulong count;

static bool fails(bool is_file)
{
	unsigned long now;

	if (!is_on || is_file != of_files)
		return false;
	if (counted_in != getpid()) {
		counted_in = getpid();
		count = 0;
	}
	now = ++count;
	if (!fails_at || now < fails_at || (now > fails_at && !fails_all))
		return false;
	if (counted_in == parent ? !in_parent : !in_child)
		return false;
	errno = is_file ? EMFILE : ENOMEM;
	return true;
}

EXPORT void *malloc(size_t size)
{
	return fails(false) ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t nr, size_t size)
{
	return fails(false) ? NULL : __libc_calloc(nr, size);
}

EXPORT void *realloc(void *old, size_t size)
{
	return fails(false) ? NULL : __libc_realloc(old, size);
}

EXPORT void *reallocarray(void *old, size_t nr, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(nr, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, bytes);
}

EXPORT void *aligned_alloc(size_t align, size_t size)
{
	return fails(false) ? NULL : __libc_memalign(align, size);
}

EXPORT void *memalign(size_t align, size_t size)
{
	return aligned_alloc(align, size);
}

EXPORT int posix_memalign(void **ret, size_t align, size_t size)
{
	void *got = aligned_alloc(align, size);

	if (got)
		*ret = got;
	return got ? 0 : ENOMEM;
}

/* The mode only matters with O_CREAT, but can always be read. */
#define OPEN_AT(name)                                                                        \
	EXPORT int name(int dirfd, const char *path, int flags, ...)                         \
	{                                                                                    \
		va_list args;                                                                \
		unsigned mode = 0;                                                           \
                                                                                             \
		va_start(args, flags);                                                       \
		if (flags & (O_CREAT | O_TMPFILE))                                           \
			mode = va_arg(args, unsigned);                                       \
		va_end(args);                                                                \
		return fails(true) ? -1 : (int)kernel(SYS_openat, dirfd, path, flags, mode); \
	}

static long kernel(long nr, long a, const void *b, long c, long d)
{
	long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");

	return next(nr, a, b, c, d, 0L, 0L);
}

OPEN_AT(openat)
OPEN_AT(openat64)
OPEN_AT(__openat_2)
OPEN_AT(__openat64_2)

EXPORT long syscall(long nr, ...)
{
	long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long a[6];
	va_list args;

	va_start(args, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (nr == SYS_openat2 && fails(true))
		return -1;
	return next(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static bool is_word(const char *name, const char *word)
{
	const char *value = getenv(name);

	return value && strcmp(value, word) == 0;
}

static void __attribute__((constructor)) begin(void)
{
	const char *at = getenv("INJECT_AT");

	fails_at = at ? strtoul(at, NULL, 10) : 0;
	of_files = is_word("INJECT_WHAT", "open");
	fails_all = is_word("INJECT_ALL", "1");
	in_child = is_word("INJECT_IN", "child") || is_word("INJECT_IN", "both");
	in_parent = !is_word("INJECT_IN", "child");
	parent = counted_in = getpid();
	is_on = true;
}

/* Without stdio, which allocates. */
static void __attribute__((destructor)) end(void)
{
	const char *path = getenv("INJECT_COUNT");
	unsigned long value = count;
	char digits[24] = "", *at = digits + sizeof(digits) - 1;
	int fd;

	is_on = false;
	if (!path || getpid() != parent)
		return;
	do {
		*--at = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, at, strlen(at)) < 0)
		return;
	close(fd);
}
