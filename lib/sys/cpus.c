/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/cpus.h"
#include "lib/base/cleanup.h"
#include "lib/base/idset.h"
#include "lib/base/parse.h"
#include "lib/base/vec.h"
#include "lib/sys/kernel.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define LOCAL	  10 /* distance of a node from itself (ACPI SLIT) */
#define FAR	  255
#define LIST_SIZE 4096

static int read_list(const struct root *sys, const char *path, struct idset *set)
{
	char text[LIST_SIZE];
	int rc = root_read(sys, path, text, sizeof(text));

	return rc < 0 ? rc : idset_parse(set, text);
}

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
	if (read_list(sys, path, &cpus) < 0)
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

/*
 * Returns the distance to a node from a line such as "10 21 17", which has a number for each online
 * node in ascending order.
 */
static unsigned node_distance(const char *text, const struct idset *online, int to)
{
	uint64_t value;

	for (size_t i = 0; i < online->nr; i++)
		for (uint64_t node = online->runs[i].first; node <= online->runs[i].last; node++) {
			size_t len = strcspn(text, " ");

			if (!len)
				return FAR;
			if (node == (uint64_t)to)
				return parse_u64_n(text, len, 10, &value) == 0 && value < FAR
					       ? (unsigned)value
					       : FAR;
			text += len;
			text += strspn(text, " ");
		}
	return FAR;
}

/* Takes the nearest place. One without a free CPU costs 1000 more, which exceeds any distance. */
struct cpu_place *cpus_take(const struct root *sys, struct cpu_places *places, int node)
{
	cleanup_idset struct idset online = { 0 };
	struct cpu_place *best = places->places; /* there is at least one place */
	unsigned best_cost = UINT_MAX;
	char text[LIST_SIZE] = "";

	ROOT_PATH(path, KERNEL_NODES "/node%d/distance", node);
	if (root_read(sys, path, text, sizeof(text)) < 0 ||
	    read_list(sys, KERNEL_NODES "/online", &online) < 0)
		text[0] = '\0'; /* treat all nodes as equally far */
	for (size_t i = 0; i < places->nr; i++) {
		struct cpu_place *place = &places->places[i];
		unsigned distance =
			place->node == node ? LOCAL : node_distance(text, &online, place->node);
		unsigned cost = distance + (place->busy < place->cpus ? 0 : 1000);

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
