/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules for what else brings memory online or prevents that, and for the modules it needs. */
#include "lib/base/error.h"
#include "lib/doctor/doctor.h"
#include "lib/model/node.h"

#include <stdio.h>
#include <string.h>

static const struct fact_line *auto_online_line(const struct doctor *d)
{
	for (size_t i = 0; i < d->facts->nr_lines; i++)
		if (d->facts->lines[i].kind == FACT_LINE_AUTO_ONLINE)
			return &d->facts->lines[i];
	return NULL;
}

static void find_setter(const struct doctor *d, const char *value, char *who, size_t size)
{
	const struct fact_line *line = auto_online_line(d);
	const char *at_boot = d->facts->boot_online;

	if (line)
		snprintf(who, size, "%.160s:%u", line->file, line->line);
	else if (strcmp(at_boot, value) == 0)
		snprintf(who, size, "the boot parameter memhp_default_state=%s", value);
	else if (!*at_boot && d->facts->kconfig.options[CONFIG_DEFAULT_ONLINE] == MHP_TRISTATE_YES)
		snprintf(who, size, "the default of the kernel's configuration");
	else
		snprintf(who, size, "an unknown program");
}

static void look_auto_online(struct doctor *d)
{
	const char *value = d->topo->memory.auto_online_blocks;
	struct mhp_finding *finding;
	char who[200];

	if (!value[0])
		return;
	if (strcmp(value, "offline") == 0) {
		finding = doctor_find(d, MHP_SEVERITY_OK, "auto_online_blocks is offline");
	} else {
		find_setter(d, value, who, sizeof(who));
		finding = doctor_find(d, MHP_SEVERITY_WARNING,
				      "auto_online_blocks is %s, probably set by %s", value, who);
		str_copy(finding->fix, "echo offline >/" KERNEL_AUTO_ONLINE);
	}
	str_copy(finding->where, "/" KERNEL_AUTO_ONLINE);
}

static void look_boot_online(struct doctor *d)
{
	const char *value = d->facts->boot_online;
	struct mhp_finding *finding;
	char parameter[64];

	if (!value[0] || strcmp(value, "offline") == 0)
		return;
	finding = doctor_find(d, MHP_SEVERITY_WARNING, "booted with memhp_default_state=%s", value);
	str_copy(finding->where, "/" KERNEL_CMDLINE);
	str_format(parameter, "memhp_default_state=%s", value);
	doctor_fix_boot(d, finding, parameter, NULL);
}

static bool is_rule(const char *file)
{
	return strstr(file, "/udev/rules.d/");
}

static void look_auto_online_files(struct doctor *d)
{
	for (size_t i = 0; i < d->facts->nr_lines; i++) {
		const struct fact_line *line = &d->facts->lines[i];
		struct mhp_finding *finding;
		char where[300];

		if (line->kind != FACT_LINE_AUTO_ONLINE)
			continue;
		finding = doctor_find(d, MHP_SEVERITY_WARNING, "%s writes auto_online_blocks",
				      is_rule(line->file) ? "a udev rule"
				      : strstr(line->file, "/systemd/")
					      ? "a unit of systemd"
					      : "a file that is read at boot");
		str_format(where, "%s:%u", line->file, line->line);
		if (is_rule(line->file))
			doctor_fix_rule(finding, where, false);
		else
			doctor_fix_line(finding, line);
	}
}

static void look_udev(struct doctor *d)
{
	size_t rules = 0;

	for (size_t i = 0; i < d->topo->nr_onliners; i++) {
		const struct mhp_onliner *onliner = &d->topo->onliners[i];
		struct mhp_finding *finding;

		if (onliner->kind != MHP_ONLINER_UDEV_RULE)
			continue;
		if (onliner->is_uncertain)
			finding = doctor_find(d, MHP_SEVERITY_NOTE,
					      "a udev rule may bring memory blocks online: "
					      "this depends on facts unknown here");
		else
			finding = doctor_find(d, MHP_SEVERITY_WARNING,
					      "a udev rule brings memory blocks online");
		doctor_fix_rule(finding, onliner->where, onliner->is_alone);
		rules++;
	}
	if (!rules)
		doctor_find(d, MHP_SEVERITY_OK, "no udev rule brings memory blocks online");
}

