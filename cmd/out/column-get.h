/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions that fill the values of columns. */
#pragma once

#include "cmd/out/rows.h"

/* Sets a number of that kind; MHP_UNKNOWN is one that is not known. */
void value_set_number(struct value *value, enum value_kind kind, uint64_t number);
void value_set_bytes(struct value *value, uint64_t bytes);

/* Sets a text; NULL or "" is none. */
void value_set_text(struct value *value, const char *text);

/* Sets a word of the program; NULL is one that is not known. */
void value_set_word(struct value *value, const char *word);

/* Appends to the text as much as fits; one that is cut ends in "...". */
void value_append(struct value *value, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Columns about sizes and addresses. */
void column_get_size(const struct row *row, struct value *value);
void column_get_free(const struct row *row, struct value *value);
void column_get_online(const struct row *row, struct value *value);
void column_get_offline(const struct row *row, struct value *value);
void column_get_movable(const struct row *row, struct value *value);
void column_get_unplugged(const struct row *row, struct value *value);
void column_get_memmap(const struct row *row, struct value *value);
void column_get_lost(const struct row *row, struct value *value);
void column_get_align(const struct row *row, struct value *value);
void column_get_start(const struct row *row, struct value *value);
void column_get_end(const struct row *row, struct value *value);
void column_get_blocks(const struct row *row, struct value *value);
