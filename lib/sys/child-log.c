/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/child-log.h"
#include "lib/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void child_log_open(struct child_log *lines, const struct log *log)
{
	*lines = CHILD_LOG_NONE;
	if (!log->fn)
		return;
	lines->fd = memfd_create("mhpctl-log", MFD_CLOEXEC);
	if (lines->fd >= 0 && fcntl(lines->fd, F_SETFL, O_APPEND) == 0)
		return;
	log_line(log, "the lines of the child cannot be seen: %s", strerror(errno));
	child_log_close(lines, log);
}

/* Writes a line with one write, which a file in memory always takes as a whole. */
static void write_line(const char *line, void *data)
{
	char text[LOG_LINE_MAX + 1];

	snprintf(text, sizeof(text), "%s\n", line);
	(void)!write((int)(intptr_t)data, text, strlen(text));
}

void child_log_begin(const struct child_log *lines, struct log *log)
{
	log->fn = lines->fd < 0 ? NULL : write_line;
	log->data = (void *)(intptr_t)lines->fd;
	log->pid = getpid();
}

/* Forwards all lines of a text except an unfinished last one. Returns the bytes of these lines. */
static size_t forward_lines(char *text, const struct log *log)
{
	char *line = text;

	for (char *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (log->fn)
			log->fn(line, log->data);
	}
	return (size_t)(line - text);
}

void child_log_forward(struct child_log *lines, const struct log *log)
{
	char text[4 * LOG_LINE_MAX];
	size_t used;

	if (lines->fd < 0)
		return;
	do {
		ssize_t len = pread(lines->fd, text, sizeof(text) - 1, lines->at);

		text[len > 0 ? len : 0] = '\0';
		used = forward_lines(text, log);
		lines->at += (off_t)used;
	} while (used);
}

void child_log_flush(struct child_log *lines, const struct log *log)
{
	child_log_forward(lines, log);
	if (lines->at && ftruncate(lines->fd, 0) == 0)
		lines->at = 0;
}

void child_log_close(struct child_log *lines, const struct log *log)
{
	child_log_forward(lines, log);
	if (lines->fd >= 0)
		close(lines->fd);
	*lines = CHILD_LOG_NONE;
}

uint64_t child_log_until(const struct log *log, uint64_t until)
{
	uint64_t next = clock_msec() + CHILD_LOG_EVERY_MS;

	return log->fn && next < until ? next : until;
}
