/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/zoneinfo.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define ZONEINFO "proc/zoneinfo"

/* No machine has as many pages; their bytes fit in 64 bits. */
#define PAGES_MAX (1ULL << 44)

static const struct key {
	const char *name;
	size_t offset;
	bool is_optional; /* a forecast of pins does not need it */
} keys[] = {
	{ "pages free", offsetof(struct zoneinfo, free), false },
	{ "low", offsetof(struct zoneinfo, low), true },
	{ "high", offsetof(struct zoneinfo, high), false },
	{ "start_pfn:", offsetof(struct zoneinfo, start_pfn), true },
	{ "spanned", offsetof(struct zoneinfo, spanned), true },
	{ "present", offsetof(struct zoneinfo, present), true },
	{ "managed", offsetof(struct zoneinfo, managed), false },
	{ "nr_zone_inactive_file", offsetof(struct zoneinfo, file), false },
	{ "nr_zone_active_file", offsetof(struct zoneinfo, file), false },
	{ "nr_slab_reclaimable", offsetof(struct zoneinfo, slab_reclaimable), true },
	{ "cma", offsetof(struct zoneinfo, cma), false },
	{ "nr_free_cma", offsetof(struct zoneinfo, free_cma), false },
};

/* A zone that is being read. */
struct reading {
	struct zoneinfo zone;
	unsigned found; /* a bit for each key that had a number */
};

/* Parses "        present  3998"; values of repeated keys (both lists of file pages) are added. */
static void read_number(const char *line, struct reading *reading)
{
	struct zoneinfo *zone = &reading->zone;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t len = strlen(keys[i].name);
		const char *at = line + len;
		uint64_t value, *to = (uint64_t *)((char *)zone + keys[i].offset);

		if (strncmp(line, keys[i].name, len) != 0 || *at != ' ')
			continue;
		if (parse_u64(at + strspn(at, " "), 10, &value) == 0 && value < PAGES_MAX) {
			*to += value;
			reading->found |= 1U << i;
		}
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
		if (parse_u64_n(at, len, 10, &value) < 0)
			value = UINT64_MAX; /* unknown: nothing of the zone can be used */
		else if (value > zone->protection)
			zone->protection = value;
		if (len && zone->nr_reserves < ZONEINFO_ZONES)
			zone->reserves[zone->nr_reserves++] = value;
		at += len;
	}
}

static bool has_key(const struct reading *reading, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return reading->found & (1U << i);
	return false;
}

static bool has_all(const struct reading *reading)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!keys[i].is_optional && !(reading->found & (1U << i)))
			return false;
	return reading->zone.nr_reserves > 0;
}

static void end_zone(struct reading *reading, void (*fn)(const struct zoneinfo *zone, void *data),
		     void *data)
{
	reading->zone.has_managed = has_key(reading, "managed");
	reading->zone.has_all = has_all(reading);
	if (reading->zone.node >= 0)
		fn(&reading->zone, data);
}

int zoneinfo_each(const struct root *sys, void (*fn)(const struct zoneinfo *zone, void *data),
		  void *data)
{
	cleanup_fclose FILE *file = root_fopen(sys, ZONEINFO);
	int error = errno;
	struct reading reading = { .zone.node = -1 }, next;
	char line[256];

	if (!file)
		return -error;
	while (root_gets(sys, line, sizeof(line), file)) {
		const char *text = line + strspn(line, " ");

		line[strcspn(line, "\n")] = '\0';
		next = (struct reading){ 0 };
		if (sscanf(line, "Node %d, zone %15s", &next.zone.node, next.zone.name) == 2) {
			end_zone(&reading, fn, data);
			reading = next;
		} else if (strncmp(text, "protection:", 11) == 0) {
			read_protection(text, &reading.zone);
		} else {
			read_number(text, &reading);
		}
	}
	if (ferror(file))
		return -errno;
	end_zone(&reading, fn, data);
	return 0;
}
