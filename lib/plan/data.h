/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether an action loses data, and whether the user consents to it. */
#pragma once

#include "lib/plan/plan.h"

/* The planned action on a namespace or a dax device. */
enum data_use {
	DATA_USE_MEMORY,    /* it becomes memory, or its blocks come online */
	DATA_USE_DESTROY,   /* the namespace is deleted */
	DATA_USE_OVERWRITE, /* a namespace, info block or labels overwrite it */
};

/* All facts that decide whether data is lost. Zero means that nothing is known. */
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
 * Returns whether it may have data that somebody needs. False only if this is certain: it is
 * volatile, is system memory now, was created by mhpctl and is unused since, or all samples are
 * zero.
 */
bool may_hold_data(const struct data_facts *facts);

/*
 * Adds the loss of data to the plan, and asks for consent unless the request gives it. ns or dax
 * may be NULL. what: the action with the name, such as "destroy namespace0.0". 0 or -ENOMEM.
 */
int plan_ask_data(struct planner *p, enum data_use use, const struct mhp_namespace *ns,
		  const struct mhp_dax *dax, const char *what);

/* Returns whether the namespace has no data, or the request consents to its loss. */
bool plan_may_overwrite(struct planner *p, const struct mhp_namespace *ns);
