/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command is a file commands/NAME.c with one struct cmd, a declaration below and a line in the
 * table in cmd.c. Options, help, completion and exit status follow from the struct.
 */
#pragma once

#include "cmd/opt.h"
#include "cmd/out/out.h"
#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>

enum cmd_flags {
	CMD_ACTS = 1 << 0,	 /* changes memory: takes the options of act.h */
	CMD_NO_SYSTEM = 1 << 1,	 /* does not read the machine, has no context */
	CMD_NO_PAGE = 1 << 2,	 /* has no manual page; help_dump() leaves it out */
	CMD_NO_TARGETS = 1 << 3, /* its operands are not targets */
	CMD_NO_HOOKS = 1 << 4,	 /* with CMD_ACTS: runs no hooks */
};

/* Kinds of operands, for completion. */
enum cmd_operand {
	CMD_OPERAND_REGION = 1 << 0,
	CMD_OPERAND_NAMESPACE = 1 << 1,
	CMD_OPERAND_DAX = 1 << 2,
	CMD_OPERAND_NODE = 1 << 3,
	CMD_OPERAND_ONLINE_BLOCK = 1 << 4,
	CMD_OPERAND_OFFLINE_BLOCK = 1 << 5,
	CMD_OPERAND_ALL = 1 << 6,
	CMD_OPERAND_COMMAND = 1 << 7,
	CMD_OPERAND_FILE = 1 << 8, /* or a directory */
	CMD_OPERAND_JOB = 1 << 9,
	CMD_OPERAND_RUNNING_JOB = 1 << 10,
	CMD_OPERAND_DAX_REGION = 1 << 11,
	CMD_OPERAND_DAX_PART = 1 << 12, /* a device of such a region */
	CMD_OPERAND_CXL = 1 << 13,	/* CXL memory devices and regions */

	CMD_OPERAND_BLOCK = CMD_OPERAND_ONLINE_BLOCK | CMD_OPERAND_OFFLINE_BLOCK,
	CMD_OPERAND_ANY = CMD_OPERAND_REGION | CMD_OPERAND_NAMESPACE | CMD_OPERAND_DAX |
			  CMD_OPERAND_DAX_REGION | CMD_OPERAND_CXL | CMD_OPERAND_NODE |
			  CMD_OPERAND_BLOCK | CMD_OPERAND_ALL,
};

#define CMD_MANY_OPERANDS SIZE_MAX

struct act_args;
struct progress;

/* The environment of a command; lives for one call. */
struct cmd_env {
	struct mhp_ctx *ctx;
	struct out *out;
	struct progress *progress;
	const struct act_args *act; /* only with CMD_ACTS */
	const char *const *operands;
	size_t nr_operands;
	unsigned jobs;		  /* parallel tasks in act_run(); 0: one per CPU */
	const char *const *words; /* the whole command line */
	size_t nr_words;
	bool is_job; /* this process is a background job */
};

struct cmd {
	const char *name;
	const char *summary;
	const char *operands;	     /* "TARGET..." */
	const char *about;	     /* paragraphs, each on one line */
	const char *const *examples; /* ends with NULL */
	size_t min_operands;
	size_t max_operands;
	unsigned flags;			   /* of enum cmd_flags */
	unsigned completes;		   /* of enum cmd_operand */
	const struct list_column *columns; /* of its table, or NULL; see cmd/out/rows.h */
	const struct opt_word *actions;	   /* values of the first operand, or NULL */
	enum out_document document;	   /* its document in JSON */
	const struct opt *opts;		   /* or NULL */
	size_t args_size;
	const void *defaults; /* of its options; NULL: all zero */
	/* Returns the exit status, or a negative errno with *err filled. */
	int (*run)(const struct cmd_env *env, const void *args, struct mhp_error *err);
};

extern const struct cmd cmd_apply;
extern const struct cmd cmd_cancel;
extern const struct cmd cmd_check;
extern const struct cmd cmd_create;
extern const struct cmd cmd_destroy;
extern const struct cmd cmd_doctor;
extern const struct cmd cmd_help;
extern const struct cmd cmd_init;
extern const struct cmd cmd_jobs;
extern const struct cmd cmd_list;
extern const struct cmd cmd_metrics;
extern const struct cmd cmd_monitor;
extern const struct cmd cmd_offline;
extern const struct cmd cmd_online;
extern const struct cmd cmd_plan;
extern const struct cmd cmd_policy;
extern const struct cmd cmd_recover;
extern const struct cmd cmd_remove;
extern const struct cmd cmd_report;
extern const struct cmd cmd_reporting;
extern const struct cmd cmd_resize;
extern const struct cmd cmd_wait;

/* The table, in the order in which help shows it; ends with NULL. */
extern const struct cmd *const cmd_table[];

/* Returns NULL where no command has that name. */
const struct cmd *cmd_find(const char *name);

/* Finds a command as cmd_find() does. Returns 0, or a negative errno with *err filled. */
int cmd_get(const char *name, const struct cmd **cmd, struct mhp_error *err);
