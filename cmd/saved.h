/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans in files: written by plan --out, carried out by apply. */
#pragma once

#include "cmd/out/out.h"

/* Write the plan, or leave what was there. 0, or a negative errno with *err filled. */
int saved_write(const char *path, const struct out_call *call, const struct out_policy_plan *plan,
		struct mhp_error *err);

/* Read a plan as a policy that comes to that plan or is refused. *policy stays NULL where the file
 * is no plan (and no other JSON), but perhaps a policy. */
int saved_read(const char *path, struct mhp_policy **policy, struct mhp_error *err);
