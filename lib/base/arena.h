/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory for many small objects that are freed together. */
#pragma once

#include <stddef.h>

struct arena_chunk;

/* Starts with all zero. */
struct arena {
	struct arena_chunk *chunks; /* the newest first */
};

/* Returns zeroed memory for any object of that size, which never moves; NULL if memory is short. */
void *arena_alloc(struct arena *arena, size_t size);

/* Returns a copy of the text, or NULL. */
char *arena_text(struct arena *arena, const char *text);

void arena_free(struct arena *arena);
#define cleanup_arena __attribute__((cleanup(arena_free)))
