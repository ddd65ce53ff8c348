/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Candidates for the completions of shells. */
#pragma once

#include <stdio.h>

/*
 * Prints candidates for the last word, one a line: the whole word, a tab, a description. words
 * follow the name of the program; the last may be empty. A line ":files" asks the shell for names
 * of files. Returns 0, or -ENOMEM where candidates may be missing.
 */
int complete_print(FILE *f, int nr_words, char *const *words);
