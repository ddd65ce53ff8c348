/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One record for the journal or for syslog: a message and fields. Values may be untrusted: control
 * characters and bytes that are not UTF-8 become \xNN, so that no value can inject another field,
 * and journalctl shows every value as text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Each kind has a MESSAGE_ID that never changes; see mhpctl-journal(7). */
enum record_kind {
	RECORD_PLAN = 0,
	RECORD_STEP_STARTED,
	RECORD_STEP_DONE,
	RECORD_RETRYING,
	RECORD_FAILURE,
	RECORD_WARNING,
	RECORD_WAITING,
	RECORD_ERROR, /* nothing was started */
	RECORD_TARGET,
	RECORD_SECTION, /* policy section */
	RECORD_RESULT,
	RECORD_HOOK,
	RECORD_DRAIN,
	RECORD_MAX,
};

#define RECORD_FIELDS_MAX 72

struct record {
	enum record_kind kind;
	int priority;	     /* see syslog(3) */
	const char *message; /* the hint follows after message_len bytes */
	size_t message_len;
	const char *hint;		 /* "" if none */
	char *fields[RECORD_FIELDS_MAX]; /* NAME=value */
	size_t nr_fields;
};

/*
 * Begin and clear a record. A field is left out without memory or space: a shorter record is better
 * than none.
 */
void record_begin(struct record *record, enum record_kind kind, int priority);
void record_clear(struct record *record);

/* Sets the message; the hint ("" for none) is a second line in the journal. */
void record_message(struct record *record, const char *message, const char *hint);

/* Adds a field; a name may appear several times. Ignores NULL and "". */
void record_text(struct record *record, const char *name, const char *value);

void record_format(struct record *record, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

void record_bool(struct record *record, const char *name, bool value);

/* Returns the MESSAGE_ID. */
const char *record_id(enum record_kind kind);
