/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads what a maintainer needs beside the files that the commands read: only to have it recorded
 * (lib/sys/capture.h). None of these files has an effect when it is read.
 */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/sys/report/report.h"
#include "lib/sys/confdirs.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/kernel.h"
#include "lib/sys/kmsg.h"
#include "lib/sys/report-tree.h"
#include "lib/sys/statedir.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KMSG_MAX (4U << 20)

/* ---- files --------------------------------------------------------------------------------- */

static const char *const files[] = {
	KERNEL_RELEASE,
	KERNEL_ARCH,
	KERNEL_CMDLINE,
	KERNEL_IOMEM,
	KERNEL_SELF_MAPS,
	"proc/version",
	"proc/meminfo",
	"proc/zoneinfo",
	"proc/buddyinfo",
	"proc/vmstat",
	"proc/sys/vm/overcommit_memory",
	"proc/sys/vm/nr_hugepages",
	"proc/sys/vm/zone_reclaim_mode",
	"sys/kernel/mm/transparent_hugepage/enabled",
	"sys/devices/virtual/dmi/id/sys_vendor",
	"sys/devices/virtual/dmi/id/product_name",
	"etc/os-release",
	"usr/lib/os-release",
	CONF_DAXCTL,
};

static void read_file(const struct root *sys, const char *path)
{
	int fd = root_open(sys, path, 0);

	if (fd >= 0)
		close(fd);
}

static void read_below(const struct root *sys, const char *folder, const char *name)
{
	ROOT_PATH(path, "%s/%s", folder, name);
	read_file(sys, path);
}

/* ---- directories --------------------------------------------------------------------------- */

/* A directory, and what to read in each of its entries; "" for the entry itself. */
struct place {
	const char *folder;
	const char *prefix; /* of the names of the entries */
	const char *const *files;
};

static const char *const of_node[] = { "meminfo",
				       "vmstat",
				       "distance",
				       "cpulist",
				       "access0/initiators/read_latency",
				       "access0/initiators/write_latency",
				       "access0/initiators/read_bandwidth",
				       "access0/initiators/write_bandwidth",
				       "access1/initiators/read_latency",
				       "access1/initiators/read_bandwidth",
				       NULL };
static const char *const of_tier[] = { "nodelist", NULL };
static const char *const of_cxl[] = { "firmware_version",
				      "numa_node",
				      "serial",
				      "ram/size",
				      "pmem/size",
				      "ram/qos_class",
				      "pmem/qos_class",
				      "size",
				      "start",
				      "mode",
				      "resource",
				      "uuid",
				      "commit",
				      "interleave_ways",
				      "interleave_granularity",
				      "target_list",
				      "target_type",
				      "locked",
				      "qos_class",
				      "devtype",
				      NULL };
static const char *const of_nmem[] = { "state", "flags", "commands", "available_slots", NULL };
static const char *const itself[] = { "", NULL };

static const struct place places[] = {
	{ KERNEL_NODES, "node", of_node },
	{ "sys/devices/virtual/memory_tiering", "memory_tier", of_tier },
	{ CXL_DEVICES, "", of_cxl },
	{ KERNEL_ND_BUS "/devices", "nmem", of_nmem },
	{ KERNEL_NODES, "", itself },
	{ KERNEL_MHP_PARAMETERS, "", itself },
	{ "sys/module/kmem/parameters", "", itself },
	{ "sys/kernel/mm/numa", "", itself },
	{ CONF_DAXCTL_DIR, "", itself },
	{ "etc/mhpctl", "", itself },
	{ "etc/mhpctl/policy.d", "", itself },
	{ "run/mhpctl/policy.d", "", itself },
	{ "usr/lib/mhpctl/policy.d", "", itself },
	{ STATE_RUN, "", itself },
	{ STATE_INTENTS, "", itself },
	{ STATE_INTENTS_LASTING, "", itself },
	{ STATE_LASTING "/" RECORDS, "", itself },
};

static int read_entry(const struct root *sys, const char *name, void *data)
{
	const struct place *place = data;

	if (strncmp(name, place->prefix, strlen(place->prefix)) != 0)
		return 0;
	for (const char *const *file = place->files; *file; file++) {
		ROOT_PATH(path, "%s/%s%s%s", place->folder, name, **file ? "/" : "", *file);
		read_file(sys, path);
	}
	return 0;
}

static int read_job(const struct root *sys, const char *name, void *data)
{
	static const char *const of_job[] = { "command", "job", "unit", "events", "log" };

	(void)data;
	ROOT_PATH(folder, STATE_JOBS "/%s", name);
	for (size_t i = 0; i < ARRAY_SIZE(of_job); i++)
		read_below(sys, folder, of_job[i]);
	return 0;
}

/* ---- the kernel log -------------------------------------------------------------------------- */

/* Words of messages that are about memory, in any case. */
static const char *const about[] = {
	"memory",  "hotplug", "offlin",	 "onlin",	  "nvdimm",	   "pmem",
	"nd_",	   "dax",     "kmem",	 "cxl",		  "numa",	   "node ",
	"movable", "migrat",  "isolat",	 "page:",	  "page dumped",   "virtio_mem",
	"balloon", "srat",    "hmat",	 "pnp0c80",	  "e820",	   "soft reserved",
	"hugetlb", "zone",    "section", "mem auto-init", "linux version", "flags: 0x",
};

/* Parts of messages that name processes, or have a command line. */
static const char *const private[] = { "command line", "comm:", "killed process", "tsk:",
				       "invoked oom",  "task=", "cgroup",	  "parameters \"" };

static bool has_any(const char *text, const char *const *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (strcasestr(text, list[i]))
			return true;
	return false;
}

static int read_log(struct mhp_ctx *ctx, bool with_names, struct reply *reply)
{
	struct kmsg_record record;
	struct kmsg log;
	char line[sizeof(record.text) + 64];
	int rc = kmsg_open_first(ctx, &log);

	if (rc < 0)
		capture_failed(&ctx->sys, REPORT_KMSG, rc, true);
	while (rc == 0 && reply->len < KMSG_MAX && kmsg_next(&log, &record)) {
		if (!has_any(record.text, about, ARRAY_SIZE(about)) ||
		    (!with_names && has_any(record.text, private, ARRAY_SIZE(private))))
			continue;
		str_format(line, "%u,%llu,%llu,-;%s\n", record.prio, (unsigned long long)record.seq,
			   (unsigned long long)record.usec, record.text);
		rc = reply_add(reply, line, strlen(line));
	}
	kmsg_close(&log);
	return rc == -ENOMEM ? rc : 0;
}

int report_read_extras(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		       struct mhp_error *err)
{
	const bool *with_names = arg;
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		read_file(&ctx->sys, files[i]);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		root_each(&ctx->sys, places[i].folder, read_entry, (void *)&places[i]);
	root_each(&ctx->sys, STATE_JOBS, read_job, NULL);
	rc = read_log(ctx, *with_names, reply);
	return rc < 0 ? err_errno(err, rc, "the kernel log") : 0;
}
