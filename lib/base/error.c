/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/error.h"
#include "lib/base/cleanup.h"
#include "lib/base/counts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct reason {
	const char *name;
	enum mhp_exit exit;
	const char *hint;
};

/* The name of each reason, the exit code of the program for it, and its hint. */
static const struct reason reasons[NR_REASONS] = {
	[MHP_REASON_NONE] = { "none", MHP_EXIT_OK, "" },
	[MHP_REASON_KERNEL] = { "kernel", MHP_EXIT_FAILED, "the kernel log may say more" },
	[MHP_REASON_PINNED] = { "pinned", MHP_EXIT_BLOCKED,
				"stop or restart the process that holds the pin" },
	[MHP_REASON_EXTRA_REFERENCE] = { "extra_reference", MHP_EXIT_BLOCKED,
					 "something holds a reference to the page; try again later" },
	[MHP_REASON_UNMOVABLE] = { "unmovable", MHP_EXIT_BLOCKED,
				   "the block holds kernel memory, which usually stays until "
				   "reboot; use --zone movable next time" },
	[MHP_REASON_HUGETLB] = { "hugetlb", MHP_EXIT_BLOCKED,
				 "shrink the pool of huge pages on this node, or free those in use" },
	[MHP_REASON_NO_TARGET_MEMORY] = { "no_target_memory", MHP_EXIT_BLOCKED,
					  "the other nodes have no space for the pages of this "
					  "block: free memory there, or add some" },
	[MHP_REASON_LOCKED_OR_WRITEBACK] = { "locked_or_writeback", MHP_EXIT_BLOCKED,
					     "the page is locked or under writeback: check the "
					     "disk or the NFS server behind it" },
	[MHP_REASON_NOTIFIER] = { "notifier", MHP_EXIT_BLOCKED,
				  "a driver refused; the kernel log may say which" },
	[MHP_REASON_MIXED_ZONES] = { "mixed_zones", MHP_EXIT_UNSUPPORTED,
				     "the block spans zones or nodes; the kernel never offlines it" },
	[MHP_REASON_MEMORY_HOLES] = { "memory_holes", MHP_EXIT_UNSUPPORTED,
				      "the block has holes; the kernel never offlines it" },
	[MHP_REASON_POISONED] = { "poisoned", MHP_EXIT_BLOCKED,
				  "the block holds pages with memory errors; leave it "
				  "offline, or have the memory replaced" },
	[MHP_REASON_WRONG_ZONE] = { "wrong_zone", MHP_EXIT_FAILED,
				    "stop the other program that brings memory online, then "
				    "run this again" },
	[MHP_REASON_DEADLINE] = { "deadline", MHP_EXIT_DEADLINE,
				  "run the command again to continue, or allow more time with "
				  "--timeout" },
	[MHP_REASON_INTERRUPTED] = { "interrupted", MHP_EXIT_INTERRUPTED,
				     "run the same command again to "
				     "continue" },
	[MHP_REASON_STUCK] = { "stuck", MHP_EXIT_DEADLINE,
			       "the kernel has not ended the write, also after its process was "
			       "killed; it may still take effect later" },
	[MHP_REASON_USAGE] = { "usage", MHP_EXIT_USAGE, "" },
	[MHP_REASON_NO_SUCH_TARGET] = { "no_such_target", MHP_EXIT_NO_TARGET,
					"mhpctl list shows the available "
					"targets" },
	[MHP_REASON_NOT_PERMITTED] = { "not_permitted", MHP_EXIT_NOT_PERMITTED,
				       "this needs root (CAP_SYS_ADMIN)" },
	[MHP_REASON_UNSUPPORTED] = { "unsupported", MHP_EXIT_UNSUPPORTED, "" },
	[MHP_REASON_LOCK_HELD] = { "lock_held", MHP_EXIT_LOCKED, "wait for it with --wait" },
	[MHP_REASON_NEEDS_CONSENT] = { "needs_consent", MHP_EXIT_USAGE, "--yes=data allows it" },
	[MHP_REASON_IN_USE] = { "in_use", MHP_EXIT_FAILED, "" },
	[MHP_REASON_USERS_HIDDEN] = { "users_hidden", MHP_EXIT_NOT_PERMITTED, "" },
	[MHP_REASON_NO_SPACE] = { "no_space", MHP_EXIT_UNSUPPORTED, "" },
	[MHP_REASON_MISMATCH] = { "mismatch", MHP_EXIT_FAILED, "" },
	[MHP_REASON_NOT_TRIED] = { "not_tried", MHP_EXIT_FAILED, "" },
	[MHP_REASON_STALE_PLAN] = { "stale_plan", MHP_EXIT_FAILED,
				    "mhpctl plan shows what would be done now" },
	[MHP_REASON_RATIO_EXCEEDED] = { "ratio_exceeded", MHP_EXIT_FAILED,
					"bring some of it online in a kernel zone, or raise "
					"ratio_limit" },
	[MHP_REASON_OUT_OF_MEMORY] = { "out_of_memory", MHP_EXIT_FAILED, "" },
	[MHP_REASON_JOB_DIED] = { "job_died", MHP_EXIT_FAILED,
				  "run the same command again to continue" },
	[MHP_REASON_BOOT_MEMORY] = { "boot_memory", MHP_EXIT_UNSUPPORTED,
				     "only memory added after boot can go offline on this "
				     "kernel" },
	[MHP_REASON_LEAF_MAPPING] = { "leaf_mapping", MHP_EXIT_UNSUPPORTED,
				      "it stays online until the next boot" },
	[MHP_REASON_UNALIGNED] = { "unaligned", MHP_EXIT_UNSUPPORTED,
				   "size and address must be multiples of the memory block size" },
	[MHP_REASON_ADD_FAILED] = { "add_failed", MHP_EXIT_FAILED, "the kernel log may say more" },
	[MHP_REASON_NEEDS_REBOOT] = { "needs_reboot", MHP_EXIT_UNSUPPORTED,
				      "reboot: it can be neither removed nor bound until then" },
	[MHP_REASON_DRIVER_PAGES] = { "driver_pages", MHP_EXIT_BLOCKED,
				      "the driver that keeps the pages must release them first" },
	[MHP_REASON_LEFT_ONLINE] = { "left_online", MHP_EXIT_FAILED,
				     "mhpctl check shows which block it may be, and why" },
	[MHP_REASON_CAME_BACK] = { "came_back", MHP_EXIT_FAILED,
				   "stop the other program that brings memory online, then run "
				   "this again" },
	[MHP_REASON_WENT_AWAY] = { "went_away", MHP_EXIT_FAILED,
				   "stop the other program that takes memory offline, then run "
				   "this again" },
	[MHP_REASON_HOOK_FAILED] = { "hook_failed", MHP_EXIT_HOOK, "" },
};

