/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/buddyinfo.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"

#include <errno.h>
#include <string.h>

#define BUDDYINFO    "proc/buddyinfo"
#define PAGETYPEINFO "proc/pagetypeinfo"
#define LINE_SIZE    512

/* Parses "  12  3 >100000 0". Returns 0 or -EPROTO. */
static int parse_counts(const char *text, struct buddyinfo *zone)
{
	size_t len;

	for (text += strspn(text, " "); *text && *text != '\n';
	     text += len + strspn(text + len, " ")) {
		bool is_cut = *text == '>';

		len = strcspn(text, " \n");
		if (zone->nr_orders == BUDDY_ORDERS_MAX ||
		    parse_u64_n(text + is_cut, len - is_cut, 10, &zone->blocks[zone->nr_orders]) <
			    0)
			return -EPROTO;
		zone->nr_orders++;
		zone->is_cut |= is_cut;
	}
	return zone->nr_orders ? 0 : -EPROTO;
}

/* Parses "Node 0, zone   Normal  12  3". Returns 0 or -EPROTO. */
static int parse_zone(const char *line, struct buddyinfo *zone)
{
	int used = 0;

	*zone = (struct buddyinfo){ 0 };
	if (sscanf(line, "Node %d, zone %15s%n", &zone->node, zone->name, &used) != 2 ||
	    zone->node < 0)
		return -EPROTO;
	return parse_counts(line + used, zone);
}

/* Parses "Node    0, zone   Normal, type      Isolate  0 0". Returns 1, 0 or -EPROTO. */
static int parse_isolated(const char *line, struct buddyinfo *zone)
{
	static const char type[] = "Isolate ";
	const char *at = strstr(line, ", type ");
	char head[64];

	if (!at || (size_t)(at - line) >= sizeof(head))
		return 0;
	memcpy(head, line, (size_t)(at - line));
	head[at - line] = '\0';
	at += strlen(", type ");
	at += strspn(at, " ");
	if (strncmp(at, type, strlen(type)) != 0)
		return 0;
	*zone = (struct buddyinfo){ 0 };
	if (sscanf(head, "Node %d, zone %15s", &zone->node, zone->name) != 2 || zone->node < 0)
		return -EPROTO;
	return parse_counts(at + strlen(type), zone) < 0 ? -EPROTO : 1;
}

int buddyinfo_each(const struct root *sys, void (*fn)(const struct buddyinfo *zone, void *data),
		   void *data)
{
	cleanup_fclose FILE *file = root_fopen(sys, BUDDYINFO);
	int error = errno;
	struct buddyinfo zone;
	char line[LINE_SIZE];
	bool any = false;

	if (!file)
		return -error;
	while (root_gets(sys, line, sizeof(line), file)) {
		if (parse_zone(line, &zone) < 0)
			return -EPROTO;
		fn(&zone, data);
		any = true;
	}
	if (!feof(file))
		return -errno;
	return any ? 0 : -EPROTO;
}

int buddyinfo_each_isolated(const struct root *sys,
			    void (*fn)(const struct buddyinfo *zone, void *data), void *data)
{
	cleanup_fclose FILE *file = root_fopen(sys, PAGETYPEINFO);
	int error = errno;
	struct buddyinfo zone;
	char line[LINE_SIZE];
	bool any = false;
	int rc;

	if (!file)
		return -error;
	while (root_gets(sys, line, sizeof(line), file)) {
		rc = parse_isolated(line, &zone);
		if (rc < 0)
			return rc;
		if (rc > 0)
			fn(&zone, data);
		any |= strstr(line, ", type ") != NULL; /* a kernel may have no isolated blocks */
	}
	if (!feof(file))
		return -errno;
	return any ? 0 : -EPROTO;
}
