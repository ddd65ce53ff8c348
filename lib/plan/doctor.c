/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel, rights, modules, and who else brings memory online. */
#include "lib/plan/doctor.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 300

struct mhp_finding *doctor_find(struct doctor *d, enum mhp_severity severity, const char *fmt, ...)
{
	struct mhp_finding *grown = reallocarray(d->findings, d->nr + 1, sizeof(*grown)), *finding;
	va_list args;

	if (!grown) {
		d->failed = true;
		d->nr = 0; /* the first is written over; all are thrown away in the end */
		return d->findings;
	}
	d->findings = grown;
	finding = &grown[d->nr++];
	*finding = (struct mhp_finding){
		.id = d->rule->id,
		.group = d->rule->group,
		.why = d->rule->why,
		.severity = severity,
	};
	va_start(args, fmt);
	vsnprintf(finding->found, sizeof(finding->found), fmt, args);
	va_end(args);
	return finding;
}

const char *doctor_word(const char *text, char *buf, size_t size)
{
	size_t len = 0;

	if (!text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			       "._/@:+-")]) {
		mhp_copy_to(buf, size, text);
		return buf;
	}
	buf[len++] = '\'';
	for (; *text && len + 6 < size; text++) {
		if (*text == '\'')
			len += (size_t)snprintf(buf + len, size - len, "'\\''");
		else
			buf[len++] = *text;
	}
	buf[len++] = '\'';
	buf[len] = '\0';
	if (*text)
		buf[0] = '\0';
	return buf;
}

/* ---- kernel ------------------------------------------------------------------------------ */

static void config(struct doctor *d, enum fact_config which, enum mhp_severity severity)
{
	const char *from = d->facts->config_file;
	const char *name = fact_config_names[which];
	struct mhp_finding *finding;

	if (d->facts->config[which] == MHP_ANSWER_UNKNOWN)
		return;
	if (d->facts->config[which] == MHP_ANSWER_YES) {
		finding = doctor_find(d, MHP_SEVERITY_OK, "%s is set%s", name,
				      from[0] ? "" : " (inferred from what the kernel shows)");
	} else {
		finding = doctor_find(d, severity, "%s is not set%s", name,
				      from[0] ? "" : " (inferred from what the kernel shows)");
		mhp_format(finding->fix, "boot a kernel that is built with %s=y", name);
	}
	mhp_copy(finding->where, from);
}

static void look_hotplug(struct doctor *d)
{
	config(d, CONFIG_HOTPLUG, MHP_SEVERITY_ERROR);
}

static void look_hotremove(struct doctor *d)
{
	config(d, CONFIG_HOTREMOVE, MHP_SEVERITY_ERROR);
}

static void look_kmem(struct doctor *d)
{
	config(d, CONFIG_KMEM, MHP_SEVERITY_WARNING);
}

static void look_config_memmap(struct doctor *d)
{
	config(d, CONFIG_MEMMAP_ON_MEMORY, MHP_SEVERITY_NOTE);
}

static void look_page_monitor(struct doctor *d)
{
	config(d, CONFIG_PAGE_MONITOR, MHP_SEVERITY_NOTE);
}

static void look_dynamic_debug(struct doctor *d)
{
	config(d, CONFIG_DYNAMIC_DEBUG, MHP_SEVERITY_NOTE);
}

static void look_versions(struct doctor *d)
{
	doctor_find(d, MHP_SEVERITY_OK, "Linux %s, libmhp %s, built with libndctl %s, libkmod %s",
		    d->facts->release[0] ? d->facts->release : "(not known)", PACKAGE_VERSION,
		    NDCTL_VERSION, KMOD_VERSION);
}

/* ---- rights ------------------------------------------------------------------------------ */

static void look_rights(struct doctor *d)
{
	bool admin = d->facts->cap_sys_admin == MHP_ANSWER_YES;
	bool syslog = d->facts->cap_syslog == MHP_ANSWER_YES;
	struct mhp_finding *finding;

	if (d->facts->cap_sys_admin == MHP_ANSWER_UNKNOWN)
		return;
	if (admin && syslog) {
		doctor_find(d, MHP_SEVERITY_OK, "CAP_SYS_ADMIN and CAP_SYSLOG are held");
		return;
	}
	finding = doctor_find(d, MHP_SEVERITY_NOTE, "this process lacks %s%s%s",
			      admin ? "" : "CAP_SYS_ADMIN", admin || syslog ? "" : " and ",
			      syslog ? "" : "CAP_SYSLOG");
	mhp_copy(finding->fix, "sudo mhpctl doctor");
}