static void look_daxctl(struct doctor *d)
{
	bool acts = d->facts->has_daxctl_rule;

	for (size_t i = 0; i < d->topo->nr_onliners; i++) {
		const struct mhp_onliner *onliner = &d->topo->onliners[i];
		struct mhp_finding *finding;
		char word[DOCTOR_WORD_MAX];

		if (onliner->kind != MHP_ONLINER_DAXCTL_UNIT)
			continue;
		finding =
			doctor_find(d, acts ? MHP_SEVERITY_WARNING : MHP_SEVERITY_NOTE,
				    acts ? "daxctl's udev rule acts on the sections of this file"
					 : "sections for daxctl, whose udev rule is not installed");
		str_copy(finding->where, onliner->where);
		doctor_word(onliner->where, word, sizeof(word));
		str_format(finding->fix, "mv %s %s.off", word, word);
	}
}

static void look_policy(struct doctor *d)
{
	int ratio = d->facts->auto_movable_ratio;
	bool is_used = strcmp(d->topo->memory.online_policy, "auto_movable") == 0;
	struct mhp_finding *finding;

	if (ratio < 0)
		return;
	if (ratio <= 100 * MOVABLE_RATIO_MAX + 1) {
		doctor_find(d, MHP_SEVERITY_OK, "online_policy is %s, auto_movable_ratio is %d",
			    d->topo->memory.online_policy, ratio);
		return;
	}
	finding = doctor_find(d, MHP_SEVERITY_WARNING, "auto_movable_ratio is %d%s", ratio,
			      is_used ? "" : " (online_policy contig-zones does not use it)");
	str_copy(finding->where, "/" KERNEL_MHP_PARAMETERS "/auto_movable_ratio");
	str_copy(finding->fix, "echo 301 >/" KERNEL_MHP_PARAMETERS "/auto_movable_ratio");
}

static void look_memmap(struct doctor *d)
{
	const char *value = d->topo->memory.memmap_on_memory;
	bool is_used = strcmp(value, "on") == 0 || strcmp(value, "force") == 0;
	bool stays_online = d->topo->machine.is_arm64; /* there such memory may never go offline */
	bool is_wanted = strcmp(value, "off") == 0 && !stays_online;
	struct mhp_finding *finding;

	if (!value[0])
		return;
	finding = doctor_find(
		d, is_wanted || (is_used && stays_online) ? MHP_SEVERITY_NOTE : MHP_SEVERITY_OK,
		"memmap_on_memory is %s%s%s", value,
		is_used && stays_online
			? ", and arm64 kernels may never take memory with its memmap "
			  "on itself offline"
			: "",
		strcmp(value, "unsupported") == 0 ? " with this size of pages and memory blocks"
						  : "");
	str_copy(finding->where, "/" KERNEL_MHP_PARAMETERS "/memmap_on_memory");
	if (is_wanted)
		doctor_fix_boot(d, finding, NULL, "memory_hotplug.memmap_on_memory=1");
	else if (is_used && stays_online)
		str_copy(finding->fix,
			 "boot without the parameter memory_hotplug.memmap_on_memory");
}

/* ---- our own rule and units -------------------------------------------------------------- */

static const struct fact_line *own_line(const struct doctor *d, size_t *at,
					enum fact_line_kind kind)
{
	for (; *at < d->facts->nr_lines; (*at)++)
		if (d->facts->lines[*at].kind == kind)
			return &d->facts->lines[(*at)++];
	return NULL;
}

static void fix_own(struct mhp_finding *finding, const struct fact_line *line)
{
	char word[DOCTOR_WORD_MAX];

	str_copy(finding->where, line->file);
	str_format(finding->fix, "rm %s && %s", doctor_word(line->file, word, sizeof(word)),
		   is_rule(line->file) ? "udevadm control --reload" : "systemctl daemon-reload");
}

