/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sections of a policy that failed after they had made devices, as recorded by their runs. The
 * file is not trusted.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

#include <stddef.h>
#include <stdint.h>

struct failed_section {
	char section[MHP_SECTION_MAX];
	uint64_t fingerprint; /* of the policy and the devices before the section was tried */
	struct mhp_error error;
};

struct failed_sections {
	struct failed_section *at;
	size_t nr;
};

/* Reads the file. Returns 0, also if there is none, or a negative errno. */
int failed_sections_read(const struct root *sys, struct failed_sections *sections);

/* Replaces the file, or removes it if there are none. Returns 0 or a negative errno. */
int failed_sections_write(const struct root *sys, const struct failed_sections *sections);

/* Replaces the record of that section, or adds it. Returns 0 or -ENOMEM. */
int failed_sections_put(struct failed_sections *sections, const struct failed_section *section);

/* Finds the record of a section, or returns NULL. */
const struct failed_section *failed_sections_find(const struct failed_sections *sections,
						  const char *section);

void failed_sections_free(struct failed_sections *sections);

#define cleanup_failed_sections __attribute__((cleanup(failed_sections_free)))
