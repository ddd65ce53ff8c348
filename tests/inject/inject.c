/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes allocations fail, or the opening or the reading of files (LD_PRELOAD). Each process counts
 * its own, from main() on:
 *
 *   INJECT_AT=N         the Nth fails, counted from 1; 0: none
 *   INJECT_WHAT=open    files fail with EMFILE; read: reads and directories fail with EIO; else
 *                       allocations fail
 *   INJECT_ALL=1        all later ones fail too
 *   INJECT_IN=parent    in the started process (the default); child: only in processes that it
 *                       forks; both
 *   INJECT_COUNT=FILE   the started process writes the number of its requests there
 */
#include <dirent.h>
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

enum kind {
	OF_MEMORY = 0,
	OF_OPEN,
	OF_READ,
};

static bool is_on;
static enum kind injected;
static bool fails_all;
static bool in_parent;
static bool in_child;
static unsigned long fails_at;
static pid_t parent;
static pid_t counted_in;
static atomic_ulong count;

static bool fails(enum kind kind)
{
	unsigned long now;

	if (!is_on || kind != injected)
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
	errno = kind == OF_OPEN ? EMFILE : kind == OF_READ ? EIO : ENOMEM;
	return true;
}

EXPORT void *malloc(size_t size)
{
	return fails(OF_MEMORY) ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t nr, size_t size)
{
	return fails(OF_MEMORY) ? NULL : __libc_calloc(nr, size);
}

EXPORT void *realloc(void *old, size_t size)
{
	return fails(OF_MEMORY) ? NULL : __libc_realloc(old, size);
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
	return fails(OF_MEMORY) ? NULL : __libc_memalign(align, size);
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
#define OPEN_AT(name)                                                                           \
	EXPORT int name(int dirfd, const char *path, int flags, ...)                            \
	{                                                                                       \
		va_list args;                                                                   \
		unsigned mode = 0;                                                              \
                                                                                                \
		va_start(args, flags);                                                          \
		if (flags & (O_CREAT | O_TMPFILE))                                              \
			mode = va_arg(args, unsigned);                                          \
		va_end(args);                                                                   \
		return fails(OF_OPEN) ? -1 : (int)kernel(SYS_openat, dirfd, path, flags, mode); \
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
	if (nr == SYS_openat2 && fails(OF_OPEN))
		return -1;
	return next(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* The checked forms are those that the fortified program calls. */
#define NEXT(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

EXPORT ssize_t read(int fd, void *buf, size_t size)
{
	return fails(OF_READ) ? -1 : NEXT(read)(fd, buf, size);
}

EXPORT ssize_t __read_chk(int fd, void *buf, size_t size, size_t room)
{
	return size > room ? -1 : read(fd, buf, size);
}

EXPORT ssize_t pread(int fd, void *buf, size_t size, off_t at)
{
	return fails(OF_READ) ? -1 : NEXT(pread)(fd, buf, size, at);
}

EXPORT ssize_t pread64(int fd, void *buf, size_t size, off64_t at)
{
	return pread(fd, buf, size, at);
}

EXPORT ssize_t __pread_chk(int fd, void *buf, size_t size, off_t at, size_t room)
{
	return size > room ? -1 : pread(fd, buf, size, at);
}

EXPORT struct dirent *readdir(DIR *dir)
{
	return fails(OF_READ) ? NULL : NEXT(readdir)(dir);
}

EXPORT struct dirent64 *readdir64(DIR *dir)
{
	return fails(OF_READ) ? NULL : NEXT(readdir64)(dir);
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
	injected = is_word("INJECT_WHAT", "open")   ? OF_OPEN
		   : is_word("INJECT_WHAT", "read") ? OF_READ
						    : OF_MEMORY;
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
