/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the command line to an exit status. */
#include "cmd/act.h"
#include "cmd/cleanup.h"
#include "cmd/cmd.h"
#include "cmd/complete.h"
#include "cmd/help.h"
#include "cmd/interrupt.h"
#include "cmd/job.h"
#include "cmd/message.h"
#include "cmd/out/journal/journal.h"
#include "cmd/progress.h"
#include "cmd/settings.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/memstream.h"
#include "lib/base/parse.h"
#include "lib/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

/* One call of the program. */
struct call {
	struct settings settings;
	const struct cmd *cmd; /* NULL: none was given */
	const char **operands;
	size_t nr_operands;
	uint64_t start_ms;
	struct progress progress;
	char *const *words; /* all of the command line */
	size_t nr_words;
	uint64_t job; /* 0: none */
};

/* ---- the command line -------------------------------------------------------------------- */

static int call_init(struct call *call, int argc, struct mhp_error *err)
{
	*call = (struct call){ .settings.act = act_defaults, .start_ms = clock_msec() };
	call->operands = calloc((size_t)argc + 1, sizeof(*call->operands));
	return call->operands ? 0 : err_errno(err, -ENOMEM, "command line");
}

static void call_clear(struct call *call)
{
	free(call->operands);
	free(call->settings.own);
}

static int init_own_args(struct call *call, struct mhp_error *err)
{
	const struct cmd *cmd = call->cmd;

	if (!cmd || !cmd->args_size)
		return 0;
	call->settings.own = calloc(1, cmd->args_size);
	if (!call->settings.own)
		return err_errno(err, -ENOMEM, "command line");
	if (cmd->defaults)
		memcpy(call->settings.own, cmd->defaults, cmd->args_size);
	return 0;
}

/*
 * Parses the options before the command, the command and the rest. Reports the first mistake, but
 * parses to the end: a later --json decides the form of the report.
 */
static int parse_line(struct call *call, int argc, char *const *argv, struct mhp_error *err)
{
	struct opt_line line = { .argv = argv, .argc = argc, .operands = call->operands };
	struct opt_sets sets = settings_sets(NULL, &call->settings);
	struct err_first first = { .err = err };

	line.stop_at_operand = true;
	line.unknown_hint = "options of a command come after its name; mhpctl --help lists the "
			    "options allowed here";
	err_keep(&first, opt_parse(&sets, &line, err));
	if (line.used == line.argc)
		return first.rc;
	err_keep(&first, cmd_get(argv[line.used++], &call->cmd, err_slot(&first)));
	if (err_keep(&first, init_own_args(call, err_slot(&first))) < 0)
		return first.rc;
	sets = settings_sets(call->cmd, &call->settings);
	line.stop_at_operand = false;
	line.unknown_hint = NULL;
	err_keep(&first, opt_parse(&sets, &line, err_slot(&first)));
	call->nr_operands = line.nr_operands;
	return first.rc;
}

static int hint_usage(const struct cmd *cmd, struct mhp_error *err)
{
	return err_hint(err, -EINVAL, "usage: mhpctl %s [OPTION]...%s%s", cmd->name,
			*cmd->operands ? " " : "", cmd->operands);
}

static int check_call(const struct call *call, struct mhp_error *err)
{
	const struct cmd *cmd = call->cmd;
	char shown[OPT_SHOWN_MAX];

	if (call->nr_operands < cmd->min_operands) {
		err_usage(err, "", "%.*s is missing", (int)strcspn(cmd->operands, ". "),
			  cmd->operands);
		return hint_usage(cmd, err);
	}
	if (call->nr_operands > cmd->max_operands) {
		text_escape(call->operands[cmd->max_operands], shown, sizeof(shown));
		err_usage(err, "", "unexpected operand \"%s\"", shown);
		return hint_usage(cmd, err);
	}
	if (cmd->flags & CMD_ACTS && call->settings.global.sysroot && !call->settings.act.dry_run)
		return err_usage(err, "add --dry-run to see what would be done",
				 "--sysroot is for reading; %s would change memory", cmd->name);
	return 0;
}

/* ---- the environment of the call --------------------------------------------------------- */

static bool use_color(enum when when, bool is_terminal)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (when != WHEN_AUTO)
		return when == WHEN_ALWAYS;
	return is_terminal && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

