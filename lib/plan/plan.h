/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From topology and request to a plan. Nothing in this directory does I/O. */
#pragma once

#include "lib/base/idset.h"
#include "lib/base/range.h"
#include "lib/libmhp.h"
#include "lib/model/target.h"
#include "lib/model/topology.h"

/* A CXL region that steps create, finish or destroy. */
struct cxl_setup {
	char region[MHP_NAME_MAX]; /* empty until it exists */
	char window[MHP_NAME_MAX]; /* empty: the chain has no such region */
	uint64_t size;
	uint64_t granularity;
	unsigned ways;
	struct {
		char memdev[MHP_NAME_MAX];
		uint64_t serial;     /* or MHP_UNKNOWN */
	} members[MHP_CXL_WAYS_MAX]; /* by position */
};

/*
 * The objects of one series of steps, from region to blocks. Names of objects that do not exist yet
 * are empty; the step that creates the object sets them.
 */
struct chain {
	char key[64]; /* its object; two targets with the same object share a chain */
	char region[MHP_NAME_MAX];
	char ns_name[MHP_NAME_MAX];
	char device[MHP_NAME_MAX];
	char id[MHP_UUID_MAX];	       /* of the namespace, if this run created it */
	uint64_t raw_size;	       /* of that namespace */
	char new_id[MHP_UUID_MAX];     /* chosen for the namespace that its step creates */
	struct idset blocks;	       /* blocks of the request, as far as they exist */
	bool has_want;		       /* the run changes the state of these blocks */
	enum mhp_block_state want;     /* that state */
	bool forecast;		       /* blocks is a forecast: ask the device once it exists */
	char dax_region[MHP_NAME_MAX]; /* of its resize-device step; or empty */
	struct ranges ranges;	       /* that this step gives to the device; none: by size */
	uint64_t first;		       /* bytes to bring online now; 0: all */
	struct cxl_setup cxl;	       /* of the CXL region that its steps create or destroy */
};

/* One target of the request, and the chains that it needs. */
struct plan_target {
	struct target target;
	uint32_t *chains;
	size_t nr_chains;
	bool failed; /* not planned; a failure of the plan says why */
};

/* An action that needs consent. */
struct plan_consent {
	enum mhp_consent_kind kind;
	char text[384];
};

struct mhp_plan {
	enum mhp_verb verb;
	enum mhp_zone_request zone;
	uint64_t keep_bytes; /* as in struct mhp_request */
	bool has_repairs;    /* steps of plan_zone_repairs() */
	/* It ends before the wanted state: scan and plan again after it (a region was disabled). */
	bool partial;
	bool second_round; /* after a partial plan: still disabled means failed and reported */
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
	uint64_t leaving_kernel_bytes; /* the part in kernel zones */
	struct mhp_node_cost *node_costs;
	size_t nr_node_costs;
	struct mhp_alternative *alternatives;
	size_t nr_alternatives;
	char (*looks)[MHP_NAME_MAX]; /* namespaces whose content decides and was not read */
	size_t nr_looks;
	struct mhp_range *locks; /* physical addresses that the steps change */
	size_t nr_locks;
	struct mhp_hidden *hidden; /* with list_hidden */
	size_t nr_hidden;
	struct mhp_receipt *receipt; /* of a request that chooses blocks, or NULL */
	struct mhp_drain *drain;     /* before its offline steps, or NULL */
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
	struct plan_target *target;	 /* the target that is being planned */
	const struct mhp_error *refused; /* for each target: reason if it did not fit */
};

/* Does what mhp_plan_new() does; with second_round for the plan after a partial one. */
int plan_new(const struct mhp_topology *topo, const struct mhp_request *request, bool second_round,
	     struct mhp_plan **plan, struct mhp_error *err);

/*
 * Finds or adds the chain of that key, for the current target. *is_new: its steps are not planned
 * yet. 0 or -ENOMEM.
 */
int plan_chain(struct planner *p, const char *key, uint32_t *chain, bool *is_new);

/* Sets the state that the run shall bring the blocks of a chain to: the end of the run looks. */
void plan_want(struct planner *p, uint32_t chain, enum mhp_block_state want);

