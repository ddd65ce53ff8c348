/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "node2.online_bytes>=8G": something that holds of a topology or does not. */
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

struct condition_field;

struct condition {
	struct target object; /* TARGET_ALL: the machine as a whole */
	bool of_policy;	      /* the last run of a policy, in its place */
	const struct condition_field *field;
	enum condition_op op;
	uint64_t number;
	char word[24];
};

/* Looks at nothing but the text. 0, or -EINVAL with the place in the text that is wrong. */
int condition_parse(const char *text, struct condition *condition, struct mhp_error *err);

/* False also where the object is not there or the value is not known; of several blocks all. */
bool condition_holds(const struct condition *condition, const struct mhp_topology *topo,
		     const struct run_records *runs);
