/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans in files: written by plan --out, carried out by apply. */
#pragma once

#include "cmd/out.h"

/* Write the plan, or leave what was there. 0, or a negative errno with *err filled. */
int saved_write(const char *path, const struct out_call *call, const struct out_policy_plan *plan,
		struct mhp_error *err);

/* Whether the file holds such a plan (or any JSON), not a policy. */
bool saved_is(const char *path);

/* Read a plan as a policy that comes to that plan or is refused. */
int saved_read(const char *path, struct mhp_policy **policy, struct mhp_error *err);
