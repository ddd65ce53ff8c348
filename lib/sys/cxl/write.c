/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/cxl/write.h"
#include "lib/base/error.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/kmsg.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PRIO_WARNING 4

/* ---- the kernel's words ------------------------------------------------------------------ */

/* Returns whether a text has a name as a word: not decoder5.1 in decoder5.10. */
static bool has_word(const char *text, const char *name)
{
	const size_t len = strlen(name);

	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
		if ((at == text || !isalnum((unsigned char)at[-1])) &&
		    !isalnum((unsigned char)at[len]))
			return true;
	return false;
}

/* Keeps the first warning of the log that names the object. */
static void keep_words(struct cxl_writer *w, struct kmsg *log, const char *name)
{
	struct kmsg_record record;

	while (!*w->words && kmsg_next(log, &record))
		if (record.prio <= PRIO_WARNING && has_word(record.text, name))
			str_copy(w->words, record.text);
}

/* Writes, and keeps what the kernel logs about the object if it refuses. */
static int write_file(struct cxl_writer *w, const char *path, const char *text, const char *object)
{
	struct kmsg log;
	int rc;

	w->words[0] = w->shown[0] = '\0';
	kmsg_open(w->ctx, &log);
	rc = root_write(&w->ctx->sys, path, text);
	if (rc < 0)
		keep_words(w, &log, object);
	kmsg_close(&log);
	return rc;
}

/* ---- writes ------------------------------------------------------------------------------ */

int cxl_write(struct cxl_writer *w, const char *device, const char *file, const char *text)
{
	ROOT_PATH(path, CXL_DEVICES "/%s/%s", device, file);
	return write_file(w, path, text, device);
}

int cxl_write_driver(struct cxl_writer *w, const char *driver, const char *file, const char *name)
{
	ROOT_PATH(path, CXL_DRIVERS "/%s/%s", driver, file);
	return write_file(w, path, name, name);
}

/*
 * Returns the result of a write after which the device does not show the value: -CXL_NOT_SHOWN
 * if the kernel reports success.
 */
static int not_shown(int rc, int rc_read)
{
	if (rc < 0)
		return rc;
	return root_is_lack(rc_read) ? rc_read : -CXL_NOT_SHOWN;
}

int cxl_set_text(struct cxl_writer *w, const char *device, const char *file, const char *text)
{
	int rc = cxl_write(w, device, file, *text ? text : "\n"), rc_read;

	ROOT_PATH(path, CXL_DEVICES "/%s/%s", device, file);
	rc_read = root_read(&w->ctx->sys, path, w->shown, sizeof(w->shown));
	return rc_read == 0 && strcmp(w->shown, text) == 0 ? 0 : not_shown(rc, rc_read);
}

int cxl_set_number(struct cxl_writer *w, const char *device, const char *file, int base,
		   uint64_t value)
{
	uint64_t now;
	char text[32];
	int rc, rc_read;

	str_format(text, base == 16 ? "%#" PRIx64 : "%" PRIu64, value);
	rc = cxl_write(w, device, file, text);
	ROOT_PATH(path, CXL_DEVICES "/%s/%s", device, file);
	rc_read = root_read_u64(&w->ctx->sys, path, base, &now);
	if (rc_read == 0 && now == value)
		return 0;
	if (rc_read == 0)
		str_format(w->shown, base == 16 ? "%#" PRIx64 : "%" PRIu64, now);
	return not_shown(rc, rc_read);
}

int cxl_set_driver(struct cxl_writer *w, const char *driver, const char *device, bool bind)
{
	const enum mhp_tristate wanted = bind ? MHP_TRISTATE_YES : MHP_TRISTATE_NO;
	int rc = cxl_write_driver(w, driver, bind ? "bind" : "unbind", device);

	if (cxl_has_driver(&w->ctx->sys, device) == wanted)
		return 0;
	return not_shown(rc, 0);
}

/* ---- failures ---------------------------------------------------------------------------- */

int cxl_fail(struct cxl_writer *w, int rc, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (rc == -CXL_NOT_SHOWN)
		err_set(w->err, -EIO, MHP_REASON_KERNEL,
			"%s: the kernel reports success, and does not show it", text);
	else
		err_errno(w->err, rc, "%s", text);
	if (*w->words)
		cxl_fail_more(w, "; the kernel log has: %s", w->words);
	return rc;
}

void cxl_fail_more(struct cxl_writer *w, const char *fmt, ...)
{
	char text[320];
	va_list ap;

	if (!w->err)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	str_append(w->err->message, "%s", text);
}
