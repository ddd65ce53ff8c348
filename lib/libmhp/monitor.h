/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Monitor: report changes as they happen. */
#pragma once

#include "cxl.h"
#include "error.h"
#include "topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The kind of object that changed. */
enum mhp_change_kind {
	MHP_CHANGE_READY = 0, /* once: no later change is missed */
	MHP_CHANGE_BLOCKS,
	MHP_CHANGE_DEVICE, /* of the dax bus */
	MHP_CHANGE_NAMESPACE,
	MHP_CHANGE_REGION,
	MHP_CHANGE_NODE,
	MHP_CHANGE_POLICY,   /* auto_online_blocks */
	MHP_CHANGE_OVERFLOW, /* kernel events were lost; their changes are still reported */
	MHP_CHANGE_RUN,	     /* a run of a policy, by any process */
	MHP_CHANGE_RECOVERY, /* a call of mhp_recover(), by any process */
	MHP_CHANGE_CXL_MEMDEV,
	MHP_CHANGE_CXL_REGION,
	MHP_CHANGE_PIN,	      /* this and those below: of mhp_watch_pins(); pages moved for a pin */
	MHP_CHANGE_PIN_LOST,  /* events about pins were lost */
	MHP_CHANGE_PIN_STAYS, /* pins stay on a node that has only movable memory */
	MHP_CHANGE_PIN_PROCESS, /* the sum of a process: at the end, or after 4096 others */
	MHP_CHANGE_PIN_NODE,	/* at the end: the counters of a node */
};

/* The change of an object. */
enum mhp_change_action {
	MHP_ACTION_CHANGED = 0,
	MHP_ACTION_ADDED,
	MHP_ACTION_REMOVED,
	MHP_ACTION_ONLINE, /* blocks only, as the next two */
	MHP_ACTION_OFFLINE,
	MHP_ACTION_TOGGLED, /* was in another state for a moment */
	MHP_ACTION_STARTED, /* runs only, as the next one */
	MHP_ACTION_ENDED,
};

/* The state of a run of a policy, or of mhp_recover(). */
enum mhp_run_state {
	MHP_RUN_RUNNING = 0,
	MHP_RUN_CONVERGED, /* the machine is as declared; of mhp_recover(): nothing is left */
	MHP_RUN_PARTIAL,   /* some targets are as declared; some runs are recovered */
	MHP_RUN_FAILED,
	MHP_RUN_DIED, /* its process ended without a result */
};

/* A run of mhp_policy_run() or mhp_recover(), as recorded by its process below /run/mhpctl. */
struct mhp_run_record {
	uint64_t run; /* number of the run since boot, from 1 */
	int pid;
	enum mhp_run_state state;
	uint64_t start_us; /* CLOCK_REALTIME */
	int exit_code;	   /* -1: none; the members below are not set */
	uint64_t elapsed_ms;
	bool has_changes;	/* the run changed something */
	enum mhp_reason reason; /* of the first failure, or MHP_REASON_NONE */
	char message[512];	/* of that failure, safe for a terminal; or empty */
};

/* Long-term pins. Counts are pages, and of huge pages also these. */
struct mhp_pin_change {
	/* a process: */
	int pid;	       /* 0: it has ended, or is hidden from a container */
	int tid;	       /* the thread that pinned; 0 in a sum */
	uint64_t born;	       /* start time in the kernel's ticks; 0: not known */
	char comm[32];	       /* name of the process: may contain any bytes */
	uint64_t calls;	       /* how often the kernel moved pages for a pin */
	uint64_t moved_pages;  /* that left movable memory */
	uint64_t failed_pages; /* that could not */
	uint64_t moved_huge, failed_huge, split_huge;
	uint64_t lost; /* lost events; or MHP_UNKNOWN */
	/* a node: */
	int node;		     /* -1: none */
	uint64_t acquired, released; /* pins of any kind since the start of the watch */
	uint64_t pins;	 /* at present; of pins that stay: about the fewest since then */
	uint64_t for_ms; /* how long they have stayed at least */
};

/* A change. Its pointers are valid only during the call of the change function. */
struct mhp_change {
	enum mhp_change_kind kind;
	enum mhp_change_action action;
	uint64_t time_us; /* CLOCK_REALTIME, when it was noticed */
	const char *name; /* of the object, such as dax0.0; NULL for blocks */
	/* blocks: a range of blocks with the same properties; block is the first of them */
	uint64_t first_block;
	uint64_t last_block; /* included */
	uint64_t bytes;	     /* of these blocks */
	/* The object as it is now, or was before its removal; kind says which is set. */
	const struct mhp_block *block;
	const struct mhp_dax *dax;
	const struct mhp_namespace *ns;
	const struct mhp_region *region;
	const struct mhp_node *node;
	const struct mhp_memory *memory; /* policy */
	const struct mhp_run_record *run;
	const struct mhp_cxl_memdev *cxl_memdev;
	const struct mhp_cxl_region *cxl_region;
	const struct mhp_pin_change *pin;
};

