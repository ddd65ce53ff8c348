/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which namespace is meant. The kernel gives names again: namespace0.0 that somebody agreed to lose
 * may be another by the time it is lost, so whoever acts compares what travelled with the step.
 */
#pragma once

#include "lib/sys/ctx.h"

#define ND_ANY_MODE (-1)

struct nd_identity {
	char name[MHP_NAME_MAX];   /* of the namespace; empty: nothing is compared */
	char region[MHP_NAME_MAX]; /* empty: not compared */
	char id[MHP_UUID_MAX];	   /* as in struct mhp_namespace; empty: it has none */
	bool id_unknown;	   /* it has no label and is disabled: its id is not compared */
	uint64_t raw_size;
	uint64_t start; /* physical; MHP_UNKNOWN: not compared */
	int mode;	/* of enum mhp_namespace_mode; ND_ANY_MODE: not compared */
};

/* 0, or -ESTALE with the reason "changed" where the namespace of that name is another now. */
int nd_identity_check(const struct mhp_ctx *ctx, const struct nd_identity *expected,
		      struct mhp_error *err);

/* The kernel's answer, of struct nd_ops. */
int nd_check_identity(const struct mhp_ctx *ctx, const struct nd_identity *expected,
		      struct mhp_error *err);
