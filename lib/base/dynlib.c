/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/dynlib.h"
#include "lib/base/cleanup.h"

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

/*
 * Returns why the loader has failed. It tells only by a text, which ends with that of the error;
 * one of its texts is for a lack of memory for texts.
 */
static int load_error(void)
{
	static const int errors[] = { ENOMEM, EMFILE, ENFILE, EIO };
	const char *text = dlerror();
	char buf[128];

	if (!text || strcmp(text, "out of memory") == 0)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (strstr(text, strerror_r(errors[i], buf, sizeof(buf))))
			return -errors[i];
	return -EOPNOTSUPP;
}

int dynlib_load(const char *file, const struct dynlib_function *functions, size_t nr, void *to)
{
	void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return load_error();
	for (size_t i = 0; i < nr; i++) {
		void *found = dlsym(handle, functions[i].name);

		if (!found)
			return -EOPNOTSUPP;
		store_pointer((char *)to + functions[i].offset, found);
	}
	return 0;
}