static void look_container(struct doctor *d)
{
	if (d->facts->in_container == MHP_ANSWER_YES) {
		struct mhp_finding *finding =
			doctor_find(d, MHP_SEVERITY_NOTE,
				    "this process runs in a container (other namespaces "
				    "of users or processes than the first)");

		mhp_copy(finding->fix, "run mhpctl on the host");
	} else if (d->facts->in_container == MHP_ANSWER_NO) {
		doctor_find(d, MHP_SEVERITY_OK, "not in a container");
	}
}

static void look_dmesg(struct doctor *d)
{
	bool is_kept = d->facts->dmesg_restrict > 0 && d->facts->cap_syslog == MHP_ANSWER_NO;
	struct mhp_finding *finding;

	if (d->facts->dmesg_restrict < 0)
		return;
	finding = doctor_find(d, is_kept ? MHP_SEVERITY_NOTE : MHP_SEVERITY_OK,
			      "kernel.dmesg_restrict is %d", d->facts->dmesg_restrict);
	mhp_copy(finding->where, "/" KERNEL_DMESG_RESTRICT);
	if (is_kept)
		mhp_copy(finding->fix, "sysctl -w kernel.dmesg_restrict=0");
}

/* ---- onlining ---------------------------------------------------------------------------- */

static const struct fact_line *auto_online_line(const struct doctor *d)
{
	for (size_t i = 0; i < d->facts->nr_lines; i++)
		if (d->facts->lines[i].kind == FACT_LINE_AUTO_ONLINE)
			return &d->facts->lines[i];
	return NULL;
}

static void say_who(const struct doctor *d, char *who, size_t size)
{
	const struct fact_line *line = auto_online_line(d);

	if (line)
		snprintf(who, size, "%.160s:%u", line->file, line->line);
	else if (d->facts->boot_online[0])
		snprintf(who, size, "the boot parameter memhp_default_state=%s",
			 d->facts->boot_online);
	else if (d->facts->config[CONFIG_DEFAULT_ONLINE] == MHP_ANSWER_YES)
		snprintf(who, size, "the default of the kernel's configuration");
	else
		snprintf(who, size, "somebody unknown");
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
		say_who(d, who, sizeof(who));
		finding = doctor_find(d, MHP_SEVERITY_WARNING,
				      "auto_online_blocks is %s, probably set by %s", value, who);
		mhp_copy(finding->fix, "echo offline >/" KERNEL_AUTO_ONLINE);
	}
	mhp_copy(finding->where, "/" KERNEL_AUTO_ONLINE);
}

static void look_boot_online(struct doctor *d)
{
	const char *value = d->facts->boot_online;
	struct mhp_finding *finding;

	if (!value[0] || strcmp(value, "offline") == 0)
		return;
	finding = doctor_find(d, MHP_SEVERITY_WARNING, "booted with memhp_default_state=%s", value);
	mhp_copy(finding->where, "/" KERNEL_CMDLINE);
	mhp_format(finding->fix,
		   "remove memhp_default_state=%s from the kernel's command line in the "
		   "configuration of the boot loader, and reboot",
		   value);
}

/* In /etc a line is made a comment; what a package owns is changed in a copy that hides it. */
static void comment_out(struct mhp_finding *finding, const char *file, unsigned line,
			const char *folder, const char *after)
{
	const char *name = strrchr(file, '/') + 1;
	char from[WORD_MAX], to[WORD_MAX], copy[WORD_MAX];

	mhp_format(finding->where, "%s:%u", file, line);
	if (strncmp(file, "/etc/", 5) == 0 || strncmp(file, "/run/", 5) == 0) {
		mhp_format(finding->fix, "sed -i '%us/^/#/' %s%s", line,
			   doctor_word(file, from, sizeof(from)), after);
		return;
	}
	mhp_format(copy, "%s/%.200s", folder, name);
	mhp_format(finding->fix, "sed '%us/^/#/' %.250s >%.250s%s", line,
		   doctor_word(file, from, sizeof(from)), doctor_word(copy, to, sizeof(to)), after);
}

