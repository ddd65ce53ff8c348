/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Request and plan: what should be so, and the steps to it. */
#pragma once

#include "error.h"
#include "topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mhp_verb {
	MHP_VERB_CREATE = 0, /* a devdax namespace on each region */
	MHP_VERB_DESTROY,    /* namespaces */
	MHP_VERB_ONLINE,     /* from whatever state to online memory */
	MHP_VERB_OFFLINE,    /* memory blocks */
	MHP_VERB_REMOVE,     /* offline, unbind from kmem, back to devdax or destroyed */
	MHP_VERB_INIT,	     /* enable namespaces and dax devices: initialise their memmap */
};

enum mhp_zone_request {
	MHP_ZONE_REQUEST_MOVABLE = 0,
	MHP_ZONE_REQUEST_KERNEL,
	MHP_ZONE_REQUEST_AUTO, /* the kernel's online_policy decides */
};

/* What a request can agree to, and a plan can ask for: bits. */
enum mhp_consent_kind {
	MHP_CONSENT_DATA = 1,	/* lose what a namespace or a device holds */
	MHP_CONSENT_MEMORY = 2, /* leave the machine less memory than is safe */
	MHP_CONSENT_LABELS = 4, /* write a label index on DIMMs that have none */
	MHP_CONSENT_ALL = 7,
};

/*
 * Set up with MHP_REQUEST_INIT(), or with some members: MHP_REQUEST_INIT(.verb = MHP_VERB_ONLINE).
 * What is not set is zero, which is the default of every member.
 */
struct mhp_request {
	size_t size; /* of this struct, as the caller knows it */
	enum mhp_verb verb;
	const char *const *targets; /* borrowed for the call */
	size_t nr_targets;
	enum mhp_zone_request zone;
	uint64_t bytes;		  /* of a new namespace, or of what to offline; 0: all there is */
	uint64_t align;		  /* of a new namespace; 0: of the kernel's huge pages */
	enum mhp_map map;	  /* of a new namespace; MHP_MAP_NONE: in memory */
	const char *name;	  /* of a new namespace, or NULL */
	bool init_labels;	  /* write a label index where there is none */
	bool destroy;		  /* remove: destroy the namespaces too */
	unsigned agreed;	  /* bits of enum mhp_consent_kind that need no question */
	const char *agreed_uuids; /* of namespaces whose data may be lost, with spaces; or NULL */
	bool keep_going; /* carry out what can be, even if some targets cannot be planned */
	bool node_given; /* offline: choose blocks of @bytes on @node in place of targets */
	int node;
	/* Plan what can be seen, and name what is hidden in place of a failure; for no run */
	bool look_only;
	uint64_t first; /* online: no more than so many bytes of each target now; 0: all */
};

#define MHP_REQUEST_INIT(...)                                   \
	{                                                       \
		.size = sizeof(struct mhp_request), __VA_ARGS__ \
	}

enum mhp_step_type {
	MHP_STEP_LOAD_MODULE = 0,
	MHP_STEP_ENABLE_REGION,
	MHP_STEP_INIT_LABELS,
	MHP_STEP_CREATE_NAMESPACE,
	MHP_STEP_ENABLE_NAMESPACE,
	MHP_STEP_SET_MODE,
	MHP_STEP_ONLINE_BLOCK,
	MHP_STEP_OFFLINE_BLOCK,
	MHP_STEP_DESTROY_NAMESPACE,
};

enum mhp_place {
	MHP_PLACE_NONE = 0, /* there is no memmap */
	MHP_PLACE_MEMORY,   /* in ordinary memory */
	MHP_PLACE_DEVICE,   /* on the device that it describes */
};

/*
 * What a step costs. All of it is worked out before anything is done, from sizes and alignments and
 * from what is known of the kernel: an estimate.
 */
struct mhp_cost {
	uint64_t memmap_bytes; /* of the memmap that the step makes */
	enum mhp_place place;  /* where that goes */
	int node;	       /* ordinary memory: the node that is asked first; -1: not known */
	uint64_t freed_bytes;  /* ordinary memory of a memmap that the step gives back */
	uint64_t page_structs; /* that the kernel initialises */
	uint64_t size;	       /* what the rest is a part of; usable and lost bytes add up to it */
	uint64_t usable_bytes;
	uint64_t lost_bytes;
	/* Of those lost: */
	uint64_t reserved_bytes; /* set aside on the device for a memmap */
	uint64_t start_bytes;	 /* info block, and alignment behind it */
	uint64_t end_bytes;	 /* end rounded down to the alignment */
	uint64_t block_bytes;	 /* in no whole memory block */
	uint64_t time_ms;	 /* of one worker at the measured rate, or MHP_UNKNOWN */
};

