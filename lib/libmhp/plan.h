/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Request and plan: the wanted state, and the steps to reach it. */
#pragma once

#include "drain.h"
#include "error.h"
#include "receipt.h"
#include "topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The action of a request. */
enum mhp_verb {
	MHP_VERB_CREATE = 0, /* create a devdax namespace or a dax device on each region, or on
			      * CXL memory devices, with their regions */
	MHP_VERB_DESTROY,    /* destroy namespaces, devices of dax regions, and CXL regions */
	MHP_VERB_ONLINE,     /* bring the targets online as system memory, from any state */
	MHP_VERB_OFFLINE,    /* take memory blocks offline */
	MHP_VERB_REMOVE,     /* offline, unbind from kmem, then devdax mode or destroy */
	MHP_VERB_INIT,	     /* enable namespaces and dax devices, which initialises memmaps */
	MHP_VERB_RESIZE,     /* change the size of devices of dax regions */
};

/* The zone that memory should come online in. */
enum mhp_zone_request {
	MHP_ZONE_REQUEST_MOVABLE = 0,
	MHP_ZONE_REQUEST_KERNEL, /* any zone but movable */
	/*
	 * Movable as long as the ratio of the request allows it, else kernel, for each device; or
	 * as the kernel chooses, if its online_policy is auto_movable.
	 */
	MHP_ZONE_REQUEST_AUTO,
};

/* The kinds of consent that a plan can need and a request can give: bits. */
enum mhp_consent_kind {
	MHP_CONSENT_DATA = 1,	/* lose the data of a namespace or device */
	MHP_CONSENT_MEMORY = 2, /* leave less memory than is safe */
	MHP_CONSENT_LABELS = 4, /* write a label index on DIMMs that have none */
	MHP_CONSENT_ALL = 7,
};

/*
 * The wanted state. Set up with MHP_REQUEST_INIT(), or with members, as in
 * MHP_REQUEST_INIT(.verb = MHP_VERB_ONLINE). Zero is the default of every member.
 */
struct mhp_request {
	size_t size; /* of this struct, as the caller knows it */
	enum mhp_verb verb;
	const char *const *targets; /* names, borrowed for the call */
	size_t nr_targets;
	enum mhp_zone_request zone;
	/* size of a namespace, CXL region or device of a dax region, or to take offline; 0: all */
	uint64_t bytes;
	uint64_t align; /* of a new namespace; 0: that of huge pages; or of a device */
	enum mhp_memmap_location map; /* of a new namespace; MHP_MEMMAP_NONE: mem */
	const char *name;	      /* label of a new namespace, or NULL */
	bool init_labels;	      /* write a label index if there is none */
	bool destroy;		  /* remove: destroy the namespaces, devices or CXL regions too */
	unsigned agreed;	  /* consent given in advance: bits of enum mhp_consent_kind */
	const char *agreed_uuids; /* UUIDs, separated by spaces: this data may be lost; or NULL */
	bool keep_going;	  /* continue with the other targets if some cannot be planned */
	bool has_node; /* choose among the blocks of @node; no targets, see @choose_bytes */
	int node;      /* only with has_node */
	/* Plan only: items that cannot be read are listed as hidden, instead of a failure. */
	bool list_hidden;
	uint64_t first;	 /* online: at most this many bytes of each target now; 0: all */
	bool interleave; /* online, create: one CXL region over all memory devices among the targets
			  */
	uint64_t granularity; /* of a new CXL region, in bytes; 0: that of the window, or 256 */
	const char *window;   /* CXL window of a new region, such as decoder0.0; NULL: chosen */
	/*
	 * Choose blocks of the one target, a node or a dax device. Offline and online: the bytes of
	 * all chosen blocks; resize: the bytes of the target that are online afterwards. 0: no
	 * choice. With has_node, @bytes means the same.
	 */
	uint64_t choose_bytes;
	/* zone auto: at most ratio_movable bytes of movable for ratio_kernel of the kernel's zones
	 */
	unsigned ratio_movable; /* 0: 3 to 1 */
	unsigned ratio_kernel;
	/*
	 * Online: an online block leaves its zone only while the other blocks of the targets have
	 * this size online; 0: always. A state that cannot be read counts as offline.
	 */
	uint64_t keep_bytes;
	/*
	 * Offline, remove, and resize with choose_bytes: prepare the blocks for at most this long
	 * (struct mhp_drain); 0: no.
	 */
	uint64_t drain_ms;
};

#define MHP_REQUEST_INIT(...)                                   \
	{                                                       \
		.size = sizeof(struct mhp_request), __VA_ARGS__ \
	}

/* The kinds of steps; struct mhp_step says which members belong to which kind. */
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
	MHP_STEP_CREATE_DEVICE,	     /* of a dax region, still without memory */
	MHP_STEP_RESIZE_DEVICE,	     /* of a dax region, and not bound to a driver */
	MHP_STEP_DESTROY_DEVICE,     /* of a dax region, without memory */
	MHP_STEP_ENABLE_MEMDEV,	     /* bind a CXL memory device to its driver */
	MHP_STEP_CREATE_CXL_REGION,  /* in a window: addresses, still without memory */
	MHP_STEP_ADD_MEMDEV,	     /* give a part of a memory device to the new CXL region */
	MHP_STEP_COMMIT_CXL_REGION,  /* have its decoders answer to its addresses */
	MHP_STEP_ENABLE_CXL_REGION,  /* bind its driver, which makes a dax device */
	MHP_STEP_DESTROY_CXL_REGION, /* and free its addresses and memory devices */
};

