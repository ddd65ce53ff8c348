/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/sys/child.h"

/*
 * Is there a child (lib/sys/child.h) that was killed and has not ended, as its write to the kernel
 * still goes on? Its caller is gone, or has given it up.
 */
bool procs_has_dying_child(const struct mhp_ctx *ctx);

/* Name of a process, "" where there is none. */
void procs_comm(const struct mhp_ctx *ctx, pid_t pid, char *comm, size_t size);

/*
 * When a process began, in ticks of the kernel, which tells it from a later one of the same number;
 * 0 where that cannot be read.
 */
uint64_t procs_born(const struct root *sys, int pid);

/* Has the process of that number that was born then (0: at any time) ended? */
bool procs_has_ended(const struct root *sys, int pid, uint64_t born);

/* Fill comm, uid, cgroup and vm_pin_bytes of owner->pid, as far as they can be read. */
void procs_describe(const struct root *sys, struct mhp_owner *owner);

/* VmLck of a process, 0 where it cannot be read. */
uint64_t procs_locked_bytes(const struct root *sys, int pid);

/* Call fn for each mapping of a process until it returns true. */
typedef bool (*mapping_fn)(struct mhp_range addresses, void *data);
void procs_each_mapping(const struct root *sys, int pid, mapping_fn fn, void *data);
