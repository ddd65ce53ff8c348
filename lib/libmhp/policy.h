/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policy: the permanent configuration of the machine's memory, read from files. */
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

/* Whether a policy file counts. */
enum mhp_policy_file_state {
	MHP_POLICY_FILE_READ = 0,
	MHP_POLICY_FILE_OVERRIDDEN, /* hidden by a file of the same name (see by) */
	MHP_POLICY_FILE_MASKED,	    /* empty, or a link to /dev/null */
};

/* A file of a policy. */
struct mhp_policy_file {
	char path[MHP_PATH_MAX];
	enum mhp_policy_file_state state;
	char overridden_by[MHP_PATH_MAX]; /* overridden: the file that hides it */
	bool is_daxctl;			  /* true: the file is daxctl's configuration */
};

/* The reaction to a failure in a section. */
enum mhp_on_failure {
	MHP_ON_FAILURE_CONTINUE = 0, /* continue with other targets and the next section */
	MHP_ON_FAILURE_STOP,	     /* do not start the sections after it */
	MHP_ON_FAILURE_ROLLBACK,     /* undo this section, then continue with the next */
};

/* One line "key = value" of a section. */
struct mhp_policy_setting {
	const char *key;
	const char *value;
	unsigned line;
};

/* A section of a policy: its settings, and its place in the files. */
struct mhp_policy_section {
	char name[MHP_SECTION_MAX];
	const char *file; /* that defines it */
	unsigned line;
	bool is_daxctl;		/* true: defined in daxctl's configuration */
	unsigned order;		/* lower numbers are carried out first */
	enum mhp_dax_mode mode; /* system_ram or devdax */
	enum mhp_zone_request zone;
	uint64_t size; /* as in struct mhp_request, like the next four */
	uint64_t align;
	enum mhp_memmap_location map;
	char label[MHP_LABEL_MAX];
	bool init_labels;
	unsigned agreed; /* consent given in advance: bits of enum mhp_consent_kind */
	uint64_t first;	 /* bytes of each device to bring online first, the rest last; 0: all */
	enum mhp_on_failure on_failure;
	unsigned ratio_movable; /* limit of movable : kernel memory; 0: none */
	unsigned ratio_kernel;
	size_t nr_settings;   /* all lines of the section, including those that match devices */
	const void *settings; /* read with mhp_policy_section_setting() */
	bool interleave;      /* one CXL region over all memory devices that match */
	uint64_t granularity; /* of new CXL regions; 0: as in struct mhp_request */
	char window[MHP_NAME_MAX]; /* for new CXL regions; empty: chosen */
	const char *hook_before;   /* as in struct mhp_run_options, like the next two */
	const char *hook_after;
	uint64_t hook_timeout_ms;
};

/* The section [reporting]: settings of free page reporting. */
struct mhp_policy_reporting {
	const char *file; /* that defines it */
	unsigned line;
	bool has_order;
	bool has_delay;
	uint64_t order;
	uint64_t delay_ms;
};

/* A problem in a policy. A policy with a problem that is not a warning is never carried out. */
struct mhp_policy_problem {
	const char *file;
	unsigned line; /* 0: the file as a whole */
	bool is_warning;
	struct mhp_error error;
};

/* Policy files that were read: sections and problems. */
struct mhp_policy;

/**
 * mhp_policy_load - read policy files
 * @ctx: the context
 * @paths: files and directories to read instead of the installed ones
 * @nr_paths: how many; 0: read the installed files
 * @policy: receives the policy; free with mhp_policy_free()
 * @err: receives reason and hint, or NULL
 *
 * Problems in a file do not fail this call: see mhp_policy_problem(). Without policy files the
 * policy has no sections.
 * Return: 0, or -ENOENT and the like (no such path), -EACCES, -ETIMEDOUT (the path does not answer
 *	in ten seconds), -ECANCELED, -ENOMEM.
 * Since: 0.1
 */
int mhp_policy_load(struct mhp_ctx *ctx, const char *const *paths, size_t nr_paths,
		    struct mhp_policy **policy, struct mhp_error *err);

/**
 * mhp_policy_import - read daxctl's configuration
 * @ctx: the context
 * @path: a file or directory, or NULL for the installed configuration
 * @policy: receives the equivalent sections; free with mhp_policy_free()
 * @err: receives reason and hint, or NULL
 *
 * Return: as mhp_policy_load().
 * Since: 0.1
 */
int mhp_policy_import(struct mhp_ctx *ctx, const char *path, struct mhp_policy **policy,
		      struct mhp_error *err);

/**
 * mhp_policy_parse - read a policy from a text
 * @text: the content of a policy file
 * @name: the name of the file in messages
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
 * mhp_policy_file - the @index-th file, in the order of reading
 * @policy: the policy
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_policy_file *mhp_policy_file(const struct mhp_policy *policy, size_t index);

/**
 * mhp_policy_section - the @index-th section, in the order of execution
 * @policy: the policy
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_policy_section *mhp_policy_section(const struct mhp_policy *policy, size_t index);

/**
 * mhp_policy_reporting - the section [reporting] of a policy
 * @policy: the policy
 *
 * Return: NULL without that section.
 * Since: 0.1
 */
