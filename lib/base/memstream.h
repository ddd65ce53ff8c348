/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stream into memory that knows whether all of it found room. That of open_memstream(3) does not:
 * what is printed while there is no memory is missing in the middle without an error, and its
 * fclose() can succeed with no text at all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct memstream {
	FILE *file; /* print to it; NULL once it is closed */
	char *text;
	size_t len;
	size_t room;
	bool failed;
	char buffer[1024]; /* of the stream, which would fetch its own */
};

/* The struct stays where it is until memstream_end(). 0, or -ENOMEM. */
int memstream_open(struct memstream *m);

/* Have room for so much before it is printed. 0, or -ENOMEM. */
int memstream_reserve(struct memstream *m, size_t room);

/* Close it: the text, which the caller frees; NULL when not all of it found room. */
char *memstream_end(struct memstream *m);

/* Close and free whatever is there. */
void memstream_free(struct memstream *m);
#define cleanup_memstream __attribute__((cleanup(memstream_free)))
