/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/libmhp.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Read an unsigned number that is the whole of the text: no sign, no space, nothing behind it.
 * Base 10 or 16 (without 0x). Returns 0, -EINVAL or -ERANGE; *value is untouched on failure.
 */
int parse_u64(const char *text, int base, uint64_t *value);

/* The same for the first len bytes of a text. */
int parse_u64_n(const char *text, size_t len, int base, uint64_t *value);

/* 0x1f, with the prefix. */
int parse_hex(const char *text, uint64_t *value);

/* What mhp_parse_size() and mhp_parse_msec() do. */
int parse_size(const char *text, uint64_t *size, struct mhp_error *err);
int parse_msec(const char *text, uint64_t *msec, struct mhp_error *err);

/*
 * Print text so that it is safe on a terminal: control characters, and bytes that are not UTF-8,
 * become \xNN; cut at the size. Returns buf.
 */
const char *text_escape(const char *text, char *buf, size_t size);

/* "0", "0,1", or "" of none. Returns buf. */
const char *format_numbers(const int *numbers, unsigned nr, char *buf, size_t size);

/* Bytes as a person reads them: "128 MiB", "1.5 GiB". Returns buf. */
const char *format_size(uint64_t bytes, char *buf, size_t size);

/* The same as options take it: "128M", "1G", "4097". Returns buf. */
const char *size_word(uint64_t bytes, char *buf, size_t size);
