/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/sys/child.h"

/* A process that has a dax device open or mapped. */
struct dax_user {
	pid_t pid;
	char comm[32];
	bool mapped;
};

/*
 * Task (name of the dax device, with its NUL): who uses it, as an array of struct dax_user.
 * Processes that end meanwhile, and those we may not look into, are passed over.
 */
int procs_using_dax(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err);

/* Name of a process, "" where there is none. */
void procs_comm(const struct mhp_ctx *ctx, pid_t pid, char *comm, size_t size);
