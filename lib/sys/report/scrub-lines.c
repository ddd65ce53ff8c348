/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeps parts of files. A line that is left out becomes "#", so that the numbers of the others
 * stay, and a file does not become empty, which has a meaning for rules and units.
 */
#include "lib/base/cleanup.h"
#include "lib/sys/report/report.h"
#include "lib/sys/statedir.h"

#include <errno.h>
#include <string.h>

#define LEFT_OUT "left-out"

/* Part of a line that matters to memory, of rules, units and settings. */
static const char *const matters[] = {
	"memory", "dax",    "\"nd\"",	   "\"cxl\"",	     "nvdimm",	       "nfit",	"pmem",
	"kmem",	  "cxl",    "auto_online", "SYSTEMD_WANTS",  "kdump",	       "kexec", "hotplug",
	"hmem",	  "mhpctl", "virtio_mem",  "virtio_balloon", "page_reporting", NULL,
};

/* Parameters of the kernel that matter to memory. */
static const char *const parameters[] = {
	"acpi",
	"crashkernel",
	"cxl",
	"dax",
	"default_hugepagesz",
	"device_dax",
	"efi=",
	"hugepages",
	"hugetlb",
	"init_on_",
	"iommu",
	"kernelcore",
	"kmem",
	"libnvdimm",
	"mem=",
	"memblock",
	"memhp",
	"memmap",
	"memory_hotplug",
	"module_blacklist",
	"modprobe.blacklist",
	"modprobe_blacklist",
	"movable",
	"nd_",
	"nfit",
	"node_reclaim",
	"nokaslr",
	"numa",
	"page_poison",
	"page_reporting",
	"slub_debug",
	"transparent_hugepage",
	"virtio_balloon",
	"virtio_mem",
	NULL,
};

static const char *const libraries[] = {
	"libndctl.", "libdaxctl.", "libcxl.",	"libkmod.", "libudev.", "libsystemd.", "libjson-c.",
	"libz.",     "libuuid.",   "libblkid.", "libmhp.",  "libc.",	NULL,
};

static bool begins_with_any(const char *text, size_t len, const char *const *list)
{
	for (; *list; list++)
		if (len >= strlen(*list) && strncmp(text, *list, strlen(*list)) == 0)
			return true;
	return false;
}

static bool has_any(const char *text, size_t len, const char *const *list)
{
	for (; *list; list++)
		if (memmem(text, len, *list, strlen(*list)))
			return true;
	return false;
}

static bool is_comment(const char *line, size_t len)
{
	size_t blank = strspn(line, " \t");

	return blank < len && strchr("#;", line[blank]);
}

/* ---- lines --------------------------------------------------------------------------------- */

/* Returns the length of a line with its newline. */
static size_t line_length(const char *line, size_t left)
{
	const char *end = memchr(line, '\n', left);

	return end ? (size_t)(end + 1 - line) : left;
}

/* Returns the length of a line with those that continue it, after a backslash. */
static size_t joined_length(const char *line, size_t left)
{
	size_t len = line_length(line, left);

	while (len < left && len >= 2 && line[len - 2] == '\\')
		len += line_length(line + len, left - len);
	return len;
}

/* Adds a "#" for each line. */
static int add_hashes(struct buf *to, const char *lines, size_t len)
{
	int rc = 0;

	for (size_t at = 0; at < len && rc == 0; at += line_length(lines + at, len - at))
		rc = buf_add(to, "#\n", 2);
	return rc;
}

/* Keeps a line of rules, units or settings as it is, or not at all. */
static int keep_line(const struct report_entry *entry, const char *line, size_t len, struct buf *to)
{
	bool is_rule = report_ends(entry->path, ".rules");

	if (!is_comment(line, len) && (is_rule || has_any(line, len, matters)))
		return buf_add(to, line, len);
	return add_hashes(to, line, len);
}