/*
 * The cost of a step: an estimate, calculated beforehand from sizes, alignments and known
 * properties of the kernel.
 */
struct mhp_cost {
	uint64_t memmap_bytes;	      /* of the memmap that the step creates */
	enum mhp_memmap_location map; /* of that memmap */
	int node;		      /* in ordinary memory: the preferred node; -1: not known */
	uint64_t freed_bytes;	      /* ordinary memory of a memmap that the step frees */
	uint64_t page_structs;	      /* that the kernel initialises */
	uint64_t size;		      /* sum of usable_bytes and lost_bytes */
	uint64_t usable_bytes;
	uint64_t lost_bytes;
	/* The parts of lost_bytes: */
	uint64_t reserved_bytes; /* reserved on the device for a memmap */
	uint64_t start_bytes;	 /* info block, and alignment after it */
	uint64_t end_bytes;	 /* rounding of the end to the alignment */
	uint64_t block_bytes;	 /* in no whole memory block */
	uint64_t time_ms;	 /* at the measured rate of one worker, or MHP_UNKNOWN */
};

/* One step of a plan. */
struct mhp_step {
	enum mhp_step_type type;
	uint32_t chain;		/* its steps depend on each other; MHP_NO_CHAIN: all depend on it */
	char object[64];	/* that it acts on: region0, dax0.0, memory33-47, nd_pmem */
	bool is_predicted;	/* the object does not exist yet; its name is a forecast */
	enum mhp_dax_mode mode; /* set_mode: the mode wanted */
	enum mhp_zone_request zone; /* online_block: the zone wanted */
	/* create_namespace: 0 is all; resize_device: the new size; create_cxl_region: of the
	 * region; others: bytes concerned, or 0 */
	uint64_t size;
	uint64_t align; /* of the namespace or device, as map and label; or 0 */
	enum mhp_memmap_location map;
	char label[MHP_LABEL_MAX];
	unsigned ways;		/* create_cxl_region: memory devices that it interleaves over */
	uint64_t granularity;	/* the same: bytes of one way */
	bool is_parallel;	/* runs in parallel with adjacent parallel steps */
	bool is_direct_to_kmem; /* create, enable: leave the dax device unbound for kmem */
	bool overwrite;		/* create, enable: existing data may be lost */
	uint64_t first_block;	/* blocks of online_block and offline_block, both included */
	uint64_t last_block;
	uint64_t memmap_bytes; /* ordinary memory that its memmap takes */
	bool has_cost;	       /* cost is set: the step creates or frees a memmap */
	struct mhp_cost cost;
	char why[128];	 /* reason for the step */
	char needs[128]; /* condition that has to hold, or empty */
	char undo[96];	 /* how it is undone; empty: cannot be undone */
};

/* Data that a plan would lose, with or without consent. */
struct mhp_loss {
	char object[64];	 /* namespace or dax device */
	char uuid[MHP_UUID_MAX]; /* or empty */
	const char *mode;	 /* of the namespace, else of the device */
	uint64_t size;
	enum mhp_content content;		 /* never MHP_CONTENT_ZERO */
	char content_text[MHP_CONTENT_TEXT_MAX]; /* description of that content, or empty */
	bool is_agreed;				 /* the request consents to this loss */
};

/* The steps of a request, with costs, warnings and the consent that is needed. */
struct mhp_plan;
struct mhp_failure;

/**
 * mhp_plan_new - plan the steps from the current to the wanted state
 * @topo: the current state; not kept
 * @request: the wanted state; not kept
 * @plan: receives the plan; free with mhp_plan_free()
 * @err: receives reason and hint, or NULL
 *
 * Does no I/O: the plan depends on its two arguments only. A plan without steps means "already
 * done".
 * Return: 0, or -EINVAL (the request is wrong), -ENOENT (no such target), -ENOSPC, -EOPNOTSUPP,
 *	-EBUSY, -EEXIST (exists and differs), -E2BIG (see "Growth" in libmhp.h), -ENOMEM.
 * Since: 0.1
 */
int mhp_plan_new(const struct mhp_topology *topo, const struct mhp_request *request,
		 struct mhp_plan **plan, struct mhp_error *err);

/**
 * mhp_scan_request - read the machine's memory layout, and the data that the request could lose
 * @ctx: the context
 * @request: the wanted state; not kept
 * @topo: receives a new snapshot for mhp_plan_new(); free with
 *	mhp_topology_free()
 * @err: receives reason and hint, or NULL
 *
 * If the request chooses blocks, counts their pages and finds pins, as far as the caller may.
 * Does not read the content of other namespaces. Content that cannot be read within 10 s is
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
 * mhp_plan_step - the @index-th step of a plan, in the order of execution
 * @plan: the plan
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_step *mhp_plan_step(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_consent - the @index-th action of a plan that needs consent
 * @plan: the plan
 * @index: from 0
 *
 * Leaves out consent that the request gives in agreed and agreed_uuids.
 * Return: a sentence without a full stop; NULL after the last.
 * Since: 0.1
 */
