/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/log.h"
#include "lib/base/clock.h"
#include "lib/base/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Returns the path of a source file below lib/, wherever it was built. */
static const char *source_name(const char *file)
{
	for (const char *at; (at = strstr(file, "lib/"));)
		file = at + strlen("lib/");
	return file;
}

void log_at(const struct log *log, const char *file, const char *function, const char *fmt, ...)
{
	char raw[LOG_LINE_MAX], line[LOG_LINE_MAX], writer[32] = "";
	int saved_errno = errno, len;
	uint64_t ms;
	va_list ap;

	if (!log || !log->fn)
		return;
	ms = clock_msec() - log->start_ms;
	if (log->pid)
		snprintf(writer, sizeof(writer), " (process %d)", log->pid);
	len = snprintf(raw, sizeof(raw), "[%5" PRIu64 ".%03us] %s:%s%s ", ms / 1000,
		       (unsigned)(ms % 1000), source_name(file), function, writer);
	errno = saved_errno; /* for %m */
	va_start(ap, fmt);
	if (len > 0 && (size_t)len < sizeof(raw))
		vsnprintf(raw + len, sizeof(raw) - (size_t)len, fmt, ap);
	va_end(ap);
	log->fn(text_escape(raw, line, sizeof(line)), log->data);
	errno = saved_errno;
}

const char *log_result(int rc, char *buf, size_t size)
{
	return rc < 0 ? strerror_r(-rc, buf, size) : "ok";
}
