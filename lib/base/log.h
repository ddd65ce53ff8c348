/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines for developers: what was asked of the kernel and what it answered. A line looks like
 * "[    0.012s] sys/root.c:root_write sys/.../state = \"offline\": Device or resource busy".
 */
#pragma once

#include "lib/libmhp.h"

/* Where the lines go; fn NULL means nowhere. */
struct log {
	mhp_log_fn fn;
	void *data;
	uint64_t start_ms; /* by clock_msec(): when the time of the lines begins */
	int pid;	   /* of the child that writes them; 0: the caller's own process */
};

#define LOG_LINE_MAX   1024 /* with its NUL; a longer line is cut */
#define LOG_RESULT_MAX 96

/* Lower case, no newline. log may be NULL, and errno stays as it is. */
#define log_line(log, ...) log_at(log, __FILE__, __func__, __VA_ARGS__)

void log_at(const struct log *log, const char *file, const char *function, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* "ok", or what a negative errno means. */
const char *log_result(int rc, char *buf, size_t size);

/* One line of what was done and the result of it. Nothing is formatted where nobody listens. */
#define log_done(log, rc, fmt, ...)                                           \
	do {                                                                  \
		char log_buf_[LOG_RESULT_MAX];                                \
                                                                              \
		if ((log) && (log)->fn)                                       \
			log_line(log, fmt ": %s", ##__VA_ARGS__,              \
				 log_result(rc, log_buf_, sizeof(log_buf_))); \
	} while (0)
