/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fills struct mhp_error, with the table of reasons. */
#pragma once

#include "lib/libmhp.h"

#include <stdio.h>

/*
 * Fills *err (may be NULL) and returns rc, a negative errno, so that a failure takes one statement.
 * The hint comes from the table in error.c unless err_hint() replaces it.
 */
int err_set(struct mhp_error *err, int rc, enum mhp_reason reason, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Sets an error as err_set() does, with the reason of the errno. Appends ": strerror" to the
 * message.
 */
int err_errno(struct mhp_error *err, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Replaces the hint of the failure in *err. Returns rc. */
int err_hint(struct mhp_error *err, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Fills *err for a request that is wrong: MHP_REASON_USAGE and this hint, which may be empty.
 * Returns -EINVAL.
 */
int err_usage(struct mhp_error *err, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The first of several failures, for code that continues after one. Begins as { .err = err }. */
struct err_first {
	struct mhp_error *err; /* receives the first failure, or NULL */
	int rc;		       /* of the first failure, or 0 */
	struct mhp_error later;
};

/* Returns the place for the next failure. */
struct mhp_error *err_slot(struct err_first *first);

/* Keeps rc if it is the first failure. Returns rc. */
int err_keep(struct err_first *first, int rc);

/* Returns the reason of an errno if nothing else is known. */
enum mhp_reason err_reason(int rc);

/* Implement mhp_reason_name() and mhp_reason_exit_code(). */
const char *reason_name(enum mhp_reason reason);
int reason_exit_code(enum mhp_reason reason);

/* Returns the reason of that name; MHP_REASON_KERNEL for a name that this version does not know. */
enum mhp_reason err_reason_of(const char *name);

/* Returns the general hint for a reason, or "" if there is none. */
const char *err_reason_hint(enum mhp_reason reason);

/* Formats into a char array and truncates what does not fit. */
#define str_format(array, ...) snprintf((array), sizeof(array), __VA_ARGS__)

/* Appends to the text in a char array and truncates what does not fit. */
#define str_append(array, ...) str_append_to((array), sizeof(array), __VA_ARGS__)
void str_append_to(char *to, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Copies a string into a char array and truncates what does not fit. */
#define str_copy(array, text) str_copy_to((array), sizeof(array), (text))
void str_copy_to(char *to, size_t size, const char *from);