static void look_auto_online_files(struct doctor *d)
{
	for (size_t i = 0; i < d->facts->nr_lines; i++) {
		const struct fact_line *line = &d->facts->lines[i];
		struct mhp_finding *finding;
		bool is_unit;

		if (line->kind != FACT_LINE_AUTO_ONLINE)
			continue;
		is_unit = strstr(line->file, "/systemd/system/");
		finding = doctor_find(d, MHP_SEVERITY_WARNING, "%s writes auto_online_blocks",
				      is_unit ? "a unit of systemd" : "a file that runs at boot");
		comment_out(finding, line->file, line->line,
			    is_unit ? "/etc/systemd/system" : "/etc/tmpfiles.d",
			    is_unit ? " && systemctl daemon-reload" : "");
	}
}

/* A rule may go on over lines that end in a backslash: all of them become comments. */
static void fix_rule(struct mhp_finding *finding, const char *where)
{
	const char *colon = strrchr(where, ':');
	char path[256], word[WORD_MAX];

	mhp_copy(finding->where, where);
	if (!colon)
		return;
	snprintf(path, sizeof(path), "%.*s", (int)(colon - where), where);
	if (strncmp(path, "/etc/", 5) == 0 || strncmp(path, "/run/", 5) == 0)
		mhp_format(
			finding->fix,
			"sed -i '%s{s/^/#/;:a;/\\\\$/{N;s/\\n\\([^#]\\)/\\n#\\1/;ba;}}' %s && udevadm control --reload",
			colon + 1, doctor_word(path, word, sizeof(word)));
	else
		mhp_format(finding->fix,
			   "ln -s /dev/null /etc/udev/rules.d/%s && udevadm control "
			   "--reload",
			   doctor_word(strrchr(path, '/') + 1, word, sizeof(word)));
}

static void look_udev(struct doctor *d)
{
	size_t rules = 0;

	for (size_t i = 0; i < d->topo->nr_onliners; i++) {
		const struct mhp_onliner *onliner = &d->topo->onliners[i];

		if (onliner->kind != MHP_ONLINER_UDEV_RULE)
			continue;
		fix_rule(doctor_find(d, MHP_SEVERITY_WARNING,
				     "a udev rule brings memory blocks online"),
			 onliner->where);
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
		char word[WORD_MAX];

		if (onliner->kind != MHP_ONLINER_DAXCTL_UNIT)
			continue;
		finding =
			doctor_find(d, acts ? MHP_SEVERITY_WARNING : MHP_SEVERITY_NOTE,
				    acts ? "daxctl's udev rule acts on the sections of this file"
					 : "sections for daxctl, whose udev rule is not installed");
		mhp_copy(finding->where, onliner->where);
		doctor_word(onliner->where, word, sizeof(word));
		mhp_format(finding->fix, "mv %s %s.off", word, word);
	}
}

static void look_policy(struct doctor *d)
{
	int ratio = d->facts->auto_movable_ratio;
	bool is_used = strcmp(d->topo->memory.online_policy, "auto_movable") == 0;
	struct mhp_finding *finding;

	if (ratio < 0)
		return;
	if (ratio <= 100 * DOCTOR_RATIO_MAX + 1) {
		doctor_find(d, MHP_SEVERITY_OK, "online_policy is %s, auto_movable_ratio is %d",
			    d->topo->memory.online_policy, ratio);
		return;
	}
	finding = doctor_find(d, MHP_SEVERITY_WARNING, "auto_movable_ratio is %d%s", ratio,
			      is_used ? "" : " (online_policy contig-zones does not use it)");
	mhp_copy(finding->where, "/" KERNEL_MHP_PARAMETERS "/auto_movable_ratio");
	mhp_copy(finding->fix, "echo 301 >/" KERNEL_MHP_PARAMETERS "/auto_movable_ratio");
}

static void look_memmap(struct doctor *d)
{
	const char *value = d->topo->memory.memmap_on_memory;
	bool is_off = strcmp(value, "off") == 0;
	struct mhp_finding *finding;

	if (!value[0])
		return;
	finding = doctor_find(d, is_off ? MHP_SEVERITY_NOTE : MHP_SEVERITY_OK,
			      "memmap_on_memory is %s", value);
	mhp_copy(finding->where, "/" KERNEL_MHP_PARAMETERS "/memmap_on_memory");
	if (is_off)
		mhp_copy(finding->fix, "add memory_hotplug.memmap_on_memory=1 to the kernel's "
				       "command line, and reboot");
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
				      "module %s is blacklisted, or its loading replaced",
				      line->text);
		comment_out(finding, line->file, line->line, "/etc/modprobe.d", "");
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

