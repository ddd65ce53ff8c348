/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sink for the log of the machine. It hears of what out.h tells the sinks for people and for
 * programs, and makes records of it: one a step, however many blocks it is about, and one for each
 * block that failed. What runs as a service tells systemd how far it is as well.
 */
#pragma once

#include "cmd/out/out.h"
#include "cmd/record.h"
#include "lib/libmhp.h"

#include <stdbool.h>
#include <stdint.h>

enum out_log {
	OUT_LOG_AUTO = 0, /* the journal for what systemd has started, else nothing */
	OUT_LOG_JOURNAL,
	OUT_LOG_SYSLOG,
	OUT_LOG_NONE,
};

/* Where records and the status go. */
struct journal_way {
	void (*send)(void *data, const struct record *record); /* or NULL */
	void (*status)(void *data, const char *text);	       /* or NULL */
	void (*free)(void *data);
	void *data;
};

struct out_journal;

/* command: borrowed; job: 0 outside of background jobs. The way is taken over. NULL without memory.
 */
struct out_journal *out_journal_new(const char *command, uint64_t job,
				    const struct journal_way *way);
void out_journal_free(struct out_journal *journal); /* or NULL */

/*
 * The way that is wanted and there is: false where nothing is to be told. What of standard output
 * and standard error would stand in the journal twice is noted in *told.
 */
bool out_journal_way(enum out_log wanted, struct out_call *told, struct journal_way *way);

void out_journal_event(struct out_journal *journal, const struct mhp_event *event);
void out_journal_result(struct out_journal *journal, const struct mhp_result *result);
void out_journal_error(struct out_journal *journal, const struct mhp_error *err);
