/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Free page reporting: a guest tells its hypervisor which memory is free. */
#pragma once

#include "context.h"
#include "error.h"
#include "topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The kind of a balloon. */
enum mhp_balloon_kind {
	MHP_BALLOON_VIRTIO = 0, /* QEMU and others */
	MHP_BALLOON_HYPERV,
};

/* Why a balloon does not report free pages. */
enum mhp_reporting_cause {
	MHP_REPORTING_CAUSE_NONE = 0,	  /* it does */
	MHP_REPORTING_CAUSE_UNKNOWN,	  /* the guest does not show it */
	MHP_REPORTING_CAUSE_NO_DRIVER,	  /* no driver is bound to it */
	MHP_REPORTING_CAUSE_NO_KERNEL,	  /* the kernel is built without it */
	MHP_REPORTING_CAUSE_NOT_OFFERED,  /* the host does not offer it */
	MHP_REPORTING_CAUSE_INIT_ON_FREE, /* the guest clears freed pages, see why */
	MHP_REPORTING_CAUSE_PAGE_POISON,  /* the guest poisons freed pages, see why */
	MHP_REPORTING_CAUSE_REFUSED,	  /* the hypervisor refused to enable it */
};

/* A balloon device. */
struct mhp_balloon {
	char name[MHP_NAME_MAX]; /* virtio3, or a UUID on Hyper-V */
	enum mhp_balloon_kind kind;
	char driver[MHP_NAME_MAX];   /* or empty */
	enum mhp_tristate reporting; /* it was negotiated */
	enum mhp_reporting_cause cause;
	enum mhp_tristate is_futile; /* it reports, but QEMU keeps the pages; see why */
	char why[256];		     /* a sentence without a full stop; or empty */
};

/* The free memory of a zone. Bytes may be MHP_UNKNOWN. */
struct mhp_reporting_zone {
	int node;
	char zone[16]; /* as mhp_zone_name() */
	uint64_t free_bytes;
	uint64_t large_bytes;	  /* of these, in blocks of at least the order */
	uint64_t isolated_bytes;  /* of these, in memory that is being taken offline: never reported
				   */
	enum mhp_tristate is_low; /* too little is free: the kernel skips the zone */
	uint64_t reportable_bytes; /* reported, or to be reported: the kernel does not say which */
};

/* The fate of newly onlined memory. */
enum mhp_new_memory {
	MHP_NEW_MEMORY_UNKNOWN = 0,
	MHP_NEW_MEMORY_REPORTED, /* all of it, one delay later: the host gets it back until used */
	MHP_NEW_MEMORY_KEPT,	 /* nothing is reported */
};

/* Free page reporting of this machine. */
struct mhp_reporting {
	enum mhp_tristate is_active; /* a balloon reports */
	bool is_copy;		     /* read from a copied tree, which does not change */
	uint64_t order;		     /* smallest block that is reported; MHP_UNKNOWN: not set yet */
	uint64_t max_order;	     /* largest block of the kernel; or MHP_UNKNOWN */
	bool has_order;		     /* the kernel has this setting */
	bool has_delay;		     /* and this one: since Linux 7.3 */
	uint64_t delay_ms;	     /* between a free and its report, or between rounds */
	uint64_t page_size;
	enum mhp_new_memory new_memory;
	uint64_t free_bytes; /* sums of all zones, or MHP_UNKNOWN */
	uint64_t large_bytes;
	uint64_t reportable_bytes;
	uint64_t eta_ms; /* estimate: time to report all that is reportable now; or MHP_UNKNOWN */
	size_t nr_balloons;
	const void *balloons; /* read with mhp_reporting_balloon() */
	size_t nr_zones;
	const void *zones; /* by node; read with mhp_reporting_zone() */
	size_t nr_hidden;
	struct mhp_hidden hidden[8]; /* read with mhp_reporting_hidden() */
};

/**
 * mhp_reporting_read - read the state of free page reporting
 * @ctx: the context
 * @reporting: receives a snapshot; free with mhp_reporting_free()
 * @err: receives reason and hint, or NULL
 *
 * Values that cannot be read are unknown, and listed as hidden. Needs no privilege; root sees
 * isolated blocks and the messages of Hyper-V's driver too.
 * Return: 0, also without a balloon, or -ENOMEM, -EMFILE.
 * Since: 0.1
 */
int mhp_reporting_read(struct mhp_ctx *ctx, struct mhp_reporting **reporting,
		       struct mhp_error *err);

/**
 * mhp_reporting_free - free a snapshot
 * @reporting: the snapshot, or NULL
 *
 * Since: 0.1
 */
void mhp_reporting_free(struct mhp_reporting *reporting);

/**
 * mhp_reporting_balloon - the @index-th balloon
 * @reporting: the snapshot
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_balloon *mhp_reporting_balloon(const struct mhp_reporting *reporting,
						size_t index);

/**
 * mhp_reporting_zone - the @index-th zone
 * @reporting: the snapshot
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_reporting_zone *mhp_reporting_zone(const struct mhp_reporting *reporting,
						    size_t index);

/**
 * mhp_reporting_hidden - the @index-th item that could not be read
 * @reporting: the snapshot
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_hidden *mhp_reporting_hidden(const struct mhp_reporting *reporting, size_t index);

/* Settings of free page reporting. Set up with MHP_REPORTING_OPTIONS_INIT(). */
struct mhp_reporting_options {
	size_t size; /* of this struct, as the caller knows it */
	bool has_order;
	bool has_delay;
	uint64_t order;
	uint64_t delay_ms; /* 0: at once */
	bool dry_run;	   /* check the values, write nothing */
};

