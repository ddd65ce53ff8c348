/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* FNV-1a, 64 bits: to notice a difference, not to withstand somebody who makes one. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HASH_INIT 0xcbf29ce484222325

/* The hash of all before (HASH_INIT at first) and this. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len);

/* With the final NUL, so that "ab" "c" and "a" "bc" differ. */
uint64_t hash_text(uint64_t hash, const char *text);
uint64_t hash_number(uint64_t hash, uint64_t number);
