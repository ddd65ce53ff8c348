/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one question that stands before everything that loses data. */
#pragma once

#include "lib/plan/plan.h"

/* What is about to happen to a namespace or a dax device. */
enum data_use {
	DATA_USE_MEMORY,    /* it becomes memory, or its blocks come online */
	DATA_USE_DESTROY,   /* the namespace is deleted */
	DATA_USE_OVERWRITE, /* a namespace, its info block or labels are written over it */
};

/* All that the answer depends on. Zero is the least that can be known. */
struct data_facts {
	enum data_use use;
	bool has_namespace;
	enum mhp_namespace_mode mode;
	bool is_enabled;
	enum mhp_content content;
	enum mhp_record record;
	bool has_device;
	enum mhp_dax_mode dax_mode;
	enum mhp_origin origin; /* of the device */
	bool is_in_use;		/* a block of the device is online */
};

/*
 * May it hold data that somebody wants? Yes, unless it is known that it does not: the memory is
 * volatile, it is memory now, mhpctl made it and nobody has used it since, or all that was looked
 * at is zero.
 */
bool may_hold_data(const struct data_facts *facts);

/*
 * Notes what would be lost, and asks for it unless the request agrees. ns or dax may be NULL.
 * what: the action up to the name ("destroy namespace0.0"). 0 or -ENOMEM.
 */
int plan_ask_data(struct planner *p, enum data_use use, const struct mhp_namespace *ns,
		  const struct mhp_dax *dax, const char *what);

/* Does the request agree to lose this namespace's data, or may it hold none? */
bool plan_may_overwrite(struct planner *p, const struct mhp_namespace *ns);
