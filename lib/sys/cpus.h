/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which CPUs a worker runs on. The kernel initialises a memmap on the CPU of the task that writes
 * to "bind", so a worker goes near the memory, and where all CPUs there have one already, to the
 * nearest that has none.
 */
#pragma once

#include "lib/sys/root.h"

#include <sched.h>

#define CPUS_MAX 8192

struct cpuset {
	cpu_set_t sets[CPUS_MAX / CPU_SETSIZE]; /* one for the macros that end in _S */
};

/* The CPUs of one node that this process may use. */
struct cpu_place {
	int node;
	unsigned cpus;
	unsigned busy; /* workers there */
	struct cpuset set;
};

struct cpu_places {
	struct cpu_place *places;
	size_t nr;
	unsigned cpus; /* of all of them, at least 1 */
};

/* 0 or -ENOMEM. A machine that does not tell its nodes is one place. */
int cpus_read(const struct root *sys, struct cpu_places *places);
void cpus_free(struct cpu_places *places);
#define cleanup_cpus __attribute__((cleanup(cpus_free)))

/*
 * A place for one more worker that works on memory of a node (-1: anywhere): the nearest with a CPU
 * to spare, or the nearest of all. Never NULL; counted in busy, which the caller takes down again.
 */
struct cpu_place *cpus_take(const struct root *sys, struct cpu_places *places, int node);

/* Bind the calling process to CPUs. Not being able to is no failure. */
void cpus_bind(const struct cpuset *set);
