/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/exec/exec.h"

/*
 * Reclaims the asked bytes of a cgroup, in pieces, file pages first. Ends early before the machine
 * runs short: see man mhpctl-offline, DRAIN. Fills the outcome of the action.
 */
void drain_reclaim(struct exec *x, const struct drain_group *group, uint64_t deadline,
		   struct mhp_drain_action *action);
