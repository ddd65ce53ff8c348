/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parameters of the kernel command line. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

#define CMDLINE_MAX 4097

/* Reads /proc/cmdline. Returns 0 or a negative errno. */
ROOT_CHECKED int cmdline_read(const struct root *sys, char cmdline[CMDLINE_MAX]);

/*
 * Copies the value of a parameter, truncated to fit; the last one counts. Leaves the value as it is
 * without that parameter.
 */
void cmdline_value(const char *cmdline, const char *key, char *value, size_t size);

/* Parses a boolean like the kernel: 1, y, t and "on"; 0, n, f and "off". Others are unknown. */
enum mhp_tristate cmdline_bool(const char *value);
