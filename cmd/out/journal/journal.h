/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sink for the system log. It receives the same events as the sinks of out.h and writes one
 * record for each step, for any number of blocks, and one for each block that failed. A service
 * also sends its progress to systemd as status.
 */
#pragma once

#include "cmd/out/out.h"
#include "cmd/record.h"
#include "lib/libmhp.h"

#include <stdbool.h>
#include <stdint.h>

enum out_log {
	OUT_LOG_AUTO = 0, /* the journal if systemd started us, else nothing */
	OUT_LOG_JOURNAL,
	OUT_LOG_SYSLOG,
	OUT_LOG_NONE,
};

/* Where records and the status go. */
struct journal_route {
	void (*send)(void *data, const struct record *record); /* or NULL */
	void (*status)(void *data, const char *text);	       /* or NULL */
	void (*free)(void *data);
	void *data;
};

struct out_journal;

/*
 * Creates the sink, which frees the route. command: borrowed; job: 0 outside of background jobs.
 * Returns NULL without memory.
 */
struct out_journal *out_journal_new(const char *command, uint64_t job,
				    const struct journal_route *route);
void out_journal_free(struct out_journal *journal); /* or NULL */

/*
 * Chooses where records and status go; returns false if there is nothing to send. Sets logged_out
 * and logged_err of *call if text there would appear twice in the journal.
 */
bool out_journal_choose(enum out_log wanted, struct out_call *call, struct journal_route *route);

void out_journal_event(struct out_journal *journal, const struct mhp_event *event);
void out_journal_result(struct out_journal *journal, const struct mhp_result *result);
void out_journal_error(struct out_journal *journal, const struct mhp_error *err);
