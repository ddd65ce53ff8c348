/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds what sets auto_online_blocks, and whether our own rule and units are as installed. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/doctor/walk.h"
#include "lib/sys/confdirs.h"

#include <errno.h>
#include <string.h>

#define OWN_RULE    "91-mhpctl.rules"
#define DAXCTL_RULE "90-daxctl-device.rules"

/* ---- settings of auto_online_blocks ------------------------------------------------------ */

static const char *find_mention(const char *line)
{
	line += strspn(line, " \t");
	return strchr("#;", *line) ? NULL : strstr(line, "auto_online_blocks");
}

static bool wants_any(const char *line, char *text, size_t size)
{
	str_copy_to(text, size, "auto_online_blocks");
	return find_mention(line);
}

/*
 * Keeps Exec lines. Other settings of a unit, such as conditions, only read it or allow access to
 * it.
 */
static bool wants_command(const char *line, char *text, size_t size)
{
	line += strspn(line, " \t");
	return strncmp(line, "Exec", 4) == 0 && wants_any(line, text, size);
}

/*
 * Keeps rules that write it: ATTR{...auto_online_blocks}="online" does, and a program may do so; ==
 * and != only compare.
 */
static bool wants_rule(const char *line, char *text, size_t size)
{
	const char *at = find_mention(line);
	bool runs = strstr(line, "RUN") || strstr(line, "PROGRAM") || strstr(line, "IMPORT");

	if (!at)
		return false;
	at += strlen("auto_online_blocks");
	if (*at == '}') {
		at += 1 + strspn(at + 1, " \t");
		runs = *at == ':' || (*at == '=' && at[1] != '=');
	}
	return runs && wants_any(line, text, size);
}

static int read_auto_online(struct mhp_ctx *ctx, struct facts *facts)
{
	struct walk walks[] = {
		{ .folders = confdirs_tmpfiles, .wants = wants_any, .suffix = ".conf" },
		{ .folders = confdirs_units,
		  .wants = wants_command,
		  .suffix = ".service",
		  .drop_ins = "service.d",
		  .joins = true },
		{ .folders = confdirs_udev_rules,
		  .wants = wants_rule,
		  .suffix = ".rules",
		  .is_rules = true,
		  .joins = true },
		{ .folders = confdirs_sysfs, .wants = wants_any, .suffix = ".conf" },
	};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(walks) && rc == 0; i++) {
		walks[i].ctx = ctx;
		walks[i].facts = facts;
		walks[i].kind = FACT_LINE_AUTO_ONLINE;
		rc = walk_folders(&walks[i]);
	}
	if (rc == 0)
		rc = walk_file(&walks[0], CONF_SYSFS);
	return rc == 0 ? walk_file(&walks[0], CONF_RC_LOCAL) : rc;
}

/* ---- our own rule and units -------------------------------------------------------------- */

static int stop_at_first(const struct root *sys, const char *name, void *data)
{
	(void)sys;
	(void)name;
	(void)data;
	return -EEXIST;
}

static bool has_policy(const struct root *sys, struct facts *facts)
{
	for (size_t i = 0; confdirs_policy[i]; i++) {
		int rc = root_each(sys, confdirs_policy[i], stop_at_first, NULL);

		if (rc == -EEXIST)
			return true;
		if (rc < 0 && rc != -ENOENT)
			facts_unread(facts, confdirs_policy[i]);
	}
	return false;
}

/*
 * Finds a file of that name in the first directory that has one. Returns the directory's index, or
 * -1.
 */
static int first_folder(const struct root *sys, const char *const *folders, const char *name,
			char *found, size_t size)
{
	for (int i = 0; folders[i]; i++) {
		snprintf(found, size, "%s/%s", folders[i], name);
		if (root_exists(sys, found) != 0)
			return i;
	}
	return -1;
}

/* Returns whether a file is empty or a link to /dev/null. */
static bool is_mask(const struct root *sys, const char *path)
{
	char text[2];

	return root_is_null(sys, path) || root_read_text(sys, path, text, sizeof(text)) == 0;
}

