/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

/*
 * Print what the last of the words could become, a candidate a line: the whole word, a tab, what it
 * is. words are those behind the name of the program; the last may be empty. A line ":dirs" asks
 * for the names of folders. 0, or -ENOMEM where candidates may be missing.
 */
int complete_print(FILE *f, int nr_words, char *const *words);