/* Options of a monitor. Set up with MHP_MONITOR_OPTIONS_INIT(), as struct mhp_request. */
struct mhp_monitor_options {
	size_t size;		    /* of this struct, as the caller knows it */
	const char *const *targets; /* to report, with the objects below and above them */
	size_t nr_targets;	    /* 0: everything */
	const char *until;	    /* end when this condition holds; or NULL */
	uint64_t timeout_ms;	    /* 0: none */
	int reader_fd;		    /* end when this pipe has no reader any more; 0 or less: none */
	/* Called for each change. A return value other than 0 ends the monitor. */
	int (*change)(const struct mhp_change *change, void *data);
	/* Called for a target that does not exist yet; or NULL. */
	void (*missing)(const char *target, void *data);
	void *data;	/* passed to change and missing */
	uint64_t count; /* end after this number of changes; 0: no limit */
};

#define MHP_MONITOR_OPTIONS_INIT(...)                                   \
	{                                                               \
		.size = sizeof(struct mhp_monitor_options), __VA_ARGS__ \
	}

/* The reason for the end of a monitor. */
enum mhp_monitor_end {
	MHP_MONITOR_CONDITION_MET = 0, /* options.until holds */
	MHP_MONITOR_COUNT_REACHED,     /* options.count changes were reported */
	MHP_MONITOR_READER_GONE, /* the reader of options.reader_fd is gone, or change() said so */
};

/**
 * mhp_monitor - report changes as they happen
 * @ctx: the context
 * @options: what to report, and when to end
 * @end: receives the reason for the end; untouched on failure
 * @err: receives reason and hint, or NULL
 *
 * Starts to listen before it reads the machine, so that no change is missed. Reports changes in
 * quick succession together: blocks as ranges of equal blocks. After a loss of kernel events it
 * reads the machine again. Targets may be missing at the start. Reports runs of a policy and
 * of mhp_recover() for any targets, if the caller may read /run/mhpctl. Needs no privilege. Reports
 *changes made before a cancel or a timeout before it returns.
 *
 * A condition is OBJECT.FIELD OPERATOR VALUE: "node2.online_bytes>=8G", "dax0.0.mode==system_ram";
 * see mhpctl-monitor(1). It is evaluated before the first change too.
 * Return: 0, or -EINVAL (a wrong condition or target), -ETIMEDOUT, -ECANCELED, or as
 *	mhp_topology_scan().
 * Since: 0.1
 */
int mhp_monitor(struct mhp_ctx *ctx, const struct mhp_monitor_options *options,
		enum mhp_monitor_end *end, struct mhp_error *err);

/* Options of a watch on pins. Set up with MHP_PIN_WATCH_OPTIONS_INIT(), as struct mhp_request. */
struct mhp_pin_watch_options {
	size_t size;	     /* of this struct, as the caller knows it */
	uint64_t stay_ms;    /* report pins that stay in movable memory for longer */
	uint64_t timeout_ms; /* 0: none */
	uint64_t count;	     /* end after this number of MHP_CHANGE_PIN; 0: no limit */
	int reader_fd;	     /* end when this pipe has no reader any more; 0 or less: none */
	/* Called for each change. A return value other than 0 ends the watch. */
	int (*change)(const struct mhp_change *change, void *data);
	void *data; /* passed to change */
};

#define MHP_PIN_WATCH_OPTIONS_INIT(...)                                   \
	{                                                                 \
		.size = sizeof(struct mhp_pin_watch_options), __VA_ARGS__ \
	}

/**
 * mhp_watch_pins - report long-term pins as they happen
 * @ctx: the context
 * @options: when to end
 * @err: receives reason and hint, or NULL
 *
 * Reports each time the kernel moves pages out of movable memory for a long-term pin, with the
 * process, from a tracing instance of its own, which it removes at the end. Removes instances that
 * killed processes have left. Pins of pages that need not move are not seen. Reports pins that stay
 * on a node with only movable memory, from the kernel's counters. At the end, also after a cancel
 * or a timeout, reports the sums of processes and nodes.
 *
 * Return: 0 if the count is reached or the reader is gone, or -EOPNOTSUPP (no tracefs, or no such
 *	event), -EACCES, -EPERM, -ETIMEDOUT, -ECANCELED, -ENOMEM or another errno.
 * Since: 0.1
 */
int mhp_watch_pins(struct mhp_ctx *ctx, const struct mhp_pin_watch_options *options,
		   struct mhp_error *err);

/**
 * mhp_change_kind_name - the name of a kind of change, which is the name of its JSON event
 * @kind: the kind
 *
 * Return: ready, blocks, device, namespace, region, node, policy, overflow, policy_run,
 *	recover_run, cxl_memdev, cxl_region, pin, pin_lost, pin_stays, pin_process, pin_node.
 * Since: 0.1
 */
const char *mhp_change_kind_name(enum mhp_change_kind kind);

/**
 * mhp_change_action_name - the name of an action
 * @action: the action
 *
 * Return: changed, added, removed, online, offline, toggled, started, ended.
 * Since: 0.1
 */
const char *mhp_change_action_name(enum mhp_change_action action);

/**
 * mhp_run_state_name - the name of the state of a run of a policy
 * @state: the state
 *
 * Return: running, converged, partial, failed, died.
 * Since: 0.1
 */
const char *mhp_run_state_name(enum mhp_run_state state);

#ifdef __cplusplus
}
#endif
