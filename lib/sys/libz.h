/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loads zlib for a file that is compressed: most commands read none. */
#pragma once

#include <zlib.h>

#define LIBZ_FUNCTIONS(X) \
	X(deflate)        \
	X(deflateEnd)     \
	X(deflateInit2_)  \
	X(gzclose)        \
	X(gzdopen)        \
	X(gzerror)        \
	X(gzgets)         \
	X(inflate)        \
	X(inflateEnd)     \
	X(inflateInit2_)  \
	X(inflateReset)

struct libz {
#define X(name) __typeof__(&(name)) name;
	LIBZ_FUNCTIONS(X)
#undef X
};

/* Returns 0, or -EOPNOTSUPP if it is not installed. The library stays loaded. */
int libz_load(struct libz *lib);
