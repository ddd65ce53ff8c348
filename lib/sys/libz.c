/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/libz.h"
#include "lib/base/cleanup.h"
#include "lib/base/dynlib.h"

int libz_load(struct libz *lib)
{
#define X(name) { #name, offsetof(struct libz, name) },
	static const struct dynlib_function functions[] = { LIBZ_FUNCTIONS(X) };
#undef X

	return dynlib_load("libz.so.1", functions, ARRAY_SIZE(functions), lib);
}
