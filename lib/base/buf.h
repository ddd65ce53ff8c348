/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes in memory that grow at the end. A buffer starts as { 0 }. */
#pragma once

#include <stddef.h>

struct buf {
	char *data; /* NULL while nothing is allocated */
	size_t len;
	size_t size; /* allocated bytes */
};

/* Makes space for more bytes, and often for others. Returns 0 or -ENOMEM. */
int buf_reserve(struct buf *buf, size_t more);

/* Returns 0, or -ENOMEM and leaves the buffer as it is. */
int buf_add(struct buf *buf, const void *data, size_t len);

void buf_free(struct buf *buf);
#define cleanup_buf __attribute__((cleanup(buf_free)))