/* Adds the command of a hook to the secrets: other files may have it, in JSON with escapes. */
static int hide_command(const char *text, size_t len, struct report_secrets *secrets)
{
	cleanup_buf struct buf escaped = { 0 };
	size_t blank = strspn(text, " \t");
	int rc = 0;

	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	if (len <= blank)
		return 0;
	for (size_t i = blank; i < len && rc == 0; i++) {
		if (strchr("\"\\", text[i]))
			rc = buf_add(&escaped, "\\", 1);
		if (rc == 0)
			rc = buf_add(&escaped, text + i, 1);
	}
	if (rc == 0)
		rc = report_secret_add(secrets, text + blank, len - blank, "/" LEFT_OUT);
	return rc < 0 ? rc : report_secret_add(secrets, escaped.data, escaped.len, "/" LEFT_OUT);
}

/* Keeps a line of a policy, without the command of a hook. */
static int keep_policy_line(const char *line, size_t len, struct buf *to,
			    struct report_secrets *secrets)
{
	static const char hook[] = "hook.";
	const char *key = line + strspn(line, " \t"), *equals = memchr(line, '=', len);
	static const char command[] = "= /" LEFT_OUT "\n";
	int rc;

	if (is_comment(line, len))
		return add_hashes(to, line, len);
	if (!equals || strncmp(key, hook, strlen(hook)) != 0 || report_begins(key, "hook.timeout"))
		return buf_add(to, line, len);
	rc = hide_command(equals + 1, len - (size_t)(equals + 1 - line), secrets);
	if (rc == 0)
		rc = buf_add(to, line, (size_t)(equals - line));
	return rc < 0 ? rc : buf_add(to, command, strlen(command));
}

/* Keeps of a list of modules those that matter. */
static int keep_module(const char *line, size_t len, struct buf *to)
{
	return has_any(line, len, matters) ? buf_add(to, line, len) : 0;
}

/* Keeps of the mappings of the program the names of libraries that it uses. */
static int keep_library(const char *line, size_t len, struct buf *to)
{
	static const char head[] = "0-0 r--p 0 0:0 0 /";
	const char *slash = memrchr(line, '/', len);
	int rc;

	if (!slash || !begins_with_any(slash + 1, len - (size_t)(slash + 1 - line), libraries))
		return 0;
	rc = buf_add(to, head, strlen(head));
	return rc < 0 ? rc : buf_add(to, slash + 1, len - (size_t)(slash + 1 - line));
}

/* Returns whether a word begins with such a parameter; the kernel treats - and _ as the same. */
static bool is_kept_parameter(const char *word, size_t len)
{
	char name[64];
	size_t end = len < sizeof(name) - 1 ? len : sizeof(name) - 1;

	for (size_t i = 0; i < end; i++)
		name[i] = word[i] == '-' ? '_' : word[i];
	name[end] = '\0';
	return begins_with_any(name, end, parameters);
}

/* Keeps of the kernel's command line the parameters that matter, and counts the others. */
static int keep_parameters(const struct report_entry *entry, struct buf *to)
{
	const char *word = entry->data;
	int rc = 0;

	while (rc == 0 && *(word += strspn(word, " \n"))) {
		size_t len = strcspn(word, " \n");

		if (is_kept_parameter(word, len))
			rc = buf_add(to, word, len);
		else
			rc = buf_add(to, LEFT_OUT, strlen(LEFT_OUT));
		if (rc == 0)
			rc = buf_add(to, " ", 1);
		word += len;
	}
	return rc < 0 ? rc : buf_add(to, "\n", 1);
}

/* Keeps the words of a job, each with its NUL, without the commands of hooks. */
static int keep_words(const struct report_entry *entry, struct buf *to,
		      struct report_secrets *secrets)
{
	bool is_hook = false;
	int rc = 0;

	for (size_t at = 0; at < entry->len && rc == 0;) {
		const char *word = entry->data + at, *command = is_hook ? word : NULL;
		bool has_hook = !is_hook && report_begins(word, "--hook") &&
				!report_begins(word, "--hook-timeout");
		const char *equals = has_hook ? strchr(word, '=') : NULL;

		if (equals)
			command = equals + 1;
		rc = buf_add(to, word, command ? (size_t)(command - word) : strlen(word) + 1);
		if (rc == 0 && command)
			rc = hide_command(command, strlen(command), secrets);
		if (rc == 0 && command)
			rc = buf_add(to, LEFT_OUT, sizeof(LEFT_OUT));
		is_hook = has_hook && !equals;
		at += strlen(word) + 1;
	}
	return rc;
}

