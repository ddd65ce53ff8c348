/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UTF-8, one character at a time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the UTF-8 character at text, which ends in a NUL. Returns its length and sets *code, or
 * returns 0 if it is invalid: a wrong first byte, a truncated or overlong sequence, a surrogate, or
 * a code above U+10FFFF. A NUL is a character of one byte.
 */
size_t utf8_decode(const unsigned char *text, uint32_t *code);