/*
 * Checks our rule and units. Without a policy they do nothing, so a masked one is then only a note.
 */
static void look_own(struct doctor *d)
{
	enum mhp_severity severity =
		d->facts->has_policy ? MHP_SEVERITY_WARNING : MHP_SEVERITY_NOTE;
	const struct fact_line *line;
	struct mhp_finding *finding;
	size_t at = 0, found = d->nr;

	while ((line = own_line(d, &at, FACT_LINE_OWN_MASKED)))
		fix_own(doctor_find(d, severity, "mhpctl's %s is masked", line->text), line);
	at = 0;
	while ((line = own_line(d, &at, FACT_LINE_OWN_REPLACED)))
		fix_own(doctor_find(d, MHP_SEVERITY_NOTE, "another %s replaces mhpctl's",
				    line->text),
			line);
	if (!d->facts->has_own_rule && d->facts->has_policy) {
		finding = doctor_find(d, severity,
				      "there is a policy, and mhpctl's udev rule is not "
				      "installed");
		str_copy(finding->fix, "install 91-mhpctl.rules in /etc/udev/rules.d, and run "
				       "udevadm control --reload");
	} else if (d->facts->has_own_rule && d->nr == found) {
		doctor_find(d, MHP_SEVERITY_OK, "mhpctl's udev rule is in place");
	}
}

/*
 * Reports rules that overwrite SYSTEMD_WANTS; the fix changes "=" to "+=", which keeps the earlier
 * value.
 */
static void look_dropped(struct doctor *d)
{
	const char *script = "s/\\(SYSTEMD_WANTS} *\\):\\?=/\\1+=/";
	const struct fact_line *line;
	struct mhp_finding *finding;
	char from[DOCTOR_WORD_MAX];
	bool is_own;

	for (size_t at = 0; (line = own_line(d, &at, FACT_LINE_DROPS_OURS));) {
		finding =
			doctor_find(d,
				    d->facts->has_policy ? MHP_SEVERITY_WARNING : MHP_SEVERITY_NOTE,
				    "a udev rule after 91-mhpctl.rules overwrites SYSTEMD_WANTS");
		str_format(finding->where, "%s:%u", line->file, line->line);
		doctor_word(line->file, from, sizeof(from));
		is_own = strncmp(line->file, "/etc/", 5) == 0 ||
			 strncmp(line->file, "/run/", 5) == 0;
		if (is_own)
			str_format(finding->fix, "sed -i '%s' %s && udevadm control --reload",
				   script, from);
		else
			str_format(finding->fix,
				   "sed '%s' %.250s >/etc/udev/rules.d/%.200s && udevadm control "
				   "--reload",
				   script, from, strrchr(line->file, '/') + 1);
	}
}

/* ---- modules ----------------------------------------------------------------------------- */

static void look_blacklist(struct doctor *d)
{
	for (size_t i = 0; i < d->facts->nr_lines; i++) {
		const struct fact_line *line = &d->facts->lines[i];
		struct mhp_finding *finding;

		if (line->kind != FACT_LINE_BLACKLIST)
			continue;
		finding = doctor_find(d, MHP_SEVERITY_WARNING,
				      "module %s is blacklisted, or its load command is "
				      "replaced",
				      line->text);
		doctor_fix_line(finding, line);
	}
}

static bool names_module(const char *list, const char *module)
{
	size_t len = strlen(module);

	for (const char *at = strstr(list, module); at; at = strstr(at + 1, module))
		if ((at == list || at[-1] == ',') && strchr(",", at[len]))
			return true;
	return false;
}

/* Copies the list without the module; "" if nothing remains. */
static void remove_module(const char *list, const char *module, char *left, size_t size)
{
	size_t len = strlen(module), used = 0;

	*left = '\0';
	for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',') {
		size_t word = strcspn(at, ",");

		if (word && (word != len || strncmp(at, module, len) != 0) &&
		    used + word + 2 < size)
			used += (size_t)snprintf(left + used, size - used, "%s%.*s",
						 used ? "," : "", (int)word, at);
	}
}

