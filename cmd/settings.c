/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/settings.h"
#include "cmd/act.h"

static const struct opt_word json_words[] = {
	{ "lines", OUT_JSON_LINES, "one event per line, as it happens" },
	{ NULL, 0, NULL },
};

static const struct opt_word when_words[] = {
	{ "auto", WHEN_AUTO, "on a terminal" },
	{ "always", WHEN_ALWAYS, "always" },
	{ "never", WHEN_NEVER, "never" },
	{ NULL, 0, NULL },
};

static const struct opt_word log_words[] = {
	{ "journal", OUT_LOG_JOURNAL, "the journal of systemd, else syslog" },
	{ "syslog", OUT_LOG_SYSLOG, "syslog" },
	{ "none", OUT_LOG_NONE, "nowhere" },
	{ NULL, 0, NULL },
};

static const struct opt common_opts[] = {
	OPT_WORD(0, "json", struct common_args, json, json_words, "output format",
		 "print JSON: one document, or one event per line", .is_optional = true,
		 .plain = OUT_JSON),
	OPT_FLAG('h', "help", struct common_args, help, "print this help and exit",
		 .is_of_program = true),
	OPT_END,
};

static const struct opt global_opts[] = {
	OPT_TEXT(0, "sysroot", struct global_args, sysroot, "DIR",
		 "read DIR, or a file of mhpctl report, instead of /", .fill = OPT_FILL_FILES),
	OPT_WORD(0, "progress", struct global_args, progress, when_words, "progress mode",
		 "when to show a progress line on standard error"),
	OPT_WORD(0, "color", struct global_args, color, when_words, "colour mode",
		 "when to use colours"),
	OPT_WORD(0, "log", struct global_args, log, log_words, "log",
		 "where changes of memory are recorded (default: journal under systemd)"),
	OPT_FLAG(0, "debug", struct global_args, debug,
		 "log kernel reads and writes to standard error"),
	OPT_FLAG(0, "version", struct global_args, version, "print the version and exit"),
	OPT_END,
};

struct opt_sets settings_sets(const struct cmd *cmd, struct settings *to)
{
	struct opt_sets sets = { 0 };
	struct opt_set *set = sets.set;

	if (cmd && cmd->opts)
		*set++ = (struct opt_set){ "Options", cmd->opts, to ? to->own : NULL, false };
	if (cmd && cmd->flags & CMD_ACTS)
		*set++ = (struct opt_set){ "Options of all commands that change memory", act_opts,
					   to ? &to->act : NULL, false };
	if (cmd && cmd->flags & CMD_ACTS && !(cmd->flags & CMD_NO_HOOKS))
		*set++ = (struct opt_set){ "Hooks", act_hook_opts, to ? &to->act : NULL, false };
	*set++ = (struct opt_set){ "Options of all commands", common_opts, to ? &to->common : NULL,
				   false };
	*set++ = (struct opt_set){ "Global options", global_opts, to ? &to->global : NULL, true };
	return sets;
}
