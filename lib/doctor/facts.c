/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/doctor/facts.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/model/reporting.h"
#include "lib/sys/cmdline.h"
#include "lib/sys/confdirs.h"
#include "lib/sys/nd/libndctl.h"
#include "lib/sys/visibility.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

/* ---- rights, settings -------------------------------------------------------------------- */

static void read_rights(const struct mhp_ctx *ctx, struct facts *facts)
{
	if (ctx->is_copy) {
		facts_hide(facts, "capabilities", "a copied tree has no processes");
		return;
	}
	facts->cap_sys_admin = visibility_holds(&ctx->sys, CAP_SYS_ADMIN);
	facts->cap_syslog = visibility_holds(&ctx->sys, CAP_SYSLOG);
	facts->in_container = visibility_in_container(&ctx->sys);
}

static int read_number(const struct mhp_ctx *ctx, const char *path)
{
	int value;

	return root_read_int(&ctx->sys, path, &value) < 0 || value < 0 ? -1 : value;
}

static void read_settings(const struct mhp_ctx *ctx, struct facts *facts)
{
	char text[16];

	facts->dmesg_restrict = read_number(ctx, KERNEL_DMESG_RESTRICT);
	facts->auto_movable_ratio = read_number(ctx, KERNEL_MHP_PARAMETERS "/auto_movable_ratio");
	facts->crash_loaded = read_number(ctx, KERNEL_CRASH_LOADED);
	facts->crash_hotplug = read_number(ctx, KERNEL_CRASH_HOTPLUG);
	facts->movable_gigantic = read_number(ctx, KERNEL_MOVABLE_GIGANTIC);
	if (root_read(&ctx->sys, KERNEL_DEMOTION, text, sizeof(text)) == 0)
		facts->demotion = strcmp(text, "true") == 0 || strcmp(text, "1") == 0
					  ? MHP_TRISTATE_YES
					  : MHP_TRISTATE_NO;
	facts->dax_autoprobe_off = read_number(ctx, KERNEL_DAX_AUTOPROBE) == 0;
	facts->nd_autoprobe_off = read_number(ctx, KERNEL_ND_AUTOPROBE) == 0;
	if (facts->crash_loaded < 0)
		facts_hide(facts, "kdump", "whether a crash kernel is loaded cannot be read");
}

static void read_boot(const struct mhp_ctx *ctx, struct facts *facts)
{
	char cmdline[CMDLINE_MAX];

	if (cmdline_read(&ctx->sys, cmdline) < 0) {
		facts_hide(facts, "boot_parameters", "/" KERNEL_CMDLINE " cannot be read");
		return;
	}
	cmdline_value(cmdline, "memhp_default_state", facts->boot_online,
		      sizeof(facts->boot_online));
	cmdline_value(cmdline, "init_on_alloc", facts->init_on_alloc, sizeof(facts->init_on_alloc));
	cmdline_value(cmdline, "init_on_free", facts->init_on_free, sizeof(facts->init_on_free));
	cmdline_value(cmdline, "page_poison", facts->page_poison, sizeof(facts->page_poison));
	cmdline_value(cmdline, "modprobe.blacklist", facts->modprobe_blacklist,
		      sizeof(facts->modprobe_blacklist));
	cmdline_value(cmdline, "module_blacklist", facts->kernel_blacklist,
		      sizeof(facts->kernel_blacklist));
}

static int find_grub_part(const struct root *sys, const char *name, void *data)
{
	const char *dot = strrchr(name, '.');

	(void)sys;
	*(bool *)data |= dot && strcmp(dot, ".cfg") == 0;
	return 0;
}

