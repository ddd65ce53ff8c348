/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* FNV-1a, 64 bits. It detects accidental changes, not deliberate ones. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HASH_INIT 0xcbf29ce484222325

/* Continues a hash (HASH_INIT at first) with some bytes. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len);

/* Continues a hash with a text and its NUL, so that "ab" "c" and "a" "bc" differ. */
uint64_t hash_text(uint64_t hash, const char *text);
uint64_t hash_number(uint64_t hash, uint64_t number);
