/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/zoneinfo.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define ZONEINFO "proc/zoneinfo"

static const struct key {
	const char *name;
	size_t offset;
} keys[] = {
	{ "pages free", offsetof(struct zoneinfo, free) },
	{ "low", offsetof(struct zoneinfo, low) },
	{ "high", offsetof(struct zoneinfo, high) },
	{ "start_pfn:", offsetof(struct zoneinfo, start_pfn) },
	{ "spanned", offsetof(struct zoneinfo, spanned) },
	{ "present", offsetof(struct zoneinfo, present) },
	{ "managed", offsetof(struct zoneinfo, managed) },
	{ "nr_zone_inactive_file", offsetof(struct zoneinfo, file) },
	{ "nr_zone_active_file", offsetof(struct zoneinfo, file) },
	{ "nr_slab_reclaimable", offsetof(struct zoneinfo, slab_reclaimable) },
};

/* Parses "        present  3998"; values of repeated keys (both lists of file pages) are added. */
static void read_number(const char *line, struct zoneinfo *zone)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t len = strlen(keys[i].name);
		const char *at = line + len;
		uint64_t value, *to = (uint64_t *)((char *)zone + keys[i].offset);

		if (strncmp(line, keys[i].name, len) != 0 || *at != ' ')
			continue;
		if (parse_u64(at + strspn(at, " "), 10, &value) == 0)
			*to += value;
		return;
	}
}

/* Parses "protection: (0, 1900, 1900, 1900)" */
static void read_protection(const char *line, struct zoneinfo *zone)
{
	const char *at = strchr(line, '(');

	while (at && *at && *at != ')') {
		size_t len;
		uint64_t value;

		at += strspn(at, "(, ");
		len = strcspn(at, ",)");
		if (parse_u64_n(at, len, 10, &value) == 0 && value > zone->protection)
			zone->protection = value;
		at += len;
	}
}

int zoneinfo_each(const struct root *sys, void (*fn)(const struct zoneinfo *zone, void *data),
		  void *data)
{
	cleanup_fclose FILE *file = root_fopen(sys, ZONEINFO);
	int error = errno;
	struct zoneinfo zone = { .node = -1 }, next;
	char line[256];

	if (!file)
		return -error;
	while (root_gets(sys, line, sizeof(line), file)) {
		const char *text = line + strspn(line, " ");

		line[strcspn(line, "\n")] = '\0';
		next = (struct zoneinfo){ 0 };
		if (sscanf(line, "Node %d, zone %15s", &next.node, next.name) == 2) {
			if (zone.node >= 0)
				fn(&zone, data);
			zone = next;
		} else if (strncmp(text, "protection:", 11) == 0) {
			read_protection(text, &zone);
		} else {
			read_number(text, &zone);
		}
	}
	if (ferror(file))
		return -errno;
	if (zone.node >= 0)
		fn(&zone, data);
	return 0;
}