static int read_masks(struct mhp_ctx *ctx, struct facts *facts)
{
	static const struct {
		const char *const *folders;
		const char *name;
	} own[] = {
		{ confdirs_udev_rules, OWN_RULE },
		{ confdirs_units, "mhpctl-apply.service" },
		{ confdirs_units, "mhpctl-event.service" },
		{ confdirs_units, "mhpctl-ready.target" },
	};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(own) && rc == 0; i++) {
		struct fact_line found = { .kind = FACT_LINE_OWN_MASKED };
		char path[ROOT_PATH_MAX];
		int at = first_folder(&ctx->sys, own[i].folders, own[i].name, path, sizeof(path));

		if (at < 0 || !confdirs_is_own(path))
			continue;
		if (!is_mask(&ctx->sys, path))
			found.kind = FACT_LINE_OWN_REPLACED;
		str_format(found.file, "/%.200s", path);
		str_copy(found.text, own[i].name);
		rc = facts_add_line(facts, &found);
	}
	return rc;
}

/*
 * Keeps rules after ours with ENV{SYSTEMD_WANTS}="..." for a dax device, a region or a CXL memory
 * device, which drop ours.
 */
static bool wants_dropping(const char *line, char *text, size_t size)
{
	const char *at = strstr(line, "SYSTEMD_WANTS}");
	bool is_about =
		strstr(line, "\"dax\"") || strstr(line, "\"nd\"") || strstr(line, "\"cxl\"");

	if (!at || !is_about || line[strspn(line, " \t")] == '#')
		return false;
	at += strlen("SYSTEMD_WANTS}");
	at += strspn(at, " \t");
	at += *at == ':';
	str_copy_to(text, size, "SYSTEMD_WANTS");
	return *at == '=' && at[1] != '=';
}

/*
 * Keeps rules of kdump: SUBSYSTEM=="memory", ACTION=="online", GOTO="kdump_reload" and similar. A
 * rule that checks crash_hotplug does not reload if the kernel updates its list itself.
 */
static bool wants_reload(const char *line, char *text, size_t size)
{
	const char *at = line + strspn(line, " \t");
	bool reloads = strstr(at, "kdump") || strstr(at, "kexec");

	str_copy_to(text, size, "kdump");
	return *at != '#' && strstr(at, "SUBSYSTEM") && strstr(at, "\"memory\"") && reloads &&
	       !strstr(at, "crash_hotplug");
}

int facts_read_onliners(struct mhp_ctx *ctx, struct facts *facts)
{
	struct walk reloading = {
		.ctx = ctx,
		.facts = facts,
		.folders = confdirs_udev_rules,
		.wants = wants_reload,
		.kind = FACT_LINE_KDUMP,
		.suffix = ".rules",
		.is_second = true,
		.joins = true,
	};
	struct walk dropping = {
		.ctx = ctx,
		.facts = facts,
		.folders = confdirs_udev_rules,
		.wants = wants_dropping,
		.kind = FACT_LINE_DROPS_OURS,
		.suffix = ".rules",
		.after = OWN_RULE,
		.is_rules = true,
		.joins = true,
	};
	char path[ROOT_PATH_MAX];
	int rc = read_auto_online(ctx, facts);

	facts->has_policy = has_policy(&ctx->sys, facts);
	facts->has_daxctl_rule = first_folder(&ctx->sys, confdirs_udev_rules, DAXCTL_RULE, path,
					      sizeof(path)) >= 0 &&
				 !is_mask(&ctx->sys, path);
	facts->has_own_rule =
		first_folder(&ctx->sys, confdirs_udev_rules, OWN_RULE, path, sizeof(path)) >= 0;
	if (rc == 0)
		rc = read_masks(ctx, facts);
	if (rc == 0)
		rc = walk_folders(&dropping);
	return rc == 0 ? walk_folders(&reloading) : rc;
}
