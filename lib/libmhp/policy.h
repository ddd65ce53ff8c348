/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policy: what should be so for good, read from files. */
#pragma once

#include "error.h"
#include "plan.h"
#include "run.h"
#include "topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mhp_policy_file_state {
	MHP_POLICY_FILE_READ = 0,
	MHP_POLICY_FILE_OVERRIDDEN, /* hidden by one of its name in a higher folder */
	MHP_POLICY_FILE_MASKED,	    /* empty, or a link to /dev/null */
};

struct mhp_policy_file {
	char path[MHP_PATH_MAX];
	enum mhp_policy_file_state state;
	char by[MHP_PATH_MAX]; /* overridden: the file that hides it */
	bool is_daxctl;	       /* configuration of daxctl */
};

enum mhp_on_failure {
	MHP_ON_FAILURE_CONTINUE = 0, /* go on with what can be done, and with the next section */
	MHP_ON_FAILURE_STOP,	     /* do not begin the sections behind it */
	MHP_ON_FAILURE_ROLLBACK,     /* undo this section, go on with the next */
};

struct mhp_policy_setting {
	const char *key;
	const char *value;
	unsigned line;
};

/* What one section declares, and where. */
struct mhp_policy_section {
	char name[MHP_SECTION_MAX];
	const char *file;
	unsigned line;
	bool is_daxctl; /* of daxctl's configuration */
	unsigned order;
	enum mhp_dax_mode mode; /* system_ram or devdax */
	enum mhp_zone_request zone;
	uint64_t size; /* of a new namespace, and so on as in struct mhp_request */
	uint64_t align;
	enum mhp_map map;
	char label[MHP_LABEL_MAX];
	bool init_labels;
	unsigned agreed; /* bits of enum mhp_consent_kind that need no question */
	uint64_t first;	 /* bytes of each device to bring online now, the rest last; 0: all */
	enum mhp_on_failure on_failure;
	unsigned ratio_movable; /* MOVABLE may be at most ratio_movable : ratio_kernel; 0: any */
	unsigned ratio_kernel;
	size_t nr_settings;   /* as they stand in the file, those that say which devices too */
	const void *settings; /* read with mhp_policy_section_setting() */
};

/* What is wrong with a policy. With a problem that is no warning nothing is ever carried out. */
struct mhp_policy_problem {
	const char *file;
	unsigned line; /* 0: the file as a whole */
	bool is_warning;
	struct mhp_error error;
};

struct mhp_policy;

/**
 * mhp_policy_load - read policy files
 * @ctx: the context
 * @paths: files and folders; what is installed is left aside then
 * @nr_paths: how many; 0: what is installed
 * @policy: receives the policy; free with mhp_policy_free()
 * @err: receives reason and hint, or NULL
 *
 * What is wrong in a file is no failure here: see mhp_policy_problem(). No policy is one without
 * sections.
 * Return: 0, or -ENOENT and the like (no such path), -EACCES, -ENOMEM.
 * Since: 0.1
 */
int mhp_policy_load(struct mhp_ctx *ctx, const char *const *paths, size_t nr_paths,
		    struct mhp_policy **policy, struct mhp_error *err);

/**
 * mhp_policy_import - read what is declared for daxctl
 * @ctx: the context
 * @path: a file or folder, or NULL for what is installed
 * @policy: receives the sections as ours; free with mhp_policy_free()
 * @err: receives reason and hint, or NULL
 *
 * Return: as mhp_policy_load().
 * Since: 0.1
 */
int mhp_policy_import(struct mhp_ctx *ctx, const char *path, struct mhp_policy **policy,
		      struct mhp_error *err);

/**
 * mhp_policy_parse - read a policy from a text
 * @text: as a file would hold it
 * @name: what to call the file in messages
 * @policy: receives the policy; free with mhp_policy_free()
 * @err: receives reason and hint, or NULL
 *
 * Return: 0, or -ENOMEM.
 * Since: 0.1
 */
int mhp_policy_parse(const char *text, const char *name, struct mhp_policy **policy,
		     struct mhp_error *err);

/**
 * mhp_policy_free - free a policy
 * @policy: the policy, or NULL
 *
 * Since: 0.1
 */
void mhp_policy_free(struct mhp_policy *policy);

/**
 * mhp_policy_file - the @index-th file, in the order in which they count
 * @policy: the policy
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_policy_file *mhp_policy_file(const struct mhp_policy *policy, size_t index);

/**
 * mhp_policy_section - the @index-th section, in the order in which they are carried out
 * @policy: the policy
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_policy_section *mhp_policy_section(const struct mhp_policy *policy, size_t index);

/**
 * mhp_policy_section_setting - the @index-th setting of a section, as it stands in the file
 * @section: the section
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_policy_setting *mhp_policy_section_setting(
	const struct mhp_policy_section *section, size_t index);

/**
 * mhp_policy_problem - the @index-th thing that is wrong, by file and line
 * @policy: the policy
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_policy_problem *mhp_policy_problem(const struct mhp_policy *policy, size_t index);

/**
 * mhp_policy_check - whether a policy can be carried out as it is written
 * @policy: the policy
 * @err: receives the first problem with file and line, and how many more there are; or NULL
 *
 * Return: 0, or -EINVAL.
 * Since: 0.1
 */
int mhp_policy_check(const struct mhp_policy *policy, struct mhp_error *err);

