/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel keeps from us of processes and their pages, and why. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

/* The first namespaces have fixed inode numbers (include/linux/proc_ns.h). */
#define SIGHT_FIRST_PID_NS "pid:[4026531836]"

struct visibility {
	size_t nr;
	struct mhp_hidden hidden[MHP_HIDDEN_MAX];
};

/* What the rights, namespaces and mount options of this process hide. */
void visibility_read(const struct root *sys, struct visibility *visibility);

/* Whether this process has a capability. */
enum mhp_answer visibility_holds(const struct root *sys, unsigned capability);

/* Whether it runs in namespaces other than the first, as containers do. */
enum mhp_answer visibility_in_container(const struct root *sys);

/* One more thing. Left out when there is no room for it. */
void visibility_add(struct visibility *visibility, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* What a search through processes could not see. */
void visibility_add_search(struct visibility *visibility, unsigned processes, unsigned unreadable,
			   bool cut_short);
