/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors: why something failed, and what to do about it. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* Why something failed. The names in JSON come from mhp_reason_name(). */
enum mhp_reason {
	MHP_REASON_NONE = 0,
	MHP_REASON_KERNEL, /* anything without a better word, with its errno */
	MHP_REASON_PINNED,
	MHP_REASON_EXTRA_REFERENCE,
	MHP_REASON_UNMOVABLE,
	MHP_REASON_HUGETLB,
	MHP_REASON_NO_TARGET_MEMORY,
	MHP_REASON_LOCKED_OR_WRITEBACK,
	MHP_REASON_NOTIFIER,
	MHP_REASON_MIXED_ZONES,
	MHP_REASON_MEMORY_HOLES,
	MHP_REASON_POISONED,
	MHP_REASON_WRONG_ZONE,
	MHP_REASON_DEADLINE,
	MHP_REASON_INTERRUPTED,
	MHP_REASON_STUCK, /* a kernel write did not even end when its task was killed */
	MHP_REASON_USAGE, /* the request itself is wrong; nothing was touched */
	MHP_REASON_NO_SUCH_TARGET,
	MHP_REASON_NOT_PERMITTED,
	MHP_REASON_UNSUPPORTED,	   /* the kernel or the hardware cannot do this */
	MHP_REASON_LOCK_HELD,	   /* another mhpctl works on the same memory */
	MHP_REASON_NEEDS_CONSENT,  /* data or too much memory would go, and nobody agreed */
	MHP_REASON_IN_USE,	   /* a process, a mount or memory blocks use the object */
	MHP_REASON_USERS_HIDDEN,   /* it cannot be seen who uses the object */
	MHP_REASON_NO_SPACE,	   /* no room in a region or memory, or too little to be of use */
	MHP_REASON_MISMATCH,	   /* the object exists and differs from what was asked for */
	MHP_REASON_NOT_TRIED,	   /* an earlier step of the same target failed */
	MHP_REASON_STALE_PLAN,	   /* the machine is not as it was when a plan was saved */
	MHP_REASON_RATIO_EXCEEDED, /* too much memory in zone movable for that of the kernel */
	MHP_REASON_OUT_OF_MEMORY,
	MHP_REASON_JOB_DIED,	/* the process of a background job died without a result */
	MHP_REASON_BOOT_MEMORY, /* it was there at boot, and this kernel never takes such offline */
	MHP_REASON_LEAF_MAPPING, /* the kernel maps it in pieces that reach over its edge */
	MHP_REASON_UNALIGNED,	 /* it is not made of whole memory blocks */
	MHP_REASON_ADD_FAILED,	 /* the kernel did not add the memory of a device */
	MHP_REASON_NEEDS_REBOOT, /* the kernel keeps it until the next boot */
	MHP_REASON_LEFT_ONLINE,	 /* one block of a device refused, so all are online again */
	MHP_REASON_DRIVER_PAGES, /* a driver keeps pages of it (virtio-mem, a balloon) */
	MHP_REASON_CAME_BACK,	 /* it was as wanted, and others have brought it back since */
	MHP_REASON_WENT_AWAY,	 /* it was as wanted, and others have taken it away since */
};

/* Owned by the caller; filling it cannot fail. Zero it before use: { 0 }. */
struct mhp_error {
	int errnum; /* positive errno, or 0 */
	enum mhp_reason reason;
	char message[512]; /* lower case, no newline, names the object */
	char hint[384];	   /* what to do next; empty when there is nothing to say */
	char reserved[64]; /* zero; for later versions */
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
 * mhp_reason_exit_code - the exit status that a program ends with for a reason
 * @reason: the reason
 *
 * Return: 0 to 130, as in the table in mhpctl(1).
 * Since: 0.1
 */
int mhp_reason_exit_code(enum mhp_reason reason);

#ifdef __cplusplus
}
#endif
