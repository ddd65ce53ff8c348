/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Growing arrays: a pointer that starts as NULL, and a count of type size_t. */
#pragma once

#include <stddef.h>

/* Appends a zeroed element. Returns a pointer to it, or NULL if memory is short. */
#define VEC_PUSH(array, nr) ((__typeof__(array))vec_push(&(array), &(nr), sizeof(*(array))))

/*
 * Makes space for one more element, which the caller fills and counts. Doubles the allocated size,
 * for long arrays. Returns 0 or -ENOMEM.
 */
#define VEC_ROOM(array, nr, room) vec_room(&(array), nr, &(room), sizeof(*(array)))

/* array is the address of the pointer, whatever its type. */
void *vec_push(void *array, size_t *nr, size_t size);
int vec_room(void *array, size_t nr, size_t *room, size_t size);
