/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/pagedump.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- tokens ------------------------------------------------------------------------------ */

/*
 * Returns the value after " key:", or after "key:" at the start of the line, or NULL without that
 * key.
 */
static const char *find_value(const char *line, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = strstr(line, key); at; at = strstr(at + 1, key))
		if ((at == line || at[-1] == ' ') && at[len] == ':')
			return at + len + 1;
	return NULL;
}

static bool read_number(const char *line, const char *key, int64_t *value)
{
	const char *text = find_value(line, key);
	char *end;
	long long number;

	if (!text)
		return false;
	number = strtoll(text, &end, 10);
	if (end == text || number < INT_MIN || number > INT_MAX) /* the kernel prints an int */
		return false;
	*value = number;
	return true;
}

static bool read_hex(const char *line, const char *key, uint64_t *value)
{
	const char *text = find_value(line, key);

	return text && parse_u64_n(text + (strncmp(text, "0x", 2) ? 0 : 2),
				   strspn(text + (strncmp(text, "0x", 2) ? 0 : 2),
					  "0123456789abcdefABCDEF"),
				   16, value) == 0;
}

static void copy_word(const char *line, const char *key, char *buf, size_t size)
{
	const char *text = find_value(line, key);
	size_t len = text ? strcspn(text, " ") : 0;

	if (!text)
		return;
	if (len >= size)
		len = size - 1;
	memcpy(buf, text, len);
	buf[len] = '\0';
}

/* ---- lines ------------------------------------------------------------------------------- */

static void start_dump(struct dump_parser *p)
{
	p->dump = (struct page_dump){
		.refcount = COUNT_UNKNOWN,
		.mapcount = COUNT_UNKNOWN,
		.pincount = COUNT_UNKNOWN,
	};
	p->open = true;
	p->has_page = false;
}

/* Parses "migrating pfn 108000 failed ret:64", "failed to isolate pfn 108000": precedes the dump */
static bool parse_announcement(struct dump_parser *p, const char *text)
{
	const char *pfn;
	int64_t ret = 0;

	if (strncmp(text, "migrating pfn ", 14) == 0)
		pfn = text + 14;
	else if (strncmp(text, "failed to isolate pfn ", 22) == 0)
		pfn = text + 22;
	else
		return false;
	start_dump(p);
	parse_u64_n(pfn, strspn(pfn, "0123456789abcdef"), 16, &p->dump.pfn);
	read_number(text, "ret", &ret);
	p->dump.ret = (int)ret;
	return true;
}

/* Parses "page:[POINTER] refcount:3 mapcount:1 mapping:... index:0x... pfn:0x..." */
static bool parse_page(struct dump_parser *p, const char *text)
{
	uint64_t mapping;
	int64_t refcount;

	if (strncmp(text, "page:", 5) != 0 || !read_number(text, "refcount", &refcount))
		return false;
	if (!p->open || p->has_page)
		start_dump(p);
	p->has_page = true;
	p->dump.refcount = refcount;
	read_number(text, "mapcount", &p->dump.mapcount);
	p->dump.has_index = read_hex(text, "index", &p->dump.index);
	p->dump.has_mapping = read_hex(text, "mapping", &mapping) && mapping != 0;
	read_hex(text, "pfn", &p->dump.pfn);
	return true;
}

/* Parses the text line of the head, not the hex lines with the same start. */
static bool parse_head(struct dump_parser *p, const char *text)
{
	int64_t order;

	if (strncmp(text, "head:", 5) != 0 || !read_number(text, "order", &order))
		return false;
	p->dump.order = order < 0 || order > 30 ? 0 : (unsigned)order;
	if (!read_number(text, "pincount", &p->dump.pincount))
		read_number(text, "compound_pincount", &p->dump.pincount);
	if (!read_number(text, "mapcount", &p->dump.mapcount))
		read_number(text, "compound_mapcount", &p->dump.mapcount);
	return true;
}

static unsigned find_flag(const char *name, size_t len)
{
	static const struct {
		const char *name;
		unsigned flag;
	} known[] = {
		{ "locked", PAGE_LOCKED },
		{ "writeback", PAGE_WRITEBACK },
		{ "lru", PAGE_LRU },
		{ "swapbacked", PAGE_SWAPBACKED },
		{ "swapcache", PAGE_SWAPCACHE },
		{ "private", PAGE_PRIVATE },
		{ "reserved", PAGE_RESERVED },
		{ "slab", PAGE_SLAB },
		{ "hwpoison", PAGE_HWPOISON },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i].name) == len && strncmp(known[i].name, name, len) == 0)
			return known[i].flag;
	return 0;
}

/* Parses "anon flags: 0x9fffffc00a000e(referenced|uptodate|...|zone=3|...)" */
static bool parse_flags(struct dump_parser *p, const char *text)
{
	const char *at = strstr(text, "flags: 0x");

	if (!at || (at != text && strncmp(text, "anon ", 5) != 0 && strncmp(text, "ksm ", 4) != 0))
		return false;
	if (at != text)
		p->dump.flags |= PAGE_ANON;
	at = strchr(at, '(');
	while (at && *at != ')' && *at) {
		size_t len = strcspn(++at, "|)");

		p->dump.flags |= find_flag(at, len);
		at += len;
	}
	return true;
}

/* Parses "page_type: f5(slab)", "page_type: 0xfffffbff(table)" */
static bool parse_type(struct dump_parser *p, const char *text)
{
	const char *open = strchr(text, '(');
	size_t len;

	if (strncmp(text, "page_type:", 10) != 0)
		return false;
	len = open ? strcspn(open + 1, ")|") : 0;
	str_format(p->dump.type, "%.*s", (int)len, open ? open + 1 : "");
	return true;
}

/*
 * Reads a line. A dump starts with an announcement or a page line, and is complete with "page
 * dumped because". Any other line belongs to the open dump or is ignored.
 */
bool pagedump_feed(struct dump_parser *p, const char *text, struct page_dump *dump)
{
	static const char because[] = "page dumped because: ";

	if (parse_announcement(p, text) || parse_page(p, text) || !p->open)
		return false;
	if (parse_head(p, text) || parse_flags(p, text) || parse_type(p, text))
		return false;
	if (strncmp(text, "aops:", 5) == 0) {
		copy_word(text, "aops", p->dump.aops, sizeof(p->dump.aops));
		return false;
	}
	if (!p->has_page || strncmp(text, because, sizeof(because) - 1) != 0)
		return false;
	str_copy(p->dump.because, text + sizeof(because) - 1);
	p->open = false;
	*dump = p->dump;
	return true;
}

bool pagedump_suppressed(const char *text, uint64_t *count)
{
	static const char from[] = "do_migrate_range: ";
	const char *number = text + sizeof(from) - 1;

	return strncmp(text, from, sizeof(from) - 1) == 0 && strstr(text, "callbacks suppressed") &&
	       parse_u64_n(number, strspn(number, "0123456789"), 10, count) == 0;
}
