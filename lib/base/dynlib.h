/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loads a shared library when it is needed. */
#pragma once

#include <stddef.h>

/* A function of the library, and the offset of the pointer to it in the caller's struct. */
struct dynlib_function {
	const char *name;
	size_t offset;
};

/*
 * Fills in the pointers of a struct. Returns 0, -EOPNOTSUPP if the library is not installed or
 * lacks one of the functions, or -ENOMEM, -EMFILE, -ENFILE or -EIO. The library stays loaded.
 */
int dynlib_load(const char *file, const struct dynlib_function *functions, size_t nr, void *to);
