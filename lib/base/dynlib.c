/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/dynlib.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

/*
 * Stores a pointer. ISO C cannot convert the void pointer of dlsym() to a function pointer. POSIX
 * gives both the same size, so the bytes are copied.
 */
static void store_pointer(void *to, const void *found)
{
	memcpy(to, &found, sizeof(found));
}

int dynlib_load(const char *file, const struct dynlib_function *functions, size_t nr, void *to)
{
	void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return -EOPNOTSUPP;
	for (size_t i = 0; i < nr; i++) {
		void *found = dlsym(handle, functions[i].name);

		if (!found)
			return -EOPNOTSUPP;
		store_pointer((char *)to + functions[i].offset, found);
	}
	return 0;
}
