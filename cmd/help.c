/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/help.h"
#include "cmd/out/rows.h"
#include "cmd/settings.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/memstream.h"

#include <errno.h>
#include <string.h>

#define HELP_WIDTH  79
#define HELP_COLUMN 26 /* where the text of an option begins */

static int new_line(FILE *f, const char *breaks, int indent)
{
	fprintf(f, "%s%*s", breaks, indent, "");
	return indent;
}

/* Prints words from the column indent up to the margin; a newline starts a paragraph. */
static void print_wrapped(FILE *f, const char *text, int indent)
{
	int column = indent;

	while (*text) {
		int len = (int)strcspn(text, " \n");

		if (column > indent && column + 1 + len > HELP_WIDTH)
			column = new_line(f, "\n", indent);
		else if (column > indent)
			column += fprintf(f, " ");
		column += fprintf(f, "%.*s", len, text);
		text += len;
		if (*text == '\n')
			column = new_line(f, "\n\n", indent);
		if (*text)
			text++;
	}
	fputc('\n', f);
}

static int print_option_name(FILE *f, const struct opt *opt)
{
	int column = 0;
	char arg[OPT_ARG_MAX] = "";

	if (opt_takes_value(opt))
		opt_arg_text(opt, arg, sizeof(arg));
	column += opt->short_name ? fprintf(f, "  -%c, ", opt->short_name) : fprintf(f, "      ");
	column += fprintf(f, "--%s", opt->long_name);
	if (*arg && opt->is_optional)
		column += fprintf(f, "[=%s]", arg);
	else if (*arg)
		column += fprintf(f, " %s", arg);
	return column;
}

static void print_option(FILE *f, const struct opt *opt)
{
	int column = print_option_name(f, opt);

	if (column + 2 > HELP_COLUMN) {
		fputc('\n', f);
		column = 0;
	}
	fprintf(f, "%*s", HELP_COLUMN - column, "");
	print_wrapped(f, opt->help, HELP_COLUMN);
}

static void print_options(FILE *f, const struct cmd *cmd)
{
	struct opt_sets sets = settings_sets(cmd, NULL);

	for (const struct opt_set *set = sets.set; set->opts; set++) {
		fprintf(f, "\n%s:\n", set->title);
		for (const struct opt *opt = set->opts; opt->kind; opt++)
			print_option(f, opt);
	}
}

static void print_columns(FILE *f, const struct list_column *column)
{
	fputs("\nColumns:\n", f);
	for (; column->title; column++) {
		fprintf(f, "  %-12s", column->title);
		print_wrapped(f, column->help, 14);
	}
}

static void print_targets(FILE *f)
{
	fputc('\n', f);
	print_wrapped(
		f,
		"Targets: region0, cxl/region0, namespace0.0, dax0.0, dax_region0, mem0, "
		"0x1f (the CXL memory device of this serial number), node1, memory32, memory32-47, "
		"0x100000000-0x17fffffff, the UUID of a namespace, all (every dax device and "
		"its memory).",
		0);
}

static void print_commands(FILE *f)
{
	fputs("\nCommands:\n", f);
	for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++)
		fprintf(f, "  %-9s %s\n", (*cmd)->name, (*cmd)->summary);
}

static const char usage[] = "Usage: mhpctl [OPTION]... COMMAND [OPTION]... [TARGET...]\n";

static void print_program(FILE *f)
{
	fprintf(f, "mhpctl - bring memory online and take it back out\n\n%s", usage);
	print_commands(f);
	print_targets(f);
	print_options(f, NULL);
	fputs("\nmhpctl help COMMAND describes one command; mhpctl(1) describes all.\n", f);
}

void help_print_usage(FILE *f)
{
	fputs(usage, f);
	print_commands(f);
	fputs("\nSee mhpctl --help.\n", f);
}

static void print_help(FILE *f, const struct cmd *cmd)
{
	if (!cmd) {
		print_program(f);
		return;
	}
	fprintf(f, "mhpctl %s - %s\n\n", cmd->name, cmd->summary);
	fprintf(f, "Usage: mhpctl %s [OPTION]...%s%s\n\n", cmd->name, *cmd->operands ? " " : "",
		cmd->operands);
	print_wrapped(f, cmd->about, 0);
	if (strstr(cmd->operands, "TARGET"))
		print_targets(f);
	print_options(f, cmd);
	if (cmd->columns)
		print_columns(f, cmd->columns);
	fputs("\nExamples:\n", f);
	for (const char *const *example = cmd->examples; *example; example++)
		fprintf(f, "  %s\n", *example);
}

int help_show(struct out *out, const struct cmd *cmd, struct mhp_error *err)
{
	cleanup_free char *text = NULL;
	struct memstream m;

	if (memstream_open(&m) == 0) {
		print_help(m.file, cmd);
		text = memstream_end(&m);
	}
	if (!text)
		return err_errno(err, -ENOMEM, "help");
	out->text(out, text);
	return 0;
}

static void dump_option(FILE *f, const char *command, const struct opt *opt)
{
	char arg[OPT_ARG_MAX];

	fprintf(f, "%s\t--%s\t", command, opt->long_name);
	if (opt->short_name)
		fprintf(f, "-%c", opt->short_name);
	fputc('\t', f);
	if (opt_takes_value(opt)) {
		opt_arg_text(opt, arg, sizeof(arg));
		fprintf(f, opt->is_optional ? "[%s]" : "%s", arg);
	}
	fprintf(f, "\t%s\n", opt->help);
}

static void dump_command(FILE *f, const struct cmd *cmd)
{
	struct opt_sets sets = settings_sets(cmd, NULL);

	for (const struct opt_set *set = sets.set; set->opts; set++)
		for (const struct opt *opt = set->opts; opt->kind; opt++)
			if (cmd ? !set->is_global : set->is_global || opt->is_of_program)
				dump_option(f, cmd ? cmd->name : "mhpctl", opt);
}

void help_dump(FILE *f)
{
	dump_command(f, NULL);
	for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++)
		if (!((*cmd)->flags & CMD_NO_PAGE))
			dump_command(f, *cmd);
}
