/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the system and the administrator keep configuration. A list of folders ends in NULL and has
 * the one of the highest priority first: a file there hides those of its name in the others.
 */
#pragma once

#include <stdbool.h>

extern const char *const confdirs_policy[];
extern const char *const confdirs_udev_rules[];
extern const char *const confdirs_units[]; /* of systemd.unit(5), for the system */
extern const char *const confdirs_tmpfiles[];
extern const char *const confdirs_modprobe[];
extern const char *const confdirs_sysfs[]; /* of sysfsutils */

#define CONF_SYSFS	"etc/sysfs.conf"
#define CONF_RC_LOCAL	"etc/rc.local"
#define CONF_DAXCTL	"etc/daxctl.conf"
#define CONF_DAXCTL_DIR "etc/daxctl.conf.d"
#define CONF_GRUB	"etc/default/grub"
#define CONF_GRUB_DIR	"etc/default/grub.d"
#define CONF_UDEV_QUEUE "run/udev/queue" /* is there while udev has events to handle */

#define BIN_GRUBBY	     "usr/bin/grubby"
#define BIN_GRUBBY_SBIN	     "usr/sbin/grubby"
#define BIN_UPDATE_GRUB	     "usr/bin/update-grub"
#define BIN_UPDATE_GRUB_SBIN "usr/sbin/update-grub"

/* Is this a place of the administrator, which comes before what packages install? */
bool confdirs_is_own(const char *path);
