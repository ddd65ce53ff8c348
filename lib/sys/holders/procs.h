/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes in /proc: their names, start times and owners. */
#pragma once

#include "lib/sys/child.h"

/*
 * Calls fn for each process in /proc, unsorted. A negative return of fn ends the walk and is
 * returned; so is a failure to list them.
 */
int procs_each(const struct root *sys, int (*fn)(const struct root *sys, int pid, void *data),
	       void *data);

/*
 * Returns whether a killed child (lib/sys/child.h) has not ended yet because its write to the
 * kernel continues, or true if that cannot be read for lack of memory or descriptors. Its caller
 * has ended or given it up.
 */
bool procs_has_dying_child(const struct mhp_ctx *ctx);

/* Returns the process that a thread belongs to, 0 if it has ended or is hidden. */
int procs_of_thread(const struct root *sys, int tid);

/* Copies the name of a process, "" if it does not exist. */
void procs_comm(const struct mhp_ctx *ctx, pid_t pid, char *comm, size_t size);

/* Return the number and the user of this process. */
int procs_own_pid(void);
unsigned procs_own_uid(void);

/*
 * Returns the start time of a process in the kernel's ticks, which distinguishes it from a later
 * one with the same number; 0 if it cannot be read.
 */
uint64_t procs_born(const struct root *sys, int pid);

/* Returns whether the process with that number and start time (0: any) has ended. */
bool procs_has_ended(const struct root *sys, int pid, uint64_t born);

/* Fills in comm, uid, cgroup and vm_pin_bytes of owner->pid, as far as they can be read. */
void procs_describe(const struct root *sys, struct mhp_owner *owner);

/* Returns VmLck of a process, 0 if it cannot be read. */
uint64_t procs_locked_bytes(const struct root *sys, int pid);

/* Calls fn for each mapping of a process until it returns true. */
typedef bool (*mapping_fn)(struct mhp_range addresses, void *data);
void procs_each_mapping(const struct root *sys, int pid, mapping_fn fn, void *data);
