/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/memstream.h"
#include "lib/base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_LEAST 4096

int memstream_reserve(struct memstream *m, size_t room)
{
	char *text;

	if (room <= m->room)
		return 0;
	text = realloc(m->text, room);
	if (!text)
		return -ENOMEM;
	m->text = text;
	m->room = room;
	return 0;
}

/*
 * Appends data and keeps a byte for the NUL. Stores nothing after a failure, because a text with a
 * gap is useless.
 */
static ssize_t append_data(void *cookie, const char *data, size_t len)
{
	struct memstream *m = cookie;
	size_t room = m->room ? m->room : ROOM_LEAST;

	while (room <= m->len + len)
		room *= 2;
	m->failed = m->failed || memstream_reserve(m, room) < 0;
	if (m->failed) {
		errno = ENOMEM;
		return 0;
	}
	memcpy(m->text + m->len, data, len);
	m->len += len;
	return (ssize_t)len;
}

int memstream_open(struct memstream *m)
{
	const cookie_io_functions_t functions = { .write = append_data };

	*m = (struct memstream){ .file = NULL };
	m->file = fopencookie(m, "w", functions);
	if (!m->file)
		return -ENOMEM;
	setvbuf(m->file, m->buffer, _IOFBF, sizeof(m->buffer));
	return 0;
}

char *memstream_end(struct memstream *m)
{
	char *text;

	if (!m->file)
		return NULL;
	m->failed = ferror(m->file) || m->failed;
	m->failed = fclose(m->file) == EOF || m->failed;
	m->file = NULL;
	m->failed = memstream_reserve(m, m->len + 1) < 0 || m->failed;
	text = TAKE_PTR(m->text);
	if (m->failed) {
		free(text);
		return NULL;
	}
	text[m->len] = '\0';
	return text;
}

void memstream_free(struct memstream *m)
{
	free(memstream_end(m));
}