const struct mhp_policy_reporting *mhp_policy_reporting(const struct mhp_policy *policy);

/**
 * mhp_policy_section_setting - the @index-th setting of a section, as written in the file
 * @section: the section
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_policy_setting *mhp_policy_section_setting(
	const struct mhp_policy_section *section, size_t index);

/**
 * mhp_policy_problem - the @index-th problem, by file and line
 * @policy: the policy
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_policy_problem *mhp_policy_problem(const struct mhp_policy *policy, size_t index);

/**
 * mhp_policy_check - check whether a policy is valid
 * @policy: the policy
 * @err: receives the first problem with file and line, and the number of others; or NULL
 *
 * Return: 0, or -EINVAL.
 * Since: 0.1
 */
int mhp_policy_check(const struct mhp_policy *policy, struct mhp_error *err);

/* One request that results from a section, and its plan. */
struct mhp_policy_job {
	const struct mhp_policy_section *section;
	enum mhp_verb verb;
	size_t nr_targets;
	const void *targets;	     /* read with mhp_policy_job_target() */
	const struct mhp_plan *plan; /* NULL: it cannot be planned; see error */
	struct mhp_error error;
	uint64_t fingerprint; /* hash of the steps and the state that they depend on */
};

/* The requests of a policy on this machine, with their plans. */
struct mhp_policy_plan;

/**
 * mhp_policy_plan_new - plan the steps from the current state to the one that a policy declares
 * @topo: the current state; not kept
 * @policy: the policy; must outlive the plan
 * @agreed: consent given in advance for all sections: bits of enum mhp_consent_kind
 * @plan: receives the plan; free with mhp_policy_plan_free()
 * @err: receives reason and hint, or NULL
 *
 * Does no I/O. A device that several sections match belongs to the first of them. Items that cannot
 * be read are listed as hidden, as with list_hidden.
 * Return: 0, or -EINVAL (the policy is wrong), -ENOMEM.
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
 * mhp_scan_policy - read the machine's memory layout, and the data that the policy could lose
 * @ctx: the context
 * @policy: the policy
 * @agreed: as for mhp_policy_plan_new()
 * @topo: receives a new snapshot for mhp_policy_plan_new(); free with
 *	mhp_topology_free()
 * @err: receives reason and hint, or NULL
 *
 * See mhp_scan_request().
 * Return: as mhp_topology_scan().
 * Since: 0.1
 */
int mhp_scan_policy(struct mhp_ctx *ctx, const struct mhp_policy *policy, unsigned agreed,
		    struct mhp_topology **topo, struct mhp_error *err);

/**
 * mhp_policy_plan_job - the @index-th request, in the order of execution
 * @plan: the plan
 * @index: from 0
 *
 * A section that matches nothing has none.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_policy_job *mhp_policy_plan_job(const struct mhp_policy_plan *plan, size_t index);

/**
 * mhp_policy_job_target - the @index-th target of a request
 * @job: the request
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const char *mhp_policy_job_target(const struct mhp_policy_job *job, size_t index);

/**
 * mhp_policy_plan_sum - the total cost of all requests of a policy's plan
 * @plan: the plan
 *
 * The sum is a plan without steps and targets, for mhp_plan_cost() and mhp_plan_node_cost().
 * Return: never NULL.
 * Since: 0.1
 */
const struct mhp_plan *mhp_policy_plan_sum(const struct mhp_policy_plan *plan);

/**
 * mhp_policy_plan_warning - the @index-th warning about the plan as a whole
 * @plan: the plan
 * @index: from 0
 *
 * Return: a sentence without a full stop; NULL after the last.
 * Since: 0.1
 */
const char *mhp_policy_plan_warning(const struct mhp_policy_plan *plan, size_t index);

/**
 * mhp_policy_run - carry out a policy
 * @ctx: the context
 * @policy: the policy
 * @agreed: consent given in advance for all sections: bits of enum mhp_consent_kind
 * @options: deadlines and callbacks; rollback applies to all sections
 * @result: receives the result of all sections; NULL if nothing was started
 * @err: receives reason and hint, or NULL
 *
 * Carries out each section like mhp_run(), in the order of the sections. Memory beyond a section's
 * first bytes is brought online after all sections. Events name their section.
 * Ownership: free the result with mhp_result_free().
 * Return: 0 if there is a result (see its exit_code), or a negative errno: nothing was started.
 * Since: 0.1
 */
int mhp_policy_run(struct mhp_ctx *ctx, const struct mhp_policy *policy, unsigned agreed,
		   const struct mhp_run_options *options, struct mhp_result **result,
		   struct mhp_error *err);

/**
 * mhp_policy_file_state_name - the name of the state of a policy file
 * @state: the state
 *
 * Return: read, overridden, masked.
 * Since: 0.1
 */
const char *mhp_policy_file_state_name(enum mhp_policy_file_state state);

/**
 * mhp_on_failure_name - the name of a reaction to failures
 * @on_failure: the reaction
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