static void find_in_list(struct doctor *d, const char *parameter, const char *list,
			 const char *module)
{
	char old[300], new[300], left[256];
	struct mhp_finding *finding;

	if (!names_module(list, module))
		return;
	finding = doctor_find(d, MHP_SEVERITY_WARNING, "a boot parameter blacklists module %s",
			      module);
	str_copy(finding->where, "/" KERNEL_CMDLINE);
	remove_module(list, module, left, sizeof(left));
	str_format(old, "%s=%s", parameter, list);
	str_format(new, "%s=%s", parameter, left);
	doctor_fix_boot(d, finding, old, left[0] ? new : NULL);
}

static bool is_blacklisted(const struct doctor *d, const char *module)
{
	return names_module(d->facts->kernel_blacklist, module) ||
	       names_module(d->facts->modprobe_blacklist, module);
}

static void look_modules(struct doctor *d)
{
	for (size_t i = 0; i < FACT_MODULES_MAX; i++) {
		const struct fact_module *module = &d->facts->modules[i];
		bool is_kmem = module->name && strcmp(module->name, "kmem") == 0;
		struct mhp_finding *finding;

		if (!module->name)
			continue;
		if (is_blacklisted(d, module->name)) {
			find_in_list(d, "module_blacklist", d->facts->kernel_blacklist,
				     module->name);
			find_in_list(d, "modprobe.blacklist", d->facts->modprobe_blacklist,
				     module->name);
		} else if (module->is_there == MHP_TRISTATE_NO) {
			finding = doctor_find(d, is_kmem ? MHP_SEVERITY_WARNING : MHP_SEVERITY_NOTE,
					      "module %s is missing", module->name);
			str_format(finding->where, "/lib/modules/%s", d->facts->kconfig.release);
			if (kconfig_lack(&d->facts->kconfig, module->name))
				str_format(finding->fix, "boot a kernel that is built with %s",
					   kconfig_lack(&d->facts->kconfig, module->name));
			else
				str_copy(finding->fix, "install all modules of the running kernel");
		} else if (module->is_there == MHP_TRISTATE_YES) {
			doctor_find(d, MHP_SEVERITY_OK, "module %s is %s", module->name,
				    module->is_loaded ? "loaded" : "there");
		}
	}
}

const struct doctor_rule doctor_onlining_rules[] = {
	{ "auto_online_blocks", "onlining",
	  "the kernel brings new memory online at once, maybe in a zone it cannot leave",
	  look_auto_online },
	{ "auto_online_boot", "onlining", "the setting comes back at every boot",
	  look_boot_online },
	{ "auto_online_file", "onlining", "the setting comes back at every boot",
	  look_auto_online_files },
	{ "udev_rule_onlines", "onlining",
	  "it races with other programs that bring memory online, and may choose another zone",
	  look_udev },
	{ "daxctl_config", "onlining",
	  "daxctl may take a device that mhpctl works on; mhpctl policy import converts its "
	  "sections",
	  look_daxctl },
	{ "auto_movable_ratio", "onlining",
	  "above 301 the kernel has too little memory for itself and for page tables",
	  look_policy },
	{ "memmap_on_memory", "onlining",
	  "the memmap of added memory, 64 bytes for each page, takes ordinary memory",
	  look_memmap },
	{ "own_units", "onlining",
	  "without them the policy is not applied at boot, or not for devices that appear later",
	  look_own },
	{ "own_rule_dropped", "onlining",
	  "the policy is not applied when a device appears: udev drops the unit to start",
	  look_dropped },
	{ "section_failed", "onlining",
	  "it is tried again only after a device or the policy has changed, or by mhpctl apply",
	  doctor_look_section_failed },
	{ "module_blacklisted", "modules",
	  "devices that need it are not set up, and mhpctl does not load it; someone disabled "
	  "it on purpose: ask why before you undo it",
	  look_blacklist },
	{ "module_missing", "modules", "devices that need it are not set up", look_modules },
	{ 0 },
};
