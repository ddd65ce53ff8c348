/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/run-records.h"
#include "lib/base/cleanup.h"
#include "lib/base/counts.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/parse.h"
#include "lib/sys/holders/procs.h"
#include "lib/sys/statedir.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

MHP_EXPORT const char *mhp_run_state_name(enum mhp_run_state state)
{
	static const char *const names[NR_RUN_STATES] = {
		[MHP_RUN_RUNNING] = "running", [MHP_RUN_CONVERGED] = "converged",
		[MHP_RUN_PARTIAL] = "partial", [MHP_RUN_FAILED] = "failed",
		[MHP_RUN_DIED] = "died",
	};

	return (unsigned)state < NR_RUN_STATES ? names[state] : "unknown";
}

/* ---- lines of the file ---------------------------------------------------------------------- */

static int state_of(const char *name, enum mhp_run_state *state)
{
	for (unsigned i = 0; i < NR_RUN_STATES; i++)
		if (strcmp(mhp_run_state_name((enum mhp_run_state)i), name) == 0) {
			*state = (enum mhp_run_state)i;
			return 0;
		}
	return -EINVAL;
}

/* Returns whether the exit code is one of that state: damage must not make a failure a success. */
static bool is_consistent(const struct mhp_run_record *run)
{
	switch (run->state) {
	case MHP_RUN_CONVERGED:
		return run->exit_code == 0;
	case MHP_RUN_PARTIAL:
	case MHP_RUN_FAILED:
		return run->exit_code > 0;
	default:
		return run->exit_code == -1;
	}
}

/* Parses "RUN PID BORN START MSEC STATE EXIT CHANGED REASON MESSAGE". */
static int read_line(const char *line, struct run_record *record)
{
	struct mhp_run_record *run = &record->pub;
	char state[16], reason[32];
	int used = 0, changed;

	if (sscanf(line, "%" SCNu64 " %d %" SCNu64 " %" SCNu64 " %" SCNu64 " %15s %d %d %31s%n",
		   &run->run, &run->pid, &record->born, &run->start_us, &run->elapsed_ms, state,
		   &run->exit_code, &changed, reason, &used) != 9 ||
	    run->pid <= 0 || run->exit_code < -1 || run->exit_code > 255 ||
	    state_of(state, &run->state) < 0)
		return -EINVAL;
	if (!is_consistent(run) || changed < 0 || changed > 1)
		return -EINVAL;
	run->has_changes = changed;
	run->reason = err_reason_of(reason);
	text_escape(line + used + (line[used] == ' '), run->message, sizeof(run->message));
	return 0;
}

/* Reads all lines but an incomplete last one. */
static void read_lines(char *text, struct run_records *records)
{
	char *save = NULL, *end = strrchr(text, '\n');

	if (!end)
		return;
	end[1] = '\0';

	for (char *line = strtok_r(text, "\n", &save); line && records->nr < RUN_RECORDS_MAX;
	     line = strtok_r(NULL, "\n", &save)) {
		struct run_record *record = &records->runs[records->nr];
		const struct mhp_run_record *last = run_records_last(records);

		if (read_line(line, record) == 0 && (!last || record->pub.run > last->run))
			records->nr++;
	}
}

const char *run_records_path(enum run_kind kind)
{
	return kind == RUN_KIND_POLICY ? STATE_POLICY_RUNS : STATE_RECOVER_RUNS;
}

int run_records_read(const struct root *sys, enum run_kind kind, struct run_records *records)
{
	char text[RUN_RECORDS_TEXT];
	int rc = root_read_text(sys, run_records_path(kind), text, sizeof(text));

	memset(records, 0, sizeof(*records)); /* all of it: two of them are compared as a whole */
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	read_lines(text, records);
	for (size_t i = 0; i < records->nr; i++) {
		struct run_record *record = &records->runs[i];

		if (record->pub.state == MHP_RUN_RUNNING &&
		    procs_has_ended(sys, record->pub.pid, record->born))
			record->pub.state = MHP_RUN_DIED;
	}
	return 0;
}

void run_records_format(const struct run_records *records, char *text, size_t size)
{
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; i < records->nr && len < size; i++) {
		const struct mhp_run_record *run = &records->runs[i].pub;

		len += (size_t)snprintf(text + len, size - len,
					"%" PRIu64 " %d %" PRIu64 " %" PRIu64 " %" PRIu64
					" %s %d %d %s %s\n",
					run->run, run->pid, records->runs[i].born, run->start_us,
					run->elapsed_ms, mhp_run_state_name(run->state),
					run->exit_code, run->has_changes,
					mhp_reason_name(run->reason), run->message);
	}
}

/* ---- finding and adding -------------------------------------------------------------------- */

const struct mhp_run_record *run_records_find(const struct run_records *records,
					      const struct mhp_run_record *like)
{
	for (size_t i = 0; i < records->nr; i++)
		if (records->runs[i].pub.run == like->run &&
		    records->runs[i].pub.start_us == like->start_us)
			return &records->runs[i].pub;
	return NULL;
}

const struct mhp_run_record *run_records_last(const struct run_records *records)
{
	return records->nr ? &records->runs[records->nr - 1].pub : NULL;
}

/* Removes the oldest run that has ended, or the oldest one if all are running. */
static void drop_oldest(struct run_records *records)
{
	size_t gone = 0;

	while (gone < records->nr && records->runs[gone].pub.state == MHP_RUN_RUNNING)
		gone++;
	if (gone == records->nr)
		gone = 0;
	records->nr--;
	memmove(&records->runs[gone], &records->runs[gone + 1],
		(records->nr - gone) * sizeof(records->runs[0]));
}

void run_records_put(struct run_records *records, const struct run_record *record)
{
	struct run_record *old =
		(struct run_record *)(void *)run_records_find(records, &record->pub);
	size_t at = records->nr;

	if (old) {
		*old = *record;
		return;
	}
	if (records->nr == RUN_RECORDS_MAX)
		drop_oldest(records);
	for (at = records->nr; at > 0 && records->runs[at - 1].pub.run > record->pub.run; at--)
		records->runs[at] = records->runs[at - 1];
	records->runs[at] = *record;
	records->nr++;
}
