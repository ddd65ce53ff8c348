/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A policy, from the lines of its files to sections that can be matched and planned. */
#pragma once

#include "lib/libmhp.h"
#include "lib/model/policy-files.h"
#include "lib/model/topology.h"
#include "lib/plan/plan.h"

#define MHP_POLICY_ORDER     500 /* of a section that does not say */
#define MHP_POLICY_ORDER_MAX 999

/* Which devices a section means: all that is not NULL has to hold. Words with spaces between. */
struct policy_match {
	const char *namespaces;
	const char *regions;
	const char *serials;
	const char *paths;
	const char *devices;
	const char *nodes;
	const char *origins;
	const char *sizes;
};

struct policy_section {
	struct mhp_policy_section is;
	struct mhp_policy_setting *settings;
	struct policy_match match;
	bool is_wrong;
	bool is_skipped; /* of daxctl, and nothing that we do */
};

/* A request that was agreed to with this plan. */
struct policy_expected {
	char section[MHP_SECTION_MAX];
	enum mhp_verb verb;
	uint64_t fingerprint;
};

struct mhp_policy {
	struct policy_files files;
	struct policy_section *sections;
	size_t nr_sections;
	struct mhp_policy_problem *problems;
	size_t nr_problems;
	struct policy_expected *expected;
	size_t nr_expected;
	bool is_expected; /* only what is expected may be carried out */
};

static inline void policy_freep(struct mhp_policy **policy)
{
	mhp_policy_free(*policy);
}

#define cleanup_policy __attribute__((cleanup(policy_freep)))

/* Understand the lines of policy->files. 0 or -ENOMEM; what is wrong becomes a problem. */
int policy_build(struct mhp_policy *policy);

/*
 * Take KEY = VALUE into a section. 0, -ENOMEM, or -EINVAL with what is wrong in *err.
 * The value has to live as long as the section.
 */
int policy_set(struct policy_section *section, const char *key, const char *value,
	       struct mhp_error *err);

/*
 * The same for a key of daxctl's configuration. The setting becomes the one of ours that says the
 * same, with key NULL where none is needed.
 */
int policy_set_daxctl(struct policy_section *section, struct mhp_policy_setting *setting,
		      struct mhp_error *err);

/* What the keys of a section have to be together. */
int policy_check_section(const struct policy_section *section, struct mhp_error *err);

/* The value of a whole line's setting, or NULL. */
const char *policy_value(const struct policy_section *section, const char *key);

/* ---- matching ---------------------------------------------------------------------------- */

/* The next word of a list, copied to word; *at is moved behind it. False after the last. */
bool policy_next_word(const char **at, char *word, size_t size);

/* "<=16G": how it compares, and with what. 0 or -EINVAL. */
struct policy_comparison {
	bool less;
	bool equal;
	bool greater;
	uint64_t size;
};

int policy_comparison(const char *text, struct policy_comparison *comparison,
		      struct mhp_error *err);

bool policy_matches_dax(const struct policy_section *section, const struct mhp_topology *topo,
			const struct mhp_dax *dax);
bool policy_matches_namespace(const struct policy_section *section, const struct mhp_topology *topo,
			      const struct mhp_namespace *ns);

/* An empty region, which only a section that names it means. */
bool policy_matches_region(const struct policy_section *section, const struct mhp_region *region);

/* ---- planning ---------------------------------------------------------------------------- */

struct policy_target {
	char device[64]; /* whom it belongs to is decided by this name */
	char name[64];	 /* what it is called in the request */
};

struct policy_job {
	struct mhp_policy_job is;
	const char **names;
	struct policy_target *targets;
	struct mhp_plan *plan;
};

struct mhp_policy_plan {
	const struct mhp_policy *policy;
	struct policy_job *jobs;
	size_t nr_jobs;
	struct mhp_plan *sum; /* of the costs of all jobs; it has no steps */
	char (*warnings)[384];
	size_t nr_warnings;
};

static inline void policy_plan_freep(struct mhp_policy_plan **plan)
{
	mhp_policy_plan_free(*plan);
}

#define cleanup_policy_plan __attribute__((cleanup(policy_plan_freep)))

/* mhp_policy_plan_new(), whatever plan was expected. */
int policy_plan_any(const struct mhp_topology *topo, const struct mhp_policy *policy,
		    unsigned agreed, struct mhp_policy_plan **ret, struct mhp_error *err);

/* The same to be carried out: what cannot be seen is a failure. */
int policy_plan_run(const struct mhp_topology *topo, const struct mhp_policy *policy,
		    unsigned agreed, struct mhp_policy_plan **ret, struct mhp_error *err);

/* The request that a job is; first: only what its section wants first. */
struct mhp_request policy_request(const struct mhp_policy_job *job, unsigned agreed, bool first);
