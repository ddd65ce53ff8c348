/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values in a policy: each is understood, or it is said what could stand there. */
#pragma once

#include "lib/libmhp.h"

#define VALUE_SHOWN_MAX 96

/* What is wrong with a value, and what to write in place of it. Returns -EINVAL. */
int value_bad(struct mhp_error *err, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A table of these ends with a word of NULL. */
struct value_word {
	const char *word;
	int value;
};

/* All return 0, or -EINVAL with *err filled; *value is untouched then. */
int value_word(const struct value_word *words, const char *text, int *value, struct mhp_error *err);
int value_size(const char *text, uint64_t *size, struct mhp_error *err);
int value_number(const char *text, uint64_t max, uint64_t *number, struct mhp_error *err);

/* What a word of a match key can be. */
typedef int (*word_fn)(const char *word, struct mhp_error *err);

int value_is_uuid(const char *word, struct mhp_error *err);
int value_is_region(const char *word, struct mhp_error *err);
int value_is_serial(const char *word, struct mhp_error *err);
int value_is_path(const char *word, struct mhp_error *err);
int value_is_device(const char *word, struct mhp_error *err);
int value_is_node(const char *word, struct mhp_error *err);
int value_is_origin(const char *word, struct mhp_error *err);
int value_is_size(const char *word, struct mhp_error *err);
