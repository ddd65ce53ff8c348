/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan (--dry-run) and the result of a command that changes memory, for people. */
#include "cmd/out/text/text.h"
#include "cmd/wording.h"
#include "lib/base/counts.h"
#include "lib/base/parse.h"

#include <inttypes.h>
#include <string.h>

/* ---- the plan ---------------------------------------------------------------------------- */

/* Prints details of a step: "in zone movable", "to system-ram". */
static void print_detail(FILE *f, const struct mhp_step *step)
{
	switch (step->type) {
	case MHP_STEP_ONLINE_BLOCK:
		fprintf(f, " in zone %s", mhp_zone_request_name(step->zone));
		break;
	case MHP_STEP_SET_MODE:
		fprintf(f, " to %s", mhp_dax_mode_name(step->mode));
		break;
	case MHP_STEP_CREATE_NAMESPACE:
		if (step->align)
			out_text_bytes(f, ", align ", step->align, "");
		if (step->map != MHP_MEMMAP_NONE)
			fprintf(f, ", memmap in %s", mhp_memmap_location_name(step->map));
		if (*step->label)
			out_text_escaped(f, ", name \"", step->label, "\"");
		break;
	case MHP_STEP_CREATE_CXL_REGION:
		fprintf(f, ", %u way%s of ", step->ways, step->ways == 1 ? "" : "s");
		out_text_bytes(f, "", step->granularity, "");
		break;
	default:
		break;
	}
}

static void print_step(FILE *f, size_t number, const struct mhp_step *step)
{
	fprintf(f, "%3zu. %s", number, mhp_step_type_text(step->type));
	out_text_escaped(f, " ", step->object, step->is_predicted ? " (expected name)" : "");
	print_detail(f, step);
	if (step->size && step->size != MHP_UNKNOWN)
		out_text_bytes(f, ", ", step->size, "");
	fputc('\n', f);
	if (*step->why)
		out_text_escaped(f, "     why:   ", step->why, "\n");
	if (*step->needs)
		out_text_escaped(f, "     needs: ", step->needs, "\n");
	if (step->has_cost)
		out_text_step_cost(f, &step->cost);
	out_text_escaped(f, "     undo:  ", *step->undo ? step->undo : "not possible", "\n");
}

void out_text_texts(FILE *f, const char *title, const struct mhp_plan *plan, out_text_fn get)
{
	const char *text;

	for (size_t i = 0; (text = get(plan, i)); i++) {
		if (i == 0)
			fprintf(f, "\n%s\n", title);
		out_text_escaped(f, "  - ", text, "\n");
	}
}

void out_text_losses(FILE *f, const struct mhp_plan *plan)
{
	const struct mhp_loss *loss;
	char text[256];

	for (size_t i = 0; (loss = mhp_plan_loss(plan, i)); i++) {
		if (i == 0)
			fputs("\nData that would be lost:\n", f);
		wording_loss(loss, text, sizeof(text));
		out_text_escaped(f, "  - ", text, "\n");
	}
}

void out_text_steps(FILE *f, const struct mhp_plan *plan, size_t *nr)
{
	const struct mhp_step *step;

	for (size_t i = 0; (step = mhp_plan_step(plan, i)); i++)
		print_step(f, ++*nr, step);
}

void out_text_hidden(FILE *f, const struct mhp_plan *plan)
{
	const struct mhp_hidden *hidden;

	for (size_t i = 0; (hidden = mhp_plan_hidden(plan, i)); i++) {
		if (i == 0)
			fputs("\nHidden, so there may be more to do:\n", f);
		out_text_escaped(f, "  - ", hidden->what, ": ");
		out_text_escaped(f, "", hidden->why, "\n");
	}
}

void out_text_hooks(FILE *f, const struct out_hooks *hooks)
{
	for (size_t i = 0; i < hooks->nr; i++) {
		const struct out_hook *hook = &hooks->at[i];

		if (i == 0)
			fputs("\nHooks:\n", f);
		fputs("  - ", f);
		if (*hook->section)
			out_text_escaped(f, "", hook->section, ": ");
		out_text_escaped(f, mhp_hook_when_name(hook->when), "", ": ");
		out_text_escaped(f, "", hook->command, "");
		fprintf(f, ", for at most %g s\n", (double)hook->timeout_ms / 1000);
		if (hook->problem.reason)
			out_text_escaped(f, "    but ", hook->problem.message, "\n");
	}
}

int out_text_plan(FILE *f, const struct mhp_plan *plan, const struct out_hooks *hooks)
{
	size_t nr = 0;
	int rc;

	out_text_steps(f, plan, &nr);
	if (!nr && !mhp_plan_failure(plan, 0))
		fputs(mhp_plan_hidden(plan, 0) ? "nothing visible has to be done\n"
					       : "already done: there is nothing to do\n",
		      f);
	out_text_cost(f, plan);
	rc = out_text_choices(f, plan);
	if (rc == 0 && mhp_plan_receipt(plan))
		rc = out_text_receipt(f, mhp_plan_receipt(plan), true);
	if (mhp_plan_drain(plan))
		out_text_drain(f, mhp_plan_drain(plan));
	out_text_losses(f, plan);
	out_text_texts(f, "Needs --yes or an answer on a terminal, because it would:", plan,
		       mhp_plan_consent);
	out_text_hidden(f, plan);
	out_text_texts(f, "Warnings:", plan, mhp_plan_warning);
	out_text_hooks(f, hooks);
	if (nr)
		fputs("\nThis was a dry run: nothing was changed.\n", f);
	return rc;
}

