/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of a whole dax device (daxX.Y/state, Linux 7.3). The file exists while the device is
 * bound to kmem. One write adds all of its memory and brings it online, or takes it offline and
 * removes it. A read returns the last word that was written with success: the kernel does not
 * compare it with the blocks, so it is wrong once somebody changes single blocks.
 */
#pragma once

#include "lib/sys/child.h"
#include "lib/sys/dax/dax.h"

#define DAX_STATE_PATH "sys/bus/dax/devices/%s/state"

/*
 * Returns MHP_DAX_STATE_NONE without such a file, MHP_DAX_STATE_UNKNOWN for an unknown word or a
 * read error.
 */
enum mhp_dax_state dax_read_state(const struct root *sys, const char *name);

struct dax_state_write {
	struct dax_bind who; /* its driver is ignored */
	char word[24];	     /* unplugged, online_movable, online_kernel */
};

/*
 * Writes, as a task (struct dax_state_write), the word, if the device is the one that was meant.
 * `unplugged` takes as long as its pages take to migrate, which may be forever; a signal makes the
 * kernel restore all blocks, which takes time too, and return -EINTR. The online words ignore
 * signals. While another process writes the same file, the write waits and ignores all signals.
 */
int dax_write_state(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err);
