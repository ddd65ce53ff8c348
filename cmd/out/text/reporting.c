/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Free page reporting, for people. */
#include "cmd/out/reporting.h"
#include "cmd/out/text/table.h"
#include "cmd/out/text/text.h"
#include "lib/base/clock.h"
#include "lib/base/parse.h"

#include <inttypes.h>
#include <time.h>

#define MSEC_MAX 32

/* Formats "2 s", "1.5 s" or "100 ms". */
static const char *format_msec(uint64_t msec, char *buf, size_t size)
{
	if (msec < 1000)
		snprintf(buf, size, "%" PRIu64 " ms", msec);
	else if (msec % 1000 && msec < 10000)
		snprintf(buf, size, "%.1f s", (double)msec / 1000);
	else
		snprintf(buf, size, "%" PRIu64 " s", (msec + 500) / 1000);
	return buf;
}

/* ---- settings ---------------------------------------------------------------------------- */

#define ORDER_LIMIT 40 /* no kernel has such an order */

static void print_order(FILE *f, const struct mhp_reporting *reporting)
{
	uint64_t largest = reporting->max_order == MHP_UNKNOWN ? ORDER_LIMIT : reporting->max_order;
	char size[OUT_TEXT_SIZE_MAX];

	fputs("order       ", f);
	if (!reporting->has_order)
		fputs("-\n", f);
	else if (reporting->order == MHP_UNKNOWN)
		fputs("not set by a balloon driver, or not readable\n", f);
	else if (reporting->order > largest)
		fprintf(f, "%" PRIu64 ", above the largest of this kernel: nothing is reported\n",
			reporting->order);
	else
		fprintf(f, "%" PRIu64 " (free blocks of %s and larger)\n", reporting->order,
			out_text_size(reporting->page_size << reporting->order, false, size,
				      sizeof(size)));
}

static void print_delay(FILE *f, const struct mhp_reporting *reporting)
{
	char text[MSEC_MAX];

	if (reporting->delay_ms == MHP_UNKNOWN)
		fputs("delay       -\n", f);
	else
		fprintf(f, "delay       %s%s\n",
			format_msec(reporting->delay_ms, text, sizeof(text)),
			reporting->has_delay ? "" : " (fixed before Linux 7.3)");
}

/* Returns whether the host keeps what is reported. */
static bool is_futile(const struct mhp_reporting *reporting)
{
	const struct mhp_balloon *balloon;

	for (size_t i = 0; (balloon = mhp_reporting_balloon(reporting, i)); i++)
		if (balloon->is_futile == MHP_TRISTATE_YES)
			return true;
	return false;
}

static void print_new_memory(FILE *f, const struct mhp_reporting *reporting)
{
	fputs("new memory  ", f);
	if (reporting->new_memory == MHP_NEW_MEMORY_REPORTED)
		fprintf(f, "is reported one delay after it is online: the host %s\n",
			is_futile(reporting) ? "keeps it" : "gets it back until it is used");
	else if (reporting->new_memory == MHP_NEW_MEMORY_KEPT)
		fputs("is not reported\n", f);
	else
		fputs("-\n", f);
}

static void print_state(FILE *f, const struct mhp_reporting *reporting)
{
	fprintf(f, "reporting   %s\n",
		reporting->is_active == MHP_TRISTATE_YES  ? "on"
		: reporting->is_active == MHP_TRISTATE_NO ? "off"
							  : "not known");
	print_order(f, reporting);
	print_delay(f, reporting);
	print_new_memory(f, reporting);
}

/* ---- balloons ---------------------------------------------------------------------------- */

static void print_balloons(FILE *f, const struct mhp_reporting *reporting)
{
	const struct mhp_balloon *balloon;

	if (!reporting->nr_balloons)
		fputs("balloon     none\n", f);
	for (size_t i = 0; (balloon = mhp_reporting_balloon(reporting, i)); i++) {
		out_text_escaped(f, "balloon     ", balloon->name, "");
		out_text_escaped(f, *balloon->driver ? ", driver " : "", balloon->driver, "");
		fprintf(f, ": %s",
			balloon->reporting == MHP_TRISTATE_YES	? "reports"
			: balloon->reporting == MHP_TRISTATE_NO ? "does not report"
								: "not known");
		out_text_escaped(f, *balloon->why ? ": " : "", balloon->why, "\n");
	}
}

/* ---- zones ------------------------------------------------------------------------------- */

enum column {
	COLUMN_NODE,
	COLUMN_ZONE,
	COLUMN_FREE,
	COLUMN_LARGE,
	COLUMN_REPORTABLE,
	COLUMN_NOTE
};

static const struct table_column columns[] = {
	[COLUMN_NODE] = TABLE_LEFT("Node"),
	[COLUMN_ZONE] = TABLE_LEFT("Zone"),
	[COLUMN_FREE] = TABLE_RIGHT("Free"),
	[COLUMN_LARGE] = TABLE_RIGHT("In large blocks"),
	[COLUMN_REPORTABLE] = TABLE_RIGHT("Reportable"),
	[COLUMN_NOTE] = TABLE_LEFT("Note"),
};

static void set_size(struct table *table, enum column column, uint64_t bytes)
{
	char size[OUT_TEXT_SIZE_MAX];

	table_set(table, column, "%s", out_text_size(bytes, false, size, sizeof(size)));
}

