/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares what killed runs had begun with the machine as it is now. An object is found by its UUID
 * or its physical addresses: names change at a boot, and the kernel reuses them.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/model/interrupted.h"
#include "lib/model/topology.h"

/* How a leftover is ended, for leftover_do(). */
enum leftover_act {
	LEFTOVER_NOTHING = 0,
	LEFTOVER_INIT,	  /* enable a namespace or bind a device, as mhpctl init */
	LEFTOVER_DESTROY, /* as mhpctl destroy */
	LEFTOVER_END_RAW, /* end the raw mode of the namespace of a region without labels */
	LEFTOVER_REGION,  /* enable a region and its DIMMs */
	LEFTOVER_FORGET,  /* the namespace does not exist: forget its record */
};

struct judged {
	struct mhp_leftover pub;
	enum leftover_act act;
	char target[64];	/* of act: UUID, device, namespace or region */
	struct mhp_range range; /* of a region or namespace, to lock */
	uint64_t number;
};

struct judgement {
	struct judged *at;
	size_t nr;
};

/*
 * Judges all steps of a run that may have left something. A step that has ended is judged only
 * where the next step, which was not begun, would have continued it. Returns 0 or -ENOMEM.
 */
int leftover_judge(const struct mhp_topology *topo, const struct interrupted_run *run,
		   struct judgement *judgement);
void judgement_free(struct judgement *judgement);
#define cleanup_judgement __attribute__((cleanup(judgement_free)))

/* Returns true if nothing remains to be done about a leftover. */
static inline bool leftover_is_over(const struct mhp_leftover *left)
{
	return left->recovery == MHP_RECOVERY_FINISHED || left->recovery == MHP_RECOVERY_LEAVE;
}

/*
 * (leftover-find.c) Find the objects of a step, or return NULL. A region is found by its addresses,
 * or by its name if these are not known; a namespace by its UUID, or by its addresses if it had
 * none.
 */
const struct mhp_region *leftover_region(const struct mhp_topology *topo,
					 const struct intent_step *step);
const struct mhp_namespace *leftover_namespace(const struct mhp_topology *topo,
					       const struct intent_step *step);
/* Returns the namespace that a region without labels always has, if it is disabled. */
const struct mhp_namespace *leftover_disabled_raw(const struct mhp_topology *topo,
						  const struct mhp_region *region);

/*
 * Returns the namespace of a region without labels if a killed destroy has left it in raw mode: it
 * hides the info block, so the namespace is not found by its UUID though it may still exist.
 */
const struct mhp_namespace *leftover_forced_raw(const struct mhp_topology *topo,
						const struct intent_step *step);
const struct mhp_dax *leftover_device(const struct mhp_topology *topo,
				      const struct intent_step *step);

/*
 * In leftover-part.c: what a step has left of a device of a dax region. The device has no UUID, and
 * no address while it has no memory, so it is known by its name, which lasts until the next boot,
 * like its record.
 */
struct part_left {
	const struct mhp_dax *dax; /* or NULL */
	enum mhp_recovery recovery;
	enum leftover_act act; /* on the device */
	char state[96];
};

void leftover_part(const struct mhp_topology *topo, const struct interrupted_run *run,
		   const struct intent_step *step, struct part_left *left);

/* Returns whether the run has resized the device, for which it took its driver away. */
bool leftover_is_divided(const struct interrupted_run *run, const char *device);

/*
 * In leftover-cxl.c: what a step has left of a CXL region, which is known by its name, window, size
 * and members, or of a memory device, known by its serial number.
 */
struct cxl_left {
	enum mhp_recovery recovery;
	enum leftover_act act;
	char object[MHP_NAME_MAX];
	char target[64]; /* of act */
	char state[96];
};

void leftover_cxl(const struct mhp_topology *topo, const struct interrupted_run *run,
		  const struct intent_step *step, struct cxl_left *left);

/* Finds the region of a step; NULL also if its name now belongs to another region. */
const struct mhp_cxl_region *leftover_cxl_region(const struct mhp_topology *topo,
						 const struct intent_step *step);

/*
 * Marks the region that the step of a killed run has left half made, and names the members that it
 * was still to get.
 */
void leftover_mark_cxl(struct mhp_topology *topo, const struct interrupted_run *run,
		       const struct intent_step *step);

/* Returns whether the run has enabled the CXL region of the step: its device had no driver. */
bool leftover_is_enabled(const struct interrupted_run *run, const struct intent_step *step);

/* (leftover-find.c) Returns whether the step is about a CXL region. */
bool leftover_is_cxl(const struct intent_step *step);

bool leftover_has_range(const struct intent_step *step);

/* Returns whether a later step of the run is about the same object, and is judged itself. */
bool leftover_is_followed(const struct interrupted_run *run, const struct intent_step *step);

/* Returns whether the run has created the step's namespace: its device has never had a driver. */
bool leftover_is_made(const struct interrupted_run *run, const struct intent_step *step);
