/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Locals that are released at the end of their scope. Initialise each with NULL or -1; TAKE_PTR and
 * TAKE_FD pass the ownership on.
 */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TAKE_PTR(p)                                  \
	({                                           \
		__typeof__(p) *taken_from_ = &(p);   \
		__typeof__(p) taken_ = *taken_from_; \
		*taken_from_ = NULL;                 \
		taken_;                              \
	})

#define TAKE_FD(fd)                        \
	({                                 \
		int *taken_from_ = &(fd);  \
		int taken_ = *taken_from_; \
		*taken_from_ = -1;         \
		taken_;                    \
	})

#define DEFINE_CLEANUP(type, name, func) \
	static inline void name(type *p) \
	{                                \
		if (*p)                  \
			func(*p);        \
	}

static inline void cleanup_free_func(void *p)
{
	free(*(void **)p);
}

/* Frees what its owner shows to others as const. */
static inline void free_const(const void *p)
{
	free((void *)p);
}

static inline void cleanup_close_func(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

DEFINE_CLEANUP(DIR *, cleanup_closedir_func, closedir)
DEFINE_CLEANUP(FILE *, cleanup_fclose_func, fclose)

#define cleanup_free	 __attribute__((cleanup(cleanup_free_func)))
#define cleanup_close	 __attribute__((cleanup(cleanup_close_func)))
#define cleanup_closedir __attribute__((cleanup(cleanup_closedir_func)))
#define cleanup_fclose	 __attribute__((cleanup(cleanup_fclose_func)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
