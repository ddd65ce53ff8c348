/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report that was written, for people. */
#include "cmd/out/text/text.h"
#include "lib/tool.h"

#include <string.h>

#define SHOWN 5 /* files; the archive lists all */

static void print_missing(FILE *f, const char *title, const struct mhp_report_missing *at,
			  size_t nr)
{
	if (nr)
		fprintf(f, "%s\n", title);
	for (size_t i = 0; i < nr && i < SHOWN; i++) {
		out_text_escaped(f, "  /", at[i].path, ": ");
		fprintf(f, "%s\n", strerrordesc_np(at[i].errnum));
	}
	if (nr > SHOWN)
		fprintf(f, "  and %zu more\n", nr - SHOWN);
}

void out_text_report(FILE *f, const struct out_report *written)
{
	const struct mhp_report *report = written->report;

	out_text_escaped(f, "", written->file, "");
	fprintf(f, ": %zu files, %zu bytes, %s\n", report->nr_files, report->len,
		written->with_names ? "with names" : "without names");
	print_missing(f, "could not be read", report->hidden, report->nr_hidden);
	print_missing(f, "left out for its size", report->left_out, report->nr_left_out);
	if (report->is_cut)
		fputs("The machine has more than a report can hold.\n", f);
}
