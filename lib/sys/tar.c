/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/tar.h"

#include <errno.h>
#include <string.h>

unsigned tar_sum(const struct tar_header *header)
{
	const size_t from = offsetof(struct tar_header, sum), len = sizeof(header->sum);
	const unsigned char *bytes = (const unsigned char *)header;
	unsigned sum = 0;

	for (size_t i = 0; i < sizeof(*header); i++) /* the sum itself counts as spaces */
		sum += i >= from && i < from + len ? ' ' : bytes[i];
	return sum;
}

int tar_number(const char *field, size_t size, uint64_t *value)
{
	size_t at = 0;

	while (at < size && field[at] == ' ')
		at++;
	*value = 0;
	if (at == size || field[at] < '0' || field[at] > '7')
		return -EINVAL;
	for (; at < size && field[at] >= '0' && field[at] <= '7'; at++)
		*value = *value << 3 | (uint64_t)(field[at] - '0'); /* at most 12 digits */
	return at == size || field[at] == ' ' || !field[at] ? 0 : -EINVAL;
}
