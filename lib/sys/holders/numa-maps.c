/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/holders/numa-maps.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"

#include <errno.h>
#include <string.h>

#define PAGE_KEY "kernelpagesize_kB="

/* Adds one word "N2=512" of a line. Returns 0 or -EPROTO. */
static int add_node(const char *word, size_t len, uint64_t page_bytes, struct numa_maps *maps)
{
	const char *equals = memchr(word, '=', len);
	uint64_t node, pages, bytes;

	if (!equals || parse_u64_n(word + 1, (size_t)(equals - word - 1), 10, &node) < 0 ||
	    node >= NUMA_MAPS_NODES ||
	    parse_u64_n(equals + 1, len - (size_t)(equals + 1 - word), 10, &pages) < 0 ||
	    __builtin_mul_overflow(pages, page_bytes, &bytes) ||
	    __builtin_add_overflow(maps->bytes[node], bytes, &maps->bytes[node]))
		return -EPROTO;
	return 0;
}

/*
 * Parses "7f2c00000000 bind:2 anon=512 dirty=512 N2=512 kernelpagesize_kB=4". The name of a file
 * may look like a value, but a space in it is printed as \040: it is one word that starts with
 * "file=".
 */
static int add_line(const char *line, struct numa_maps *maps)
{
	const char *size = strstr(line, " " PAGE_KEY);
	uint64_t kib, page_bytes;
	int rc = 0;

	if (!size)
		return 0; /* nothing of the mapping is present */
	size += strlen(" " PAGE_KEY);
	if (parse_u64_n(size, strspn(size, "0123456789"), 10, &kib) < 0 ||
	    __builtin_mul_overflow(kib, 1024, &page_bytes))
		return -EPROTO;
	while (*line && rc == 0) {
		size_t len = strcspn(line, " \n");

		if (len > 1 && line[0] == 'N' && strchr("0123456789", line[1]))
			rc = add_node(line, len, page_bytes, maps);
		line += len;
		line += strspn(line, " \n");
	}
	return rc;
}

int numa_maps_read(const struct root *sys, int pid, struct numa_maps *maps)
{
	cleanup_fclose FILE *file = NULL;
	cleanup_free char *line = NULL;
	size_t size = 0;
	int rc = 0;

	ROOT_PATH(path, "proc/%d/numa_maps", pid);
	file = root_fopen(sys, path);
	if (!file)
		return -errno;
	while (rc == 0 && root_getline(sys, &line, &size, file) > 0)
		rc = add_line(line, maps);
	return rc == 0 && !feof(file) ? -errno : rc;
}