/* ---- files --------------------------------------------------------------------------------- */

enum rule {
	RULE_WHOLE,
	RULE_LINES,
	RULE_POLICY,
	RULE_MODULES,
	RULE_LIBRARIES,
	RULE_PARAMETERS,
	RULE_WORDS,
	RULE_NOTHING,
};

/* The first that fits a path decides. */
static const struct {
	const char *prefix, *suffix;
	enum rule rule;
} rules[] = {
	{ "proc/cmdline", "", RULE_PARAMETERS },
	{ "proc/self/maps", "", RULE_LIBRARIES },
	{ "proc/self/", "", RULE_NOTHING },
	{ "proc/thread-self/", "", RULE_NOTHING },
	{ "etc/os-release", "", RULE_WHOLE },
	{ "usr/lib/os-release", "", RULE_WHOLE },
	{ "etc/mhpctl/", "", RULE_POLICY },
	{ "run/mhpctl/policy.d/", "", RULE_POLICY },
	{ "usr/lib/mhpctl/", "", RULE_POLICY },
	{ STATE_JOBS "/", "/command", RULE_WORDS },
	{ STATE_RUN "/", "", RULE_WHOLE },
	{ STATE_LASTING "/", "", RULE_WHOLE },
	{ "lib/modules/", "/config", RULE_WHOLE },
	{ "usr/lib/modules/", "/config", RULE_WHOLE },
	{ "lib/modules/", "", RULE_MODULES },
	{ "usr/lib/modules/", "", RULE_MODULES },
	{ "boot/config-", "", RULE_WHOLE },
	{ "sys/", "", RULE_WHOLE },
	{ "proc/", "", RULE_WHOLE },
	{ "mhpctl-report/", "", RULE_WHOLE },
	{ "etc/", "", RULE_LINES },
	{ "run/", "", RULE_LINES },
	{ "usr/", "", RULE_LINES },
	{ "lib/", "", RULE_LINES },
};

static enum rule rule_of(const struct report_entry *entry)
{
	bool is_process = report_begins(entry->path, "proc/") &&
			  strchr("0123456789", entry->path[strlen("proc/")]);

	for (size_t i = 0; i < ARRAY_SIZE(rules) && !is_process; i++) {
		if (!report_begins(entry->path, rules[i].prefix) ||
		    !report_ends(entry->path, rules[i].suffix))
			continue;
		return rules[i].rule;
	}
	return RULE_NOTHING;
}

static int keep_lines(const struct report_entry *entry, enum rule rule, struct buf *to,
		      struct report_secrets *secrets)
{
	bool is_used = has_any(entry->data, entry->len, matters);
	size_t len;
	int rc = 0;

	for (size_t at = 0; at < entry->len && rc == 0; at += len) {
		const char *line = entry->data + at;

		len = rule == RULE_LINES ? joined_length(line, entry->len - at)
					 : line_length(line, entry->len - at);
		if (rule == RULE_LINES && is_used)
			rc = keep_line(entry, line, len, to);
		else if (rule == RULE_LINES)
			rc = add_hashes(to, line, len);
		else if (rule == RULE_POLICY)
			rc = keep_policy_line(line, len, to, secrets);
		else if (rule == RULE_MODULES)
			rc = keep_module(line, len, to);
		else
			rc = keep_library(line, len, to);
	}
	return rc;
}

/* Returns 1 if nothing of the file is kept, 0, or -ENOMEM. */
int report_scrub_lines(struct report_entry *entry, struct report_secrets *secrets)
{
	cleanup_buf struct buf to = { 0 };
	enum rule rule = rule_of(entry);
	int rc = 0;

	if (rule == RULE_NOTHING)
		return 1;
	if (rule == RULE_WHOLE || !entry->len)
		return 0;
	if (rule == RULE_PARAMETERS)
		rc = keep_parameters(entry, &to);
	else if (rule == RULE_WORDS)
		rc = keep_words(entry, &to, secrets);
	else
		rc = keep_lines(entry, rule, &to, secrets);
	if (rc == 0)
		rc = buf_add(&to, "", 1);
	if (rc == 0)
		report_entry_set(entry, &to);
	return rc;
}
