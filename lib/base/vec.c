/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/vec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 16

/* Resizes the array. Returns it, or NULL and leaves the old one in place. */
static char *resize_array(void *array, size_t nr, size_t size)
{
	void *old, *grown;

	memcpy(&old, array, sizeof(old)); /* the pointer may have any type */
	grown = reallocarray(old, nr, size);
	if (grown)
		memcpy(array, &grown, sizeof(grown));
	return grown;
}

void *vec_push(void *array, size_t *nr, size_t size)
{
	char *grown = resize_array(array, *nr + 1, size);

	return grown ? memset(grown + (*nr)++ * size, 0, size) : NULL;
}

int vec_grow(void *array, size_t nr, size_t *space, size_t size)
{
	if (nr < *space)
		return 0;
	return vec_reserve(array, *space ? *space * 2 : FIRST_SIZE, space, size);
}

int vec_reserve(void *array, size_t nr, size_t *space, size_t size)
{
	if (nr <= *space)
		return 0;
	if (!resize_array(array, nr, size))
		return -ENOMEM;
	*space = nr;
	return 0;
}
