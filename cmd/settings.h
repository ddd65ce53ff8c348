/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that many commands have, and the sets of option tables that hold for a command. */
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

/* Of every command. */
struct common_args {
	bool help;
	enum out_format json;
};

/* Of the program; they may stand before or behind the command. */
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
 * The tables that hold for cmd, or for the program itself where cmd is NULL. to is NULL where
 * nothing is parsed.
 */
struct opt_sets settings_sets(const struct cmd *cmd, struct settings *to);