struct mhp_step {
	enum mhp_step_type type;
	uint32_t chain;		/* steps of one chain depend on each other; MHP_NO_CHAIN: on all */
	char object[64];	/* what it acts on: region0, dax0.0, memory33-47, nd_pmem */
	bool predicted;		/* the object does not exist yet; its name is a forecast */
	enum mhp_dax_mode mode; /* set-mode: the mode wanted */
	enum mhp_zone_request zone; /* online-block: the zone wanted */
	uint64_t size;		    /* create: bytes, 0 = all; else bytes concerned, or 0 */
	uint64_t align;
	enum mhp_map map;
	char label[MHP_LABEL_MAX];
	bool parallel;	      /* runs side by side with its neighbours that are so too */
	bool direct_to_kmem;  /* create, enable: leave the dax device unbound for kmem */
	bool overwrite;	      /* create: what the namespace holds may be lost */
	uint64_t first_block; /* blocks of online-block and offline-block, both included */
	uint64_t last_block;
	uint64_t memmap_bytes; /* ordinary memory that the step takes */
	bool has_cost;	       /* cost is filled in: it makes or frees a memmap */
	struct mhp_cost cost;
	char why[128];
	char needs[128]; /* empty: nothing in particular */
	char undo[96];	 /* empty: cannot be undone */
};

/* Data that a plan would lose, agreed to or not. */
struct mhp_loss {
	char object[64];	 /* namespace or dax device */
	char uuid[MHP_UUID_MAX]; /* or empty */
	const char *mode;	 /* of the namespace, or of the device where there is none */
	uint64_t size;
	enum mhp_content content; /* never MHP_CONTENT_ZERO */
	char holds[MHP_HOLDS_MAX];
	bool is_agreed;
};

struct mhp_plan;
struct mhp_failure;

/**
 * mhp_plan_new - work out the steps from what is to what should be
 * @topo: the machine as it is; not kept
 * @request: what should be so; not kept
 * @plan: receives the plan; free with mhp_plan_free()
 * @err: receives reason and hint, or NULL
 *
 * No I/O: the plan follows from its two arguments alone. A plan without steps means "already so".
 * Return: 0, or -EINVAL (the request is wrong), -ENOENT (no such target), -ENOSPC, -EOPNOTSUPP,
 *	-EBUSY, -EEXIST (exists and differs), -E2BIG (see "Growth" at the top), -ENOMEM.
 * Since: 0.1
 */
int mhp_plan_new(const struct mhp_topology *topo, const struct mhp_request *request,
		 struct mhp_plan **plan, struct mhp_error *err);

/**
 * mhp_scan_request - read the machine's memory layout, and what the request could lose
 * @ctx: the context
 * @request: what should be so; not kept
 * @topo: receives a new snapshot for mhp_plan_new()
 * @err: receives reason and hint, or NULL
 *
 * What other namespaces hold is neither read nor known. One that cannot be read within 10 s is
 * unknown, which counts as data.
 * Return: as mhp_topology_scan().
 * Since: 0.1
 */
int mhp_scan_request(struct mhp_ctx *ctx, const struct mhp_request *request,
		     struct mhp_topology **topo, struct mhp_error *err);

/**
 * mhp_plan_free - free a plan
 * @plan: the plan, or NULL
 *
 * Since: 0.1
 */
void mhp_plan_free(struct mhp_plan *plan);

/**
 * mhp_plan_step - the @index-th step of a plan, in the order they run
 * @plan: the plan
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_step *mhp_plan_step(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_consent - the @index-th action of a plan that somebody has to agree to
 * @plan: the plan
 * @index: from 0
 *
 * The request's @agreed and @agreed_uuids leave out what is agreed to already.
 * Return: a sentence without a full stop; NULL after the last.
 * Since: 0.1
 */
