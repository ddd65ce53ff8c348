/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page dumps of the kernel's log (mm/debug.c:dump_page), as kernels from 6.1 on print them: read
 * by key, never by position. Lines of other CPUs in between are passed over.
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
	PAGE_ANON = 1 << 9, /* from the word before "flags:" */
};

struct page_dump {
	uint64_t pfn;
	int64_t refcount; /* of the folio */
	int64_t mapcount; /* of the folio where its head line tells, else of the page */
	int64_t pincount; /* COUNT_UNKNOWN: this kind of folio has no counter */
	uint64_t index;	  /* of an anonymous page: its virtual page number where it was made */
	bool has_index;
	bool has_mapping;
	unsigned order; /* log2 of the folio's pages */
	unsigned flags;
	char type[24];	  /* page_type: slab, table, hugetlb, offline; empty: none */
	char aops[48];	  /* of a page of a file */
	char because[48]; /* migration failure, isolation failed, unmovable page */
	int ret;	  /* what migrate_pages() returned, 0 where it does not stand there */
};

struct dump_parser {
	struct page_dump dump;
	bool open;     /* a dump has begun */
	bool has_page; /* its first line was there */
};

/* Take the text of one record: true when it ended a dump, which is then in *dump. */
bool pagedump_feed(struct dump_parser *parser, const char *text, struct page_dump *dump);

/* "do_migrate_range: 58358 callbacks suppressed" */
bool pagedump_suppressed(const char *text, uint64_t *count);
