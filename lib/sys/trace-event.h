/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of a trace, of the event mm_migrate_pages. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TRACE_EVENT "mm_migrate_pages"

/* One call of the kernel that migrated pages. Counts of huge pages are also part of the pages. */
struct trace_event {
	int tid;
	char comm[16]; /* "<...>" if the kernel did not keep it */
	uint64_t moved_pages;
	uint64_t failed_pages;
	uint64_t moved_huge, failed_huge, split_huge;
};

enum trace_line {
	TRACE_LINE_OTHER = 0,
	TRACE_LINE_EVENT,
	TRACE_LINE_LOST,
	TRACE_LINE_BROKEN, /* an event that cannot be understood: it counts as lost */
};

/*
 * Parses a line of trace_pipe. Fills *event for an event, and *lost for a line that tells that
 * events were lost: their number, 0 if the kernel does not know it.
 */
enum trace_line trace_line_parse(const char *line, struct trace_event *event, uint64_t *lost);

/*
 * Finds the number of a reason in the format file of the event, as it differs by kernel. Returns 0,
 * or -ENOENT if this kernel has no such reason.
 */
int trace_reason_parse(const char *format, const char *reason, uint64_t *number);
