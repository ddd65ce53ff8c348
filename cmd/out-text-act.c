/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people read before (--dry-run) and after a command that changes memory. */
#include "cmd/out-text.h"
#include "lib/base/parse.h"

#include <inttypes.h>
#include <string.h>

/* ---- the plan ---------------------------------------------------------------------------- */

static void print_escaped(FILE *f, const char *before, const char *text, const char *after)
{
	char shown[4 * sizeof(((struct mhp_error *)NULL)->message)];

	fprintf(f, "%s%s%s", before, text_escape(text, shown, sizeof(shown)), after);
}

static void print_size(FILE *f, const char *before, uint64_t bytes, const char *after)
{
	char buf[OUT_TEXT_SIZE_MAX];

	fprintf(f, "%s%s%s", before, out_text_size(bytes, false, buf, sizeof(buf)), after);
}

/* What a step will make of its object: "in zone movable", "to system-ram". */
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
			print_size(f, ", align ", step->align, "");
		if (step->map != MHP_MAP_NONE)
			fprintf(f, ", memmap in %s", mhp_map_name(step->map));
		if (*step->label)
			print_escaped(f, ", name \"", step->label, "\"");
		break;
	default:
		break;
	}
}

static void print_step(FILE *f, size_t number, const struct mhp_step *step)
{
	fprintf(f, "%3zu. %s", number, mhp_step_name(step->type));
	print_escaped(f, " ", step->object, step->predicted ? " (expected name)" : "");
	print_detail(f, step);
	if (step->size && step->size != MHP_UNKNOWN)
		print_size(f, ", ", step->size, "");
	fputc('\n', f);
	if (*step->why)
		print_escaped(f, "     why:   ", step->why, "\n");
	if (*step->needs)
		print_escaped(f, "     needs: ", step->needs, "\n");
	if (step->memmap_bytes && step->memmap_bytes != MHP_UNKNOWN)
		print_size(f, "     costs: ", step->memmap_bytes, " of ordinary memory\n");
	print_escaped(f, "     undo:  ", *step->undo ? step->undo : "not possible", "\n");
}

typedef const char *(*plan_text_fn)(const struct mhp_plan *plan, size_t index);

static void print_texts(FILE *f, const char *title, const struct mhp_plan *plan, plan_text_fn get)
{
	const char *text;

	for (size_t i = 0; (text = get(plan, i)); i++) {
		if (i == 0)
			fprintf(f, "\n%s\n", title);
		print_escaped(f, "  - ", text, "\n");
	}
}

int out_text_plan(FILE *f, const struct mhp_plan *plan)
{
	const struct mhp_step *step;
	uint64_t memmap = 0;
	size_t nr = 0;

	for (; (step = mhp_plan_step(plan, nr)); nr++) {
		print_step(f, nr + 1, step);
		if (step->memmap_bytes != MHP_UNKNOWN)
			memmap += step->memmap_bytes;
	}
	if (!nr)
		fputs("already so: there is nothing to do\n", f);
	print_texts(f, "Loses data, and so needs --yes or an answer on a terminal:", plan,
		    mhp_plan_consent);
	print_texts(f, "Warnings:", plan, mhp_plan_warning);
	if (memmap)
		print_size(f, "\nTakes ", memmap, " of ordinary memory for the memmap.\n");
	if (nr)
		fputs("\nThis was a dry run: nothing was changed.\n", f);
	return 0;
}

/* ---- the outcome ------------------------------------------------------------------------- */

static void print_online(FILE *f, const struct mhp_target_result *target)
{
	fputs(" online", f);
	if (target->zone != MHP_ZONE_NONE)
		fprintf(f, " in zone %s", mhp_zone_name(target->zone));
	if (target->bytes && target->node >= 0)
		fprintf(f, " on node %d", target->node);
	if (target->bytes)
		print_size(f, " (", target->bytes, ")");
}

static const char *word_of(enum mhp_verb verb)
{
	static const char *const words[] = {
		[MHP_VERB_CREATE] = "created", [MHP_VERB_DESTROY] = "destroyed",
		[MHP_VERB_ONLINE] = "online",  [MHP_VERB_OFFLINE] = "offline",
		[MHP_VERB_REMOVE] = "removed",
	};

	return words[verb];
}

/* The beginning of a line where the target is not simply as wanted. */
static const char *status_text(const struct mhp_target_result *target)
{
	static const char *const texts[MHP_STATUS_MAX] = {
		[MHP_STATUS_FAILED] = "failed",
		[MHP_STATUS_PARTLY] = "partly done",
		[MHP_STATUS_BLOCKED] = "blocked",
		[MHP_STATUS_DEADLINE] = "deadline passed",
		[MHP_STATUS_INTERRUPTED] = "interrupted",
		[MHP_STATUS_STUCK] = "stuck in the kernel",
		[MHP_STATUS_NOT_TRIED] = "not tried",
		[MHP_STATUS_ROLLED_BACK] = "rolled back",
	};

	if (target->status == MHP_STATUS_OK)
		return target->changed ? NULL : "already so";
	return (unsigned)target->status < MHP_STATUS_MAX ? texts[target->status] : "failed";
}

static bool tells_blocks(enum mhp_verb verb, const struct mhp_target_result *target)
{
	return target->blocks_total && target->blocks_total != MHP_UNKNOWN &&
	       verb != MHP_VERB_CREATE && verb != MHP_VERB_DESTROY;
}

static void print_blocks(FILE *f, const struct out_outcome *outcome,
			 const struct mhp_target_result *target)
{
	fprintf(f, "%" PRIu64 " of %" PRIu64 " blocks", target->blocks_done, target->blocks_total);
	if (outcome->verb == MHP_VERB_ONLINE)
		print_online(f, target);
	else
		fputs(" offline", f);
}

static void print_target(FILE *f, const struct out_outcome *outcome,
			 const struct mhp_target_result *target)
{
	const char *status = status_text(target);
	bool blocks = tells_blocks(outcome->verb, target);
	bool removed = !status && outcome->verb == MHP_VERB_REMOVE;

	print_escaped(f, "", target->target, ": ");
	if (status)
		fputs(status, f);
	else if (removed || !blocks)
		fputs(word_of(outcome->verb), f);
	if (!status && outcome->verb == MHP_VERB_CREATE)
		print_escaped(f, " ", target->namespace_, "");
	if (blocks) {
		fputs(status || removed ? ", " : "", f);
		print_blocks(f, outcome, target);
	}
	fputc('\n', f);
}

void out_text_outcome(FILE *f, const struct out_outcome *outcome)
{
	for (size_t i = 0; i < outcome->result->nr_targets; i++)
		print_target(f, outcome, &outcome->result->targets[i]);
}
