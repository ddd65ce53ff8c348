/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hooks of plans, and of the mhpctl that has started this process as one. */
#pragma once

#include "cmd/out/out.h"

/* Returns the process id of the mhpctl whose hook this process belongs to, or 0. */
int hook_pid(void);

/*
 * Adds the hooks of a request, and checks whether they could run. section: of a policy, or "".
 * Returns 0, or -ENOMEM with *err set.
 */
int hook_add_planned(struct mhp_ctx *ctx, const struct mhp_run_options *options,
		     const char *section, struct out_hooks *hooks, struct mhp_error *err);

void hook_free_planned(struct out_hooks *hooks);
#define cleanup_hooks __attribute__((cleanup(hook_free_planned)))
