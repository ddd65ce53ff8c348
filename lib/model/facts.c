/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/facts.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/sys/sight.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define MEMORY "sys/devices/system/memory"

const char *const fact_config_names[CONFIG_MAX] = {
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
};

void facts_hide(struct facts *facts, const char *what, const char *why)
{
	if (facts->nr_hidden == FACT_HIDDEN_MAX)
		return;
	mhp_copy(facts->hidden[facts->nr_hidden].what, what);
	mhp_copy(facts->hidden[facts->nr_hidden].why, why);
	facts->nr_hidden++;
}

void facts_unread(struct facts *facts, const char *path)
{
	if (!facts->nr_unread++)
		mhp_copy(facts->unread, path);
}

int facts_add_line(struct facts *facts, const struct fact_line *line)
{
	struct fact_line *grown =
		reallocarray(facts->lines, facts->nr_lines + 1, sizeof(*facts->lines));

	if (!grown)
		return -ENOMEM;
	facts->lines = grown;
	grown[facts->nr_lines++] = *line;
	return 0;
}

void facts_clear(struct facts *facts)
{
	free(facts->lines);
}

/* ---- configuration of the kernel --------------------------------------------------------- */

/* "CONFIG_X=y" or "=m"; "# CONFIG_X is not set" is a comment, and so no as every other. */
static void take_config(struct facts *facts, const char *line)
{
	for (size_t i = 0; i < CONFIG_MAX; i++) {
		size_t len = strlen(fact_config_names[i]);

		if (strncmp(line, fact_config_names[i], len) == 0 && line[len] == '=' &&
		    strchr("ym", line[len + 1]))
			facts->config[i] = MHP_ANSWER_YES;
	}
	/* since 6.14 there is a choice of how */
	if (strncmp(line, "CONFIG_MHP_DEFAULT_ONLINE_TYPE_ONLINE", 37) == 0)
		facts->config[CONFIG_DEFAULT_ONLINE] = MHP_ANSWER_YES;
}

/* Whether all of it could be read, which an archive that was cut off could not. */
static int config_end(gzFile file)
{
	int code = Z_OK;

	gzerror(file, &code);
	gzclose(file);
	return code == Z_OK || code == Z_STREAM_END ? 0 : code == Z_MEM_ERROR ? -ENOMEM : -EIO;
}

/* zlib reads a file that is not compressed as it is. 1, 0 where it tells nothing, or -ENOMEM. */
static int read_config(const struct sysfs *sys, const char *path, struct facts *facts)
{
	int fd = sysfs_open(sys, path, 0);
	gzFile file = fd < 0 ? NULL : gzdopen(fd, "rb");
	size_t lines = 0;
	char line[512];
	int rc;

	if (!file) {
		if (fd >= 0)
			close(fd);
		return fd < 0 ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < CONFIG_MAX; i++)
		facts->config[i] = MHP_ANSWER_NO;
	while (gzgets(file, line, sizeof(line))) {
		take_config(facts, line);
		lines += strncmp(line, "CONFIG_", 7) == 0;
	}
	rc = config_end(file);
	if (rc < 0)
		facts_unread(facts, path);
	else if (lines)
		mhp_format(facts->config_file, "/%s", path);
	if (rc < 0 || !lines) /* empty, or no configuration at all */
		memset(facts->config, 0, sizeof(facts->config));
	return rc == -ENOMEM ? rc : rc == 0 && lines;
}

/* Of a copy that what is not there may just not have been copied. */
static enum mhp_answer is_there(const struct mhp_ctx *ctx, const char *path)
{
	int rc = sysfs_exists(&ctx->sys, path);

	if (rc > 0)
		return MHP_ANSWER_YES;
	return rc < 0 || ctx->is_copy ? MHP_ANSWER_UNKNOWN : MHP_ANSWER_NO;
}

static int first_block(const struct sysfs *sys, const char *name, void *data)
{
	uint64_t id;

	(void)sys;
	if (sysfs_name_id(name, "memory", &id) < 0)
		return 0;
	mhp_copy_to(data, 32, name);
	return -EEXIST; /* one is enough */
}

static void infer_config(const struct mhp_ctx *ctx, struct facts *facts)
{
	char block[32] = "";

	facts->config[CONFIG_HOTPLUG] = is_there(ctx, KERNEL_AUTO_ONLINE);
	sysfs_each(&ctx->sys, MEMORY, first_block, block);
	SYSFS_PATH(zones, MEMORY "/%s/valid_zones", block);
	if (block[0])
		facts->config[CONFIG_HOTREMOVE] = is_there(ctx, zones);
	if (sysfs_seems(&ctx->sys, "sys/bus/dax/drivers/kmem"))
		facts->config[CONFIG_KMEM] = MHP_ANSWER_YES;
	facts->config[CONFIG_MEMMAP_ON_MEMORY] =
		is_there(ctx, KERNEL_MHP_PARAMETERS "/memmap_on_memory");
	facts->config[CONFIG_PAGE_MONITOR] = is_there(ctx, "proc/kpageflags");
	facts->config[CONFIG_DYNAMIC_DEBUG] = is_there(ctx, "proc/dynamic_debug/control");
}

