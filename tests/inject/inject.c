/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lets allocations fail (LD_PRELOAD). Counted from main() on, in each process by itself:
 *
 *   INJECT_AT=N         the Nth fails, counted from 1; 0: none
 *   INJECT_ALL=1        all behind it too
 *   INJECT_IN=parent    in the process that was started (the default), child: only in those that
 *                       it forks, both
 *   INJECT_COUNT=FILE   the process that was started writes there how many it asked for
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* What glibc calls its own. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t nr, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t align, size_t size);

static bool is_on;
static bool fails_all;
static bool in_parent;
static bool in_child;
static unsigned long fails_at;
static pid_t parent;
static pid_t counted_in;
static atomic_ulong count;

static bool fails(void)
{
	unsigned long now;

	if (!is_on)
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
	errno = ENOMEM;
	return true;
}

EXPORT void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t nr, size_t size)
{
	return fails() ? NULL : __libc_calloc(nr, size);
}

EXPORT void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
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
	return fails() ? NULL : __libc_memalign(align, size);
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

static bool is_word(const char *name, const char *word)
{
	const char *value = getenv(name);

	return value && strcmp(value, word) == 0;
}

static void __attribute__((constructor)) begin(void)
{
	const char *at = getenv("INJECT_AT");

	fails_at = at ? strtoul(at, NULL, 10) : 0;
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
