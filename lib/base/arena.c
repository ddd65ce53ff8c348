/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE 16384 /* without its head */

struct arena_chunk {
	struct arena_chunk *next;
	size_t space;
	size_t used;
	alignas(max_align_t) char data[];
};

static struct arena_chunk *add_chunk(struct arena *arena, size_t space)
{
	struct arena_chunk *chunk;

	if (space > SIZE_MAX - sizeof(*chunk))
		return NULL;
	chunk = malloc(sizeof(*chunk) + space);
	if (!chunk)
		return NULL;
	chunk->next = arena->chunks;
	chunk->space = space;
	chunk->used = 0;
	arena->chunks = chunk;
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct arena_chunk *chunk = arena->chunks;
	void *object;

	if (size > SIZE_MAX - align)
		return NULL;
	size = (size + align - 1) / align * align;
	if (!chunk || chunk->space - chunk->used < size)
		chunk = add_chunk(arena, size > CHUNK_SIZE ? size : CHUNK_SIZE);
	if (!chunk)
		return NULL;
	object = memset(chunk->data + chunk->used, 0, size);
	chunk->used += size;
	return object;
}

char *arena_text(struct arena *arena, const char *text)
{
	char *copy = arena_alloc(arena, strlen(text) + 1);

	return copy ? strcpy(copy, text) : NULL;
}

void arena_free(struct arena *arena)
{
	while (arena->chunks) {
		struct arena_chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		free(chunk);
	}
}
