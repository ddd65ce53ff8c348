/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/cxl/libcxl.h"

#include <errno.h>

#ifdef HAVE_LIBCXL

#include "lib/base/cleanup.h"
#include "lib/base/dynlib.h"

int libcxl_load(struct libcxl *lib)
{
#define X(name) { #name, offsetof(struct libcxl, name) },
	static const struct dynlib_function functions[] = { LIBCXL_FUNCTIONS(X) };
#undef X

	return dynlib_load("libcxl.so.1", functions, ARRAY_SIZE(functions), lib);
}

#else

int libcxl_load(struct libcxl *lib)
{
	(void)lib;
	return -EOPNOTSUPP;
}

#endif
