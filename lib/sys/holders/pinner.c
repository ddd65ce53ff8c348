/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/holders/pinner.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/idset.h"
#include "lib/sys/holders/numa-maps.h"
#include "lib/sys/holders/procs.h"

#include <errno.h>
#include <string.h>

#define MEMS_KEY "Mems_allowed_list:"

/* Parses "Mems_allowed_list:\t0-1". A kernel without cpusets has no such line: all are allowed. */
static int read_mems(const struct root *sys, int pid, struct idset *mems)
{
	cleanup_fclose FILE *file = NULL;
	cleanup_free char *line = NULL;
	size_t size = 0;

	ROOT_PATH(path, "proc/%d/status", pid);
	file = root_fopen(sys, path);
	if (!file)
		return -errno;
	while (root_getline(sys, &line, &size, file) > 0) {
		const char *at = line + strlen(MEMS_KEY);

		if (strncmp(line, MEMS_KEY, strlen(MEMS_KEY)) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		return idset_parse(mems, at + strspn(at, " \t"));
	}
	return feof(file) ? idset_add(mems, 0, NUMA_MAPS_NODES - 1) : -errno;
}

static int reply_nodes(const struct root *sys, struct pinner *pinner, struct reply *reply)
{
	cleanup_free struct numa_maps *maps = calloc(1, sizeof(*maps));
	cleanup_idset struct idset mems = { 0 };
	int rc = 0;

	if (!maps)
		return -ENOMEM;
	pinner->maps_rc = numa_maps_read(sys, pinner->pid, maps);
	pinner->mems_rc = read_mems(sys, pinner->pid, &mems);
	for (int node = 0; node < NUMA_MAPS_NODES && rc == 0; node++) {
		const struct pinner_node entry = { node, idset_has(&mems, (uint64_t)node),
						   maps->bytes[node] };

		if (!entry.is_allowed && !entry.bytes)
			continue;
		pinner->resident_bytes += entry.bytes;
		pinner->nr_nodes++;
		rc = reply_add(reply, &entry, sizeof(entry));
	}
	return rc;
}

int pinner_read(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	const struct root *sys = &ctx->sys;
	struct pinner pinner = { 0 };
	struct mhp_owner owner = { 0 };
	int rc;

	memcpy(&pinner.pid, arg, sizeof(pinner.pid));
	owner.pid = pinner.pid;
	ROOT_PATH(path, "proc/%d", pinner.pid);
	rc = root_exists(sys, path);
	/* /proc may hide a process of another user, which then has values that are not known */
	if (rc == 0 && (ctx->is_copy || procs_has_ended(sys, pinner.pid, 0)))
		return err_hint(err,
				err_set(err, -ENOENT, MHP_REASON_NO_SUCH_TARGET, "no process %d",
					pinner.pid),
				"ps -e lists the processes");
	procs_describe(sys, &owner);
	str_copy(pinner.comm, owner.comm);
	pinner.memlock_rc = memlock_read(sys, pinner.pid, &pinner.memlock);
	pinner.cgroup_rc = cgroup_space_read(sys, pinner.pid, &pinner.cgroup);
	rc = reply_add(reply, &pinner, sizeof(pinner));
	if (rc == 0)
		rc = reply_nodes(sys, &pinner, reply);
	if (rc == 0)
		rc = root_lack(sys);
	if (rc < 0)
		return err_errno(err, rc, "process %d", pinner.pid);
	memcpy(reply->data, &pinner, sizeof(pinner));
	return 0;
}
