/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a text to a file while a process writes the state of one memory block, and another text
 * afterwards (LD_PRELOAD), so that the kernel fails at that block and at no other; or waits for
 * another process before the state is written:
 *
 *   AT_BLOCK=N       the block
 *   AT_WORD=WORD     only while this is written to it; default: anything
 *   AT_FILE=FILE     what is written
 *   AT_TEXT=TEXT     before the state
 *   AT_END=TEXT      afterwards
 *   AT_WAIT=FIFO     what is read to its end before the state, if it exists
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_word(const char *text, size_t size)
{
	const char *word = getenv("AT_WORD");

	return !word || (strlen(word) == size && memcmp(word, text, size) == 0);
}

static bool is_state_of_block(int fd)
{
	const char *block = getenv("AT_BLOCK");
	char link[64], path[256], end[64];
	ssize_t len;

	if (!block)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	snprintf(end, sizeof(end), "/memory%s/state", block);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < (ssize_t)strlen(end))
		return false;
	path[len] = '\0';
	return strcmp(path + len - strlen(end), end) == 0;
}

static void set(const char *name)
{
	const char *path = getenv("AT_FILE"), *text = getenv(name);
	int fd = path && text ? open(path, O_WRONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	syscall(SYS_write, fd, text, strlen(text));
	close(fd);
}

static void wait_for_other(void)
{
	const char *path = getenv("AT_WAIT");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char c;

	if (fd < 0)
		return;
	while (read(fd, &c, 1) > 0)
		;
	close(fd);
}

ssize_t write(int fd, const void *text, size_t size)
{
	bool chosen = is_state_of_block(fd) && is_word(text, size);
	ssize_t done;

	if (chosen) {
		set("AT_TEXT");
		wait_for_other();
	}
	done = syscall(SYS_write, fd, text, size);
	if (chosen) {
		int error = errno;

		set("AT_END");
		errno = error;
	}
	return done;
}
