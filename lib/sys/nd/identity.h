/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which namespace is meant. The kernel reuses names: the namespace0.0 that a user agreed to lose
 * may be another one by the time of the change. So a task compares it with the identity in its
 * step.
 */
#pragma once

#include "lib/sys/ctx.h"

#define ND_ANY_MODE (-1)

struct nd_identity {
	char name[MHP_NAME_MAX];   /* empty: nothing is compared */
	char region[MHP_NAME_MAX]; /* empty: not compared */
	char id[MHP_UUID_MAX];	   /* as in struct mhp_namespace; empty: it has none */
	bool id_unknown;	   /* no label and disabled: its id is not compared */
	uint64_t raw_size;
	uint64_t start; /* physical; MHP_UNKNOWN: not compared */
	int mode;	/* of enum mhp_namespace_mode; ND_ANY_MODE: not compared */
};

/* Returns 0, or -ESTALE with the reason "changed" if the name now belongs to another namespace. */
int nd_identity_check(const struct mhp_ctx *ctx, const struct nd_identity *expected,
		      struct mhp_error *err);

/* Compares with the kernel's state; for struct nd_ops. */
int nd_check_identity(const struct mhp_ctx *ctx, const struct nd_identity *expected,
		      struct mhp_error *err);
