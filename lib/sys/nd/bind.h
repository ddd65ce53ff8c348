/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Enables namespaces through sysfs alone, in two parts, so that several can be enabled in parallel.
 * libndctl waits after each namespace until the whole bus is idle.
 *
 * The first part is short: nd_pmem reads the info block and creates a btt, pfn or dax device (the
 * claim) for the namespace; for a dax device, dax_pmem then creates daxX.Y. While drivers_autoprobe
 * of both buses is off, nothing binds these devices. The second part binds them, which initialises
 * the memmap on the CPU of the calling task. (On kernels from about 6.9 to at least 7.2, a dax
 * device that is bound while it is created blocks all others: drivers/dax/bus.c, dax_region_rwsem.)
 */
#pragma once

#include "lib/sys/child.h"
#include "lib/sys/cpus.h"

struct nd_claim_args {
	char ns_name[MHP_NAME_MAX];
	char region[MHP_NAME_MAX];
	struct cpuset cpus; /* where the task runs: it may initialise a raw namespace's memmap */
};

struct nd_claimed {
	char claim[MHP_NAME_MAX];  /* on the nd bus: btt, pfn or dax; "" if raw */
	char device[MHP_NAME_MAX]; /* on the dax bus; empty if there is none */
	bool changed;		   /* this task changed something */
	bool bound;		   /* nothing is left to do */
	uint64_t align;		   /* of the claim; 0 if it has none */
	bool map_mem;		   /* its memmap lies in ordinary memory */
	uint64_t size;		   /* bytes that the claim offers; 0: none, or not bound yet */
};

/*
 * Does, as a task (struct nd_claim_args), the first part. Replies with struct nd_claimed, also on
 * failure. The hint explains -EOPNOTSUPP and -ENXIO.
 */
int nd_make_claim(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);

/*
 * Reads, as a task (struct nd_claim_args), the current state after an nd_make_claim() that gave no
 * answer. Replies with struct nd_claimed; changed: the namespace has a claim or a driver. Changes
 * nothing, but may wait for others that work on the namespace.
 */
int nd_read_claimed(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err);

/* Returns whether a device of the nd bus has a driver. Never waits for one that is being bound. */
bool nd_is_bound(const struct root *sys, const char *nd_name);

struct nd_bind_args {
	char claim[MHP_NAME_MAX];  /* a btt or pfn device, or empty */
	char device[MHP_NAME_MAX]; /* a dax device, or empty */
	struct cpuset cpus;
};

/* Binds, as a task (struct nd_bind_args), the device of a namespace. Replies with nothing. */
int nd_bind_claim(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
