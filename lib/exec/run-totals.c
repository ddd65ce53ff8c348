/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/run-totals.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/memstream.h"
#include "lib/base/parse.h"
#include "lib/sys/ctx.h"
#include "lib/sys/statedir.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX 65536
#define FAILURES "failures"

_Static_assert(NR_TOTALS <= LENGTH_OF(struct mhp_run_totals, commands), "commands");
_Static_assert(NR_REASONS <= LENGTH_OF(struct mhp_run_totals, nr_failures), "reasons");
_Static_assert(NR_STATUSES <= LENGTH_OF(struct mhp_command_total, nr_runs), "statuses");

void run_totals_init(struct mhp_run_totals *totals)
{
	memset(totals, 0, sizeof(*totals));
	totals->nr_commands = NR_TOTALS;
	for (unsigned i = 0; i < NR_VERBS; i++)
		totals->commands[i].command = mhp_verb_name((enum mhp_verb)i);
	totals->commands[TOTAL_APPLY].command = "apply";
	totals->commands[TOTAL_RECOVER].command = "recover";
}

/* ---- reading ------------------------------------------------------------------------------- */

/* Takes the number at *at, and moves *at behind it. */
static bool take_number(char **at, uint64_t *number)
{
	const char *word = strsep(at, " ");

	return word && parse_u64(word, 10, number) == 0;
}

/* Parses "N N ... START MSEC STATUS EXIT" behind the name. */
static bool read_command(char *at, struct mhp_command_total *total)
{
	uint64_t status, exit_code;

	for (unsigned i = 0; i < NR_STATUSES; i++)
		if (!take_number(&at, &total->nr_runs[i]))
			return false;
	if (!take_number(&at, &total->start_us) || !take_number(&at, &total->elapsed_ms) ||
	    !take_number(&at, &status) || !take_number(&at, &exit_code))
		return false;
	total->status = (enum mhp_status)status;
	total->exit_code = (int)exit_code;
	return !at && status < NR_STATUSES && exit_code <= 255 &&
	       (exit_code || status == MHP_STATUS_OK);
}

/* Parses "N REASON" behind the name. */
static bool read_failures(char *at, struct mhp_run_totals *totals)
{
	uint64_t number;

	if (!take_number(&at, &number) || !at)
		return false;
	for (unsigned i = 0; i < NR_REASONS; i++) {
		if (strcmp(mhp_reason_name((enum mhp_reason)i), at) != 0)
			continue;
		totals->nr_failures[i] = number;
		return true;
	}
	return false;
}

static bool read_line(char *line, struct mhp_run_totals *totals)
{
	const char *name = strsep(&line, " ");

	if (strcmp(name, FAILURES) == 0)
		return line && read_failures(line, totals);
	for (size_t i = 0; i < totals->nr_commands; i++)
		if (strcmp(totals->commands[i].command, name) == 0)
			return line && read_command(line, &totals->commands[i]);
	return false;
}

int run_totals_read(const struct root *sys, struct mhp_run_totals *totals)
{
	cleanup_free char *text = NULL;
	char *at, *line;
	int rc = statedir_read(sys, STATE_TOTAL_RUNS, FILE_MAX, &text);

	run_totals_init(totals);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	for (at = text; (line = strsep(&at, "\n"));)
		if ((*line || at) && !read_line(line, totals)) /* the last line is empty */
			return -EBADMSG;
	return 0;
}

MHP_EXPORT int mhp_run_totals_read(struct mhp_ctx *ctx, struct mhp_run_totals *totals,
				   struct mhp_error *err)
{
	int rc = run_totals_read(&ctx->sys, totals);

	totals->is_known = !ctx_is_partial(ctx) || root_seems(&ctx->sys, STATE_TOTAL_RUNS);
	if (rc == -EBADMSG) {
		err_set(err, rc, err_reason(rc), "/" STATE_TOTAL_RUNS " is damaged");
		return err_hint(err, rc, "the next run that changes memory begins it again");
	}
	return rc < 0 ? err_errno(err, rc, "cannot read /" STATE_TOTAL_RUNS) : 0;
}

/* ---- writing ------------------------------------------------------------------------------- */

static void write_command(FILE *file, const struct mhp_command_total *total)
{
	fputs(total->command, file);
	for (unsigned i = 0; i < NR_STATUSES; i++)
		fprintf(file, " %" PRIu64, total->nr_runs[i]);
	fprintf(file, " %" PRIu64 " %" PRIu64 " %u %d\n", total->start_us, total->elapsed_ms,
		(unsigned)total->status, total->exit_code);
}

int run_totals_write(const struct root *sys, const struct mhp_run_totals *totals)
{
	cleanup_memstream struct memstream m = { 0 };
	cleanup_free char *text = NULL;

	if (memstream_open(&m) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < totals->nr_commands; i++)
		if (totals->commands[i].start_us)
			write_command(m.file, &totals->commands[i]);
	for (unsigned i = 0; i < NR_REASONS; i++)
		if (totals->nr_failures[i])
			fprintf(m.file, FAILURES " %" PRIu64 " %s\n", totals->nr_failures[i],
				mhp_reason_name((enum mhp_reason)i));
	text = memstream_end(&m);
	return text ? statedir_write(sys, STATE_TOTAL_RUNS, false, text, 0644) : -ENOMEM;
}
