/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A library that is loaded when it is needed. */
#pragma once

#include <stddef.h>

/* A function of it, and where the pointer to it goes. */
struct dynlib_function {
	const char *name;
	size_t offset;
};

/*
 * Fill in the pointers of a struct. 0, or -EOPNOTSUPP where the library is not installed or has
 * not all of them. It stays loaded.
 */
int dynlib_load(const char *file, const struct dynlib_function *functions, size_t nr, void *to);