#define MHP_REPORTING_OPTIONS_INIT(...)                                   \
	{                                                                 \
		.size = sizeof(struct mhp_reporting_options), __VA_ARGS__ \
	}

/* The result of a change of the settings. */
struct mhp_reporting_change {
	bool has_changes;
	uint64_t old_order;    /* or MHP_UNKNOWN */
	uint64_t old_delay_ms; /* or MHP_UNKNOWN */
	bool is_temporary;     /* a driver that starts later may replace the order */
	bool has_new_order;    /* it was set, and was not restored after a failure */
	bool has_new_delay;    /* likewise */
	char reserved[62];     /* for later versions; always zero */
};

/**
 * mhp_reporting_set - change the settings of free page reporting
 * @ctx: the context
 * @options: the settings
 * @change: receives what was changed, also after a failure; or NULL
 * @err: receives reason and hint, or NULL
 *
 * Checks all values before it writes the first: Linux 6.1 accepts any order, and reports nothing
 * with one above the largest. Reads each setting back. If the second setting fails, restores the
 * first; the message says if that is impossible.
 * Return: 0, or -EINVAL (a value is wrong), -EOPNOTSUPP (the kernel lacks the setting), -EACCES,
 *	-EPERM, -EIO (the kernel took another value).
 * Since: 0.1
 */
int mhp_reporting_set(struct mhp_ctx *ctx, const struct mhp_reporting_options *options,
		      struct mhp_reporting_change *change, struct mhp_error *err);

/**
 * mhp_reporting_check - check whether mhp_reporting_wait() has something to wait for
 * @ctx: the context
 * @err: receives reason and hint, or NULL
 *
 * Return: 0, or -EOPNOTSUPP (nothing is reported, or that is not known), -EINVAL (a copied tree),
 *	or as mhp_reporting_read().
 * Since: 0.1
 */
int mhp_reporting_check(struct mhp_ctx *ctx, struct mhp_error *err);

/* The result of a wait. */
struct mhp_reporting_wait {
	uint64_t waited_ms;
	uint64_t eta_ms;	   /* the time to wait: the estimate, at least one round */
	uint64_t reportable_bytes; /* at the start; or MHP_UNKNOWN */
	uint64_t skipped_bytes;	   /* in zones that the kernel skips; or MHP_UNKNOWN */
	enum mhp_tristate is_active;
	char reserved[64]; /* for later versions; always zero */
};

/**
 * mhp_reporting_wait - wait until all memory that is free now had its chance to be reported
 * @ctx: the context
 * @timeout_ms: the longest wait; 0: none
 * @wait: receives what was waited for; or NULL
 * @err: receives reason and hint, or NULL
 *
 * The kernel does not say what it has reported, so this waits for the estimate of all that is
 * reportable. Only the host knows what it did with it.
 * Return: 0, or -EOPNOTSUPP (nothing is reported, or that is not known), -ESTALE (the settings were
 *	changed), -ETIMEDOUT, -ECANCELED, or as mhp_reporting_read().
 * Since: 0.1
 */
int mhp_reporting_wait(struct mhp_ctx *ctx, uint64_t timeout_ms, struct mhp_reporting_wait *wait,
		       struct mhp_error *err);

/* Options to follow the free memory. Set up with MHP_REPORTING_WATCH_INIT(). */
struct mhp_reporting_watch {
	size_t size;	      /* of this struct, as the caller knows it */
	uint64_t interval_ms; /* between two reads; 0: one second */
	uint64_t timeout_ms;  /* 0: none */
	uint64_t count;	      /* end after this number of calls; 0: no limit */
	int reader_fd;	      /* end when this pipe has no reader any more; 0 or less: none */
	/* Called for the state at the start and for each change. Other than 0 ends the watch. */
	int (*changed)(const struct mhp_reporting *reporting, void *data);
	void *data; /* passed to changed */
};

#define MHP_REPORTING_WATCH_INIT(...)                                   \
	{                                                               \
		.size = sizeof(struct mhp_reporting_watch), __VA_ARGS__ \
	}

/**
 * mhp_reporting_follow - report changes of what can be reported, as they happen
 * @ctx: the context
 * @watch: what to call, and when to end
 * @err: receives reason and hint, or NULL
 *
 * Return: 0 (the count was reached, the reader is gone, or changed() said so), or -ETIMEDOUT,
 *	-ECANCELED, or as mhp_reporting_read().
 * Since: 0.1
 */
int mhp_reporting_follow(struct mhp_ctx *ctx, const struct mhp_reporting_watch *watch,
			 struct mhp_error *err);

/**
 * mhp_balloon_kind_name - the name of a kind of balloon
 * @kind: the kind
 *
 * Return: virtio, hyperv.
 * Since: 0.1
 */
const char *mhp_balloon_kind_name(enum mhp_balloon_kind kind);

/**
 * mhp_reporting_cause_name - the name of a cause
 * @cause: the cause
 *
 * Return: unknown, no_driver, no_kernel, not_offered, init_on_free, page_poison, refused; NULL for
 *	none.
 * Since: 0.1
 */
const char *mhp_reporting_cause_name(enum mhp_reporting_cause cause);

/**
 * mhp_new_memory_name - the name of what newly onlined memory does
 * @value: the value
 *
 * Return: unknown, reported, kept.
 * Since: 0.1
 */
const char *mhp_new_memory_name(enum mhp_new_memory value);

#ifdef __cplusplus
}
#endif
