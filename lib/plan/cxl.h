/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CXL memory devices and regions: what the plans that make and undo regions have in common. */
#pragma once

#include "lib/model/cxl.h"
#include "lib/plan/cxl-window.h"
#include "lib/plan/plan.h"

/* ---- regions as they are ----------------------------------------------------------------- */

/* Returns whether the current target, a region or a memory device, means the region. */
bool cxl_is_meant(const struct planner *p, const struct mhp_cxl_region *region);

/* Returns whether it has dax devices. */
bool cxl_has_dax(const struct mhp_topology *topo, const struct mhp_cxl_region *region);

/* Refuses a region whose state, or whose dax devices, could not be read. */
int cxl_check_seen(const struct planner *p, const struct mhp_cxl_region *region,
		   struct mhp_error *err);

/* Refuses a region with memory that no device has, or that is lost. */
int cxl_check_memory(const struct planner *p, const struct mhp_cxl_region *region,
		     struct mhp_error *err);

/* ---- steps ------------------------------------------------------------------------------- */

/* Locks the addresses of a window; all memory if they are not known. */
int cxl_lock_window(struct planner *p, const char *name);

/* Finds or adds the chain of a region, with its members, and locks its window. */
int cxl_region_chain(struct planner *p, const struct mhp_cxl_region *region, uint32_t *chain,
		     bool *is_new);

/* Adds the step that destroys a region, in a chain of its own. */
int cxl_add_destroy(struct planner *p, const struct mhp_cxl_region *region, const char *why);

/* The way from a region that has all its members to a dax device or to memory. */
struct cxl_way {
	const char *region; /* its name, or what is expected */
	bool is_predicted;  /* it does not exist yet */
	bool commit;	    /* it is not committed */
	bool has_range;
	struct mhp_range range;
	uint64_t size;
};

/* Adds these steps to the chain: commit, enable, and the mode that the verb asks for. */
int cxl_add_way(struct planner *p, uint32_t chain, const struct cxl_way *way);

/* ---- new regions ------------------------------------------------------------------------- */

/* Memory devices that share a region: one, or with interleave all of the request. */
struct cxl_cards {
	const struct mhp_cxl_memdev *at[MHP_CXL_WAYS_MAX];
	unsigned nr;
};

/* Writes "mem0, mem1". Returns buf. */
const char *cxl_names(const struct cxl_cards *cards, char *buf, size_t size);

/* The choice of a window. */
struct cxl_choice {
	const struct mhp_cxl_window *window; /* NULL: none fits */
	struct cxl_fit fit;
	unsigned nr_fitting;
	unsigned nr_full; /* have space for all that is wanted */
	bool has_fewest;  /* not all have equal ways */
	bool has_most;	  /* not all have equal space */
};

/* (cxl-choice.c) Chooses the window of a region that a chain makes, after earlier chains. */
int cxl_choose_window(const struct planner *p, uint32_t nr_chains, const struct cxl_cards *cards,
		      const struct cxl_want *want, struct cxl_choice *choice,
		      struct mhp_error *err);
/* Writes why this window. */
void cxl_explain_choice(const struct planner *p, const struct cxl_choice *choice, char *text,
			size_t size);

/* Plans a new region of these memory devices, which are enabled, and the way from there. */
int cxl_plan_new(struct planner *p, const struct cxl_cards *cards, struct mhp_error *err);

/*
 * Sets what a new region of the memory devices may take, after the regions of the first chains of
 * the plan.
 */
void cxl_want_of(const struct planner *p, uint32_t nr_chains, const struct cxl_cards *cards,
		 struct cxl_want *want);

/* Returns the bytes of a memory device that are left, in pieces that a region can have. */
uint64_t cxl_free_of(const struct planner *p, uint32_t nr_chains,
		     const struct mhp_cxl_memdev *card);

/*
 * (cxl-decoders.c) Refuses a region for which a memory device or its host bridge has no free
 * decoder, after the regions of the first chains of the plan.
 */
int cxl_check_decoders(const struct planner *p, uint32_t nr_chains, const struct cxl_cards *cards,
		       struct mhp_error *err);
/* Returns the region with the highest addresses behind a host bridge of the cards, or NULL. */
const struct mhp_cxl_region *cxl_highest_region(const struct mhp_topology *topo,
						const struct cxl_cards *cards);

/* Returns whether the chain makes a region: it does not exist yet. */
static inline bool cxl_makes_region(const struct chain *chain)
{
	return *chain->cxl.window && !*chain->cxl.region;
}

/* Return the bytes that new regions of the first chains take of a memory device, or in a window. */
uint64_t cxl_taken_of(const struct planner *p, uint32_t nr_chains, const char *memdev);
uint64_t cxl_taken_in(const struct planner *p, uint32_t nr_chains, const char *window);

/* Returns the dax device that a step of the chain will find, as far as it is known. */
struct mhp_dax cxl_future_dax(const struct chain *chain, const char *name);

/*
 * (cxl-alternatives.c) Adds the windows that a create_cxl_region step could use. kmem: the step
 * that makes its device memory, or NULL.
 */
int cxl_add_alternatives(struct planner *p, size_t step, const struct mhp_step *kmem);

/* ---- targets ----------------------------------------------------------------------------- */

/* (plan-cxl-up.c) Plan an online or a create of a memory device, or of a region. */
int cxl_up_card(struct planner *p, struct mhp_error *err);
int cxl_up_region(struct planner *p, const struct mhp_cxl_region *region, struct mhp_error *err);

/* (plan-cxl-down.c) Plans to destroy a region, or all regions of a memory device. */
int cxl_down(struct planner *p, struct mhp_error *err);

/* Returns a number that is higher for a region that has to be destroyed before others. */
unsigned long cxl_destroy_order(const struct planner *p, const char *region);

/* Warns of volatile memory of a memory device that is in no region and stays so. */
int cxl_warn_of_rest(struct planner *p, const struct mhp_cxl_memdev *memdev);

/* Warns of online memory of regions that have lost a member: it may be this memory device. */
int cxl_warn_of_lost(struct planner *p, const char *memdev);

/* Warns of the other memory devices of interleaved regions: they are meant too. */
int cxl_warn_of_others(struct planner *p, const char *memdev);
