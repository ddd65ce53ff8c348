/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel binds each new device to the first driver that takes it, unless drivers_autoprobe of
 * its bus is off.
 */
#pragma once

#include "lib/exec/exec.h"

/*
 * Until the release no driver takes a device that comes to the dax bus, nor, if asked for, to the
 * nd bus. Where that cannot be had a warning is told; only a lack of permission is a failure.
 */
int autoprobe_hold(struct exec *x, bool nd_too, struct mhp_error *err);
void autoprobe_release(struct exec *x);

/* Before the release: the device of that answer (struct nd_created) is to stay without a driver. */
void autoprobe_own(struct exec *x, const struct reply *reply);

/* Before the release: so are all devices that have come in the region. */
void autoprobe_own_region(struct exec *x, const char *region);
