/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Structs that a caller allocates. Each begins with its size as the caller knows it, so that
 * programs and libraries of different versions work together.
 */
#pragma once

#include "lib/libmhp.h"

/*
 * Copy a struct that the caller filled in. Members beyond the caller's size become zero, and size
 * becomes that of this version. Return 0, -EINVAL (no valid size) or -E2BIG (a member that this
 * version does not know is set).
 */
int request_take(struct mhp_request *to, const struct mhp_request *from, struct mhp_error *err);
int run_options_take(struct mhp_run_options *to, const struct mhp_run_options *from,
		     struct mhp_error *err);
int recover_options_take(struct mhp_recover_options *to, const struct mhp_recover_options *from,
			 struct mhp_error *err);
int pin_watch_options_take(struct mhp_pin_watch_options *to,
			   const struct mhp_pin_watch_options *from, struct mhp_error *err);
int monitor_options_take(struct mhp_monitor_options *to, const struct mhp_monitor_options *from,
			 struct mhp_error *err);
int reporting_options_take(struct mhp_reporting_options *to,
			   const struct mhp_reporting_options *from, struct mhp_error *err);
int reporting_watch_take(struct mhp_reporting_watch *to, const struct mhp_reporting_watch *from,
			 struct mhp_error *err);