const char *mhp_plan_consent(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_consent_kind - the kind of the @index-th action that somebody has to agree to
 * @plan: the plan
 * @index: from 0
 *
 * Return: one bit of enum mhp_consent_kind; 0 after the last.
 * Since: 0.1
 */
unsigned mhp_plan_consent_kind(const struct mhp_plan *plan, size_t index);

/**
 * mhp_consent_kind_name - the name of one kind of consent
 * @kind: one bit of enum mhp_consent_kind
 *
 * Return: "data", "memory" or "labels"; NULL for anything else.
 * Since: 0.1
 */
const char *mhp_consent_kind_name(unsigned kind);

/**
 * mhp_plan_loss - the @index-th namespace or device whose data a plan would lose
 * @plan: the plan
 * @index: from 0
 *
 * All of them, also those whose loss the request agrees to.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_loss *mhp_plan_loss(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_warning - the @index-th thing worth knowing before it runs
 * @plan: the plan
 * @index: from 0
 *
 * Return: a sentence without a full stop; NULL after the last.
 * Since: 0.1
 */
const char *mhp_plan_warning(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_hidden - the @index-th thing that a plan would depend on and that cannot be seen
 * @plan: the plan
 * @index: from 0
 *
 * Only with look_only. Steps that follow from it are not in the plan, so one without steps does not
 * mean "already so" then.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_hidden *mhp_plan_hidden(const struct mhp_plan *plan, size_t index);

/* What a plan costs in all. An estimate, as each struct mhp_cost. */
struct mhp_plan_cost {
	bool is_complete;      /* false: what comes behind these steps is seen when they are done */
	uint64_t memmap_bytes; /* of all that is made */
	uint64_t memory_bytes; /* of that in ordinary memory */
	uint64_t device_bytes; /* of that on devices */
	uint64_t freed_bytes;  /* ordinary memory given back */
	uint64_t page_structs;
	uint64_t usable_bytes; /* of the devices, or of their memory blocks, in the end */
	uint64_t lost_bytes;   /* to alignment, to memmaps on devices, between memory blocks */
	uint64_t time_ms;      /* of one worker at the measured rate, or MHP_UNKNOWN */
	enum mhp_answer vmemmap_dedup; /* does this kernel do it? */
	uint64_t available_bytes; /* before, in the zones that the kernel can use; or MHP_UNKNOWN */
	uint64_t reserve_bytes;	  /* of these should stay; or MHP_UNKNOWN */
	uint64_t
		movable_bytes; /* online in zone movable, and in the other zones, behind the plan */
	uint64_t kernel_bytes;
};

/* The part of a node in the memmaps of a plan. */
struct mhp_node_cost {
	int node; /* asked first; -1: not known which */
	uint64_t memmap_bytes;
	uint64_t available_bytes; /* there; or MHP_UNKNOWN */
};

/* What a new namespace would cost and give with another map and alignment. */
struct mhp_alternative {
	size_t step; /* index of its create-namespace step */
	enum mhp_map map;
	uint64_t align;
	bool is_chosen;
	struct mhp_cost cost;  /* of all the way that the plan goes: to devdax, or to memory */
	unsigned time_percent; /* page structs against those of the choice; 0: cannot be compared */
};

/**
 * mhp_plan_cost - what a plan costs in all
 * @plan: the plan
 *
 * Return: never NULL.
 * Since: 0.1
 */
const struct mhp_plan_cost *mhp_plan_cost(const struct mhp_plan *plan);

/**
 * mhp_plan_node_cost - the @index-th node whose memory the memmaps of a plan are asked of
 * @plan: the plan
 * @index: from 0
 *
 * Where it has too little, the kernel goes on with other nodes.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_node_cost *mhp_plan_node_cost(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_alternative - the @index-th choice of map and alignment for new namespaces of a plan
 * @plan: the plan
 * @index: from 0
 *
 * All that are possible, those that the plan has made among them.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_alternative *mhp_plan_alternative(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_failure - the @index-th target that could not be planned, with keep_going
 * @plan: the plan
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_failure *mhp_plan_failure(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_target - the @index-th target of a plan, as the caller named it
 * @plan: the plan
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const char *mhp_plan_target(const struct mhp_plan *plan, size_t index);

/**
 * mhp_step_name - the name of a kind of step
 * @type: the kind
 *
 * Return: load-module, init-labels, create-namespace, online-block, ...
 * Since: 0.1
 */
const char *mhp_step_name(enum mhp_step_type type);

/**
 * mhp_zone_request_name - the name of a zone request
 * @zone: the request
 *
 * Return: movable, kernel, auto.
 * Since: 0.1
 */
const char *mhp_zone_request_name(enum mhp_zone_request zone);

#ifdef __cplusplus
}
#endif
