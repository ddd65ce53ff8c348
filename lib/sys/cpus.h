/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Selects the CPUs of workers. The kernel initialises a memmap on the CPU of the task that writes
 * to "bind", so a worker runs near the memory. If all CPUs there are busy, it runs at the nearest
 * node with a free CPU.
 */
#pragma once

#include "lib/sys/root.h"

#include <sched.h>

#define CPUS_MAX 8192

struct cpuset {
	cpu_set_t sets[CPUS_MAX / CPU_SETSIZE]; /* for the macros that end in _S */
};

/* The CPUs of one node that this process may use. */
struct cpu_place {
	int node;
	unsigned cpus;
	unsigned busy; /* workers that run there */
	struct cpuset set;
};

struct cpu_places {
	struct cpu_place *places;
	size_t nr;
	unsigned cpus; /* of all places, at least 1 */
};

/* Reads the places. A machine that does not list its nodes is one place. Returns 0 or -ENOMEM. */
int cpus_read(const struct root *sys, struct cpu_places *places);
void cpus_free(struct cpu_places *places);
#define cleanup_cpus __attribute__((cleanup(cpus_free)))

/*
 * Returns a place for a worker on memory of a node (-1: any): the nearest with a free CPU, or the
 * nearest if there is none. Never NULL. Increments busy, which the caller decrements.
 */
struct cpu_place *cpus_take(const struct root *sys, struct cpu_places *places, int node);

/* Binds the calling process to CPUs. Ignores failures. */
void cpus_bind(const struct cpuset *set);
