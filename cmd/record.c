/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/record.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *record_id(enum record_kind kind)
{
	static const char *const ids[RECORD_MAX] = {
		[RECORD_PLAN] = "2c7a44c4298d4be1becc9a96cbc2c37c",
		[RECORD_STEP_STARTED] = "9698b3d829104775b36088872ee01e89",
		[RECORD_STEP_DONE] = "c11d0da9d8bc43afa1c002ef395a2566",
		[RECORD_RETRYING] = "1cc9c524d4794a0b887fab28dd65f806",
		[RECORD_FAILURE] = "004cc581039e4093afb0dea09ac16036",
		[RECORD_WARNING] = "71945f45989546e4a561a722c8ea69c5",
		[RECORD_WAITING] = "1aee07ac913847f3857bfaacdd38b481",
		[RECORD_ERROR] = "b8baa7b5957e4e6786f3c42a7d44b02e",
		[RECORD_TARGET] = "98e3990f226c4c9fa3295d8e7cd88888",
		[RECORD_SECTION] = "d8c932b5604a45cf99764ec5139a24ea",
		[RECORD_RESULT] = "a3f61327946d475c841e53c6813fd637",
		[RECORD_HOOK] = "f9c83832fd504f549bf1387144a3640a",
		[RECORD_DRAIN] = "232fc08b40d44ce8bb8f09855045ec95",
	};

	return ids[kind];
}

/* Returns "NAME=value" with the value escaped, or NULL without memory. */
static char *safe_field(const char *name, const char *value)
{
	size_t len = strlen(name) + 1, max = 4 * strlen(value) + 1; /* every byte as \xNN */
	char *field = malloc(len + max);

	if (!field)
		return NULL;
	memcpy(field, name, len - 1);
	field[len - 1] = '=';
	text_escape(value, field + len, max);
	return field;
}

/* Adds the field and owns it; returns it, or NULL (and frees it) where it does not fit. */
static const char *add_field(struct record *record, char *field)
{
	if (field && record->nr_fields < RECORD_FIELDS_MAX)
		return record->fields[record->nr_fields++] = field;
	free(field);
	return NULL;
}

void record_text(struct record *record, const char *name, const char *value)
{
	if (value && *value)
		add_field(record, safe_field(name, value));
}

void record_format(struct record *record, const char *name, const char *fmt, ...)
{
	cleanup_free char *value = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&value, fmt, ap) < 0)
		value = NULL;
	va_end(ap);
	record_text(record, name, value);
}

void record_bool(struct record *record, const char *name, bool value)
{
	record_text(record, name, value ? "yes" : "no");
}

void record_begin(struct record *record, enum record_kind kind, int priority)
{
	*record = (struct record){
		.kind = kind,
		.priority = priority,
		.message = "",
		.hint = "",
	};
	record_text(record, "MESSAGE_ID", record_id(kind));
	record_format(record, "PRIORITY", "%d", priority);
	record_text(record, "SYSLOG_IDENTIFIER", "mhpctl");
}

void record_message(struct record *record, const char *message, const char *hint)
{
	cleanup_free char *safe = safe_field("MESSAGE", message);
	const char *added = *hint ? add_field(record, safe_field("MHPCTL_HINT", hint)) : NULL;
	char *whole;

	if (!safe)
		return;
	if (added)
		record->hint = added + strlen("MHPCTL_HINT=");
	if (asprintf(&whole, "%s%s%s", safe, *record->hint ? "\nhint: " : "", record->hint) < 0)
		return;
	if (!add_field(record, whole))
		return;
	record->message = whole + strlen("MESSAGE=");
	record->message_len = strlen(safe) - strlen("MESSAGE=");
}

void record_clear(struct record *record)
{
	for (size_t i = 0; i < record->nr_fields; i++)
		free(record->fields[i]);
	*record = (struct record){ .message = "", .hint = "" };
}
