/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From (topology, request) to steps. No I/O on this floor. */
#pragma once

#include "lib/base/idset.h"
#include "lib/libmhp.h"
#include "lib/model/target.h"
#include "lib/model/topology.h"

/*
 * What a run of steps works on, from region to blocks. Names that do not exist yet are empty
 * and are filled in when the step that makes them has run.
 */
struct chain {
	char key[64]; /* what it is about; two targets that mean the same share a chain */
	char region[MHP_NAME_MAX];
	char namespace_[MHP_NAME_MAX];
	char device[MHP_NAME_MAX];
	char id[MHP_UUID_MAX]; /* of the namespace, where this run has made it */
	uint64_t raw_size;
	struct idset blocks;	   /* those whose state was asked for, as far as they exist */
	enum mhp_block_state want; /* what they should be in the end */
	bool forecast;		   /* blocks is a forecast: ask the device once it is there */
	uint64_t first;		   /* bytes of it to bring online now; 0: all */
};

struct plan_target {
	struct target target;
	uint32_t *chains;
	size_t nr_chains;
	bool failed; /* it could not be planned; a failure says why */
};

/* An action that somebody has to agree to. */
struct plan_consent {
	enum mhp_consent_kind kind;
	char text[384];
};

struct mhp_plan {
	enum mhp_verb verb;
	enum mhp_zone_request zone;
	/* It ends before the wanted state: scan and plan again behind it (a region was disabled).
	 */
	bool partial;
	bool second_round; /* what is disabled still has refused to be enabled, and was told of */
	struct mhp_step *steps;
	size_t nr_steps;
	struct chain *chains;
	size_t nr_chains;
	struct plan_target *targets;
	size_t nr_targets;
	struct plan_consent *consents;
	size_t nr_consents;
	struct mhp_loss *losses;
	size_t nr_losses;
	char (*warnings)[384];
	size_t nr_warnings;
	struct mhp_failure *failures;
	size_t nr_failures;
	struct mhp_plan_cost cost;
	uint64_t taken_bytes;	/* ordinary memory of memmaps, less what the same steps free */
	uint64_t leaving_bytes; /* of online blocks that go offline */
	uint64_t leaving_kernel_bytes; /* those of them in zones that the kernel can use */
	struct mhp_node_cost *node_costs;
	size_t nr_node_costs;
	struct mhp_alternative *alternatives;
	size_t nr_alternatives;
	char (*looks)[MHP_NAME_MAX]; /* namespaces whose content would matter and was not read */
	size_t nr_looks;
	struct mhp_range *locks; /* physical addresses that it works on */
	size_t nr_locks;
	struct mhp_hidden *hidden; /* with look_only */
	size_t nr_hidden;
};

static inline void plan_freep(struct mhp_plan **plan)
{
	mhp_plan_free(*plan);
}

#define cleanup_plan __attribute__((cleanup(plan_freep)))

/* Lives for one call of mhp_plan_new(). */
struct planner {
	const struct mhp_topology *topo;
	const struct mhp_request *request;
	struct mhp_plan *plan;
	struct plan_target *target;	 /* the one at work */
	const struct mhp_error *refused; /* one a target, with a reason where it did not fit */
};

/* mhp_plan_new(), and for the round behind a partial plan. */
int plan_new(const struct mhp_topology *topo, const struct mhp_request *request, bool second_round,
	     struct mhp_plan **plan, struct mhp_error *err);

#define PLAN_GROW(array, nr) VEC_PUSH(array, nr)

/*
 * The chain of that key for the target at work: *is_new tells whether its steps are still to be
 * planned. -ENOMEM.
 */
int plan_chain(struct planner *p, const char *key, uint32_t *chain, bool *is_new);

