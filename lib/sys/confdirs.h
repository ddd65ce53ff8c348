/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Directories in which packages and the administrator keep configuration. A list ends in NULL and
 * starts with the highest priority: a file there hides files of the same name in the other
 * directories.
 */
#pragma once

#include <stdbool.h>

extern const char *const confdirs_policy[];
extern const char *const confdirs_udev_rules[];
extern const char *const confdirs_units[]; /* see systemd.unit(5); units of the system */
extern const char *const confdirs_tmpfiles[];
extern const char *const confdirs_modprobe[];
extern const char *const confdirs_sysfs[]; /* sysfsutils */

#define CONF_SYSFS	"etc/sysfs.conf"
#define CONF_RC_LOCAL	"etc/rc.local"
#define CONF_DAXCTL	"etc/daxctl.conf"
#define CONF_DAXCTL_DIR "etc/daxctl.conf.d"
#define CONF_GRUB	"etc/default/grub"
#define CONF_GRUB_DIR	"etc/default/grub.d"
#define CONF_UDEV_QUEUE "run/udev/queue" /* exists while udev has events to handle */

#define BIN_GRUBBY	     "usr/bin/grubby"
#define BIN_GRUBBY_SBIN	     "usr/sbin/grubby"
#define BIN_UPDATE_GRUB	     "usr/bin/update-grub"
#define BIN_UPDATE_GRUB_SBIN "usr/sbin/update-grub"

/* Returns whether a path belongs to the administrator, whose files override those of packages. */
bool confdirs_is_own(const char *path);