static bool use_progress(const struct settings *settings)
{
	const char *term = getenv("TERM");

	if (settings->global.progress != WHEN_AUTO)
		return settings->global.progress == WHEN_ALWAYS;
	if (settings->common.json && out_is_terminal())
		return false; /* the two would mix */
	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

/* Returns whether the call writes to the system log: only commands that change memory do. */
static bool is_recorded(const struct call *call)
{
	return call->cmd && call->cmd->flags & CMD_ACTS && !call->settings.act.dry_run &&
	       !call->settings.common.help && !call->settings.global.version;
}

static struct out *open_out(const struct call *call)
{
	const struct settings *settings = &call->settings;
	struct out_call out_call = {
		.command = call->cmd ? call->cmd->name : NULL,
		.document = call->cmd ? call->cmd->document : OUT_DOCUMENT_RESULT,
		.targets = call->operands,
		.nr_targets =
			call->cmd && call->cmd->flags & CMD_NO_TARGETS ? 0 : call->nr_operands,
		.dry_run = call->cmd && call->cmd->flags & CMD_ACTS && settings->act.dry_run,
		.color = use_color(settings->global.color, out_is_terminal()),
		.color_err = use_color(settings->global.color, isatty(STDERR_FILENO)),
		.is_json = settings->common.json != OUT_TEXT,
		.is_job = call->job != 0,
		.start_ms = call->start_ms,
	};
	struct journal_route route;
	bool recorded =
		is_recorded(call) && out_journal_choose(settings->global.log, &out_call, &route);
	struct out *out = out_call.is_json
				  ? out_json_new(&out_call, settings->common.json == OUT_JSON_LINES)
				  : out_text_new(&out_call);

	if (recorded && out)
		out->journal = out_journal_new(call->cmd->name, call->job, &route);
	return out;
}

/* Reads MHPCTL_DEBUG, which is --debug for services and scripts that cannot add an option. */
static bool is_debug_set(void)
{
	const char *value = getenv("MHPCTL_DEBUG");

	return value && *value && strcmp(value, "0") != 0;
}

static void on_log(const char *line, void *data)
{
	progress_clear(data);
	fputs("mhpctl: debug: ", stderr);
	message_text(line);
	fputc('\n', stderr);
}

static int run_command(struct call *call, struct out *out, struct mhp_error *err)
{
	cleanup_ctx struct mhp_ctx *ctx = NULL;
	struct cmd_env env = {
		.out = out,
		.progress = &call->progress,
		.act = &call->settings.act,
		.operands = call->operands,
		.nr_operands = call->nr_operands,
		.words = (const char *const *)call->words,
		.nr_words = call->nr_words,
		.is_job = call->job != 0,
	};
	int rc;

	if (call->cmd->flags & CMD_NO_SYSTEM)
		return call->cmd->run(&env, call->settings.own, err);
	rc = mhp_ctx_new_watched(&ctx, call->settings.global.sysroot, interrupt_watch, err);
	if (rc < 0)
		return rc;
	if (call->settings.global.debug || is_debug_set())
		mhp_ctx_set_log(ctx, on_log, &call->progress);
	env.ctx = ctx;
	if (call->cmd->flags & CMD_ACTS)
		rc = act_check_hooks(&env, err);
	if (rc == 0)
		rc = call->cmd->run(&env, call->settings.own, err);
	interrupt_watch(NULL);
	return rc;
}

/* ---- the end ----------------------------------------------------------------------------- */

static int report_error(struct out *out, int rc, struct mhp_error *err)
{
	int status;

	if (err->reason == MHP_REASON_NONE)
		err_errno(err, rc, "mhpctl");
	status = mhp_reason_exit_code(err->reason);
	out_error(out, err);
	return status ? status : MHP_EXIT_FAILED;
}

static int no_command(struct out *out, const struct call *call)
{
	struct mhp_error err = { 0 };

	if (!call->nr_words) {
		help_print_usage(stderr);
		return MHP_EXIT_USAGE;
	}
	return report_error(
		out, err_usage(&err, "mhpctl help lists the commands", "COMMAND is missing"), &err);
}

/* Runs the parsed call; rc is the result of parsing. */
static int run_call(struct call *call, struct out *out, int rc, struct mhp_error *err)
{
	const struct settings *settings = &call->settings;

	if (rc == 0 && settings->common.help) {
		rc = help_show(out, call->cmd, err);
	} else if (rc == 0 && settings->global.version) {
		out->version(out);
	} else if (rc == 0 && !call->cmd) {
		return no_command(out, call);
	} else if (rc == 0) {
		rc = check_call(call, err);
		if (rc == 0)
			rc = run_command(call, out, err);
	}
	return rc < 0 ? report_error(out, rc, err) : rc;
}

/*
 * Finishes the output. A failure to print outranks every other status: a program that got half of
 * the output must not read 10 as all findings, or 4 as all blocks.
 */
static int finish_output(struct out *out, int status)
{
	struct mhp_error err = { 0 };
	int rc = out_finish(out);

	if (rc == 0)
		return status;
	err_errno(&err, rc, "cannot write to standard output");
	*err.hint = '\0';
	if (out->changed)
		err_hint(&err, rc, "%s; mhpctl list shows the current state",
			 status == MHP_EXIT_OK ? "the change itself was made"
					       : "a part of the change was made");
	message_error(&err, out->call.color_err);
	return MHP_EXIT_FAILED;
}

static int no_memory(void)
{
	fputs("mhpctl: out of memory\n", stderr);
	return MHP_EXIT_FAILED;
}

/*
 * Sets the options of a job: it has no terminal and writes its events as JSON lines, which mhpctl
 * wait reads.
 */
static void set_job(struct settings *settings)
{
	settings->common.json = OUT_JSON_LINES;
	settings->global.progress = WHEN_NEVER;
	settings->global.color = WHEN_NEVER;
}

static int run_program(int argc, char *const *argv, uint64_t job)
{
	struct mhp_error err = { 0 };
	struct call call;
	struct out *out;
	int rc, status;

	if (call_init(&call, argc, &err) < 0)
		return no_memory();
	call.words = argv;
	call.nr_words = (size_t)argc;
	call.job = job;
	rc = parse_line(&call, argc, argv, &err);
	if (job)
		set_job(&call.settings);
	call.progress.is_on = use_progress(&call.settings);
	out = open_out(&call);
	status = out ? finish_output(out, run_call(&call, out, rc, &err)) : no_memory();
	out_free(out);
	call_clear(&call);
	return status;
}

/* Runs "--job ID": the command line is stored in the files of the job. */
static int run_job(const char *number)
{
	cleanup_ctx struct mhp_ctx *ctx = NULL;
	cleanup_jobs struct mhp_jobs *jobs = NULL;
	const struct mhp_job *job = NULL;
	struct mhp_error err = { 0 };
	uint64_t id = 0;
	cleanup_close int events = -1, log = -1;
	int rc = mhp_ctx_new(&ctx, NULL, &err);

	if (rc == 0)
		rc = job_number(number, &id, &err);
	/* before entering: closing any fd of a job's file would release its lock */
	if (rc == 0)
		rc = mhp_jobs_read(ctx, &jobs, &err);
	if (rc == 0)
		rc = job_find(jobs, id, &job, &err);
	if (rc == 0 && !job->is_whole)
		rc = err_set(&err, -EPROTO, MHP_REASON_USAGE,
			     "job %s: its files are damaged, so it is not run", number);
	if (rc == 0)
		rc = mhp_job_enter(ctx, id, &events, &log, &err);
	if (rc == 0 && (dup2(log, STDERR_FILENO) < 0 || out_redirect(events) < 0))
		rc = err_errno(&err, -errno, "job %s cannot begin", number);
	if (rc == 0)
		return run_program((int)job->nr_words, (char *const *)job->words, id);
	message_error(&err, false);
	return mhp_reason_exit_code(err.reason);
}

/* ---- for completion scripts and tests ---------------------------------------------------- */

/* Runs a hidden option. argv: "--complete -- WORD..." or "--dump-options" */
static int run_hidden(int argc, char *const *argv)
{
	const struct out_call out_call = { 0 };
	struct out *out = out_text_new(&out_call);
	cleanup_free char *text = NULL;
	struct memstream m;
	int rc = memstream_open(&m), status;

	if (rc == 0) {
		if (strcmp(argv[0], "--dump-options") == 0)
			help_dump(m.file);
		else if (argc > 2)
			rc = complete_print(m.file, argc - 2, argv + 2);
		text = memstream_end(&m);
	}
	if (out && text && rc == 0) {
		out->text(out, text);
		status = finish_output(out, MHP_EXIT_OK);
	} else {
		status = no_memory();
	}
	out_free(out);
	return status;
}

static bool is_hidden(int argc, char *const *argv)
{
	if (argc < 1)
		return false;
	return (argc == 1 && strcmp(argv[0], "--dump-options") == 0) ||
	       (argc > 1 && strcmp(argv[0], "--complete") == 0 && strcmp(argv[1], "--") == 0);
}

/*
 * Opens /dev/null in the wrong direction instead of each closed standard stream, so that using it
 * fails. Else the next file opened gets its number, and text for people would go into that file.
 */
static void guard_streams(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
	int status;

	guard_streams();
	setlocale(LC_CTYPE, "");
	interrupt_setup();
	if (argc > 0) {
		argc--;
		argv++;
	}
	if (argc == 2 && strcmp(argv[0], "--job") == 0)
		return run_job(argv[1]);
	status = is_hidden(argc, argv) ? run_hidden(argc, argv) : run_program(argc, argv, 0);
	interrupt_end();
	return status;
}
