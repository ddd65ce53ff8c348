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
#define VEC_GROW(array, nr, space) vec_grow(&(array), nr, &(space), sizeof(*(array)))

/* Makes space for so many elements in total, and no more. Returns 0 or -ENOMEM. */
#define VEC_RESERVE(array, nr, space) vec_reserve(&(array), nr, &(space), sizeof(*(array)))

/* Implement VEC_PUSH() and VEC_GROW(). array is the address of the pointer, of any type. */
void *vec_push(void *array, size_t *nr, size_t size);
int vec_grow(void *array, size_t nr, size_t *space, size_t size);
int vec_reserve(void *array, size_t nr, size_t *space, size_t size);
