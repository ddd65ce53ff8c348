/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Common options, and the sets of option tables of a command. */
#pragma once

#include "cmd/act.h"
#include "cmd/cmd.h"
#include "cmd/opt.h"
#include "cmd/out/journal/journal.h"

#include <stdbool.h>

enum when {
	WHEN_AUTO = 0,
	WHEN_ALWAYS,
	WHEN_NEVER,
};

/* Options of every command. */
struct common_args {
	bool help;
	enum out_format json;
};

/* Options of the program, given before or after the command. */
struct global_args {
	bool version;
	bool debug;
	const char *sysroot;
	enum when progress;
	enum when color;
	enum out_log log;
};

struct settings {
	struct common_args common;
	struct global_args global;
	struct act_args act;
	void *own; /* options of the command alone */
};

/*
 * Returns the option tables of cmd, or of the program where cmd is NULL. to is NULL where nothing
 * is parsed.
 */
struct opt_sets settings_sets(const struct cmd *cmd, struct settings *to);