static void find_boot_tool(const struct root *sys, struct facts *facts)
{
	if (root_seems(sys, BIN_GRUBBY_SBIN) || root_seems(sys, BIN_GRUBBY))
		facts->boot_tool = BOOT_TOOL_GRUBBY;
	else if (root_seems(sys, CONF_GRUB) &&
		 (root_seems(sys, BIN_UPDATE_GRUB_SBIN) || root_seems(sys, BIN_UPDATE_GRUB)))
		facts->boot_tool = BOOT_TOOL_UPDATE_GRUB;
	root_each(sys, CONF_GRUB_DIR, find_grub_part, &facts->has_grub_parts);
}

/* ---- libraries --------------------------------------------------------------------------- */

static bool is_library(const char *name)
{
	static const char *const names[] = { "libndctl.so.", "libdaxctl.so.",  "libkmod.so.",
					     "libudev.so.",  "libsystemd.so.", "libjson-c.so.",
					     "libz.so." };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/*
 * Lists the libraries that this process has mapped, with libndctl and those that it needs. None has
 * a function for its version, but the name of the file has it.
 */
static void read_libraries(const struct mhp_ctx *ctx, struct facts *facts)
{
	const struct root *sys = &ctx->sys;
	int rc = ctx->is_copy ? 0 : libndctl_load();
	cleanup_fclose FILE *file = root_fopen(sys, KERNEL_SELF_MAPS);
	cleanup_free char *line = NULL;
	size_t size = 0, len;
	const char *name;
	char text[128];

	if (rc < 0 && rc != -EOPNOTSUPP)
		facts_hide(facts, "libraries", strerror_r(-rc, text, sizeof(text)));
	while (file && root_getline(sys, &line, &size, file) > 0) {
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

static void hide_config(struct facts *facts)
{
	if (*facts->kconfig.unread)
		facts_unread(facts, facts->kconfig.unread);
	if (*facts->kconfig.file)
		return;
	for (size_t i = 0; i < CONFIG_DEFAULT_ONLINE; i++)
		if (facts->kconfig.options[i] == MHP_TRISTATE_UNKNOWN)
			facts_hide(facts, kconfig_names[i],
				   "the kernel configuration is missing, and cannot be inferred");
}

static void hide_unread(struct facts *facts)
{
	char why[sizeof(facts->hidden->why)];

	if (!facts->nr_unread)
		return;
	if (facts->nr_unread == 1)
		str_format(why, "/%.80s cannot be read", facts->unread);
	else
		str_format(why, "/%.80s and %u more cannot be read", facts->unread,
			   facts->nr_unread - 1);
	facts_hide(facts, "files", why);
}

/* Lists what the rules for free page reporting need and could not be read. */
static void hide_reporting(struct facts *facts)
{
	const struct mhp_hidden *hidden;

	for (size_t i = 0; (hidden = mhp_reporting_hidden(facts->reporting, i)); i++)
		if (strcmp(hidden->what, "balloons") == 0)
			facts_hide(facts, "balloons", hidden->why);
		else if (strcmp(hidden->what, "order") == 0)
			facts_hide(facts, "reporting_order", hidden->why);
}

int facts_read(struct mhp_ctx *ctx, struct facts *facts)
{
	int rc;

	*facts = (struct facts){ 0 };
	root_lack_reset(&ctx->sys);
	rc = kconfig_read(ctx, &facts->kconfig);
	if (rc < 0)
		return rc;
	hide_config(facts);
	read_rights(ctx, facts);
	read_settings(ctx, facts);
	read_boot(ctx, facts);
	find_boot_tool(&ctx->sys, facts);
	read_libraries(ctx, facts);
	rc = facts_read_files(ctx, facts);
	if (rc == 0)
		rc = facts_read_interrupted(ctx, facts);
	if (rc == 0)
		rc = facts_read_failed_sections(ctx, facts);
	if (rc == 0)
		rc = reporting_read(ctx, &facts->reporting);
	if (rc == 0)
		hide_reporting(facts);
	facts_read_traces(ctx, facts);
	hide_unread(facts);
	return rc < 0 ? rc : root_lack(&ctx->sys);
}
