/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel binds each new device to the first driver that takes it, unless drivers_autoprobe of
 * its bus is off.
 */
#pragma once

#include "lib/exec/exec.h"

/*
 * Keeps drivers from new devices on the dax bus, and with nd_too on the nd bus, until
 * autoprobe_release(). Fails only for lack of permission; any other error becomes a warning.
 */
int autoprobe_hold(struct exec *x, bool nd_too, struct mhp_error *err);
void autoprobe_release(struct exec *x);

/* Marks the device in the reply (struct nd_created) as ours: the release does not probe it. */
void autoprobe_own(struct exec *x, const struct reply *reply);

/* Marks all devices in the NVDIMM or CXL region as ours. Call it before the release, too. */
void autoprobe_own_region(struct exec *x, const char *region);