/* Adds a step to a chain; fmt formats its object. NULL: -ENOMEM. */
struct mhp_step *plan_step(struct planner *p, enum mhp_step_type type, uint32_t chain,
			   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Adds a warning, unless the plan has the same one already. 0 or -ENOMEM. */
int plan_warn(struct planner *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Asks for consent to an action, unless the request gives consent to its kind. 0 or -ENOMEM. */
int plan_consent(struct planner *p, enum mhp_consent_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Reports something that cannot be read: a failure, or with list_hidden a hidden item. */
int plan_unseen(struct planner *p, const char *what, const char *why, struct mhp_error *err);
#define PLAN_ADDRESSES "its physical addresses are visible only to root"
/* Add the addresses that a run has to lock; all memory if the region's are not known. */
int plan_lock(struct planner *p, struct mhp_range range);
int plan_lock_region(struct planner *p, const char *region);
int plan_lock_dax_region(struct planner *p, const struct mhp_dax_region *region);

/* Checks the label of a new namespace. 0, or -EINVAL with *err set. */
int plan_check_label(const char *label, struct mhp_error *err);

/* Logs the plan: targets, steps, consents, warnings and hidden items. */
void plan_log(const struct planner *p);

/* Adds a load_module step for a missing driver, once. */
int plan_module(struct planner *p, const char *name, bool is_there, const char *why);

/*
 * Calls fn for each dax device of the target, which may be any kind of target. Returns the number
 * of devices, or the first negative value of fn.
 */
typedef int (*dax_fn)(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err);
int plan_each_dax(struct planner *p, dax_fn fn, struct mhp_error *err);

/* Calls plan_unseen() if the target means all devices and some cannot be read. */
int plan_check_seen(struct planner *p, struct mhp_error *err);

/* Finds or adds the chain of a device, with its names, its lock and its present blocks. */
int plan_dax_chain(struct planner *p, const struct mhp_dax *dax, uint32_t *chain, bool *is_new,
		   struct mhp_error *err);

/* (plan-machine.c) Refuse what this machine and its kernel can never do. */
int plan_check_modules(const struct planner *p, struct mhp_error *err);
int plan_check_node(const struct planner *p, const char *name, int node, struct mhp_error *err);
/* Warns about memory that can come online and may never go offline again. */
int plan_warn_of_staying(struct planner *p, const struct mhp_dax *dax);
int plan_check_boot_memory(const struct planner *p, uint32_t chain, struct mhp_error *err);

/* Adds steps that take the online blocks of the chain offline. */
int plan_offline_runs(struct planner *p, uint32_t chain);
/* Set why, needs and undo of the steps from an index on, which take blocks offline or online. */
void plan_describe_offline(struct planner *p, size_t from);
void plan_describe_online(struct planner *p, size_t from);

/*
 * Adds a step for each run of online blocks of the chain in another zone than requested. Its blocks
 * go offline and come online again one by one.
 */
int plan_zone_repairs(struct planner *p, uint32_t chain);

/* Refuses a request whose keep_bytes has no meaning. */
int plan_check_keep_request(const struct mhp_request *request, struct mhp_error *err);

/* Refuses a plan with repairs if keep_bytes allows none, although every block comes online. */
int plan_check_keep(const struct planner *p, struct mhp_error *err);

/*
 * Returns the next block of a chain, ascending, or NULL. *at is 0 before the first, and is changed
 * by nothing else.
 */
const struct mhp_block *plan_next_block(const struct planner *p, uint32_t chain, size_t *at);

/* Adds a step for each run of blocks of the chain that pass the test, ascending. */
typedef bool (*block_test)(const struct planner *p, const struct mhp_block *block);
int plan_block_runs(struct planner *p, uint32_t chain, enum mhp_step_type type, block_test test);

/* Names a step after its blocks: "memory33-47", "memory41". */
void plan_name_run(struct mhp_step *step);

/* Finds or adds the chain of the blocks of a target that is a node or a range of blocks. */
int plan_named_blocks(struct planner *p, uint32_t *chain, bool *is_new, struct mhp_error *err);

/*
 * (cxl-target.c) Plans a target of CXL where regions are made, finished or undone. Returns 1 if it
 * is planned, 0 for other targets and for what is done with the dax devices of the target.
 */
int plan_cxl_target(struct planner *p, struct mhp_error *err);
/* Checks the options of new CXL regions: their values, and the targets that they need. */
int plan_check_cxl_request(const struct mhp_request *request, struct mhp_error *err);

/* Returns, as a block_test, true for everything but offline: an unknown state may be online. */
bool block_is_online(const struct planner *p, const struct mhp_block *block);

/* Checks that an existing namespace has the properties requested for a new one. */
int plan_check_same(const struct mhp_topology *topo, const struct mhp_request *request,
		    const struct mhp_namespace *ns, struct mhp_error *err);

/* (plan-online-dax.c) Adds steps that bring the existing blocks of a chain online. */
int plan_online_existing(struct planner *p, uint32_t chain);

/* Plans to bring a dax device in any mode online. */
int plan_online_dax(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err);

/* Asks for consent to lose the data of a namespace, or of a device without one, for memory. */
int plan_ask_memory(struct planner *p, const struct mhp_namespace *ns, const struct mhp_dax *dax);

/* Plans to bind a device to kmem and bring its blocks online; predicted: its name is a forecast. */
int plan_to_kmem(struct planner *p, uint32_t chain, const char *device, bool predicted,
		 const struct mhp_range *ranges, unsigned nr_ranges, uint64_t bytes);

/* Warns about space that stays free after a new namespace of that size; 0: one exists already. */
int plan_warn_of_rest(struct planner *p, const struct mhp_region *region, uint64_t takes);

/* Returns a hash of the steps and of the state that they start from. */
uint64_t plan_fingerprint(const struct mhp_topology *topo, const struct mhp_plan *plan);

/* Returns a hash of all devices, regions and namespaces, whatever their order. */
uint64_t devices_fingerprint(const struct mhp_topology *topo);

/* Cuts the steps of a chain, from index from, down to the first bytes that are wanted now. */
void plan_cut_to_first(struct mhp_plan *plan, uint32_t chain, size_t from, uint64_t block_size);

/* Returns the last block of a chain that should come online now; UINT64_MAX: all blocks. */
uint64_t plan_last_wanted(const struct chain *chain, uint64_t block_size);

/*
 * (zone-choice.c) Chooses the zone of each chain if the request leaves it open: movable as long as
 * the ratio of the request allows it, unless the kernel has a ratio of its own. The steps say why.
 */
void plan_choose_zones(struct planner *p);

/*
 * Set the costs of all steps, after these are in order; the costs of other choices (choices.c); and
 * the sums, with warnings and consents if there is too little memory (budget.c).
 */
int plan_costs(struct planner *p);
int plan_choices(struct planner *p);
int plan_budget(struct planner *p);

/*
 * Returns the cost of a new namespace of that size: as system memory by the set_mode step kmem, or
 * if NULL as a device.
 */
struct mhp_cost plan_namespace_cost(const struct planner *p, const struct mhp_region *region,
				    const struct mhp_step *kmem, uint64_t bytes, uint64_t align,
				    enum mhp_memmap_location map);

/*
 * Checks that all memmaps fit into memory; call it after plan_costs(). 0, or -ENOSPC with the first
 * chain that does not fit.
 */
int plan_check_memmaps(struct planner *p, uint32_t *chain, struct mhp_error *err);

/* Sums up and checks the costs of several plans on the same topology, in a plan without steps. */
int plan_budget_of(struct planner *p, const struct mhp_plan *const *plans, size_t nr);

/* Refuse orphaned memory of kmem in the range, in the region or on the node. */
int plan_check_orphans(const struct planner *p, const char *name, struct mhp_range range,
		       struct mhp_error *err);
int plan_check_orphans_region(const struct planner *p, const char *name,
			      const struct mhp_region *region, struct mhp_error *err); /* or NULL */
int plan_check_orphans_node(const struct planner *p, const char *name, int node,
			    struct mhp_error *err);

/* Refuses a chain with CXL memory that no region answers for: see struct mhp_block, is_unbacked. */
int plan_check_backed(const struct planner *p, uint32_t chain, struct mhp_error *err);

/*
 * (plan-drain.c) Plans the drain before the offline steps, if the request asks for one; call it
 * after the steps are planned. Returns 0 or -ENOMEM.
 */
int plan_drain(struct planner *p);

/* Returns whether a drain can make up for space that other nodes lack. */
bool plan_drain_may_help(const struct planner *p, uint64_t lacking);

/* Plan the current target, for one kind of request each. */
int plan_online_target(struct planner *p, struct mhp_error *err);
int plan_offline_target(struct planner *p, struct mhp_error *err);
/* (plan-choice.c) Chooses blocks of a node or a device, for a request with a size. */
int plan_choice(struct planner *p, struct mhp_error *err);
int plan_init_target(struct planner *p, struct mhp_error *err);

/* Plans to bind a dax device to device_dax, unless it is bound. */
int plan_init_dax(struct planner *p, const struct mhp_dax *dax, struct mhp_error *err);
/* Plans to enable a namespace, to finish its creation, or to bind its device; or nothing. */
int plan_init_namespace(struct planner *p, const struct mhp_namespace *ns, struct mhp_error *err);
int plan_remove_target(struct planner *p, struct mhp_error *err);
/* Plans to destroy a namespace that has no device. 0 or -ENOMEM. */
int plan_destroy_namespace(struct planner *p, const struct mhp_namespace *ns);
int plan_create_target(struct planner *p, struct mhp_error *err);
int plan_destroy_target(struct planner *p, struct mhp_error *err);
/* Plans to take the device from its driver, and unless it is to be destroyed, into mode devdax. */
int plan_leave_mode(struct planner *p, uint32_t chain, const struct mhp_dax *dax, bool destroy);
int plan_resize_target(struct planner *p, struct mhp_error *err);

/*
 * (plan-divide.c) Plan parts of the dax region that the target names: a new device for a create,
 * or devices to bring online. plan_undivide() takes the memory from a device, and deletes it
 * unless it is the first of its region.
 */
int plan_create_part(struct planner *p, struct mhp_error *err);
int plan_online_parts(struct planner *p, struct mhp_error *err);
/* Plans all devices of the region that have memory, or if none has, one of all its space. */
int plan_online_whole(struct planner *p, const struct mhp_dax_region *region,
		      struct mhp_error *err);
int plan_undivide(struct planner *p, uint32_t chain, const struct mhp_dax *dax,
		  struct mhp_error *err);

/*
 * (divide.c) Chooses the ranges of a device of that size, which keep those that it has; cuts are at
 * multiples of the unit. bytes 0: all that is free. Returns 0, or -ENOSPC with the bytes that are
 * possible in *most.
 */
int plan_divide(const struct ranges *now, const struct ranges *holes, uint64_t bytes, uint64_t unit,
		struct ranges *then, uint64_t *most);

/*
 * (cost-steps.c) Returns whether an earlier step of the chain makes the device or gives it its
 * size; *dax is then the device after that step.
 */
bool plan_future_dax(const struct planner *p, const struct mhp_step *step, struct mhp_dax *dax);

/* (plan-create.c) Adds the steps that create a devdax namespace on the region. */
int plan_create_on(struct planner *p, uint32_t chain, const struct mhp_region *region,
		   bool for_kmem, struct mhp_error *err);
/* Returns the requested alignment, or the kernel's default for that region. */
uint64_t plan_align(const struct planner *p, const struct mhp_region *region);
/* (plan-device.c) Refuses a device that a driver other than device_dax and kmem has. */
int plan_check_driver(const struct mhp_dax *dax, struct mhp_error *err);
/* Refuses an alignment that the kernel is known not to offer. */
int plan_check_align(const struct planner *p, const struct mhp_region *region,
		     struct mhp_error *err);
/* (plan-device.c) Add the modules of dax devices, and steps that enable what is disabled. */
int plan_dax_modules(struct planner *p);
int plan_enable(struct planner *p, uint32_t chain, const struct mhp_namespace *ns);
int plan_enable_region(struct planner *p, const struct mhp_region *region, bool direct_to_kmem);
/* Refuses a region that is not pmem, or is read-only. */
int plan_region_usable(struct planner *p, const struct mhp_region *region, struct mhp_error *err);
