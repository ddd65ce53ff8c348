/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens devices by number, because /dev/NAME may be missing or be another device. */
#pragma once

#include "lib/sys/root.h"

#include <sys/types.h>

/*
 * Opens the device of that type (S_IFBLK, S_IFCHR) and number: through /dev/NAME if that is this
 * device, otherwise through a private node that nobody else sees. Never opens any other device.
 * Returns an fd or the negative errno of opening the device, so -ENXIO and -ENODEV mean that it
 * does not exist.
 */
int devnode_open(const struct root *sys, mode_t type, const char *name, dev_t number, int flags);

/*
 * Reads the number of a device from its file "dev" in sysfs: "259:1". Returns 0 or a negative
 * errno.
 */
int devnode_number(const struct root *sys, const char *path, dev_t *number);
