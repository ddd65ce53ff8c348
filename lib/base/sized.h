/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Structs that a caller allocates, and that begin with their size as the caller knows it, so that
 * programs and libraries of different versions understand each other.
 */
#pragma once

#include "lib/libmhp.h"

/*
 * Copy what a caller has filled in: members behind the caller's size are zero, and size becomes
 * that of this version. 0, or -EINVAL (there is no size), -E2BIG (a member that this version does
 * not know is set).
 */
int request_take(struct mhp_request *to, const struct mhp_request *from, struct mhp_error *err);
int run_options_take(struct mhp_run_options *to, const struct mhp_run_options *from,
		     struct mhp_error *err);
int monitor_options_take(struct mhp_monitor_options *to, const struct mhp_monitor_options *from,
			 struct mhp_error *err);
