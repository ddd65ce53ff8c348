/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * INI files: [SECTION], KEY = VALUE or KEY: VALUE, comments behind "#" or ";" at the beginning of a
 * line and behind " ;" within one. This is the grammar of libinih, by which daxctl.conf is written.
 *
 * A policy is obeyed by root, so every line of it counts and each mistake is told with its number.
 * Libraries do less. libinih tells neither of line numbers nor of sections without keys, and cuts
 * long lines in two. libeconf 0.5 (Debian 12) joins headings of the same text, drops sections
 * without keys and the second value of a key, takes a line that it cannot read as part of the value
 * before (and counts that as its line), ends at the first heading without a bracket, takes a BOM
 * for a key, waits for the writer of a FIFO, knows no limit of size, reads what anybody may write,
 * and opens files by their path: what is below a --sysroot would follow links out of it.
 */
#pragma once

#define INI_SECTION_MAX 128

struct ini_item {
	unsigned line;	     /* from 1 */
	const char *section; /* the text in the brackets; "" before the first heading */
	const char *key;     /* NULL: the heading itself, or what cannot be read */
	const char *value;   /* without the spaces around it */
	const char *wrong;   /* why the line cannot be read, or NULL */
};

typedef int (*ini_fn)(void *data, const struct ini_item *item);

/*
 * Call fn for each heading, each key and each line that cannot be read, in order. What stands below
 * a heading that cannot be read is left out. A negative return of fn ends it and is returned.
 */
int ini_read(const char *text, ini_fn fn, void *data);
