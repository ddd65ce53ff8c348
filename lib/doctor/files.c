/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads files with settings that affect hotplug, line by line. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/doctor/walk.h"
#include "lib/sys/confdirs.h"
#include "lib/sys/iomem.h"
#include "lib/sys/kernel.h"
#include "lib/sys/lock.h"
#include "lib/sys/statedir.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char *const module_names[FACT_MODULES_MAX] = { "libnvdimm", "nfit",       "nd_pmem",
							    "dax_pmem",	 "device_dax", "kmem" };

/* Replaces - by _, which the kernel treats as the same in names of modules. */
static void normalise_name(char *name)
{
	for (; *name; name++)
		if (*name == '-')
			*name = '_';
}

static bool is_needed_module(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(module_names); i++)
		if (strcmp(name, module_names[i]) == 0)
			return true;
	return false;
}

/*
 * Returns whether an install command loads the module after all, as ndctl's "install libnvdimm"
 * does after its keys.
 */
static bool loads_module(const char *command)
{
	return strstr(command, "--ignore-install") || strstr(command, "insmod");
}

/*
 * Keeps lines such as "blacklist kmem" or "install kmem /bin/true": both keep udev from loading it.
 */
static bool wants_blacklist(const char *line, char *text, size_t size)
{
	char word[16], name[64];
	int used = 0;

	if (sscanf(line, " %15s %63s%n", word, name, &used) != 2)
		return false;
	if (strcmp(word, "blacklist") != 0 &&
	    (strcmp(word, "install") != 0 || loads_module(line + used)))
		return false;
	normalise_name(name);
	str_copy_to(text, size, name);
	return is_needed_module(name);
}

static int read_modprobe(struct mhp_ctx *ctx, struct facts *facts)
{
	struct walk walk = { .ctx = ctx,
			     .facts = facts,
			     .folders = confdirs_modprobe,
			     .wants = wants_blacklist,
			     .kind = FACT_LINE_BLACKLIST,
			     .suffix = ".conf",
			     .joins = true };

	return walk_folders(&walk);
}

/* ---- modules ----------------------------------------------------------------------------- */

/*
 * Looks for modules in lines such as "kernel/drivers/dax/kmem.ko.xz: ...". Returns whether the
 * whole list could be read.
 */
static bool find_modules(const struct root *sys, const char *path, struct facts *facts)
{
	cleanup_fclose FILE *file = root_fopen(sys, path);
	cleanup_free char *line = NULL;
	size_t size = 0;

	while (file && root_getline(sys, &line, &size, file) > 0) {
		char *end = line + strcspn(line, ":\n"), *name, *dot;

		*end = '\0';
		name = strrchr(line, '/');
		dot = name ? strstr(name, ".ko") : NULL;
		if (!dot)
			continue;
		*dot = '\0';
		normalise_name(++name);
		for (size_t i = 0; i < FACT_MODULES_MAX; i++)
			if (strcmp(name, facts->modules[i].name) == 0)
				facts->modules[i].is_there = MHP_TRISTATE_YES;
	}
	if (file ? feof(file) : errno == ENOENT)
		return true;
	facts_unread(facts, path);
	return false;
}

/* Marks missing modules as unknown: they may be in a list that could not be read. */
static void mark_modules_unknown(struct facts *facts)
{
	for (size_t i = 0; i < FACT_MODULES_MAX; i++)
		if (facts->modules[i].is_there == MHP_TRISTATE_NO)
			facts->modules[i].is_there = MHP_TRISTATE_UNKNOWN;
}

static void read_modules(const struct root *sys, struct facts *facts)
{
	ROOT_PATH(index, KERNEL_MODULES "/%s/modules.dep", facts->kconfig.release);
	ROOT_PATH(builtin, KERNEL_MODULES "/%s/modules.builtin", facts->kconfig.release);
	bool is_known = facts->kconfig.release[0] && root_seems(sys, index);

	for (size_t i = 0; i < FACT_MODULES_MAX; i++) {
		int rc;

		ROOT_PATH(loaded, KERNEL_LOADED "/%s", module_names[i]);
		rc = root_exists(sys, loaded);
		facts->modules[i].name = module_names[i];
		facts->modules[i].is_loaded = rc > 0;
		facts->modules[i].is_there = rc > 0		   ? MHP_TRISTATE_YES
					     : rc == 0 && is_known ? MHP_TRISTATE_NO
								   : MHP_TRISTATE_UNKNOWN;
	}
	if (is_known) {
		if (!find_modules(sys, index, facts) || !find_modules(sys, builtin, facts))
			mark_modules_unknown(facts);
	} else {
		facts_hide(facts, "modules", "the modules of the running kernel are missing");
	}
}

