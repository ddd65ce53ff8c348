/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/cgroup.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/kernel.h"
#include "lib/sys/vmstat.h"

#include <errno.h>
#include <string.h>

#define CGROUP_PATH_MAX 256

/* The first cgroup namespace has a fixed inode number (include/linux/proc_ns.h). */
#define FIRST_CGROUP_NS "cgroup:[4026531835]"

/* Returns whether a line "5:cpuset,memory:/path" has the controller. */
static bool has_controller(const char *line, const char *name)
{
	const char *at = strchr(line, ':');
	size_t len;

	for (at = at ? at + 1 : ""; *at && *at != ':'; at += len + (at[len] == ',')) {
		len = strcspn(at, ",:");
		if (len == strlen(name) && strncmp(at, name, len) == 0)
			return true;
	}
	return false;
}

/* Copies the path of a line "0::/system.slice/db.service". */
static int find_path(const struct root *sys, int pid, char path[CGROUP_PATH_MAX])
{
	cleanup_fclose FILE *file = NULL;
	cleanup_free char *line = NULL;
	size_t size = 0;
	int rc = 0;

	ROOT_PATH(name, "proc/%d/cgroup", pid);
	path[0] = '\0';
	file = root_fopen(sys, name);
	if (!file)
		return -errno;
	while (rc == 0 && root_getline(sys, &line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (has_controller(line, "memory"))
			rc = -EOPNOTSUPP;
		else if (strncmp(line, "0::/", 4) == 0)
			rc = snprintf(path, CGROUP_PATH_MAX, "%s", line + 3) < CGROUP_PATH_MAX
				     ? 0
				     : -ENAMETOOLONG;
	}
	return rc == 0 && !feof(file) ? -errno : rc;
}

/* Returns the file pages of a cgroup, which it frees before it is out of memory. */
static int read_file_bytes(const struct root *sys, const char *path, uint64_t *bytes)
{
	uint64_t active, inactive;
	int rc;

	ROOT_PATH(stat, KERNEL_CGROUPS "%s/memory.stat", path);
	rc = vmstat_read(sys, stat, "inactive_file", &inactive);
	if (rc == 0)
		rc = vmstat_read(sys, stat, "active_file", &active);
	if (rc == 0)
		*bytes = inactive + active;
	return rc;
}

/* Reads the space that one cgroup leaves. Returns 1, 0 without a limit, or a negative errno. */
static int read_one(const struct root *sys, const char *path, uint64_t *bytes)
{
	uint64_t limit, used, file = 0;
	char text[32];
	int rc;

	ROOT_PATH(max, KERNEL_CGROUPS "%s/memory.max", path);
	ROOT_PATH(current, KERNEL_CGROUPS "%s/memory.current", path);
	rc = root_read(sys, max, text, sizeof(text));
	/* the controller is not enabled there; or is the cgroup not visible? */
	if (rc == -ENOENT) {
		ROOT_PATH(procs, KERNEL_CGROUPS "%s/cgroup.procs", path);
		rc = root_exists(sys, procs);
		return rc > 0 ? 0 : rc < 0 ? rc : -ENOENT;
	}
	if (rc < 0 || strcmp(text, "max") == 0)
		return rc < 0 ? rc : 0;
	rc = parse_u64(text, 10, &limit);
	if (rc == 0)
		rc = root_read_u64(sys, current, 10, &used);
	if (rc == 0)
		rc = read_file_bytes(sys, path, &file);
	if (rc < 0)
		return rc;
	used -= file / 5 * 4 < used ? file / 5 * 4 : used;
	*bytes = limit > used ? limit - used : 0;
	return 1;
}

/* Returns 0 if this process sees all cgroups, or a negative errno: a container sees only its own.
 */
static int check_namespace(const struct root *sys)
{
	char link[64];
	int rc = root_link(sys, "proc/self/ns/cgroup", link, sizeof(link));

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc; /* a kernel without such namespaces */
	return strcmp(link, FIRST_CGROUP_NS) == 0 ? 0 : -EACCES;
}

int cgroup_space_read(const struct root *sys, int pid, struct cgroup_space *space)
{
	char path[CGROUP_PATH_MAX];
	uint64_t bytes = 0;
	int found = 0, rc = find_path(sys, pid, path);

	if (rc == -ENOENT && root_exists(sys, "proc/cgroups") == 0)
		return 0; /* a kernel without cgroups */
	if (rc == 0 && *path)
		rc = check_namespace(sys);
	if (rc < 0 || !*path) /* without a path the kernel has no cgroups */
		return rc;
	if (strncmp(path, "/..", 3) == 0) /* of another cgroup namespace */
		return -EACCES;
	for (char *slash; (slash = strrchr(path, '/')) && path[1]; *slash = '\0') {
		rc = read_one(sys, path, &bytes);
		if (rc < 0)
			return rc;
		if (rc == 0 || (found && bytes >= space->bytes))
			continue;
		found = 1;
		space->bytes = bytes;
		str_copy(space->path, path);
	}
	return found;
}
