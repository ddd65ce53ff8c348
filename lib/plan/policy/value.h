/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parsers for the values of a policy. The hints of their errors name the valid values. */
#pragma once

#include "lib/libmhp.h"

#define VALUE_SHOWN_MAX 96

/* A word and its value; a table ends with word NULL. */
struct value_word {
	const char *word;
	int value;
};

/* Parse a value. 0, or -EINVAL with *err set and the result untouched. */
int value_word(const struct value_word *words, const char *text, int *value, struct mhp_error *err);
int value_size(const char *text, uint64_t *size, struct mhp_error *err);
int value_number(const char *text, uint64_t max, uint64_t *number, struct mhp_error *err);
int value_granularity(const char *text, uint64_t *granularity, struct mhp_error *err);
int value_window(const char *text, char *window, size_t size, struct mhp_error *err);

/* Checks one word of a match key. 0 or -EINVAL. */
typedef int (*word_fn)(const char *word, struct mhp_error *err);

int value_is_uuid(const char *word, struct mhp_error *err);
int value_is_region(const char *word, struct mhp_error *err);
int value_is_serial(const char *word, struct mhp_error *err);
int value_is_path(const char *word, struct mhp_error *err);
int value_is_device(const char *word, struct mhp_error *err);
int value_is_node(const char *word, struct mhp_error *err);
int value_is_origin(const char *word, struct mhp_error *err);
int value_is_size(const char *word, struct mhp_error *err);

/* Copies the next word of a list to word and moves *at after it. False after the last. */
bool value_next_word(const char **at, char *word, size_t size);

/* A comparison with a size, such as "<=16G". */
struct value_comparison {
	bool less;
	bool equal;
	bool greater;
	uint64_t size;
};

/* Parses a comparison. 0 or -EINVAL. */
int value_comparison(const char *text, struct value_comparison *comparison, struct mhp_error *err);