static int find_config(const struct mhp_ctx *ctx, struct facts *facts)
{
	int rc;

	SYSFS_PATH(boot, "boot/config-%s", facts->release);
	SYSFS_PATH(modules, "lib/modules/%s/config", facts->release);

	rc = read_config(&ctx->sys, "proc/config.gz", facts);
	if (rc == 0 && facts->release[0])
		rc = read_config(&ctx->sys, boot, facts);
	if (rc == 0 && facts->release[0])
		rc = read_config(&ctx->sys, modules, facts);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	infer_config(ctx, facts);
	for (size_t i = 0; i < CONFIG_DEFAULT_ONLINE; i++)
		if (facts->config[i] == MHP_ANSWER_UNKNOWN)
			facts_hide(facts, fact_config_names[i],
				   "no configuration of the kernel is there, and nothing shows it");
	return 0;
}

const char *facts_lack(const struct facts *facts, const char *module)
{
	static const struct {
		const char *module;
		enum fact_config needs;
	} needs[] = {
		{ "nd_pmem", CONFIG_PMEM },	   { "dax_pmem", CONFIG_ZONE_DEVICE },
		{ "dax_pmem", CONFIG_NVDIMM_DAX }, { "dax_pmem", CONFIG_DEV_DAX },
		{ "dax_pmem", CONFIG_DAX_PMEM },   { "device_dax", CONFIG_ZONE_DEVICE },
		{ "device_dax", CONFIG_DEV_DAX },  { "kmem", CONFIG_ZONE_DEVICE },
		{ "kmem", CONFIG_DEV_DAX },	   { "kmem", CONFIG_KMEM },
	};

	for (size_t i = 0; *facts->config_file && i < ARRAY_SIZE(needs); i++)
		if (strcmp(needs[i].module, module) == 0 &&
		    facts->config[needs[i].needs] == MHP_ANSWER_NO)
			return fact_config_names[needs[i].needs];
	return NULL;
}

int facts_read_config(const struct mhp_ctx *ctx, struct facts *facts)
{
	if (sysfs_read(&ctx->sys, KERNEL_RELEASE, facts->release, sizeof(facts->release)) < 0 ||
	    strchr(facts->release, '/'))
		facts->release[0] = '\0';
	return find_config(ctx, facts);
}

/* ---- rights, settings -------------------------------------------------------------------- */

static void read_rights(const struct mhp_ctx *ctx, struct facts *facts)
{
	if (ctx->is_copy) {
		facts_hide(facts, "capabilities", "a copied tree has no processes");
		return;
	}
	facts->cap_sys_admin = sight_holds(&ctx->sys, CAP_SYS_ADMIN);
	facts->cap_syslog = sight_holds(&ctx->sys, CAP_SYSLOG);
	facts->in_container = sight_in_container(&ctx->sys);
}

static int number(const struct mhp_ctx *ctx, const char *path)
{
	int value;

	return sysfs_read_int(&ctx->sys, path, &value) < 0 || value < 0 ? -1 : value;
}

static void read_settings(const struct mhp_ctx *ctx, struct facts *facts)
{
	char text[16];

	facts->dmesg_restrict = number(ctx, KERNEL_DMESG_RESTRICT);
	facts->auto_movable_ratio = number(ctx, KERNEL_MHP_PARAMETERS "/auto_movable_ratio");
	facts->crash_loaded = number(ctx, "sys/kernel/kexec_crash_loaded");
	facts->crash_hotplug = number(ctx, KERNEL_CRASH_HOTPLUG);
	facts->movable_gigantic = number(ctx, KERNEL_MOVABLE_GIGANTIC);
	if (sysfs_read(&ctx->sys, KERNEL_DEMOTION, text, sizeof(text)) == 0)
		facts->demotion = strcmp(text, "true") == 0 || strcmp(text, "1") == 0
					  ? MHP_ANSWER_YES
					  : MHP_ANSWER_NO;
	facts->has_tiers = sysfs_seems(&ctx->sys, "sys/devices/virtual/memory_tiering");
	facts->dax_autoprobe_off = number(ctx, KERNEL_DAX_AUTOPROBE) == 0;
	facts->nd_autoprobe_off = number(ctx, KERNEL_ND_AUTOPROBE) == 0;
	if (facts->crash_loaded < 0)
		facts_hide(facts, "kdump", "whether a crash kernel is loaded cannot be read");
}

