/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options and helpers shared by all commands that change memory. */
#pragma once

#include "cmd/cmd.h"
#include "cmd/opt.h"

struct act_args {
	bool dry_run;
	bool keep_going;
	bool rollback;
	bool force_users;
	unsigned agreed; /* bits of enum mhp_consent_kind */
	uint64_t timeout_ms;
	uint64_t wait_ms;
	const char *hook; /* before and after, if the next two are not given */
	const char *hook_before;
	const char *hook_after;
	uint64_t hook_timeout_ms; /* 0: of the library */
};

extern const struct opt act_opts[];
extern const struct opt act_hook_opts[]; /* of the commands without CMD_NO_HOOKS */
extern const struct act_args act_defaults;

/* Options of the commands that can make a namespace. */
struct act_namespace_args {
	uint64_t size;
	uint64_t align;
	enum mhp_memmap_location map;
	const char *name;
	bool init_labels;
};

/* Rows for the option table of a command; ns is its field of type struct act_namespace_args. */
#define ACT_NAMESPACE_OPTS(s, ns)                                                                 \
	OPT_SIZE('s', "size", s, ns.size,                                                         \
		 "size of a new namespace or device (default: all free space)"),                  \
		OPT_SIZE('a', "align", s, ns.align,                                               \
			 "its alignment (default: of huge pages, mostly 2M)", .is_power = true,   \
			 .fill = OPT_FILL_ALIGNS),                                                \
		OPT_WORD('m', "map", s, ns.map, act_map_words, "place for the memmap",            \
			 "where a new namespace keeps its memmap in devdax mode (default: mem)"), \
		OPT_TEXT('N', "name", s, ns.name, "NAME", "name of a new namespace"),             \
		OPT_FLAG(0, "init-labels", s, ns.init_labels,                                     \
			 "write a label index on DIMMs without one")

extern const struct opt_word act_map_words[];

/* Options of the commands that can make a CXL region. */
struct act_cxl_args {
	bool interleave;
	uint64_t granularity;
	const char *window;
};

/* Rows for the option table of a command; cxl is its field of type struct act_cxl_args. */
#define ACT_CXL_OPTS(s, cxl)                                                                       \
	OPT_FLAG(0, "interleave", s, cxl.interleave,                                               \
		 "one CXL region over all CXL memory devices named, instead of one each"),         \
		OPT_SIZE(0, "granularity", s, cxl.granularity,                                     \
			 "bytes of one way of a new CXL region (default: of its window, or 256)"), \
		OPT_TEXT(0, "window", s, cxl.window, "WINDOW",                                     \
			 "window for a new CXL region, such as decoder0.0 (default: chosen)",      \
			 .fill = OPT_FILL_WINDOWS)

void act_request_cxl(struct mhp_request *request, const struct act_cxl_args *args);

void act_request_namespace(struct mhp_request *request, const struct act_namespace_args *args);

/* Options that choose blocks of a node or a device by size, of several commands. */
struct act_choice_args {
	int node; /* ACT_NO_NODE: not given */
	const char *device;
};

#define ACT_NO_NODE (-1)

/* Rows for the option table of a command; c is its field of type struct act_choice_args. */
#define ACT_CHOICE_OPTS(s, c)                                                              \
	OPT_NUMBER(0, "node", s, c.node, "N",                                              \
		   "choose blocks of NUMA node N instead of targets; needs --size",        \
		   .fill = OPT_FILL_NODES, .group = "of which memory"),                    \
		OPT_TEXT(0, "device", s, c.device, "DEVICE",                               \
			 "choose blocks of a dax device instead of targets; needs --size", \
			 .fill = OPT_FILL_DAX_DEVICES, .group = "of which memory")

/*
 * Sets the node or the device of a request for blocks of that size. Returns 1 if there is one, 0 if
 * not, or a negative errno with *err filled.
 */
int act_request_choice(const struct cmd_env *env, const struct act_choice_args *args, uint64_t size,
		       struct mhp_request *request, struct mhp_error *err);

/* A row for the option table of a command; member is its time, in milliseconds. */
#define ACT_DRAIN_OPT(s, member)                                                              \
	OPT_MSEC(0, "drain", s, member,                                                       \
		 "prepare the blocks first: hold demotion, drop cache, reclaim, for at most " \
		 "TIME (default TIME: 30s)",                                                  \
		 .is_optional = true, .plain = 30 * 1000, .is_limited = true)

/* Return the hook of the command line, or NULL. */
const char *act_hook_before(const struct act_args *act);
const char *act_hook_after(const struct act_args *act);

/* Checks the hooks of the command line. Returns 0, or a negative errno with *err filled. */
int act_check_hooks(const struct cmd_env *env, struct mhp_error *err);

/* Returns the run options of the command line. Events go to env->out. */
struct mhp_run_options act_options(const struct cmd_env *env);

/*
 * Returns true, fills why and says it if a plan has no step, and something that may need one cannot
 * be read.
 */
bool act_is_unknown(const struct cmd_env *env, const struct mhp_plan *plan, struct mhp_error *why);

/* Adds the operands and the common options to a request. */
void act_fill(const struct cmd_env *env, struct mhp_request *request);

/*
 * Adds the operands and the common options to the request and runs it; with --dry-run prints its
 * plan. Returns the exit status, or a negative errno with *err filled.
 */
int act_run(const struct cmd_env *env, struct mhp_request *request, struct mhp_error *err);

/* Does the same, and calls begin with env before the first change; see struct mhp_run_options. */
int act_run_after(const struct cmd_env *env, struct mhp_request *request,
		  int (*begin)(void *data, struct mhp_error *err), struct mhp_error *err);