/* One request that a section comes to, and its plan. */
struct mhp_policy_job {
	const struct mhp_policy_section *section;
	enum mhp_verb verb;
	size_t nr_targets;
	const char *const *targets;
	const struct mhp_plan *plan; /* NULL: it cannot be planned, and error says why */
	struct mhp_error error;
	uint64_t fingerprint; /* of the steps and of what they start from */
};

struct mhp_policy_plan;

/**
 * mhp_policy_plan_new - work out the steps from what is to what a policy declares
 * @topo: the machine as it is; not kept
 * @policy: the policy; has to live as long as the plan
 * @agreed: bits of enum mhp_consent_kind that need no question, for all sections
 * @plan: receives the plan; free with mhp_policy_plan_free()
 * @err: receives reason and hint, or NULL
 *
 * No I/O. A device that several sections match belongs to the first of them. What cannot be seen is
 * hidden, as with look_only.
 * Return: 0, or -EINVAL (the policy is wrong), -ESTALE (see mhp_policy_expect()), -ENOMEM.
 * Since: 0.1
 */
int mhp_policy_plan_new(const struct mhp_topology *topo, const struct mhp_policy *policy,
			unsigned agreed, struct mhp_policy_plan **plan, struct mhp_error *err);

/**
 * mhp_policy_plan_free - free a plan
 * @plan: the plan, or NULL
 *
 * Since: 0.1
 */
void mhp_policy_plan_free(struct mhp_policy_plan *plan);

/**
 * mhp_scan_policy - read the machine's memory layout, and what the policy could lose
 * @ctx: the context
 * @policy: the policy
 * @agreed: as of mhp_policy_plan_new()
 * @topo: receives a new snapshot for mhp_policy_plan_new()
 * @err: receives reason and hint, or NULL
 *
 * See mhp_scan_request().
 * Return: as mhp_topology_scan().
 * Since: 0.1
 */
int mhp_scan_policy(struct mhp_ctx *ctx, const struct mhp_policy *policy, unsigned agreed,
		    struct mhp_topology **topo, struct mhp_error *err);

/**
 * mhp_policy_plan_job - the @index-th request, in the order in which they run
 * @plan: the plan
 * @index: from 0
 *
 * A section that matches nothing has none.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_policy_job *mhp_policy_plan_job(const struct mhp_policy_plan *plan, size_t index);

/**
 * mhp_policy_plan_sum - what all requests of a policy's plan cost together
 * @plan: the plan
 *
 * For mhp_plan_cost() and mhp_plan_node_cost(): a plan without steps and targets.
 * Return: never NULL.
 * Since: 0.1
 */
const struct mhp_plan *mhp_policy_plan_sum(const struct mhp_policy_plan *plan);

/**
 * mhp_policy_plan_warning - the @index-th thing worth knowing of the plan as a whole
 * @plan: the plan
 * @index: from 0
 *
 * Return: a sentence without a full stop; NULL after the last.
 * Since: 0.1
 */
const char *mhp_policy_plan_warning(const struct mhp_policy_plan *plan, size_t index);

/**
 * mhp_policy_expect - carry a policy out only if a request still comes to the same plan
 * @policy: the policy
 * @section: the section's name
 * @verb: of the request
 * @fingerprint: of the plan that was agreed to; see struct mhp_policy_job
 * @err: receives reason and hint, or NULL
 *
 * Once it was called mhp_policy_plan_new() and mhp_policy_run() fail with MHP_REASON_STALE_PLAN,
 * having touched nothing, where the requests or their plans differ from those that are expected;
 * that there is nothing left to do is no such difference.
 * Return: 0, or -ENOENT (no such section), -ENOMEM.
 * Since: 0.1
 */
int mhp_policy_expect(struct mhp_policy *policy, const char *section, enum mhp_verb verb,
		      uint64_t fingerprint, struct mhp_error *err);

/**
 * mhp_policy_run - make it so
 * @ctx: the context
 * @policy: what should be so
 * @agreed: bits of enum mhp_consent_kind that need no question, for all sections
 * @options: deadlines and callbacks; rollback holds for all sections
 * @result: receives the result of all sections; NULL when nothing was begun
 * @err: receives reason and hint, or NULL
 *
 * Each section is a request as of mhp_run(), carried out in the order of the sections; what
 * sections do not want at first comes behind all of them. Events name their section.
 * Ownership: free the result with mhp_result_free().
 * Return: 0 when there is a result (its exit_code tells), or the negative errno for which nothing
 *	was begun.
 * Since: 0.1
 */
int mhp_policy_run(struct mhp_ctx *ctx, const struct mhp_policy *policy, unsigned agreed,
		   const struct mhp_run_options *options, struct mhp_result **result,
		   struct mhp_error *err);

/**
 * mhp_policy_file_state_name - the name of what became of a policy file
 * @state: the state
 *
 * Return: read, overridden, masked.
 * Since: 0.1
 */
const char *mhp_policy_file_state_name(enum mhp_policy_file_state state);

/**
 * mhp_on_failure_name - the name of what to do about a failure
 * @on_failure: the choice
 *
 * Return: continue, stop, rollback.
 * Since: 0.1
 */
const char *mhp_on_failure_name(enum mhp_on_failure on_failure);

/**
 * mhp_verb_name - the name of a verb
 * @verb: the verb
 *
 * Return: create, destroy, online, offline, remove, init.
 * Since: 0.1
 */
const char *mhp_verb_name(enum mhp_verb verb);

#ifdef __cplusplus
}
#endif
