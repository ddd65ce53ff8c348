/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One mhp_run() on a fake machine, and its events. */
#pragma once

#include "tests/unit/fake/fakesys.h"

#define TRIAL_TARGETS 4

struct trial {
	struct fakesys *fs;
	struct mhp_request request;
	struct mhp_run_options options;
	bool agrees;	       /* the answer to a question for consent */
	const char *cancel_at; /* cancel at an event line with that prefix; NULL: never */
	pid_t kill_at_waiting; /* kill that process at the waiting event; 0: none */
	const char *targets[TRIAL_TARGETS];
	char names[256];

	void (*at_retrying)(struct trial *t); /* called at a retrying event, or NULL */
	void (*act)(struct trial *t);	      /* called at the event of that number, or NULL */
	unsigned act_at;		      /* from 1; 0: never */
	unsigned nr_events;		      /* so far */

	struct mhp_result *result;
	struct mhp_error err;
	int rc;
	unsigned asked;
	unsigned retrying;
	char retried[64]; /* the object of the last of these */
	unsigned waiting;
	struct { /* the events of progress with memmaps */
		unsigned events;
		bool estimated; /* in any of them */
		size_t parts;	/* in the last, like those below */
		uint64_t done_bytes;
		uint64_t total_bytes;
		uint64_t eta_ms;
	} memmap;
	char events[4096]; /* one a line, see the tests */
	char warnings[2048];
	struct mhp_error first; /* of the first failure event */
	char first_target[64];
};

/* Sets up a run for a verb and targets separated by spaces, and starts fakeclock.h. */
void trial_begin(struct trial *t, struct fakesys *fs, enum mhp_verb verb, const char *targets);

/* Runs it. Fails if descriptors, children or temporary files are left (remains.h). */
void trial_run(struct trial *t);

/* Set up and run an online or offline of targets. */
void trial_online(struct trial *t, struct fakesys *fs, const char *targets);
void trial_offline(struct trial *t, struct fakesys *fs, const char *targets);

/* Does the same as trial_run() without that check. */
void trial_go(struct trial *t);

void trial_end(struct trial *t);

#define cleanup_trial __attribute__((cleanup(trial_end)))

/* Asserts how the run ended. */
void trial_check(const struct trial *t, enum mhp_status status, int exit_code);

/* Asserts that it was refused before anything was started. */
void trial_check_refused(const struct trial *t, int rc, enum mhp_reason reason);

/* Asserts the result of the first target. */
void trial_check_target(const struct trial *t, enum mhp_status status, bool changed, uint64_t done,
			uint64_t total);
