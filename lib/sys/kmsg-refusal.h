/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why the kernel does not take memory, or does not let it go, in the plain text of its log. */
#pragma once

#include "lib/libmhp.h"

#include <stddef.h>

struct refusal {
	enum mhp_reason reason;	   /* NONE: words that stand for no reason of ours */
	unsigned weight;	   /* of two about the same memory the heavier one says more */
	struct mhp_range range;	   /* empty where it names none */
	char device[MHP_NAME_MAX]; /* of the dax bus, or empty */
	char words[96];		   /* the kernel's own, without the addresses */
	const char *says;	   /* what it means, behind "NAME: ", or NULL */
	const char *hint;	   /* a better one than the reason has, or NULL */
};

/* Take the text of one record: true when it is such a line. */
bool kmsg_refusal(const char *text, struct refusal *refusal);
