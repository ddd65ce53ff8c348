/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conditions such as "node2.online_bytes>=8G", which are true or false for a topology. */
#pragma once

#include "lib/model/run-records.h"
#include "lib/model/target.h"
#include "lib/model/topology.h"

#include <stdbool.h>

enum condition_op {
	CONDITION_EQUAL = 0,
	CONDITION_NOT_EQUAL,
	CONDITION_AT_LEAST,
	CONDITION_AT_MOST,
	CONDITION_MORE,
	CONDITION_LESS,
};

enum condition_object {
	CONDITION_NONE = 0,
	CONDITION_MEMORY, /* of the whole machine */
	CONDITION_POLICY, /* the last run of a policy */
	CONDITION_REGION,
	CONDITION_NAMESPACE,
	CONDITION_DAX,
	CONDITION_NODE,
	CONDITION_BLOCKS,
	CONDITION_CXL_MEMDEV,
	CONDITION_CXL_REGION,
};

struct condition_field;

struct condition {
	enum condition_object object;
	struct target target; /* unless it is the memory or the policy */
	const struct condition_field *field;
	enum condition_op op;
	uint64_t number; /* to compare with */
	char word[24];	 /* the same, for text */
};

/* Parses a text, without a topology. 0, or -EINVAL with the position of the mistake. */
int condition_parse(const char *text, struct condition *condition, struct mhp_error *err);

/* Returns false also for a missing object or an unknown value; several blocks must all comply. */
bool condition_holds(const struct condition *condition, const struct mhp_topology *topo,
		     const struct run_records *runs);
