/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parses page dumps in the kernel log (mm/debug.c:dump_page) of kernels since 6.1: by key, never by
 * position. Skips lines of other CPUs in between.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define COUNT_UNKNOWN INT64_MIN

enum page_flag {
	PAGE_LOCKED = 1 << 0,
	PAGE_WRITEBACK = 1 << 1,
	PAGE_LRU = 1 << 2,
	PAGE_SWAPBACKED = 1 << 3,
	PAGE_SWAPCACHE = 1 << 4,
	PAGE_PRIVATE = 1 << 5,
	PAGE_RESERVED = 1 << 6,
	PAGE_SLAB = 1 << 7,
	PAGE_HWPOISON = 1 << 8,
	PAGE_ANON = 1 << 9, /* from the word in front of "flags:" */
};

struct page_dump {
	uint64_t pfn;
	int64_t refcount; /* of the folio */
	int64_t mapcount; /* of the folio if its head line has it, else of the page */
	int64_t pincount; /* COUNT_UNKNOWN: this kind of folio has no counter */
	uint64_t index;	  /* of an anonymous page: the virtual page number it was allocated for */
	bool has_index;
	bool has_mapping;
	unsigned order; /* log2 of the number of pages in the folio */
	unsigned flags;
	char type[24];	  /* page_type: slab, table, hugetlb, offline; or empty */
	char aops[48];	  /* of a file page */
	char because[48]; /* migration failure, isolation failed, unmovable page */
	int ret;	  /* return value of migrate_pages(), 0 if the log does not have it */
};

struct dump_parser {
	struct page_dump dump;
	bool open;     /* a dump has started */
	bool has_page; /* its first line was read */
};

/* Parses the text of one record. Returns true when it completes a dump, and copies it to *dump. */
bool pagedump_feed(struct dump_parser *parser, const char *text, struct page_dump *dump);

/* Parses "do_migrate_range: 58358 callbacks suppressed". Returns false for any other text. */
bool pagedump_suppressed(const char *text, uint64_t *count);
