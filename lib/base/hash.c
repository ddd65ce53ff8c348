/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/hash.h"

#include <string.h>

#define FNV_PRIME 0x100000001b3

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	for (; len; len--)
		hash = (hash ^ *at++) * FNV_PRIME;
	return hash;
}

uint64_t hash_text(uint64_t hash, const char *text)
{
	return hash_bytes(hash, text, strlen(text) + 1);
}

uint64_t hash_number(uint64_t hash, uint64_t number)
{
	return hash_bytes(hash, &number, sizeof(number));
}
