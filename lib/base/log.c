/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/log.h"

#include <stdarg.h>
#include <stdio.h>

void log_line(const struct log *log, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (!log->fn)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log->fn(line, log->data);
}
