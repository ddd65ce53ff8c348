/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The information about processes and their pages that the kernel hides from this process, and the
 * reasons.
 */
#pragma once

#include "lib/base/counts.h"
#include "lib/libmhp.h"
#include "lib/sys/root.h"

/* The first namespaces have fixed inode numbers (include/linux/proc_ns.h). */
#define FIRST_PID_NS  "pid:[4026531836]"
#define FIRST_USER_NS "user:[4026531837]"

struct visibility {
	size_t nr;
	struct mhp_hidden hidden[HIDDEN_MAX];
};

/* Adds what the rights, namespaces and mount options of this process hide. */
void visibility_read(const struct root *sys, struct visibility *visibility);

/* Returns whether this process has a capability. */
enum mhp_tristate visibility_holds(const struct root *sys, unsigned capability);

/* Returns whether it runs in namespaces other than the first, like a container. */
enum mhp_tristate visibility_in_container(const struct root *sys);

/* Adds one item. Ignores it if the array is full. */
void visibility_add(struct visibility *visibility, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds what a search through the processes could not read. */
void visibility_add_search(struct visibility *visibility, unsigned processes, unsigned unreadable,
			   bool is_cut_short);
