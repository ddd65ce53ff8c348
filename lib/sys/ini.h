/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * INI files, through libinih. That tells neither of line numbers nor of sections without keys, cuts
 * their names, and cuts long lines in two; so lines and headings are looked at here first.
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
