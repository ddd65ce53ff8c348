/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses and formats numbers, sizes and durations. */
#pragma once

#include "lib/libmhp.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Parses a text that is an unsigned number and nothing else: no sign, no space, no prefix. The base
 * is at most 16. Returns 0, -EINVAL or -ERANGE; *value is unchanged on failure.
 */
int parse_u64(const char *text, int base, uint64_t *value);

/* Parses the first len bytes of a text in the same way. */
int parse_u64_n(const char *text, size_t len, int base, uint64_t *value);

/* Parses a hexadecimal number with its prefix: 0x1f. */
int parse_hex(const char *text, uint64_t *value);

/*
 * Parses a size: a whole number with an optional unit K, M, G, T or P (powers of 1024; iB may
 * follow). Returns 0, -EINVAL (not a size) or -ERANGE (does not fit in 64 bits) with the failure in
 * *err, which may be NULL; *size is unchanged on failure.
 */
int parse_size(const char *text, uint64_t *size, struct mhp_error *err);

/*
 * Parses a time into milliseconds in the same way: a decimal number, a fraction allowed, with an
 * optional unit ms, s, m, min or h; a bare number is seconds.
 */
int parse_msec(const char *text, uint64_t *msec, struct mhp_error *err);

/*
 * Makes a text safe for a terminal: control characters and bytes that are not UTF-8 become \xNN.
 * Truncates the text to fit into size bytes. Returns buf.
 */
const char *text_escape(const char *text, char *buf, size_t size);

/* Formats numbers as "0,1", or "" if there are none. Returns buf. */
const char *format_numbers(const int *numbers, unsigned nr, char *buf, size_t size);

#define RUN_NAME_MAX 64

/* Formats the name of one or more numbered objects: "memory33", "memory33-47". Returns buf. */
const char *format_run(const char *kind, uint64_t first, uint64_t last, char *buf, size_t size);

/* Formats bytes for people: "128 MiB", "1.5 GiB". Returns buf. */
const char *format_size(uint64_t bytes, char *buf, size_t size);

/* Formats bytes as options accept them: "128M", "1G", "4097". Returns buf. */
const char *size_word(uint64_t bytes, char *buf, size_t size);
