/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts about the system other than its memory: plain data, so that the rules need no I/O. */
#pragma once

#include "lib/libmhp.h"
#include "lib/model/failed-sections.h"
#include "lib/sys/ctx.h"
#include "lib/sys/kconfig.h"
#include "lib/sys/kernel.h" /* findings name its paths */

#define FACT_MODULES_MAX 6
#define FACT_HIDDEN_MAX	 32 /* more than there can be */

/* A module on the path from an NVDIMM to memory. */
struct fact_module {
	const char *name;
	enum mhp_tristate is_there; /* in the modules of the running kernel, built in, or loaded */
	bool is_loaded;
};

/* The subject of a line of a file. */
enum fact_line_kind {
	FACT_LINE_BLACKLIST = 0, /* text is the module */
	FACT_LINE_AUTO_ONLINE,	 /* writes auto_online_blocks */
	FACT_LINE_JOURNAL,	 /* a setting that a killed run left changed; text is its name */
	FACT_LINE_KMEM,		 /* "System RAM (kmem)"; range */
	FACT_LINE_HUGE_POOL,	 /* persistent huge pages; text is their number, and node */
	FACT_LINE_OWN_MASKED,	 /* our rule or unit, hidden by this file; text is its name */
	FACT_LINE_OWN_REPLACED,	 /* another file replaces it */
	FACT_LINE_DROPS_OURS,	 /* a rule that makes udev drop what ours set */
	FACT_LINE_KDUMP,	 /* a rule that reloads the crash kernel for memory */
	FACT_LINE_SOFT_RESERVED, /* memory that the firmware set aside; range */
	FACT_LINE_REFUSED,	 /* ACPI memory that was not added; its name, and range if known */
};

struct fact_line {
	enum fact_line_kind kind;
	char file[256]; /* with a leading slash */
	unsigned line;	/* 0: the file as a whole */
	bool goes_on;	/* it continues in the next lines */
	char text[64];
	int node;
	struct mhp_range range;
};

/* A run that ended in the middle. */
struct fact_run {
	char text[256]; /* description */
	char file[256]; /* with a leading slash */
};

/* The tool that changes the parameters of the next boot. */
enum fact_boot_tool {
	BOOT_TOOL_UNKNOWN = 0,
	BOOT_TOOL_GRUBBY,
	BOOT_TOOL_UPDATE_GRUB, /* with /etc/default/grub */
};

struct facts {
	struct kconfig kconfig;
	enum mhp_tristate cap_sys_admin;
	enum mhp_tristate cap_syslog;
	enum mhp_tristate in_container;
	int dmesg_restrict; /* -1: not known, as below */
	int auto_movable_ratio;
	int crash_loaded;
	int crash_hotplug;
	int movable_gigantic; /* whether pages of 1 GiB may lie in movable memory */
	enum mhp_tristate demotion;
	bool dax_autoprobe_off;
	bool nd_autoprobe_off;
	char init_on_alloc[8]; /* of the boot parameters, or empty */
	char init_on_free[8];  /* likewise, as the next one */
	char page_poison[8];
	struct mhp_reporting *reporting; /* free page reporting; NULL: not known */
	bool has_daxctl_rule;
	bool has_own_rule;
	bool has_policy;
	enum fact_boot_tool boot_tool;
	bool has_grub_parts;	      /* /etc/default/grub.d/... */
	char libraries[256];	      /* that this process has loaded */
	char boot_online[24];	      /* memhp_default_state of the boot parameters, or empty */
	char kernel_blacklist[256];   /* module_blacklist of the boot parameters, or empty */
	char modprobe_blacklist[256]; /* modprobe.blacklist, likewise */
	struct fact_module modules[FACT_MODULES_MAX];
	struct fact_line *lines;
	size_t nr_lines;
	struct fact_run *runs;
	size_t nr_runs;
	unsigned nr_traces; /* tracing instances that killed runs have left */
	struct failed_sections failed_sections;
	char unread[ROOT_PATH_MAX]; /* the first file or directory that cannot be read */
	unsigned nr_unread;
	struct mhp_hidden hidden[FACT_HIDDEN_MAX];
	size_t nr_hidden;
};

/*
 * Reads all facts. Returns 0 or -ENOMEM. Facts that cannot be read are unknown and listed as
 * hidden.
 */
int facts_read(struct mhp_ctx *ctx, struct facts *facts);

void facts_clear(struct facts *facts);

void facts_hide(struct facts *facts, const char *what, const char *why);

/* Records that a file or directory cannot be read. */
void facts_unread(struct facts *facts, const char *path);

/* Returns 0 or -ENOMEM. */
int facts_add_line(struct facts *facts, const struct fact_line *line);

/*
 * Finds what else brings memory online, and what replaces or overrides our own files. Returns 0 or
 * -ENOMEM.
 */
int facts_read_onliners(struct mhp_ctx *ctx, struct facts *facts);

/* Finds memory that the firmware offers and the kernel refused. Returns 0 or -ENOMEM. */
int facts_read_acpi(struct mhp_ctx *ctx, struct facts *facts);

/* Finds runs that ended in the middle. Returns 0 or -ENOMEM. */
int facts_read_interrupted(struct mhp_ctx *ctx, struct facts *facts);

/* Finds the tracing instances that killed runs have left. */
void facts_read_traces(struct mhp_ctx *ctx, struct facts *facts);

/* Reads the sections of the policy that failed. Returns 0 or -ENOMEM. */
int facts_read_failed_sections(struct mhp_ctx *ctx, struct facts *facts);

/* Reads the files that have facts. Returns 0 or -ENOMEM. */
int facts_read_files(struct mhp_ctx *ctx, struct facts *facts);

#define cleanup_facts __attribute__((cleanup(facts_clear)))
