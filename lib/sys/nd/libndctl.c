/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define LIBNDCTL_IS_LOADED_HERE
#include "lib/sys/nd/libndctl.h"
#include "lib/base/cleanup.h"
#include "lib/base/dynlib.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

/*
 * Returns the place of the pointers to its functions: one for the whole process, as the library is.
 */
static _Atomic(struct libndctl *) *loaded(void)
{
	static _Atomic(struct libndctl *) lib;

	return &lib;
}

int libndctl_load(void)
{
#define X(name) { #name, offsetof(struct libndctl, name) },
	static const struct dynlib_function functions[] = { LIBNDCTL_FUNCTIONS(X) };
#undef X
	cleanup_free struct libndctl *lib = NULL;
	struct libndctl *none = NULL;
	int rc;

	if (atomic_load(loaded()))
		return 0;
	lib = malloc(sizeof(*lib));
	if (!lib)
		return -ENOMEM;
	rc = dynlib_load("libndctl.so.6", functions, ARRAY_SIZE(functions), lib);
	if (rc < 0)
		return rc;
	if (atomic_compare_exchange_strong(loaded(), &none,
					   lib)) /* else another thread was first */
		TAKE_PTR(lib);
	return 0;
}

const struct libndctl *libndctl(void)
{
	return atomic_load(loaded());
}
