/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One record for the journal or for syslog: a message and fields. Text from anywhere may be in it:
 * control characters and bytes that are not UTF-8 become \xNN, so that no value can pass for
 * another field, and journalctl shows all of them as text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Each has its MESSAGE_ID, which never changes; see mhpctl-journal(7). */
enum record_kind {
	RECORD_PLAN = 0,
	RECORD_STEP_STARTED,
	RECORD_STEP_DONE,
	RECORD_RETRYING,
	RECORD_FAILURE,
	RECORD_WARNING,
	RECORD_WAITING,
	RECORD_ERROR, /* nothing was begun */
	RECORD_TARGET,
	RECORD_SECTION, /* of a policy */
	RECORD_RESULT,
	RECORD_MAX,
};

#define RECORD_FIELDS_MAX 72

struct record {
	enum record_kind kind;
	int priority;	     /* as of syslog(3) */
	const char *message; /* without the hint for its first message_len bytes */
	size_t message_len;
	const char *hint;		 /* "" where there is none */
	char *fields[RECORD_FIELDS_MAX]; /* NAME=value */
	size_t nr_fields;
};

/* Without memory, or room, a field is left out: half a record is better than none. */
void record_begin(struct record *record, enum record_kind kind, int priority);
void record_clear(struct record *record);

/* The message, and what can be done about it: a second line in the journal. hint: "" for none. */
void record_message(struct record *record, const char *message, const char *hint);

/* A field more; one name can stand in a record several times. Nothing for NULL and "". */
void record_text(struct record *record, const char *name, const char *value);

void record_format(struct record *record, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

void record_bool(struct record *record, const char *name, bool value);

/* The MESSAGE_ID. */
const char *record_id(enum record_kind kind);
