/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_LEAST 256

/* Doubles the size, so that appending costs the same at any length. */
int buf_reserve(struct buf *buf, size_t more)
{
	size_t wanted, size = buf->size * 2;
	char *grown;

	if (__builtin_add_overflow(buf->len, more, &wanted))
		return -ENOMEM;
	if (wanted <= buf->size)
		return 0;
	if (size < wanted)
		size = wanted < SIZE_LEAST ? SIZE_LEAST : wanted;
	grown = realloc(buf->data, size);
	if (!grown)
		return -ENOMEM;
	buf->data = grown;
	buf->size = size;
	return 0;
}

int buf_add(struct buf *buf, const void *data, size_t len)
{
	if (buf_reserve(buf, len) < 0)
		return -ENOMEM;
	if (len)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	return 0;
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){ .data = NULL };
}