/* ---- the result -------------------------------------------------------------------------- */

static void print_online(FILE *f, const struct mhp_target_result *target)
{
	fputs(" online", f);
	if (target->zone != MHP_ZONE_NONE)
		fprintf(f, " in zone %s", mhp_zone_name(target->zone));
	if (target->online_bytes && target->node >= 0)
		fprintf(f, " on node %d", target->node);
	if (target->online_bytes)
		out_text_bytes(f, " (", target->online_bytes, ")");
}

static const char *word_of(enum mhp_verb verb)
{
	static const char *const words[] = {
		[MHP_VERB_CREATE] = "created", [MHP_VERB_DESTROY] = "destroyed",
		[MHP_VERB_ONLINE] = "online",  [MHP_VERB_OFFLINE] = "offline",
		[MHP_VERB_REMOVE] = "removed", [MHP_VERB_INIT] = "initialised",
		[MHP_VERB_RESIZE] = "resized",
	};

	return words[verb];
}

/* Returns the start of the line of a target that did not fully succeed. */
static const char *status_text(const struct mhp_target_result *target)
{
	static const char *const texts[NR_STATUSES] = {
		[MHP_STATUS_FAILED] = "failed",
		[MHP_STATUS_PARTIAL] = "partial",
		[MHP_STATUS_BLOCKED] = "blocked",
		[MHP_STATUS_DEADLINE] = "deadline passed",
		[MHP_STATUS_INTERRUPTED] = "interrupted",
		[MHP_STATUS_STUCK] = "not ended by the kernel",
		[MHP_STATUS_NOT_TRIED] = "not tried",
		[MHP_STATUS_ROLLED_BACK] = "rolled back",
	};

	if (target->status == MHP_STATUS_OK)
		return target->has_changes ? NULL : "already done";
	return (unsigned)target->status < NR_STATUSES ? texts[target->status] : "failed";
}

static bool tells_blocks(const struct mhp_target_result *target)
{
	return target->blocks_total && target->blocks_total != MHP_UNKNOWN &&
	       target->verb != MHP_VERB_CREATE && target->verb != MHP_VERB_DESTROY &&
	       target->verb != MHP_VERB_INIT && target->verb != MHP_VERB_RESIZE;
}

static void print_blocks(FILE *f, const struct mhp_target_result *target)
{
	bool elsewhere =
		target->verb == MHP_VERB_ONLINE && target->blocks_online > target->blocks_done;

	fprintf(f, "%" PRIu64 " of %" PRIu64 " blocks",
		elsewhere ? target->blocks_online : target->blocks_done, target->blocks_total);
	if (target->verb == MHP_VERB_ONLINE)
		print_online(f, target);
	else
		fputs(" offline", f);
	if (elsewhere)
		fprintf(f, ", %" PRIu64 " of them in the requested zone", target->blocks_done);
}

void out_text_target(FILE *f, const struct mhp_target_result *target)
{
	const char *status = status_text(target);
	bool blocks = tells_blocks(target);
	bool removed = !status && target->verb == MHP_VERB_REMOVE;

	if (*target->section)
		out_text_escaped(f, "", target->section, ": ");
	out_text_escaped(f, "", target->target, ": ");
	if (status)
		fputs(status, f);
	else if (removed || !blocks)
		fputs(*target->section == '[' ? "set" : word_of(target->verb), f);
	if (!status && target->verb == MHP_VERB_CREATE)
		out_text_escaped(f, " ", *target->ns_name ? target->ns_name : target->device, "");
	if (target->initialised_bytes)
		out_text_bytes(f, " (", target->initialised_bytes, ")");
	if (blocks) {
		fputs(status || removed ? ", " : "", f);
		print_blocks(f, target);
	}
}

void out_text_hook(FILE *f, const struct mhp_event *event)
{
	char text[1200];

	if (event->section)
		out_text_escaped(f, "", event->section, ": ");
	wording_hook(event->hook, text, sizeof(text));
	out_text_escaped(f, "", text, "\n");
}

void out_text_result(FILE *f, const struct mhp_result *result)
{
	const struct mhp_section_result *section;

	for (size_t i = 0; i < result->nr_targets; i++) {
		out_text_target(f, mhp_result_target(result, i));
		fputc('\n', f);
	}
	if (result->receipt)
		out_text_receipt(f, result->receipt, false);
	if (result->drain)
		out_text_drain(f, result->drain);
	for (size_t i = 0; (section = mhp_result_section(result, i)); i++)
		if (!section->nr_targets)
			out_text_escaped(f, "", section->section, ": no device matches it\n");
}
