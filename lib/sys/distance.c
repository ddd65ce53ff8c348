/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/distance.h"
#include "lib/base/parse.h"
#include "lib/sys/kernel.h"

#include <string.h>

int list_read(const struct root *sys, const char *path, struct idset *set)
{
	char text[DISTANCE_LIST_MAX];
	int rc = root_read(sys, path, text, sizeof(text));

	return rc < 0 ? rc : idset_parse(set, text);
}

int distances_read(const struct root *sys, int node, struct distances *distances)
{
	int rc;

	ROOT_PATH(path, KERNEL_NODES "/node%d/distance", node);
	distances->node = node;
	rc = root_read(sys, path, distances->text, sizeof(distances->text));
	if (rc == 0)
		rc = list_read(sys, KERNEL_NODES "/online", &distances->online);
	if (rc < 0)
		distances->text[0] = '\0';
	return rc;
}

void distances_free(struct distances *distances)
{
	idset_free(&distances->online);
}

static unsigned parse_distance(const char *text, size_t len)
{
	uint64_t value;

	return parse_u64_n(text, len, 10, &value) == 0 && value < DISTANCE_FAR ? (unsigned)value
									       : DISTANCE_FAR;
}

unsigned distances_to(const struct distances *distances, int to)
{
	const struct idset *online = &distances->online;
	const char *text = distances->text;

	if (to == distances->node)
		return DISTANCE_LOCAL;
	for (size_t i = 0; i < online->nr; i++)
		for (uint64_t node = online->runs[i].first; node <= online->runs[i].last; node++) {
			size_t len = strcspn(text, " ");

			if (!len)
				return DISTANCE_FAR;
			if (node == (uint64_t)to)
				return parse_distance(text, len);
			text += len;
			text += strspn(text, " ");
		}
	return DISTANCE_FAR;
}
