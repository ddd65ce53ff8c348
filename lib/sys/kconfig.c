/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/kconfig.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/sys/kernel.h"
#include "lib/sys/libz.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const char *const kconfig_names[CONFIG_MAX] = {
	[CONFIG_HOTPLUG] = "CONFIG_MEMORY_HOTPLUG",
	[CONFIG_HOTREMOVE] = "CONFIG_MEMORY_HOTREMOVE",
	[CONFIG_KMEM] = "CONFIG_DEV_DAX_KMEM",
	[CONFIG_MEMMAP_ON_MEMORY] = "CONFIG_MHP_MEMMAP_ON_MEMORY",
	[CONFIG_PAGE_MONITOR] = "CONFIG_PROC_PAGE_MONITOR",
	[CONFIG_DYNAMIC_DEBUG] = "CONFIG_DYNAMIC_DEBUG",
	[CONFIG_DEFAULT_ONLINE] = "CONFIG_MEMORY_HOTPLUG_DEFAULT_ONLINE",
	[CONFIG_INIT_ON_ALLOC] = "CONFIG_INIT_ON_ALLOC_DEFAULT_ON",
	[CONFIG_ZONE_DEVICE] = "CONFIG_ZONE_DEVICE",
	[CONFIG_NVDIMM_DAX] = "CONFIG_NVDIMM_DAX",
	[CONFIG_DEV_DAX] = "CONFIG_DEV_DAX",
	[CONFIG_DAX_PMEM] = "CONFIG_DEV_DAX_PMEM",
	[CONFIG_PMEM] = "CONFIG_BLK_DEV_PMEM",
	[CONFIG_DAX_CXL] = "CONFIG_DEV_DAX_CXL",
	[CONFIG_PAGE_REPORTING] = "CONFIG_PAGE_REPORTING",
	[CONFIG_INIT_ON_FREE] = "CONFIG_INIT_ON_FREE_DEFAULT_ON",
	[CONFIG_PAGE_POISONING] = "CONFIG_PAGE_POISONING",
};

/*
 * Sets an option from a line "CONFIG_X=y" or "=m". All other lines, such as "# CONFIG_X is not
 * set", leave it at no.
 */
static void parse_option(struct kconfig *config, const char *line)
{
	for (size_t i = 0; i < CONFIG_MAX; i++) {
		size_t len = strlen(kconfig_names[i]);

		if (strncmp(line, kconfig_names[i], len) == 0 && line[len] == '=' &&
		    strchr("ym", line[len + 1]))
			config->options[i] = MHP_TRISTATE_YES;
	}
	/* since 6.14, several options choose the online type */
	if (strncmp(line, "CONFIG_MHP_DEFAULT_ONLINE_TYPE_ONLINE", 37) == 0)
		config->options[CONFIG_DEFAULT_ONLINE] = MHP_TRISTATE_YES;
}

/*
 * Closes the file. Returns 0, or a negative errno if a part could not be read, as in a truncated
 * archive.
 */
static int close_config(const struct libz *lib, gzFile file)
{
	int code = Z_OK;

	lib->gzerror(file, &code);
	lib->gzclose(file);
	return code == Z_OK || code == Z_STREAM_END ? 0 : code == Z_MEM_ERROR ? -ENOMEM : -EIO;
}

/* Reads the options, and takes fd. Returns the number of lines that set one, or a negative errno.
 */
static int read_options(int fd, struct kconfig *config)
{
	struct libz lib;
	int lines = 0, rc = libz_load(&lib);
	gzFile file = rc < 0 ? NULL : lib.gzdopen(fd, "rb");
	char line[512];

	if (!file) {
		close(fd);
		return rc < 0 ? rc : -ENOMEM;
	}
	for (size_t i = 0; i < CONFIG_MAX; i++)
		config->options[i] = MHP_TRISTATE_NO;
	while (lib.gzgets(file, line, sizeof(line))) {
		parse_option(config, line);
		lines += strncmp(line, "CONFIG_", 7) == 0;
	}
	rc = close_config(&lib, file);
	return rc < 0 ? rc : lines;
}

/*
 * Reads a configuration, compressed or not. Returns 1, 0 if it is missing, unreadable or empty, or
 * -ENOMEM.
 */
