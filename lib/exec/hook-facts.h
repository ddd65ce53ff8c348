/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The facts about a request that its hooks receive, in their environment and as JSON on standard
 * input. Both are built here, so that they cannot differ.
 */
#pragma once

#include "lib/model/topology.h"
#include "lib/plan/plan.h"

/* The changes that a request is about to make. Texts are lists separated by spaces, or NULL. */
struct hook_facts {
	enum mhp_verb verb;
	char section[MHP_SECTION_MAX]; /* of a policy, or empty */
	char *targets;
	char *devices;
	char *nodes;
	uint64_t nr_blocks; /* that change their state */
	uint64_t bytes;	    /* of these blocks */
};

/* Copies them from a plan. Returns 0 or -ENOMEM. */
int hook_facts_take(struct hook_facts *facts, const struct mhp_topology *topo,
		    const struct mhp_plan *plan);
void hook_facts_free(struct hook_facts *facts);

/* The result of the request for the hook after it; result NULL: the request failed with error. */
struct hook_outcome {
	const struct mhp_result *result;
	const struct mhp_error *error;
	bool has_changes;
};

/* The environment and input of a hook. Free with hook_message_free(). */
struct hook_message {
	char **env; /* ends with NULL */
	char *json;
};

/* Builds it; outcome NULL: for the hook before the request. Returns 0 or -ENOMEM. */
int hook_message_new(struct hook_message *message, const struct hook_facts *facts,
		     const struct hook_outcome *outcome);
void hook_message_free(struct hook_message *message);
#define cleanup_hook_message __attribute__((cleanup(hook_message_free)))

/* Makes a text of the last bytes of an output: what is not text becomes \xNN. Returns buf. */
const char *hook_output_text(const char *bytes, size_t nr, char *buf, size_t size);
