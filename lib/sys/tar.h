/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The headers of a tar archive, as POSIX.1-2001 (pax) and GNU tar write them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAR_BLOCK 512

#define TAR_FILE	'0'
#define TAR_FILE_OLD	'\0'
#define TAR_LINK	'2' /* symbolic */
#define TAR_DIRECTORY	'5'
#define TAR_PAX		'x' /* values for the next entry */
#define TAR_PAX_ALL	'g' /* values for all later ones */
#define TAR_LONG_NAME	'L' /* of the next entry, by GNU tar */
#define TAR_LONG_TARGET 'K'

struct tar_header {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char sum[8];
	char type;
	char target[100];
	char magic[6];
	char version[2];
	char user[32];
	char group[32];
	char major[8];
	char minor[8];
	char prefix[155];
	char padding[12];
};

_Static_assert(sizeof(struct tar_header) == TAR_BLOCK, "a header is a block");

/* Returns the checksum of a header. */
unsigned tar_sum(const struct tar_header *header);

/* Parses octal digits. Returns 0 or -EINVAL. */
int tar_number(const char *field, size_t size, uint64_t *value);