static int read_config(const struct root *sys, const char *path, struct kconfig *config)
{
	int fd = root_open(sys, path, 0), rc;

	if (fd < 0)
		return 0;
	rc = read_options(fd, config);
	if (rc < 0)
		str_copy(config->unread, path);
	else if (rc > 0)
		str_format(config->file, "/%s", path);
	if (rc <= 0) /* empty, or not a configuration */
		memset(config->options, 0, sizeof(config->options));
	return rc == -ENOMEM ? rc : rc > 0;
}

/*
 * Returns whether a path exists. In a copied tree a missing file may simply not have been copied.
 */
static enum mhp_tristate path_exists(const struct mhp_ctx *ctx, const char *path)
{
	int rc = root_exists(&ctx->sys, path);

	if (rc > 0)
		return MHP_TRISTATE_YES;
	return rc < 0 || ctx_is_partial(ctx) ? MHP_TRISTATE_UNKNOWN : MHP_TRISTATE_NO;
}

static int copy_first_block(const struct root *sys, const char *name, void *data)
{
	uint64_t id;

	(void)sys;
	if (root_name_id(name, "memory", &id) < 0)
		return 0;
	str_copy_to(data, 32, name);
	return -EEXIST; /* ends the walk */
}

/* Infers some options from the files of the kernel, if there is no configuration. */
static void infer_config(const struct mhp_ctx *ctx, struct kconfig *config)
{
	char block[32] = "";

	config->options[CONFIG_HOTPLUG] = path_exists(ctx, KERNEL_AUTO_ONLINE);
	root_each(&ctx->sys, KERNEL_BLOCKS, copy_first_block, block);
	ROOT_PATH(zones, KERNEL_BLOCKS "/%s/valid_zones", block);
	if (block[0])
		config->options[CONFIG_HOTREMOVE] = path_exists(ctx, zones);
	if (root_seems(&ctx->sys, KERNEL_DAX_BUS "/drivers/kmem"))
		config->options[CONFIG_KMEM] = MHP_TRISTATE_YES;
	config->options[CONFIG_MEMMAP_ON_MEMORY] =
		path_exists(ctx, KERNEL_MHP_PARAMETERS "/memmap_on_memory");
	config->options[CONFIG_PAGE_MONITOR] = path_exists(ctx, "proc/kpageflags");
	config->options[CONFIG_DYNAMIC_DEBUG] = path_exists(ctx, KERNEL_DYNDBG);
	config->options[CONFIG_PAGE_REPORTING] = path_exists(ctx, KERNEL_REPORTING);
}

static int find_config(const struct mhp_ctx *ctx, struct kconfig *config)
{
	int rc;

	ROOT_PATH(boot, "boot/config-%s", config->release);
	ROOT_PATH(modules, KERNEL_MODULES "/%s/config", config->release);

	rc = read_config(&ctx->sys, "proc/config.gz", config);
	if (rc == 0 && config->release[0])
		rc = read_config(&ctx->sys, boot, config);
	if (rc == 0 && config->release[0])
		rc = read_config(&ctx->sys, modules, config);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	infer_config(ctx, config);
	return 0;
}

const char *kconfig_lack(const struct kconfig *config, const char *module)
{
	static const struct {
		const char *module;
		enum kconfig_option needs;
	} needs[] = {
		{ "nd_pmem", CONFIG_PMEM },	   { "dax_pmem", CONFIG_ZONE_DEVICE },
		{ "dax_pmem", CONFIG_NVDIMM_DAX }, { "dax_pmem", CONFIG_DEV_DAX },
		{ "dax_pmem", CONFIG_DAX_PMEM },   { "device_dax", CONFIG_ZONE_DEVICE },
		{ "device_dax", CONFIG_DEV_DAX },  { "kmem", CONFIG_ZONE_DEVICE },
		{ "kmem", CONFIG_DEV_DAX },	   { "kmem", CONFIG_KMEM },
		{ "dax_cxl", CONFIG_ZONE_DEVICE }, { "dax_cxl", CONFIG_DEV_DAX },
		{ "dax_cxl", CONFIG_DAX_CXL },
	};

	for (size_t i = 0; *config->file && i < ARRAY_SIZE(needs); i++)
		if (strcmp(needs[i].module, module) == 0 &&
		    config->options[needs[i].needs] == MHP_TRISTATE_NO)
			return kconfig_names[needs[i].needs];
	return NULL;
}

int kconfig_read(const struct mhp_ctx *ctx, struct kconfig *config)
{
	if (root_read(&ctx->sys, KERNEL_RELEASE, config->release, sizeof(config->release)) < 0 ||
	    strchr(config->release, '/'))
		config->release[0] = '\0';
	return find_config(ctx, config);
}
