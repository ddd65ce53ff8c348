/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/utf8.h"

size_t utf8_decode(const unsigned char *text, uint32_t *code)
{
	static const uint32_t min_code[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = *text < 0x80 ? 1 : *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : 4;

	*code = *text;
	if (len == 1)
		return 1;
	if (*text < 0xc2 || *text > 0xf4)
		return 0;
	*code = *text & (0x7fU >> len);
	for (size_t i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}
	if (*code < min_code[len] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return len;
}
