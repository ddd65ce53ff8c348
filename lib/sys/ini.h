/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parses INI files: [SECTION], KEY = VALUE or KEY: VALUE, comments after "#" or ";" at the start of
 * a line and after " ;" within one. This is the grammar of libinih, which daxctl.conf uses.
 *
 * Root obeys a policy, so every line counts, and each mistake is reported with its line number.
 * Libraries do less. libinih reports neither line numbers nor sections without keys, and splits
 * long lines. libeconf 0.5 (Debian 12) joins headings of the same text, drops sections without keys
 * and the second value of a key, treats a line that it cannot parse as part of the value before
 * (and counts it as that line), stops at the first heading without a bracket, treats a BOM as a
 * key, waits for the writer of a FIFO, has no size limit, reads files that anybody can write, and
 * opens files by path, so links below a --sysroot could lead out of it.
 */
#pragma once

#define INI_SECTION_MAX 128

struct ini_item {
	unsigned line;	     /* starts at 1 */
	const char *section; /* the text in the brackets; "" before the first heading */
	const char *key;     /* NULL for a heading or a line that cannot be parsed */
	const char *value;   /* without the spaces around it */
	const char *wrong;   /* why the line cannot be parsed, or NULL */
};

typedef int (*ini_fn)(void *data, const struct ini_item *item);

/*
 * Calls fn for each heading, each key and each line that cannot be parsed, in order. Skips the keys
 * below a heading that cannot be parsed. A negative return of fn ends the parsing and is returned.
 */
int ini_read(const char *text, ini_fn fn, void *data);
