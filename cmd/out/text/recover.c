/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The leftovers of killed runs, for people. */
#include "cmd/out/text/text.h"

/* Says what was done about it, or would be done. */
static const char *outcome_text(const struct mhp_leftover *left, bool dry_run)
{
	switch (left->recovery) {
	case MHP_RECOVERY_FINISHED:
		return "nothing to do";
	case MHP_RECOVERY_CONTINUE:
		return dry_run ? "would be completed" : left->is_done ? "completed" : "failed";
	case MHP_RECOVERY_UNDO:
		return dry_run ? "would be undone" : left->is_done ? "undone" : "failed";
	case MHP_RECOVERY_LEAVE:
		return "left as it is";
	default:
		return "cannot be recovered";
	}
}

static void print_leftover(FILE *f, const struct mhp_leftover *left, bool dry_run)
{
	fprintf(f, "  %s ", left->has_step ? mhp_step_type_text(left->step) : "step");
	out_text_escaped(f, "", left->object, ": ");
	fprintf(f, "%s", outcome_text(left, dry_run));
	out_text_escaped(f, ": ", left->error.reason ? left->error.message : left->state, "\n");
	if (left->error.hint[0])
		out_text_escaped(f, "    hint: ", left->error.hint, "\n");
	if (left->command[0] && left->recovery != MHP_RECOVERY_FINISHED)
		out_text_escaped(f, "    to continue: ", left->command, "\n");
}

static void print_run(FILE *f, const struct mhp_interrupted *run, bool dry_run)
{
	const struct mhp_leftover *left;

	out_text_escaped(f, "", run->text, "\n");
	if (run->is_rebooted)
		fputs("  the machine has booted since; only labels and namespaces can be left\n",
		      f);
	for (size_t i = 0; (left = mhp_interrupted_leftover(run, i)); i++)
		print_leftover(f, left, dry_run);
	if (run->error.hint[0] && !run->is_forgotten)
		out_text_escaped(f, "  hint: ", run->error.hint, "\n");
	if (!dry_run)
		out_text_escaped(f, run->is_forgotten ? "  recovered: " : "  kept: ", run->file,
				 "\n");
}

void out_text_recovery(FILE *f, const struct mhp_recovery_report *report, bool dry_run)
{
	const struct mhp_interrupted *run;

	if (report->nr_settings)
		fprintf(f, "%u setting%s of the machine %s\n", report->nr_settings,
			report->nr_settings == 1 ? "" : "s",
			dry_run ? "would be restored" : "restored");
	for (size_t i = 0; (run = mhp_recovery_run(report, i)); i++)
		print_run(f, run, dry_run);
	if (!report->nr_runs && !report->nr_settings)
		fputs("nothing is left by killed runs\n", f);
}
