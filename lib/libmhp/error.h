/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors: why something failed, and what to do about it. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* Why something failed. The names in JSON come from mhp_reason_name(). */
enum mhp_reason {
	MHP_REASON_NONE = 0,
	MHP_REASON_KERNEL,		/* any other failure; see the errno */
	MHP_REASON_PINNED,		/* a page is pinned (FOLL_PIN), for example for DMA */
	MHP_REASON_EXTRA_REFERENCE,	/* a page has a reference that nobody accounts for */
	MHP_REASON_UNMOVABLE,		/* a kernel allocation lies in the block */
	MHP_REASON_HUGETLB,		/* a hugetlb page cannot move */
	MHP_REASON_NO_TARGET_MEMORY,	/* no free memory elsewhere for the pages */
	MHP_REASON_LOCKED_OR_WRITEBACK, /* a page is locked or under writeback */
	MHP_REASON_NOTIFIER,		/* a driver refused through the memory notifier */
	MHP_REASON_MIXED_ZONES,		/* the block spans several zones or nodes */
	MHP_REASON_MEMORY_HOLES,	/* the block has holes */
	MHP_REASON_POISONED,		/* a page has a hardware memory error */
	MHP_REASON_WRONG_ZONE,		/* the block is online in another zone than requested */
	MHP_REASON_DEADLINE,		/* the timeout has passed */
	MHP_REASON_INTERRUPTED,		/* cancelled with mhp_ctx_cancel() */
	MHP_REASON_STUCK,	   /* a kernel write continues although its process was killed */
	MHP_REASON_USAGE,	   /* the request is wrong; nothing was changed */
	MHP_REASON_NO_SUCH_TARGET, /* the target does not exist */
	MHP_REASON_NOT_PERMITTED,  /* the caller lacks a privilege */
	MHP_REASON_UNSUPPORTED,	   /* the kernel or the hardware cannot do this */
	MHP_REASON_LOCK_HELD,	   /* another mhpctl works on the same memory */
	MHP_REASON_NEEDS_CONSENT,  /* consent to lose data or memory was not given */
	MHP_REASON_IN_USE,	   /* a process, a mount or memory blocks use the object */
	MHP_REASON_USERS_HIDDEN,   /* the users of the object cannot be determined */
	MHP_REASON_NO_SPACE,	   /* too little space in a region or in memory */
	MHP_REASON_MISMATCH,	   /* the object exists and differs from the request */
	MHP_REASON_NOT_TRIED,	   /* an earlier step of the same target failed */
	MHP_REASON_STALE_PLAN,	   /* the machine has changed since the plan was saved */
	MHP_REASON_RATIO_EXCEEDED, /* too much memory in zone movable for the kernel zones */
	MHP_REASON_OUT_OF_MEMORY,  /* an allocation failed */
	MHP_REASON_JOB_DIED,	   /* the process of a background job ended without a result */
	MHP_REASON_BOOT_MEMORY,	   /* this kernel never offlines memory present at boot */
	MHP_REASON_LEAF_MAPPING,   /* a kernel mapping of the block extends beyond the block */
	MHP_REASON_UNALIGNED,	   /* the range does not consist of whole memory blocks */
	MHP_REASON_ADD_FAILED,	   /* the kernel did not add the memory of a device */
	MHP_REASON_NEEDS_REBOOT,   /* the kernel keeps the memory until the next boot */
	MHP_REASON_LEFT_ONLINE,	   /* one block of a device failed, so all are online again */
	MHP_REASON_DRIVER_PAGES,   /* a driver keeps pages of the block (virtio-mem, a balloon) */
	MHP_REASON_CAME_BACK,	   /* it was as wanted, then another program brought it back */
	MHP_REASON_WENT_AWAY,	   /* it was as wanted, then another program took it away */
	MHP_REASON_HOOK_FAILED,	   /* a hook failed, or cannot run */
};

/* The exit status of mhpctl, and of a program that behaves like it; see mhpctl(1). */
enum mhp_exit {
	MHP_EXIT_OK = 0,
	MHP_EXIT_FAILED = 1,
	MHP_EXIT_USAGE = 2, /* the request is wrong, or consent was not given */
	MHP_EXIT_NO_TARGET = 3,
	MHP_EXIT_BLOCKED = 4, /* the kernel cannot move or release pages */
	MHP_EXIT_DEADLINE = 5,
	MHP_EXIT_NOT_PERMITTED = 6,
	MHP_EXIT_UNSUPPORTED = 7,
	MHP_EXIT_LOCKED = 8,   /* another mhpctl works on the same memory */
	MHP_EXIT_HOOK = 9,     /* a hook failed: before the work or after it */
	MHP_EXIT_CHANGES = 10, /* something would change, needs attention, or is not known */
	MHP_EXIT_PARTIAL = 64, /* some targets succeeded */
	MHP_EXIT_INTERRUPTED = 130,
};

/* An error. The caller owns it and sets it to { 0 } before use; filling it cannot fail. */
struct mhp_error {
	int errnum; /* positive errno, or 0 */
	enum mhp_reason reason;
	char message[512]; /* lower case, no newline, names the object */
	char hint[384];	   /* what to do next, or empty */
	char reserved[64]; /* for later versions; always zero */
};

/**
 * mhp_reason_name - the name of a reason in JSON documents
 * @reason: the reason
 *
 * Return: a static string in lower snake case; "kernel" for a value this version does not know.
 * Since: 0.1
 */
const char *mhp_reason_name(enum mhp_reason reason);

/**
 * mhp_reason_exit_code - the exit status of a program for a reason
 * @reason: the reason
 *
 * Return: one of enum mhp_exit.
 * Since: 0.1
 */
int mhp_reason_exit_code(enum mhp_reason reason);

#ifdef __cplusplus
}
#endif
