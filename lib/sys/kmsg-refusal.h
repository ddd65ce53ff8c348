/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the kernel's reason for not adding or not removing memory in the text of its log. */
#pragma once

#include "lib/libmhp.h"

struct refusal {
	enum mhp_reason reason;	   /* NONE: text without a matching reason */
	unsigned weight;	   /* of two about the same memory, the heavier one counts */
	struct mhp_range range;	   /* empty if the line has no addresses */
	char device[MHP_NAME_MAX]; /* name on the dax bus, or empty */
	char words[96];		   /* text of the kernel without the addresses */
	const char *says;	   /* explanation to follow "NAME: ", or NULL */
	const char *hint;	   /* a better hint than that of the reason, or NULL */
};

/* Parses the text of one record. Returns whether it is such a line. */
bool kmsg_refusal(const char *text, struct refusal *refusal);
