/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/libsystemd.h"

#ifdef HAVE_SYSTEMD

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

/* ISO C knows no way from the void pointer of dlsym() to a function; POSIX has both of a size. */
static int find(void *handle, const char *name, void *function)
{
	void *found = dlsym(handle, name);

	if (!found)
		return -EOPNOTSUPP;
	memcpy(function, &found, sizeof(found));
	return 0;
}

int libsystemd_load(struct libsystemd *lib)
{
	void *handle = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
	int rc = handle ? 0 : -EOPNOTSUPP;

#define X(name)      \
	if (rc == 0) \
		rc = find(handle, #name, &lib->name);
	LIBSYSTEMD_FUNCTIONS(X)
#undef X
	return rc;
}

#endif
