/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The distances between nodes, and lists of numbers in the kernel's format. */
#pragma once

#include "lib/base/idset.h"
#include "lib/sys/root.h"

#define DISTANCE_LIST_MAX 4096

/* The distances from one node. */
struct distances {
	int node;
	struct idset online;
	char text[DISTANCE_LIST_MAX]; /* "10 21 17": a number for each online node, ascending */
};

/* Reads a file with a list such as "0-3,8" into the set. Returns 0 or a negative errno. */
int list_read(const struct root *sys, const char *path, struct idset *set);

/*
 * Reads the distances from a node. Returns 0 or a negative errno: then all other nodes are equally
 * far.
 */
int distances_read(const struct root *sys, int node, struct distances *distances);
void distances_free(struct distances *distances);
#define cleanup_distances __attribute__((cleanup(distances_free)))

#define DISTANCE_LOCAL 10 /* of a node from itself (ACPI SLIT) */
#define DISTANCE_FAR   255

/* Returns the distance to a node, DISTANCE_FAR if it is not known. */
unsigned distances_to(const struct distances *distances, int to);
