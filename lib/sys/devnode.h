/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices by their number: /dev/NAME may be missing, or lead to another device. */
#pragma once

#include "lib/sys/root.h"

#include <sys/types.h>

/*
 * Open the device of that type (S_IFBLK, S_IFCHR) and number: by /dev/NAME where that leads to it,
 * and nothing else is opened, else by a node that nobody else ever sees. A descriptor or a negative
 * errno: that of opening the device, so -ENXIO and -ENODEV say that there is no such device.
 */
int devnode_open(const struct root *sys, mode_t type, const char *name, dev_t number, int flags);

/* The number of a device from its file "dev" in sysfs: "259:1". */
int devnode_number(const struct root *sys, const char *path, dev_t *number);
