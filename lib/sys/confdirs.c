/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/confdirs.h"

#include <stddef.h>
#include <string.h>

const char *const confdirs_policy[] = {
	"etc/mhpctl/policy.d",
	"run/mhpctl/policy.d",
	"usr/lib/mhpctl/policy.d",
	NULL,
};

const char *const confdirs_udev_rules[] = {
	"etc/udev/rules.d",	"run/udev/rules.d", "usr/local/lib/udev/rules.d",
	"usr/lib/udev/rules.d", "lib/udev/rules.d", NULL,
};

const char *const confdirs_units[] = {
	"etc/systemd/system.control",  "run/systemd/system.control",   "run/systemd/transient",
	"run/systemd/generator.early", "etc/systemd/system",	       "run/systemd/system",
	"run/systemd/generator",       "usr/local/lib/systemd/system", "usr/lib/systemd/system",
	"lib/systemd/system",	       "run/systemd/generator.late",   NULL,
};

const char *const confdirs_tmpfiles[] = {
	"etc/tmpfiles.d",     "run/tmpfiles.d", "usr/local/lib/tmpfiles.d",
	"usr/lib/tmpfiles.d", "lib/tmpfiles.d", NULL,
};

const char *const confdirs_modprobe[] = {
	"etc/modprobe.d",     "run/modprobe.d", "usr/local/lib/modprobe.d",
	"usr/lib/modprobe.d", "lib/modprobe.d", NULL,
};

const char *const confdirs_sysfs[] = { "etc/sysfs.d", NULL };

bool confdirs_is_own(const char *path)
{
	return strncmp(path, "etc/", 4) == 0 || strncmp(path, "run/", 4) == 0;
}
