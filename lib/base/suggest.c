/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/suggest.h"

#include <string.h>

#define SUGGEST_MAX 32

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Counts the letters to insert, delete, replace or swap with their neighbour to turn a into b
 * (optimal string alignment). d[i][j] is the distance between the first i letters of a and the
 * first j of b.
 */
static size_t edit_distance(const char *a, size_t len_a, const char *b, size_t len_b)
{
	size_t d[SUGGEST_MAX + 1][SUGGEST_MAX + 1];

	for (size_t i = 0; i <= len_a; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= len_b; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		for (size_t j = 1; j <= len_b; j++) {
			d[i][j] = min_size(d[i - 1][j], d[i][j - 1]) + 1;
			d[i][j] = min_size(d[i][j], d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = min_size(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[len_a][len_b];
}

void suggest_offer(struct suggest *s, const char *typed, size_t len, const char *word)
{
	size_t word_len = strlen(word);
	size_t distance;

	if (!len || len > SUGGEST_MAX || word_len > SUGGEST_MAX)
		return;
	distance = edit_distance(typed, len, word, word_len);
	if (len >= 3 && len < word_len && strncmp(typed, word, len) == 0)
		distance = 1; /* a prefix is as close as one wrong letter */
	if (distance > 2 || distance >= len)
		return;
	if (s->best && s->distance <= distance)
		return;
	s->best = word;
	s->distance = distance;
}
