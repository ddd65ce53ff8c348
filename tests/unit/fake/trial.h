/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One mhp_run() on a fake machine, with all that it told. */
#pragma once

#include "tests/unit/fake/fakesys.h"

#define TRIAL_TARGETS 4

struct trial {
	struct fakesys *fs;
	struct mhp_request request;
	struct mhp_run_options options;
	bool agrees;	       /* the answer when it is asked for consent */
	const char *cancel_at; /* cancelled when an event's line begins so; NULL: never */
	pid_t kill_at_waiting; /* ended when it is said that it is waited for; 0: none */
	const char *targets[TRIAL_TARGETS];
	char names[256];

	void (*at_retrying)(struct trial *t); /* called at such an event, or NULL */

	struct mhp_result *result;
	struct mhp_error err;
	int rc;
	unsigned asked;
	unsigned retrying;
	unsigned waiting;
	struct { /* what the events of progress with memmaps told */
		unsigned events;
		bool estimated; /* one of them */
		size_t parts;	/* the last, as what follows */
		uint64_t done_bytes;
		uint64_t total_bytes;
		uint64_t eta_ms;
	} memmap;
	char events[4096]; /* a line each, see the tests */
	char warnings[2048];
	struct mhp_error first; /* of the first failure event */
	char first_target[64];
};

/* Set up for a verb and targets, with spaces between them. Time is fakeclock.h's from then on. */
void trial_begin(struct trial *t, struct fakesys *fs, enum mhp_verb verb, const char *targets);

void trial_run(struct trial *t);
void trial_end(struct trial *t);

#define cleanup_trial __attribute__((cleanup(trial_end)))

/* It ran, and ended like this. */
void trial_check(const struct trial *t, enum mhp_status status, int exit_code);

/* It was refused before anything was begun. */
void trial_check_refused(const struct trial *t, int rc, enum mhp_reason reason);

/* What the first target came to. */
void trial_check_target(const struct trial *t, enum mhp_status status, bool changed, uint64_t done,
			uint64_t total);