static void add_zone(struct table *table, const struct mhp_reporting_zone *zone)
{
	char name[4 * sizeof(zone->zone) + 1], size[OUT_TEXT_SIZE_MAX];

	table_add_row(table);
	table_set(table, COLUMN_NODE, "%d", zone->node);
	table_set(table, COLUMN_ZONE, "%s", text_escape(zone->zone, name, sizeof(name)));
	set_size(table, COLUMN_FREE, zone->free_bytes);
	set_size(table, COLUMN_LARGE, zone->large_bytes);
	set_size(table, COLUMN_REPORTABLE, zone->reportable_bytes);
	if (zone->is_low == MHP_TRISTATE_YES)
		table_set(table, COLUMN_NOTE, "too little is free: the kernel skips it");
	else if (zone->isolated_bytes != MHP_UNKNOWN && zone->isolated_bytes)
		table_set(table, COLUMN_NOTE, "%s is being taken offline",
			  out_text_size(zone->isolated_bytes, false, size, sizeof(size)));
}

static int print_zones(FILE *f, const struct mhp_reporting *reporting, bool color)
{
	cleanup_table struct table table = { .columns = columns,
					     .nr_columns = sizeof(columns) / sizeof(*columns) };
	const struct mhp_reporting_zone *zone;

	for (size_t i = 0; (zone = mhp_reporting_zone(reporting, i)); i++)
		add_zone(&table, zone);
	fputc('\n', f);
	table_add_row(&table);
	table_set(&table, COLUMN_NODE, "all");
	set_size(&table, COLUMN_FREE, reporting->free_bytes);
	set_size(&table, COLUMN_LARGE, reporting->large_bytes);
	set_size(&table, COLUMN_REPORTABLE, reporting->reportable_bytes);
	return table_print(&table, f, color);
}

static void print_estimate(FILE *f, const struct mhp_reporting *reporting)
{
	char text[MSEC_MAX];

	if (reporting->reportable_bytes == MHP_UNKNOWN || !reporting->reportable_bytes ||
	    reporting->eta_ms == MHP_UNKNOWN)
		return;
	fprintf(f,
		"Reportable memory is reported already, or will be within about %s; the kernel does "
		"not show which.\n",
		format_msec(reporting->eta_ms, text, sizeof(text)));
}

static void print_hidden(FILE *f, const struct mhp_reporting *reporting)
{
	const struct mhp_hidden *hidden;

	for (size_t i = 0; (hidden = mhp_reporting_hidden(reporting, i)); i++) {
		out_text_escaped(f, "not seen: ", hidden->what, ": ");
		out_text_escaped(f, "", hidden->why, "\n");
	}
}

/* ---- what the call did ------------------------------------------------------------------- */

static void print_keep(FILE *f, const struct out_keep *keep)
{
	fprintf(f, "  boot parameter: %s\n  or a line of /etc/tmpfiles.d/reporting.conf: %s\n",
		keep->boot, keep->tmpfiles);
}

void out_text_reporting_set(FILE *f, const struct out_reporting *report)
{
	struct out_keep keep;

	fprintf(f, "%s\n",
		report->dry_run		     ? "Nothing was set: the values are valid."
		: report->change.has_changes ? "Set."
					     : "Already set.");
	fputs("The next boot has other values again. To keep these:\n", f);
	if (report->order != MHP_UNKNOWN) {
		out_keep_order(report->order, &keep);
		print_keep(f, &keep);
	}
	if (report->delay_ms != MHP_UNKNOWN) {
		out_keep_delay(report->delay_ms, &keep);
		print_keep(f, &keep);
	}
	if (report->order != MHP_UNKNOWN)
		fputs("On Linux 6.1 and older, a balloon driver that starts later replaces the "
		      "order: the boot parameter has no effect there.\n",
		      f);
	fputc('\n', f);
}

static void print_wait(FILE *f, const struct out_reporting *report)
{
	char text[MSEC_MAX], size[OUT_TEXT_SIZE_MAX];

	if (!report->has_waited)
		return;
	fprintf(f, "Waited %s: %s had the time to be reported.\n",
		format_msec(report->wait.waited_ms, text, sizeof(text)),
		out_text_size(report->wait.reportable_bytes, false, size, sizeof(size)));
	if (report->wait.skipped_bytes && report->wait.skipped_bytes != MHP_UNKNOWN)
		fprintf(f, "%s in zones with too little free memory is not reported.\n",
			out_text_size(report->wait.skipped_bytes, false, size, sizeof(size)));
	fputs("Only the host shows what it took: the resident size of the virtual machine's "
	      "process.\n\n",
	      f);
}

int out_text_reporting(FILE *f, const struct out_reporting *report, bool color)
{
	int rc;

	print_wait(f, report);
	print_state(f, report->reporting);
	print_balloons(f, report->reporting);
	rc = print_zones(f, report->reporting, color);
	print_estimate(f, report->reporting);
	print_hidden(f, report->reporting);
	return rc;
}

void out_text_reporting_change(FILE *f, const struct mhp_reporting *reporting)
{
	const struct mhp_reporting_zone *zone;
	const char *before = " (";

	out_text_time(f, clock_real_usec());
	out_text_bytes(f, "reportable ", reporting->reportable_bytes, "");
	for (size_t i = 0; (zone = mhp_reporting_zone(reporting, i)); i++) {
		if (zone->reportable_bytes == MHP_UNKNOWN || !zone->reportable_bytes)
			continue;
		fprintf(f, "%snode%d ", before, zone->node);
		out_text_escaped(f, "", zone->zone, "");
		out_text_bytes(f, " ", zone->reportable_bytes, "");
		before = ", ";
	}
	fputs(*before == ',' ? ")" : "", f);
	out_text_bytes(f, ", free ", reporting->free_bytes, "\n");
}