static const struct reason *reason_get(enum mhp_reason reason)
{
	if ((unsigned)reason >= NR_REASONS)
		return &reasons[MHP_REASON_KERNEL];
	return &reasons[reason];
}

const char *reason_name(enum mhp_reason reason)
{
	return reason_get(reason)->name;
}

enum mhp_reason err_reason_of(const char *name)
{
	for (unsigned i = 0; i < NR_REASONS; i++)
		if (strcmp(reasons[i].name, name) == 0)
			return (enum mhp_reason)i;
	return MHP_REASON_KERNEL;
}

int reason_exit_code(enum mhp_reason reason)
{
	return reason_get(reason)->exit;
}

const char *err_reason_hint(enum mhp_reason reason)
{
	return reason_get(reason)->hint;
}

enum mhp_reason err_reason(int rc)
{
	switch (rc < 0 ? -rc : rc) {
	case EACCES:
	case EPERM:
	case EROFS:
		return MHP_REASON_NOT_PERMITTED;
	case ENOMEM:
		return MHP_REASON_OUT_OF_MEMORY;
	case ETIMEDOUT:
		return MHP_REASON_DEADLINE;
	case ECANCELED:
		return MHP_REASON_INTERRUPTED;
	case EOPNOTSUPP:
	case ENOSYS:
		return MHP_REASON_UNSUPPORTED;
	case ENOSPC:
		return MHP_REASON_NO_SPACE;
	default:
		return MHP_REASON_KERNEL;
	}
}

void str_copy_to(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	memmove(to, from, len);
	to[len] = '\0';
}

void str_append_to(char *to, size_t size, const char *fmt, ...)
{
	size_t len = strnlen(to, size - 1);
	va_list args;

	va_start(args, fmt);
	vsnprintf(to + len, size - len, fmt, args);
	va_end(args);
}

static void fill_reason(struct mhp_error *err, int rc, enum mhp_reason reason)
{
	err->errnum = rc < 0 ? -rc : rc;
	err->reason = reason;
	str_copy(err->hint, err_reason_hint(reason));
}

int err_set(struct mhp_error *err, int rc, enum mhp_reason reason, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return rc;
	va_start(ap, fmt);
	vsnprintf(err->message, sizeof(err->message), fmt, ap);
	va_end(ap);
	fill_reason(err, rc, reason);
	return rc;
}

int err_usage(struct mhp_error *err, const char *hint, const char *fmt, ...)
{
	char message[sizeof(err->message)]; /* the arguments may lie in *err */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	err_set(err, -EINVAL, MHP_REASON_USAGE, "%s", message);
	return err_hint(err, -EINVAL, "%s", hint);
}

int err_errno(struct mhp_error *err, int rc, const char *fmt, ...)
{
	char text[128];
	size_t len;
	va_list ap;

	if (!err)
		return rc;
	va_start(ap, fmt);
	vsnprintf(err->message, sizeof(err->message), fmt, ap);
	va_end(ap);
	len = strlen(err->message);
	snprintf(err->message + len, sizeof(err->message) - len, ": %s",
		 strerror_r(rc < 0 ? -rc : rc, text, sizeof(text)));
	fill_reason(err, rc, err_reason(rc));
	if (err->reason == MHP_REASON_KERNEL) /* the kernel log may not mention it */
		err->hint[0] = '\0';
	if (rc == -EROFS)
		str_copy(err->hint, "the file system is mounted read-only");
	if (rc == -EMFILE)
		str_copy(err->hint, "raise the limit of open files: ulimit -n shows it");
	return rc;
}

int err_hint(struct mhp_error *err, int rc, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return rc;
	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
	return rc;
}

struct mhp_error *err_slot(struct err_first *first)
{
	return first->rc ? &first->later : first->err;
}

int err_keep(struct err_first *first, int rc)
{
	if (rc < 0 && !first->rc)
		first->rc = rc;
	return rc;
}
