/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A policy, from the lines of its files to sections that can be matched and planned. */
#pragma once

#include "lib/libmhp.h"
#include "lib/model/policy-files.h"
#include "lib/model/topology.h"
#include "lib/plan/plan.h"

#define MHP_POLICY_ORDER     500 /* of a section without this key */
#define MHP_POLICY_ORDER_MAX 999

/* The match keys of a section, words separated by spaces. All keys that are set must match. */
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

/* A section with its public part, and the array that this points to. */
struct policy_section {
	struct mhp_policy_section pub;
	struct mhp_policy_setting *settings;
	struct policy_match match;
	bool is_wrong;	 /* it has a problem, so it is not used */
	bool is_skipped; /* of daxctl, with a setting that mhpctl does not support */
};

/* A request whose plan was saved: see mhp_policy_expect(). */
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
	struct mhp_policy_reporting reporting; /* file NULL: no such section */
	bool is_expected;		       /* only the expected requests may be carried out */
};

static inline void policy_freep(struct mhp_policy **policy)
{
	mhp_policy_free(*policy);
}

#define cleanup_policy __attribute__((cleanup(policy_freep)))

/* Builds the sections from policy->files; mistakes become problems. 0 or -ENOMEM. */
int policy_build(struct mhp_policy *policy);

/*
 * Sets KEY = VALUE in a section, which keeps a pointer to the value. 0, -ENOMEM, or -EINVAL with
 * the mistake in *err.
 */
int policy_set(struct policy_section *section, const char *key, const char *value,
	       struct mhp_error *err);

/*
 * Does the same for a key of daxctl's configuration. Translates the setting into the equivalent one
 * of a policy; key NULL: none is needed.
 */
int policy_set_daxctl(struct policy_section *section, struct mhp_policy_setting *setting,
		      struct mhp_error *err);

/* Sets KEY = VALUE of the section [reporting]. 0, or -EINVAL with the mistake in *err. */
int policy_set_reporting(struct mhp_policy_reporting *reporting, const char *key, const char *value,
			 struct mhp_error *err);

/* Checks that the keys of a section fit together. */
int policy_check_section(const struct policy_section *section, struct mhp_error *err);

/* Returns the value of a key in the section, or NULL. */
const char *policy_value(const struct policy_section *section, const char *key);

/* ---- matching ---------------------------------------------------------------------------- */

/* Return whether a section matches a dax device, or a namespace without one. */
bool policy_matches_dax(const struct policy_section *section, const struct mhp_topology *topo,
			const struct mhp_dax *dax);
bool policy_matches_namespace(const struct policy_section *section, const struct mhp_topology *topo,
			      const struct mhp_namespace *ns);

/* Returns whether a section matches an empty region; only with match.region. */
bool policy_matches_region(const struct policy_section *section, const struct mhp_region *region);

/* Return whether a section matches a CXL region; only with match.region; or a memory device. */
bool policy_matches_cxl_region(const struct policy_section *section,
			       const struct mhp_cxl_region *region);
bool policy_matches_memdev(const struct policy_section *section,
			   const struct mhp_cxl_memdev *memdev);

/* Returns false for a section with keys that no CXL memory device has, such as match.node. */
bool policy_can_match_memdevs(const struct policy_section *section);

/* Reads the next serial number of a match key and moves *words after it. False after the last. */
bool policy_next_serial(const char **words, uint64_t *serial);

/* ---- planning ---------------------------------------------------------------------------- */

/* A target of a job. */
struct policy_target {
	char device[64]; /* object that at most one section may have */
	char name[64];	 /* of the target in the request */
};

/* A job with its public part, and the arrays and the plan that this points to. */
struct policy_job {
	struct mhp_policy_job pub;
	const char **names;
	struct policy_target *targets;
	struct mhp_plan *plan;
	bool has_memdevs; /* its targets are CXL memory devices */
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

/* Adds a warning. 0 or -ENOMEM. */
int policy_warn(struct mhp_policy_plan *plan, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Adds to the jobs of the section the objects that it matches, and warns of those that an earlier
 * section has. 0 or -ENOMEM.
 */
int policy_claim(struct mhp_policy_plan *plan, const struct mhp_topology *topo,
		 const struct policy_section *section);

/* Does what mhp_policy_plan_new() does, without the check of mhp_policy_expect(). */
int policy_plan_any(const struct mhp_topology *topo, const struct mhp_policy *policy,
		    unsigned agreed, struct mhp_policy_plan **ret, struct mhp_error *err);

/* Does what mhp_policy_plan_new() does, for a run: items that cannot be read are a failure. */
int policy_plan_run(const struct mhp_topology *topo, const struct mhp_policy *policy,
		    unsigned agreed, struct mhp_policy_plan **ret, struct mhp_error *err);

/* Returns the request of a job; first: only the bytes that its section wants first. */
struct mhp_request policy_request(const struct mhp_policy_job *job, unsigned agreed, bool first);
