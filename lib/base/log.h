/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"

/* Where lines for developers go; fn NULL means nowhere. */
struct log {
	mhp_log_fn fn;
	void *data;
};

/* Lower case, no newline. */
void log_line(const struct log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
