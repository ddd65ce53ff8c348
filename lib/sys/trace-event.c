/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/trace-event.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"

#include <errno.h>
#include <stdio.h>
#include <stddef.h>
#include <string.h>

#define SEPARATOR ": " TRACE_EVENT ": "

/*
 * Parses what precedes the name of the event: "          holder-412     [001] ..... 12.345678". The
 * name of a task may have any characters, so the number is found from the right.
 */
static bool parse_task(const char *line, size_t len, struct trace_event *event)
{
	size_t end = len, start;
	uint64_t tid;

	while (end && line[end - 1] != '[') /* flags and time have none */
		end--;
	for (end = end ? end - 1 : 0; end && line[end - 1] == ' ';)
		end--;
	for (start = end; start && line[start - 1] >= '0' && line[start - 1] <= '9';)
		start--;
	if (!start || line[start - 1] != '-' ||
	    parse_u64_n(line + start, end - start, 10, &tid) < 0 || tid > INT32_MAX)
		return false;
	event->tid = (int)tid;
	len = start - 1;
	while (len && *line == ' ') {
		line++;
		len--;
	}
	snprintf(event->comm, sizeof(event->comm), "%.*s", (int)len, line);
	return true;
}

static const struct key {
	const char *name;
	size_t offset;
	bool is_optional; /* not printed by all kernels */
} keys[] = {
	{ "nr_succeeded=", offsetof(struct trace_event, moved_pages), false },
	{ "nr_failed=", offsetof(struct trace_event, failed_pages), false },
	{ "nr_thp_succeeded=", offsetof(struct trace_event, moved_huge), true },
	{ "nr_thp_failed=", offsetof(struct trace_event, failed_huge), true },
	{ "nr_thp_split=", offsetof(struct trace_event, split_huge), true },
};

/* Finds a whole word "nr_failed=0": "nr_thp_failed=0" is another one. */
static const char *find_value(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		if (strncmp(text, name, len) == 0)
			return text + len;
		text += strcspn(text, " ");
	}
	return NULL;
}

static bool parse_counts(const char *text, struct trace_event *event)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *at = find_value(text, keys[i].name);
		uint64_t *value = (uint64_t *)((char *)event + keys[i].offset);

		if (!at && keys[i].is_optional)
			continue;
		if (!at || parse_u64_n(at, strspn(at, "0123456789"), 10, value) < 0)
			return false;
	}
	return true;
}

enum trace_line trace_line_parse(const char *line, struct trace_event *event, uint64_t *lost)
{
	const char *name = strstr(line, SEPARATOR), *at = strstr(line, " [LOST ");
	int cpu;

	*event = (struct trace_event){ .tid = 0 };
	*lost = 0;
	if (name)
		return parse_task(line, (size_t)(name - line), event) &&
				       parse_counts(name + strlen(SEPARATOR), event)
			       ? TRACE_LINE_EVENT
			       : TRACE_LINE_BROKEN;
	if (!at || sscanf(line, "CPU:%d [LOST", &cpu) != 1)
		return TRACE_LINE_OTHER;
	at += strlen(" [LOST ");
	if (parse_u64_n(at, strspn(at, "0123456789"), 10, lost) < 0)
		*lost = 0;
	return TRACE_LINE_LOST;
}

/* Looks for { 7, "longterm_pin" } among the values that the kernel prints as names. */
int trace_reason_parse(const char *format, const char *reason, uint64_t *number)
{
	char quoted[64];
	const char *at, *digits;

	str_format(quoted, ", \"%s\"", reason);
	at = strstr(format, quoted);
	if (!at)
		return -ENOENT;
	for (digits = at; digits > format && digits[-1] >= '0' && digits[-1] <= '9';)
		digits--;
	return parse_u64_n(digits, (size_t)(at - digits), 10, number) < 0 ? -ENOENT : 0;
}
