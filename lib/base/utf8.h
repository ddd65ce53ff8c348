/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Bytes of the UTF-8 character at text, which ends in a NUL, and *code, or 0 where there is none: a
 * byte that begins none, one that is cut off, longer than it has to be, a surrogate, or above
 * U+10FFFF. A NUL is a character of one byte.
 */
size_t utf8_decode(const unsigned char *text, uint32_t *code);
