/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/libsystemd.h"

#ifdef HAVE_SYSTEMD

#include "lib/base/cleanup.h"
#include "lib/base/dynlib.h"

int libsystemd_load(struct libsystemd *lib)
{
#define X(name) { #name, offsetof(struct libsystemd, name) },
	static const struct dynlib_function functions[] = { LIBSYSTEMD_FUNCTIONS(X) };
#undef X

	return dynlib_load("libsystemd.so.0", functions, ARRAY_SIZE(functions), lib);
}

#endif
