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

int vec_room(void *array, size_t nr, size_t *room, size_t size)
{
	const size_t more = *room ? *room * 2 : FIRST_SIZE;

	if (nr < *room)
		return 0;
	if (!resize_array(array, more, size))
		return -ENOMEM;
	*room = more;
	return 0;
}
