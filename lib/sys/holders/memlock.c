/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/holders/memlock.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"
#include "lib/sys/holders/procs.h"
#include "lib/sys/visibility.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#define LIMIT_KEY "Max locked memory"

/* The values of /proc/PID/status that count. */
struct status {
	unsigned uid;
	uint64_t capabilities;
	uint64_t locked_bytes; /* VmLck; 0 for a kernel thread, which has no memory */
	uint64_t pinned_bytes;
	bool has_uid, has_capabilities;
};

static int read_status(const struct root *sys, int pid, struct status *status)
{
	cleanup_fclose FILE *file = NULL;
	unsigned long long value;
	char line[256];

	ROOT_PATH(path, "proc/%d/status", pid);
	file = root_fopen(sys, path);
	if (!file)
		return -errno;
	while (root_gets(sys, line, sizeof(line), file)) {
		if (sscanf(line, "Uid: %u", &status->uid) == 1)
			status->has_uid = true;
		else if (sscanf(line, "VmLck: %llu kB", &value) == 1)
			status->locked_bytes = value << 10;
		else if (sscanf(line, "VmPin: %llu kB", &value) == 1)
			status->pinned_bytes = value << 10;
		else if (sscanf(line, "CapEff: %llx", &value) == 1) {
			status->capabilities = value;
			status->has_capabilities = true;
		}
	}
	return ferror(file) ? -errno : 0;
}

/* Parses "Max locked memory         8388608              8388608              bytes". */
static int read_limit(const struct root *sys, int pid, struct memlock *memlock)
{
	cleanup_fclose FILE *file = NULL;
	char line[256];

	ROOT_PATH(path, "proc/%d/limits", pid);
	file = root_fopen(sys, path);
	if (!file)
		return -errno;
	while (root_gets(sys, line, sizeof(line), file)) {
		const char *at = line + strlen(LIMIT_KEY);

		if (strncmp(line, LIMIT_KEY, strlen(LIMIT_KEY)) != 0)
			continue;
		at += strspn(at, " ");
		memlock->is_limited = MHP_TRISTATE_YES;
		if (strncmp(at, "unlimited", 9) == 0)
			memlock->is_limited = MHP_TRISTATE_NO;
		else if (parse_u64_n(at, strcspn(at, " "), 10, &memlock->limit_bytes) < 0)
			return -EPROTO;
		return 0;
	}
	return ferror(file) ? -errno : -EPROTO;
}

/* Returns whether CAP_IPC_LOCK counts, which it does only in the first user namespace. */
static enum mhp_tristate may_lock_all(const struct root *sys, int pid, const struct status *status)
{
	char link[64];
	int rc;

	if (!status->has_capabilities)
		return MHP_TRISTATE_UNKNOWN;
	if (!(status->capabilities & (1ULL << CAP_IPC_LOCK)))
		return MHP_TRISTATE_NO;
	ROOT_PATH(path, "proc/%d/ns/user", pid);
	rc = root_link(sys, path, link, sizeof(link));
	if (rc == -ENOENT) /* a kernel without such namespaces */
		return MHP_TRISTATE_YES;
	if (rc < 0)
		return MHP_TRISTATE_UNKNOWN;
	return strcmp(link, FIRST_USER_NS) == 0 ? MHP_TRISTATE_YES : MHP_TRISTATE_NO;
}

struct user {
	unsigned uid;
	uint64_t pinned_bytes;
};

static int add_process(const struct root *sys, int pid, void *data)
{
	struct user *user = data;
	struct status status = { 0 };
	int rc = read_status(sys, pid, &status);

	if (rc < 0)
		return rc == -ENOENT || rc == -ESRCH ? 0 : rc; /* it has just ended */
	if (status.has_uid && status.uid == user->uid)
		user->pinned_bytes += status.pinned_bytes;
	return 0;
}

int memlock_read(const struct root *sys, int pid, struct memlock *memlock)
{
	struct status status = { 0 };
	struct user user;
	enum mhp_tristate all;
	int rc = read_status(sys, pid, &status);

	*memlock = (struct memlock){ .is_limited = MHP_TRISTATE_UNKNOWN };
	if (rc < 0)
		return rc == -ESRCH ? -ENOENT : rc;
	all = may_lock_all(sys, pid, &status);
	if (all == MHP_TRISTATE_YES) {
		memlock->is_limited = MHP_TRISTATE_NO;
		return 0;
	}
	rc = read_limit(sys, pid, memlock);
	if (rc < 0 || memlock->is_limited == MHP_TRISTATE_NO)
		return rc;
	user = (struct user){ .uid = status.uid };
	rc = procs_each(sys, add_process, &user);
	memlock->used_bytes = status.locked_bytes + status.pinned_bytes;
	if (user.pinned_bytes > memlock->used_bytes)
		memlock->used_bytes = user.pinned_bytes;
	if (all == MHP_TRISTATE_UNKNOWN || !status.has_uid)
		return -EACCES;
	return rc;
}
