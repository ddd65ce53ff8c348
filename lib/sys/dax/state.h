/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of a whole dax device (daxX.Y/state, Linux 7.3): there while the device is bound to
 * kmem. One write adds all of its memory and brings it online, or takes it offline and removes it.
 * What is read is what was written last and succeeded: the kernel does not look at the blocks for
 * it, so who changes these by themselves makes it wrong.
 */
#pragma once

#include "lib/sys/child.h"
#include "lib/sys/dax/dax.h"

#define DAX_STATE_PATH "sys/bus/dax/devices/%s/state"

/* MHP_DAX_STATE_NONE without such a file, MHP_DAX_STATE_UNKNOWN for what cannot be understood. */
enum mhp_dax_state dax_read_state(const struct root *sys, const char *name);

struct dax_state_write {
	struct dax_bind who; /* its driver is not looked at */
	char word[24];	     /* unplugged, online_movable, online_kernel */
};

/*
 * Task (struct dax_state_write): write it, where the device is the one that was meant. To
 * `unplugged` it takes as long as its pages take to move, which may be for ever: then a signal
 * makes the kernel put all blocks back, which takes its time too, and -EINTR. To online it hears no
 * signal. It waits, deaf to everything, for others who write the same file.
 */
int dax_write_state(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err);