const char *mhp_plan_consent(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_consent_kind - the kind of the @index-th action that needs consent
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
 * Includes losses that the request consents to.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_loss *mhp_plan_loss(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_warning - the @index-th warning about a plan
 * @plan: the plan
 * @index: from 0
 *
 * Return: a sentence without a full stop; NULL after the last.
 * Since: 0.1
 */
const char *mhp_plan_warning(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_hidden - the @index-th item that a plan depends on and that cannot be read
 * @plan: the plan
 * @index: from 0
 *
 * Only with list_hidden. Steps that depend on the item are not in the plan, so a plan without steps
 * does not mean "already done" then.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_hidden *mhp_plan_hidden(const struct mhp_plan *plan, size_t index);

/* The total cost of a plan: an estimate, like struct mhp_cost. */
struct mhp_plan_cost {
	bool is_complete;      /* false: later steps are known only after these */
	uint64_t memmap_bytes; /* of all memmaps that are created */
	uint64_t memory_bytes; /* the part in ordinary memory */
	uint64_t device_bytes; /* the part on devices */
	uint64_t freed_bytes;  /* ordinary memory of memmaps that are freed */
	uint64_t page_structs;
	uint64_t usable_bytes; /* of the devices or their memory blocks, after the plan */
	uint64_t lost_bytes;   /* to alignment, to memmaps on devices, between memory blocks */
	uint64_t time_ms;      /* at the measured rate of one worker, or MHP_UNKNOWN */
	enum mhp_tristate vmemmap_dedup; /* as in struct mhp_memory */
	uint64_t available_bytes;	 /* in the kernel zones, before the plan; or MHP_UNKNOWN */
	uint64_t reserve_bytes;		 /* part of it that should stay free; or MHP_UNKNOWN */
	uint64_t movable_bytes;		 /* online in zone movable after the plan */
	uint64_t kernel_bytes;		 /* online in the other zones after the plan */
};

/* The memmaps of a plan for which the kernel prefers one node. */
struct mhp_node_cost {
	int node; /* the preferred node; -1: not known */
	uint64_t memmap_bytes;
	uint64_t available_bytes; /* on the node; or MHP_UNKNOWN */
};

/* The cost of a new namespace with another map and alignment, or of a CXL region elsewhere. */
struct mhp_alternative {
	size_t step;		      /* index of its create_namespace or create_cxl_region step */
	enum mhp_memmap_location map; /* of a namespace, as align */
	uint64_t align;
	char window[MHP_NAME_MAX]; /* of a CXL region; or empty */
	uint64_t size;		   /* of that region */
	bool is_chosen;		   /* the plan uses this one */
	struct mhp_cost cost;	   /* up to the last state of the plan: devdax, or system memory */
	unsigned time_percent;	   /* page structs relative to the chosen one; 0: not comparable */
};

/**
 * mhp_plan_cost - the total cost of a plan
 * @plan: the plan
 *
 * Return: never NULL.
 * Since: 0.1
 */
const struct mhp_plan_cost *mhp_plan_cost(const struct mhp_plan *plan);

/**
 * mhp_plan_node_cost - the @index-th node that is preferred for memmaps of a plan
 * @plan: the plan
 * @index: from 0
 *
 * If the node has too little memory, the kernel uses other nodes.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_node_cost *mhp_plan_node_cost(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_alternative - the @index-th possible map and alignment of the new namespaces, or window
 *	of the new CXL regions
 * @plan: the plan
 * @index: from 0
 *
 * Includes the ones that the plan uses.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_alternative *mhp_plan_alternative(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_receipt - the blocks that a plan has chosen
 * @plan: the plan
 *
 * Return: NULL if the request names its blocks, so that there is no choice.
 * Since: 0.1
 */
const struct mhp_receipt *mhp_plan_receipt(const struct mhp_plan *plan);

/**
 * mhp_plan_drain - what a plan does to prepare blocks before it takes them offline
 * @plan: the plan
 *
 * The sizes are those that mhp_scan_request() has found. The run reads them again, and leaves out
 * what is not needed any more.
 * Return: NULL if the request asks for none, or no block goes offline.
 * Since: 0.1
 */
const struct mhp_drain *mhp_plan_drain(const struct mhp_plan *plan);

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
 * mhp_step_type_name - the name of a kind of step in JSON and the journal
 * @type: the kind
 *
 * Return: load_module, init_labels, create_namespace, online_block, ...
 * Since: 0.1
 */
const char *mhp_step_type_name(enum mhp_step_type type);

/**
 * mhp_step_type_text - the name of a kind of step in text for people
 * @type: the kind
 *
 * Return: load-module, init-labels, create-namespace, online-block, ...
 * Since: 0.1
 */
const char *mhp_step_type_text(enum mhp_step_type type);

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
