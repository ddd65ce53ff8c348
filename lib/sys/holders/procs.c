/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/holders/procs.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/lock.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct each_process {
	int (*fn)(const struct root *sys, int pid, void *data);
	void *data;
};

static int each_process(const struct root *sys, const char *name, void *data)
{
	const struct each_process *each = data;
	uint64_t pid;

	return parse_u64(name, 10, &pid) < 0 || pid > INT_MAX ? 0
							      : each->fn(sys, (int)pid, each->data);
}

int procs_each(const struct root *sys, int (*fn)(const struct root *sys, int pid, void *data),
	       void *data)
{
	return root_each(sys, "proc", each_process, &(struct each_process){ fn, data });
}

/*
 * Reads the name of a process. It may have any byte but NUL, newlines too: only the last is the
 * kernel's.
 */
static void read_comm(const struct root *sys, pid_t pid, char *comm, size_t size)
{
	int len;

	ROOT_PATH(path, "proc/%d/comm", (int)pid);
	len = root_read_text(sys, path, comm, size);
	if (len < 0)
		len = 0;
	if (len > 0 && comm[len - 1] == '\n')
		len--;
	comm[len] = '\0';
}

void procs_comm(const struct mhp_ctx *ctx, pid_t pid, char *comm, size_t size)
{
	read_comm(&ctx->sys, pid, comm, size);
}

/* Reads the number of a line such as "VmLck:\t 12 kB". Returns false if there is none. */
static bool read_status_number(const struct root *sys, int pid, const char *key, uint64_t *number)
{
	char status[4096];
	const char *line;

	ROOT_PATH(path, "proc/%d/status", pid);
	if (root_read_text(sys, path, status, sizeof(status)) < 0)
		return false;
	line = strstr(status, key);
	if (!line)
		return false;
	line += strlen(key);
	line += strspn(line, ": \t");
	return parse_u64_n(line, strspn(line, "0123456789"), 10, number) == 0;
}

int procs_of_thread(const struct root *sys, int tid)
{
	uint64_t pid;

	return read_status_number(sys, tid, "\nTgid", &pid) && pid <= INT_MAX ? (int)pid : 0;
}

/* ---- the lifetime of a process ----------------------------------------------------------- */

#define STAT_BORN 20 /* fields after the name */

int procs_own_pid(void)
{
	return getpid();
}

unsigned procs_own_uid(void)
{
	return getuid();
}

/* Parses "413 (a name) S 1 …". The name may have any byte, so the fields follow the last ')'. */
uint64_t procs_born(const struct root *sys, int pid)
{
	uint64_t born = 0;
	char text[512];
	const char *at;

	ROOT_PATH(path, "proc/%d/stat", pid);
	if (root_read_text(sys, path, text, sizeof(text)) < 0)
		return 0;
	at = strrchr(text, ')');
	for (int i = 0; at && i < STAT_BORN; i++)
		at = strchr(at + 1, ' ');
	if (at && parse_u64_n(at + 1, strspn(at + 1, "0123456789"), 10, &born) < 0)
		return 0;
	return born;
}

/*
 * Returns whether a process has ended. /proc may hide those of other users, but kill() still shows
 * that they exist.
 */
bool procs_has_ended(const struct root *sys, int pid, uint64_t born)
{
	uint64_t now = procs_born(sys, pid);

	if (now && born)
		return now != born;
	return kill(pid, 0) < 0 && errno == ESRCH;
}

/* ---- the identity of a process ----------------------------------------------------------- */

static void read_status(const struct root *sys, struct mhp_owner *owner)
{
	cleanup_fclose FILE *file = NULL;
	unsigned long long kib;
	char line[256];
	unsigned uid;

	ROOT_PATH(path, "proc/%d/status", owner->pid);
	file = root_fopen(sys, path);
	while (file && root_gets(sys, line, sizeof(line), file)) {
		if (sscanf(line, "Uid: %u", &uid) == 1)
			owner->uid = uid;
		else if (sscanf(line, "VmPin: %llu kB", &kib) == 1)
			owner->vm_pin_bytes = kib << 10;
	}
}

uint64_t procs_locked_bytes(const struct root *sys, int pid)
{
	uint64_t kib;

	return read_status_number(sys, pid, "\nVmLck", &kib) ? kib << 10 : 0;
}

/* Reads the line "0::/system.slice/db.service" of the unified hierarchy. */
static void read_cgroup(const struct root *sys, struct mhp_owner *owner)
{
	cleanup_fclose FILE *file = NULL;
	char line[512];

	ROOT_PATH(path, "proc/%d/cgroup", owner->pid);
	file = root_fopen(sys, path);
	while (file && root_gets(sys, line, sizeof(line), file)) {
		if (strncmp(line, "0::", 3) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		str_copy(owner->cgroup, line + 3);
	}
}

void procs_describe(const struct root *sys, struct mhp_owner *owner)
{
	read_comm(sys, owner->pid, owner->comm, sizeof(owner->comm));
	read_status(sys, owner);
	read_cgroup(sys, owner);
}

void procs_each_mapping(const struct root *sys, int pid, mapping_fn fn, void *data)
{
	cleanup_fclose FILE *maps = NULL;
	cleanup_free char *line = NULL;
	unsigned long long start, end;
	size_t size = 0;

	ROOT_PATH(path, "proc/%d/maps", pid);
	maps = root_fopen(sys, path);
	while (maps && root_getline(sys, &line, &size, maps) > 0)
		if (sscanf(line, "%llx-%llx", &start, &end) == 2 && start < end &&
		    fn((struct mhp_range){ start, end }, data))
			return;
}

/* ---- children that were killed ----------------------------------------------------------- */

#define SIGKILL_BIT (1ULL << (SIGKILL - 1))

/* Parses "SigPnd:\t0000000000000100" of the thread, and ShdPnd of the process. */
static bool is_being_killed(const struct root *sys, int pid)
{
	cleanup_fclose FILE *file = NULL;
	unsigned long long pending;
	char line[256];

	ROOT_PATH(path, "proc/%d/status", pid);
	file = root_fopen(sys, path);
	while (file && root_gets(sys, line, sizeof(line), file))
		if ((sscanf(line, "SigPnd: %llx", &pending) == 1 ||
		     sscanf(line, "ShdPnd: %llx", &pending) == 1) &&
		    (pending & SIGKILL_BIT))
			return true;
	return false;
}

static int find_dying(const struct root *sys, int pid, void *data)
{
	char comm[32];

	read_comm(sys, pid, comm, sizeof(comm));
	if (strcmp(comm, CHILD_COMM) == 0 && is_being_killed(sys, pid))
		*(bool *)data = true;
	return 0;
}

bool procs_has_dying_child(const struct mhp_ctx *ctx)
{
	bool found = false;
	int rc;

	if (!lock_any_writer(ctx))
		return false;
	rc = procs_each(&ctx->sys, find_dying, &found);
	return found || root_is_lack(rc);
}
