/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"

#include <stdio.h>

/*
 * Fill *err (may be NULL) and hand back rc, a negative errno, so that a failure is one statement.
 * The hint of the reason comes from the table in error.c unless err_hint() gives a better one.
 */
int err_set(struct mhp_error *err, int rc, enum mhp_reason reason, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The same where the errno itself says the reason; ": strerror" is added to the message. */
int err_errno(struct mhp_error *err, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Replace the hint of a failure just told. Returns rc. */
int err_hint(struct mhp_error *err, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The reason that an errno means where nothing else is known. */
enum mhp_reason err_reason(int rc);

/* What mhp_reason_name() and mhp_reason_exit_code() return. */
const char *reason_name(enum mhp_reason reason);
int reason_exit_code(enum mhp_reason reason);

/* The general hint for a reason, "" where there is none. */
const char *err_reason_hint(enum mhp_reason reason);

/* snprintf into a char array; what does not fit is cut. */
#define str_format(array, ...) snprintf((array), sizeof(array), __VA_ARGS__)

/* Copy a string into a char array; what does not fit is cut. */
#define str_copy(array, text) str_copy_to((array), sizeof(array), (text))
void str_copy_to(char *to, size_t size, const char *from);
