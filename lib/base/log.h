/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Debug lines: requests to the kernel and its answers. A line looks like
 * "[    0.012s] sys/root.c:root_write sys/.../state = \"offline\": Device or resource busy".
 */
#pragma once

#include "lib/libmhp.h"

/* The destination of the lines; there is none if fn is NULL. */
struct log {
	mhp_log_fn fn;
	void *data;
	uint64_t start_ms; /* clock_msec() at time 0 of the lines */
	int pid;	   /* of the child that writes them; 0: the calling process */
};

#define LOG_LINE_MAX   1024 /* with its NUL; longer lines are truncated */
#define LOG_RESULT_MAX 96

/* Writes a line; the text is lower case without a newline. log may be NULL. Preserves errno. */
#define log_line(log, ...) log_at(log, __FILE__, __func__, __VA_ARGS__)

void log_at(const struct log *log, const char *file, const char *function, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Returns "ok", or the text of a negative errno. */
const char *log_result(int rc, char *buf, size_t size);

/* Writes an operation and its result. Formats nothing if no function receives the lines. */
#define log_done(log, rc, fmt, ...)                                           \
	do {                                                                  \
		char log_buf_[LOG_RESULT_MAX];                                \
                                                                              \
		if ((log) && (log)->fn)                                       \
			log_line(log, fmt ": %s", ##__VA_ARGS__,              \
				 log_result(rc, log_buf_, sizeof(log_buf_))); \
	} while (0)