/* ---- traces of the kernel and other runs ------------------------------------------------- */

static int add_journal(const struct root *sys, const char *name, void *data)
{
	struct fact_line found = { .kind = FACT_LINE_JOURNAL };

	(void)sys;
	if (strncmp(name, "restore.", 8) != 0)
		return 0;
	str_format(found.file, "/" STATE_RUN "/%s", name);
	str_copy(found.text, name + 8);
	return facts_add_line(data, &found);
}

/*
 * Returns whether a run that changed settings is still alive: it holds a lock, and restores them
 * itself.
 */
static bool is_run_alive(const struct root *sys, struct facts *facts)
{
	const struct mhp_range all = { 0, UINT64_MAX };
	cleanup_close int fd = root_open(sys, LOCK_SETTINGS, 0);
	pid_t holder;
	int rc;

	if (fd < 0 && errno == ENOENT)
		return false;
	rc = fd < 0 ? -errno : lock_is_held(fd, all, &holder);
	if (rc >= 0)
		return rc;
	facts_unread(facts, LOCK_SETTINGS);
	return true;
}

static int add_memory(const struct mhp_range *range, const char *name, unsigned line, void *data)
{
	bool is_kmem = strcmp(name, IOMEM_KMEM) == 0;
	struct fact_line found = {
		.kind = is_kmem ? FACT_LINE_KMEM : FACT_LINE_SOFT_RESERVED,
		.file = "/" KERNEL_IOMEM,
		.line = line,
		.range = *range,
	};

	if (!range->end || (!is_kmem && strcmp(name, IOMEM_SOFT_RESERVED) != 0))
		return 0;
	str_format(found.text, "0x%llx-0x%llx", (unsigned long long)range->start,
		   (unsigned long long)range->end - 1);
	return facts_add_line(data, &found);
}

static int read_iomem(const struct root *sys, struct facts *facts)
{
	int rc = iomem_each(sys, add_memory, facts);

	if (rc == 0 || root_is_lack(rc))
		return rc;
	facts_hide(facts, "iomem", "addresses in /proc/iomem are visible only to root");
	return 0;
}

struct pool {
	struct facts *facts;
	int node;
};

static int add_pool(const struct root *sys, const char *name, void *data)
{
	const struct pool *pool = data;
	struct fact_line found = { .kind = FACT_LINE_HUGE_POOL, .node = pool->node };
	uint64_t pages;

	ROOT_PATH(path, KERNEL_NODES "/node%d/hugepages/%s/nr_hugepages", pool->node, name);
	if (strncmp(name, "hugepages-", 10) != 0 || root_read_u64(sys, path, 10, &pages) < 0 ||
	    !pages)
		return 0;
	str_format(found.file, "/%.250s", path);
	str_format(found.text, "%llu", (unsigned long long)pages);
	return facts_add_line(pool->facts, &found);
}

static int add_node(const struct root *sys, const char *name, void *data)
{
	struct pool pool = { .facts = data };
	uint64_t node;
	int rc;

	if (root_name_id(name, "node", &node) < 0 || node > INT_MAX)
		return 0;
	pool.node = (int)node;
	ROOT_PATH(path, KERNEL_NODES "/%s/hugepages", name);
	rc = root_each(sys, path, add_pool, &pool);
	return rc == -ENOMEM ? rc : 0;
}

/* Calls fn for each entry. Returns 0 or -ENOMEM; records a directory that cannot be read. */
static int each_entry(const struct root *sys, const char *path,
		      int (*fn)(const struct root *sys, const char *name, void *data),
		      struct facts *facts)
{
	int rc = root_each(sys, path, fn, facts);

	if (rc < 0 && rc != -ENOENT && rc != -ENOMEM)
		facts_unread(facts, path);
	return rc == -ENOMEM ? rc : 0;
}

int facts_read_files(struct mhp_ctx *ctx, struct facts *facts)
{
	const struct root *sys = &ctx->sys;
	int rc = read_modprobe(ctx, facts);

	read_modules(sys, facts);
	if (rc == 0)
		rc = facts_read_onliners(ctx, facts);
	if (rc == 0)
		rc = read_iomem(sys, facts);
	if (rc == 0 && !is_run_alive(sys, facts))
		rc = each_entry(sys, STATE_RUN, add_journal, facts);
	if (rc == 0)
		rc = each_entry(sys, KERNEL_NODES, add_node, facts);
	if (rc == 0)
		rc = facts_read_acpi(ctx, facts);
	return rc;
}
