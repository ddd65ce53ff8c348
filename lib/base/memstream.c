/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/memstream.h"
#include "lib/base/cleanup.h"

#include <errno.h>
#include <stdlib.h>

int memstream_reserve(struct memstream *m, size_t space)
{
	return buf_reserve(&m->text, space);
}

/*
 * Appends data and keeps a byte for the NUL. Stores nothing after a failure, because a text with a
 * gap is useless.
 */
static ssize_t append_data(void *cookie, const char *data, size_t len)
{
	struct memstream *m = cookie;

	m->failed = m->failed || buf_reserve(&m->text, len + 1) < 0;
	if (m->failed) {
		errno = ENOMEM;
		return 0;
	}
	buf_add(&m->text, data, len);
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
	m->failed = buf_reserve(&m->text, 1) < 0 || m->failed;
	if (m->failed) {
		buf_free(&m->text);
		return NULL;
	}
	text = TAKE_PTR(m->text.data);
	text[m->text.len] = '\0';
	return text;
}

void memstream_free(struct memstream *m)
{
	free(memstream_end(m));
}
