/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays that grow: a pointer, which begins as NULL, and a count of type size_t. */
#pragma once

#include <stddef.h>

/* Adds a zeroed element at the end. A pointer to it, or NULL without memory. */
#define VEC_PUSH(array, nr) ((__typeof__(array))vec_push(&(array), &(nr), sizeof(*(array))))

/*
 * Makes room for one more element, of which the caller counts what it fills. Room doubles, for
 * arrays that grow long. 0 or -ENOMEM.
 */
#define VEC_ROOM(array, nr, room) vec_room(&(array), nr, &(room), sizeof(*(array)))

/* array: the address of the pointer, whatever its type. */
void *vec_push(void *array, size_t *nr, size_t size);
int vec_room(void *array, size_t nr, size_t *room, size_t size);
