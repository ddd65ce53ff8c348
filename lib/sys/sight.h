/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel keeps from us of processes and their pages, and why. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/sysfs.h"

/* The first namespaces have fixed inode numbers (include/linux/proc_ns.h). */
#define SIGHT_FIRST_PID_NS "pid:[4026531836]"

struct sight {
	size_t nr;
	struct mhp_hidden hidden[MHP_HIDDEN_MAX];
};

/* What the rights, namespaces and mount options of this process hide. */
void sight_read(const struct sysfs *sys, struct sight *sight);

/* Whether this process has a capability. */
enum mhp_answer sight_holds(const struct sysfs *sys, unsigned capability);

/* Whether it runs in namespaces other than the first, as containers do. */
enum mhp_answer sight_in_container(const struct sysfs *sys);

/* One more thing. Left out when there is no room for it. */
void sight_add(struct sight *sight, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* What a search through processes could not see. */
void sight_add_search(struct sight *sight, unsigned processes, unsigned unreadable, bool cut_short);
