/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/cpus.h"
#include "lib/base/cleanup.h"
#include "lib/base/idset.h"
#include "lib/base/vec.h"
#include "lib/sys/distance.h"
#include "lib/sys/kernel.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

struct walk {
	struct cpu_places *out;
	struct cpuset allowed;
};

static int add_place(struct walk *walk, int node, const struct idset *cpus)
{
	struct cpu_places *out = walk->out;
	struct cpu_place place = { .node = node }, *added;

	for (size_t i = 0; i < cpus->nr; i++)
		for (uint64_t cpu = cpus->runs[i].first;
		     cpu <= cpus->runs[i].last && cpu < CPUS_MAX; cpu++)
			if (CPU_ISSET_S(cpu, sizeof(walk->allowed), walk->allowed.sets))
				CPU_SET_S(cpu, sizeof(place.set), place.set.sets);
	place.cpus = (unsigned)CPU_COUNT_S(sizeof(place.set), place.set.sets);
	if (!place.cpus)
		return 0;
	added = VEC_PUSH(out->places, out->nr);
	if (!added)
		return -ENOMEM;
	*added = place;
	out->cpus += place.cpus;
	return 0;
}

static int read_node(const struct root *sys, const char *name, void *data)
{
	cleanup_idset struct idset cpus = { 0 };
	uint64_t node;

	if (root_name_id(name, "node", &node) < 0 || node > INT_MAX)
		return 0;
	ROOT_PATH(path, KERNEL_NODES "/%s/cpulist", name);
	if (list_read(sys, path, &cpus) < 0)
		return 0;
	return add_place(data, (int)node, &cpus);
}

/* Reads the places of CPUs. Without any node, all CPUs that this process may use are one place. */
int cpus_read(const struct root *sys, struct cpu_places *places)
{
	struct walk walk = { .out = places };
	const struct idset all = { .runs = &(struct idrun){ 0, CPUS_MAX - 1 }, .nr = 1 };
	int rc;

	*places = (struct cpu_places){ 0 };
	if (sched_getaffinity(0, sizeof(walk.allowed), walk.allowed.sets) < 0)
		memset(&walk.allowed, 0xff, sizeof(walk.allowed));
	rc = root_each(sys, KERNEL_NODES, read_node, &walk);
	if (rc != -ENOMEM && !places->nr)
		rc = add_place(&walk, -1, &all);
	return rc == -ENOMEM ? rc : 0;
}

void cpus_free(struct cpu_places *places)
{
	free(places->places);
	*places = (struct cpu_places){ 0 };
}

/* Takes the nearest place. One without a free CPU costs 1000 more, which exceeds any distance. */
struct cpu_place *cpus_take(const struct root *sys, struct cpu_places *places, int node)
{
	cleanup_distances struct distances distances = { 0 };
	struct cpu_place *best = places->places; /* there is at least one place */
	unsigned best_cost = UINT_MAX;

	distances_read(sys, node, &distances); /* unknown: treats all nodes as equally far */
	for (size_t i = 0; i < places->nr; i++) {
		struct cpu_place *place = &places->places[i];
		unsigned cost = distances_to(&distances, place->node) +
				(place->busy < place->cpus ? 0 : 1000);

		if (cost < best_cost) {
			best = place;
			best_cost = cost;
		}
	}
	best->busy++;
	return best;
}

void cpus_bind(const struct cpuset *set)
{
	sched_setaffinity(0, sizeof(*set), set->sets);
}
