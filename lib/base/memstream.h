/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stream into memory that reports whether it stored everything. open_memstream(3) does not: text
 * that is printed while memory is short is lost without an error, and its fclose() can succeed
 * without any text.
 */
#pragma once

#include "lib/base/buf.h"

#include <stdbool.h>
#include <stdio.h>

struct memstream {
	FILE *file; /* print to it; NULL once it is closed */
	struct buf text;
	bool failed;
	char buffer[1024]; /* of the stream, which would allocate one otherwise */
};

/* Opens the stream. The struct must not move until memstream_end(). Returns 0 or -ENOMEM. */
int memstream_open(struct memstream *m);

/* Allocates space before printing. Returns 0 or -ENOMEM. */
int memstream_reserve(struct memstream *m, size_t space);

/*
 * Closes the stream and returns the text, which the caller frees, or NULL if the text is
 * incomplete.
 */
char *memstream_end(struct memstream *m);

/* Closes the stream and frees the text. */
void memstream_free(struct memstream *m);
#define cleanup_memstream __attribute__((cleanup(memstream_free)))
