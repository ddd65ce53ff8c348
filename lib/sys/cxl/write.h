/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes to the CXL bus. The machine's answer counts: every value is read back. The kernel gives
 * reasons only in its log, so a write that fails keeps the line about it.
 */
#pragma once

#include "lib/sys/ctx.h"
#include "lib/sys/cxl/change.h"

struct cxl_writer {
	struct mhp_ctx *ctx;
	struct mhp_error *err;
	char words[256]; /* what the kernel log has about the last write, if that failed */
	char shown[64];	 /* by the machine after the last write, or empty */
};

#define CXL_WRITER(ctx_, err_) ((struct cxl_writer){ .ctx = (ctx_), .err = (err_) })

/*
 * Set an attribute of a device. Return 0 if the device shows the value, the kernel's error, or
 * -CXL_NOT_SHOWN if the kernel reports success and shows something else. An empty text clears.
 * Numbers are in base 10 or 16, as the kernel shows them.
 */
int cxl_set_text(struct cxl_writer *w, const char *device, const char *file, const char *text);
int cxl_set_number(struct cxl_writer *w, const char *device, const char *file, int base,
		   uint64_t value);

/* Write to an attribute that shows nothing, or a name to a file of a driver. */
int cxl_write(struct cxl_writer *w, const char *device, const char *file, const char *text);
int cxl_write_driver(struct cxl_writer *w, const char *driver, const char *file, const char *name);

/* Binds a device to its driver, or unbinds it. Returns 0 or what cxl_set_text() returns. */
int cxl_set_driver(struct cxl_writer *w, const char *driver, const char *device, bool bind);

/* Fills the error of a write: the message, the reason of the errno, and the kernel's words. */
int cxl_fail(struct cxl_writer *w, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Appends to the message of the failure. */
void cxl_fail_more(struct cxl_writer *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
