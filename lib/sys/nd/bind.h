/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Enabling namespaces by the files of the kernel alone, in two parts, so that several can be done
 * side by side. libndctl waits until the whole bus is idle after each.
 *
 * Handing over is short: nd_pmem reads the info block and makes a btt, pfn or dax device of the
 * namespace, and for a dax device dax_pmem makes daxX.Y of that. With drivers_autoprobe of both
 * buses off nobody binds what has been made, so binding it is the second part: it initialises the
 * memmap, on the CPU of the task that asks for it. (On kernels from about 6.9 to at least 7.2 a
 * dax device that is bound while it is made holds up all others: drivers/dax/bus.c,
 * dax_region_rwsem.)
 */
#pragma once

#include "lib/sys/child.h"
#include "lib/sys/cpus.h"

struct nd_hand_args {
	char namespace_[MHP_NAME_MAX];
	char region[MHP_NAME_MAX];
	struct cpuset cpus; /* a raw namespace may get its memmap here */
};

struct nd_handed {
	char claim[MHP_NAME_MAX];  /* btt, pfn or dax device of the nd bus; empty: it is raw */
	char device[MHP_NAME_MAX]; /* of the dax bus, if it is one */
	bool changed;		   /* something was done here */
	bool bound;		   /* nothing is left to do */
	uint64_t align;		   /* of a btt, pfn or dax device, or 0 */
	bool map_mem;		   /* its memmap lies in ordinary memory */
};

/*
 * Task (struct nd_hand_args): struct nd_handed, also when it fails. -EOPNOTSUPP, -ENXIO: see the
 * hint.
 */
int nd_hand_over(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);

/*
 * Task (struct nd_hand_args): struct nd_handed as it is now, for a hand-over that gave no answer.
 * Changes nothing, and may have to wait for who works on the namespace. changed: it is taken.
 */
int nd_see_handed(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);

/* Has a device of the nd bus a driver? Never waits for one that is being bound. */
bool nd_is_bound(const struct root *sys, const char *nd_name);

struct nd_bind_args {
	char claim[MHP_NAME_MAX];  /* a btt or pfn device, or empty */
	char device[MHP_NAME_MAX]; /* a dax device, or empty */
	struct cpuset cpus;
};

/* Task (struct nd_bind_args): bind what a namespace was handed over to. Answers nothing. */
int nd_bind_claim(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