static void look_modules(struct doctor *d)
{
	for (size_t i = 0; i < FACT_MODULES_MAX; i++) {
		const struct fact_module *module = &d->facts->modules[i];
		bool is_kmem = module->name && strcmp(module->name, "kmem") == 0;
		struct mhp_finding *finding;

		if (!module->name)
			continue;
		if (names_module(d->facts->boot_blacklist, module->name)) {
			finding =
				doctor_find(d, MHP_SEVERITY_WARNING,
					    "a boot parameter blacklists module %s", module->name);
			mhp_copy(finding->where, "/" KERNEL_CMDLINE);
			mhp_copy(finding->fix,
				 "remove it from module_blacklist= or "
				 "modprobe.blacklist= of the boot loader, and reboot");
		} else if (module->is_there == MHP_ANSWER_NO) {
			finding = doctor_find(d, is_kmem ? MHP_SEVERITY_WARNING : MHP_SEVERITY_NOTE,
					      "module %s is not there", module->name);
			mhp_format(finding->where, "/lib/modules/%s", d->facts->release);
			mhp_copy(finding->fix, "install all modules of the running kernel");
		} else if (module->is_there == MHP_ANSWER_YES) {
			doctor_find(d, MHP_SEVERITY_OK, "module %s is %s", module->name,
				    module->is_loaded ? "loaded" : "there");
		}
	}
}

/* ---- the rules --------------------------------------------------------------------------- */

static const struct doctor_rule rules[] = {
	{ "kernel_hotplug", "kernel", "without it no memory can be added", look_hotplug },
	{ "kernel_hotremove", "kernel", "without it no memory can be taken offline",
	  look_hotremove },
	{ "kernel_kmem", "kernel", "without it a dax device cannot become memory", look_kmem },
	{ "kernel_memmap_on_memory", "kernel",
	  "without it the memmap of added memory takes ordinary memory", look_config_memmap },
	{ "kernel_page_monitor", "kernel",
	  "without it nobody can tell which pages keep a block online", look_page_monitor },
	{ "kernel_dynamic_debug", "kernel",
	  "without it the kernel does not say why an offline failed", look_dynamic_debug },
	{ "versions", "kernel", "what the kernel and libraries can do depends on them",
	  look_versions },
	{ "capabilities", "rights",
	  "changes need CAP_SYS_ADMIN, what the kernel says of a failure CAP_SYSLOG", look_rights },
	{ "container", "rights", "processes outside that hold pages are not seen from there",
	  look_container },
	{ "dmesg_restrict", "rights",
	  "the reason of a failed offline is in the kernel log, which may not be read",
	  look_dmesg },
	{ "auto_online_blocks", "onlining",
	  "the kernel brings new memory online at once, maybe in a zone it cannot leave",
	  look_auto_online },
	{ "auto_online_boot", "onlining", "the kernel's policy is so again after every boot",
	  look_boot_online },
	{ "auto_online_file", "onlining", "the kernel's policy is so again after every boot",
	  look_auto_online_files },
	{ "udev_rule_onlines", "onlining",
	  "it races with whoever brings memory online, and may choose another zone", look_udev },
	{ "daxctl_config", "onlining",
	  "daxctl may take a device that mhpctl works on; mhpctl policy import takes its sections "
	  "over",
	  look_daxctl },
	{ "auto_movable_ratio", "onlining",
	  "above 301 the kernel has too little memory for itself and for page tables",
	  look_policy },
	{ "memmap_on_memory", "onlining",
	  "the memmap of added memory, 1/64 of it, takes ordinary memory", look_memmap },
	{ "module_blacklisted", "modules",
	  "devices that need it are not set up, and mhpctl does not load it; somebody meant it so: "
	  "ask why before it is undone",
	  look_blacklist },
	{ "module_missing", "modules", "devices that need it are not set up", look_modules },
	{ 0 },
};

static void apply(struct doctor *d, const struct doctor_rule *rule)
{
	for (; rule->id; rule++) {
		d->rule = rule;
		rule->look(d);
	}
}

int doctor_judge(const struct facts *facts, const struct mhp_topology *topo,
		 struct mhp_finding **findings, size_t *nr)
{
	struct doctor d = { .facts = facts, .topo = topo };

	/* so that doctor_find() always has one to hand out */
	d.findings = calloc(1, sizeof(*d.findings));
	if (!d.findings)
		return -ENOMEM;
	apply(&d, rules);
	apply(&d, doctor_machine_rules);
	if (d.failed) {
		free(d.findings);
		return -ENOMEM;
	}
	*findings = d.findings;
	*nr = d.nr;
	return 0;
}