/* A new last step of a chain; object is formatted. NULL: -ENOMEM. */
struct mhp_step *plan_step(struct planner *p, enum mhp_step_type type, uint32_t chain,
			   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

int plan_warn(struct planner *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Asks for the agreement to an action, unless the request agrees to its kind. 0 or -ENOMEM. */
int plan_consent(struct planner *p, enum mhp_consent_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A plan depends on what cannot be seen: a failure, or with look_only among its hidden things. */
int plan_unseen(struct planner *p, const char *what, const char *why, struct mhp_error *err);
#define PLAN_ADDRESSES "its physical addresses are visible only to root"
int plan_lock(struct planner *p, struct mhp_range range);
int plan_lock_region(struct planner *p, const char *region);

/* Logs what was decided: the steps, warnings, consents and what cannot be planned. */
void plan_log(const struct planner *p);

/* A load-module step for a driver that is not there, once. */
int plan_module(struct planner *p, const char *name, bool is_there, const char *why);

/*
 * Call fn for each dax device that the target names, by whatever name. Returns how many there
 * were, or what fn returned below 0.
 */
typedef int (*dax_fn)(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err);
int plan_each_dax(struct planner *p, dax_fn fn, struct mhp_error *err);

/* Of a target that means all there is: is there anything that cannot be read? As plan_unseen(). */
int plan_check_seen(struct planner *p, struct mhp_error *err);

/* The chain of a device, with its names, its lock and the blocks it has in memory now. */
int plan_dax_chain(struct planner *p, const struct mhp_dax *dax, uint32_t *chain, bool *is_new,
		   struct mhp_error *err);

/* In plan-machine.c: refusals of what this machine and its kernel can never do. */
int plan_check_modules(const struct planner *p, struct mhp_error *err);
int plan_check_node(const struct planner *p, const char *name, int node, struct mhp_error *err);
/* Warns of memory that can come and may never go again. */
int plan_warn_of_staying(struct planner *p, const struct mhp_dax *dax);
int plan_check_boot_memory(const struct planner *p, uint32_t chain, struct mhp_error *err);

/* Steps that take the online blocks of the chain offline. */
int plan_offline_runs(struct planner *p, uint32_t chain);

/* A step for each run of blocks of the chain that pass the test, ascending. */
typedef bool (*block_test)(const struct planner *p, const struct mhp_block *block);
int plan_block_runs(struct planner *p, uint32_t chain, enum mhp_step_type type, block_test test);

/* Name a step after its blocks: "memory33-47", "memory41". */
void plan_name_run(struct mhp_step *step);

/* Chain of the blocks that a node or a range of blocks names. */
int plan_named_blocks(struct planner *p, uint32_t *chain, bool *is_new, struct mhp_error *err);

bool block_is_online(const struct planner *p, const struct mhp_block *block);

/* What is asked of a new namespace has to hold for one that is there, or it is not "already". */
int plan_check_same(const struct mhp_topology *topo, const struct mhp_request *request,
		    const struct mhp_namespace *ns, struct mhp_error *err);

/* (plan-online-dax.c) What there is of a chain's blocks comes online. */
int plan_online_existing(struct planner *p, uint32_t chain);

/* A dax device, in whatever mode it is. */
int plan_online_dax(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err);

/* Asks whether what a namespace, or a device without one, holds may be lost for memory. */
int plan_ask_memory(struct planner *p, const struct mhp_namespace *ns, const struct mhp_dax *dax);

/* Bind a device to kmem and bring online what that gives; predicted: its name is not yet sure. */
int plan_to_kmem(struct planner *p, uint32_t chain, const char *device, bool predicted,
		 const struct mhp_range *ranges, unsigned nr_ranges, uint64_t bytes);

/* Say what of a region stays free behind a new namespace of that size; 0: there is one already. */
int plan_warn_of_rest(struct planner *p, const struct mhp_region *region, uint64_t takes);

/* A number that differs where the steps do, or what they start from. */
uint64_t plan_fingerprint(const struct mhp_topology *topo, const struct mhp_plan *plan);

/* Leave out what comes behind the first so many bytes of a chain, of its steps from this one on. */
void plan_cut_to_first(struct mhp_plan *plan, uint32_t chain, size_t from, uint64_t block_size);

/* The last block that a chain is to have as wanted now; UINT64_MAX: all of them are. */
uint64_t plan_last_wanted(const struct chain *chain, uint64_t block_size);

/*
 * When all steps are there and in order: what they cost, what other choices would (choices.c), and
 * whether there is enough memory for it (budget.c).
 */
int plan_costs(struct planner *p);
int plan_choices(struct planner *p);
int plan_budget(struct planner *p);

/*
 * What a new namespace of that size would cost: as memory by that set-mode step, or (NULL) as a
 * device.
 */
struct mhp_cost plan_namespace_cost(const struct planner *p, const struct mhp_region *region,
				    const struct mhp_step *kmem, uint64_t bytes, uint64_t align,
				    enum mhp_map map);

/*
 * Does all of it fit into memory? 0, or -ENOSPC with the first chain that does not. Behind
 * plan_costs().
 */
int plan_fit(struct planner *p, uint32_t *chain, struct mhp_error *err);

/* The costs of several plans on the same topology, summed and checked in a plan without steps. */
int plan_budget_of(struct planner *p, const struct mhp_plan *const *plans, size_t nr);

/* Is there memory in the range, or on the node, that kmem has left? Then a refusal. */
int plan_check_left(const struct planner *p, const char *name, struct mhp_range range,
		    struct mhp_error *err);
int plan_check_left_region(const struct planner *p, const char *name,
			   const struct mhp_region *region, struct mhp_error *err); /* or NULL */
int plan_check_left_node(const struct planner *p, const char *name, int node,
			 struct mhp_error *err);

/* One request each: plan for the target at work. */
int plan_online_target(struct planner *p, struct mhp_error *err);
int plan_offline_target(struct planner *p, struct mhp_error *err);
int plan_offline_node(struct planner *p, struct mhp_error *err);
int plan_init_target(struct planner *p, struct mhp_error *err);
int plan_remove_target(struct planner *p, struct mhp_error *err);
int plan_create_target(struct planner *p, struct mhp_error *err);
int plan_destroy_target(struct planner *p, struct mhp_error *err);

/* The steps up to a new devdax namespace on the region (plan-create.c). */
int plan_create_on(struct planner *p, uint32_t chain, const struct mhp_region *region,
		   bool for_kmem, struct mhp_error *err);
/* The alignment that was asked for, or the one that the kernel would choose on that region. */
uint64_t plan_align(const struct planner *p, const struct mhp_region *region);
/* Refuses an alignment that the kernel does not offer, as far as that is known. */
int plan_check_align(const struct planner *p, const struct mhp_region *region,
		     struct mhp_error *err);
int plan_dax_modules(struct planner *p);
int plan_enable(struct planner *p, uint32_t chain, const struct mhp_namespace *ns);
int plan_enable_region(struct planner *p, const struct mhp_region *region, bool direct_to_kmem);
int plan_region_usable(struct planner *p, const struct mhp_region *region, struct mhp_error *err);