/* The kernel takes - and _ for the same in names of parameters. */
static bool is_parameter(const char *word, const char *key)
{
	for (; *key; key++, word++)
		if (*word != *key && !(*word == '-' && *key == '_'))
			return false;
	return *word == '=';
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The value of a boot parameter, the last where it stands several times. */
static void boot_value(const char *cmdline, const char *key, char *value, size_t size)
{
	size_t len;

	for (const char *word = cmdline + strspn(cmdline, " \n"); *word;
	     word += strspn(word, " \n")) {
		len = strcspn(word, " \n");
		if (is_parameter(word, key) && strlen(key) < len)
			mhp_copy_to(value, least(size, len - strlen(key)), word + strlen(key) + 1);
		word += len;
	}
}

static void read_boot(const struct mhp_ctx *ctx, struct facts *facts)
{
	char cmdline[4097];
	int len = sysfs_read_text(&ctx->sys, KERNEL_CMDLINE, cmdline, sizeof(cmdline) - 1);

	if (len < 0) {
		facts_hide(facts, "boot_parameters", "/proc/cmdline cannot be read");
		return;
	}
	boot_value(cmdline, "memhp_default_state", facts->boot_online, sizeof(facts->boot_online));
	boot_value(cmdline, "init_on_alloc", facts->init_on_alloc, sizeof(facts->init_on_alloc));
	boot_value(cmdline, "modprobe.blacklist", facts->modprobe_blacklist,
		   sizeof(facts->modprobe_blacklist));
	boot_value(cmdline, "module_blacklist", facts->kernel_blacklist,
		   sizeof(facts->kernel_blacklist));
}

static int grub_part(const struct sysfs *sys, const char *name, void *data)
{
	const char *dot = strrchr(name, '.');

	(void)sys;
	*(bool *)data |= dot && strcmp(dot, ".cfg") == 0;
	return 0;
}

static void find_boot_tool(const struct sysfs *sys, struct facts *facts)
{
	if (sysfs_seems(sys, "usr/sbin/grubby") || sysfs_seems(sys, "usr/bin/grubby"))
		facts->boot_tool = BOOT_TOOL_GRUBBY;
	else if (sysfs_seems(sys, "etc/default/grub") &&
		 (sysfs_seems(sys, "usr/sbin/update-grub") ||
		  sysfs_seems(sys, "usr/bin/update-grub")))
		facts->boot_tool = BOOT_TOOL_UPDATE_GRUB;
	sysfs_each(sys, "etc/default/grub.d", grub_part, &facts->has_grub_parts);
}

/* ---- libraries ---------------------------------------------------------------------------- */

static bool is_library(const char *name)
{
	static const char *const names[] = { "libndctl.so.",  "libdaxctl.so.", "libkmod.so.",
					     "libudev.so.",   "libinih.so.",   "libsystemd.so.",
					     "libjson-c.so.", "libz.so." };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* None of them says its version when asked; what is mapped is a file with the version in its name.
 */
static void read_libraries(const struct sysfs *sys, struct facts *facts)
{
	cleanup_fclose FILE *file = sysfs_fopen(sys, "proc/self/maps");
	cleanup_free char *line = NULL;
	size_t size = 0, len;
	const char *name;

	while (file && sysfs_getline(sys, &line, &size, file) > 0) {
		name = strrchr(line, '/');
		if (!name || !is_library(++name))
			continue;
		line[(size_t)(name - line) + strcspn(name, " \n")] = '\0';
		len = strlen(facts->libraries);
		if (!strstr(facts->libraries, name))
			snprintf(facts->libraries + len, sizeof(facts->libraries) - len, "%s%s",
				 len ? ", " : "", name);
	}
}

static void hide_unread(struct facts *facts)
{
	char why[sizeof(facts->hidden->why)];

	if (!facts->nr_unread)
		return;
	if (facts->nr_unread == 1)
		mhp_format(why, "/%.80s cannot be read", facts->unread);
	else
		mhp_format(why, "/%.80s and %u more cannot be read", facts->unread,
			   facts->nr_unread - 1);
	facts_hide(facts, "files", why);
}

int facts_read(struct mhp_ctx *ctx, struct facts *facts)
{
	int rc;

	*facts = (struct facts){ 0 };
	sysfs_lack_reset(&ctx->sys);
	rc = facts_read_config(ctx, facts);
	if (rc < 0)
		return rc;
	read_rights(ctx, facts);
	read_settings(ctx, facts);
	read_boot(ctx, facts);
	find_boot_tool(&ctx->sys, facts);
	read_libraries(&ctx->sys, facts);
	rc = facts_read_files(ctx, facts);
	hide_unread(facts);
	return rc < 0 ? rc : sysfs_lack(&ctx->sys);
}
