/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The findings of doctor, for people. */
#include "cmd/out/text/text.h"

#include <string.h>

static void print_finding(FILE *f, const struct mhp_finding *finding)
{
	fprintf(f, "  %-8s %-22s ", mhp_severity_name(finding->severity), finding->id);
	out_text_escaped(f, "", finding->found, "\n");
	if (finding->where[0])
		out_text_escaped(f, "           where  ", finding->where, "\n");
	if (finding->severity == MHP_SEVERITY_OK)
		return;
	out_text_escaped(f, "           why    ", finding->why, "\n");
	if (finding->fix[0])
		out_text_escaped(f, "           fix    ", finding->fix, "\n");
}

static void print_hidden(FILE *f, const struct mhp_doctor_report *report)
{
	if (report->nr_hidden)
		fputs("not seen\n", f);
	for (size_t i = 0; i < report->nr_hidden; i++) {
		out_text_escaped(f, "  ", mhp_doctor_report_hidden(report, i)->what, ": ");
		out_text_escaped(f, "", mhp_doctor_report_hidden(report, i)->why, "\n");
	}
}

void out_text_doctor(FILE *f, const struct mhp_doctor_report *report, bool all)
{
	const char *group = "";
	size_t counts[MHP_SEVERITY_ERROR + 1] = { 0 };

	for (size_t i = 0; i < report->nr_findings; i++) {
		const struct mhp_finding *finding = mhp_doctor_report_finding(report, i);

		counts[finding->severity]++;
		if (finding->severity == MHP_SEVERITY_OK && !all)
			continue;
		if (strcmp(group, finding->group) != 0)
			fprintf(f, "%s\n", finding->group);
		group = finding->group;
		print_finding(f, finding);
	}
	print_hidden(f, report);
	fprintf(f, "%zu error%s, %zu warning%s, %zu note%s, %zu ok\n", counts[MHP_SEVERITY_ERROR],
		counts[MHP_SEVERITY_ERROR] == 1 ? "" : "s", counts[MHP_SEVERITY_WARNING],
		counts[MHP_SEVERITY_WARNING] == 1 ? "" : "s", counts[MHP_SEVERITY_NOTE],
		counts[MHP_SEVERITY_NOTE] == 1 ? "" : "s", counts[MHP_SEVERITY_OK]);
	if (counts[MHP_SEVERITY_ERROR] + counts[MHP_SEVERITY_WARNING])
		fputs("To ask for help, attach the file that mhpctl report writes.\n", f);
}
