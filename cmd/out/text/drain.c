/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drains, for people. */
#include "cmd/out/text/text.h"
#include "cmd/wording.h"

#include <inttypes.h>

/* Prints "64 MiB of pages to move, 12 MiB of them clean cache; space for 60 MiB". */
static void print_state(FILE *f, const struct mhp_drain_state *state)
{
	if (state->used_bytes == MHP_UNKNOWN) {
		fputs("the content of the blocks is not known", f);
	} else {
		out_text_bytes(f, "", state->used_bytes, " of pages to move");
		out_text_bytes(f, " (clean cache ", state->clean_bytes, "");
		out_text_bytes(f, ", dirty ", state->dirty_bytes, "");
		out_text_bytes(f, ", anonymous or shared ", state->anon_bytes, ")");
	}
	if (state->available_bytes != MHP_UNKNOWN)
		out_text_bytes(f, ", space for ", state->available_bytes, "");
	if (state->short_bytes && state->short_bytes != MHP_UNKNOWN)
		out_text_bytes(f, ", ", state->short_bytes, " short");
	fputc('\n', f);
}

static void print_action(FILE *f, const struct mhp_drain_action *action)
{
	char text[WORDING_DRAIN_MAX];

	wording_drain(action, text, sizeof(text));
	out_text_escaped(f, "", text, "\n");
}

void out_text_drain(FILE *f, const struct mhp_drain *drain)
{
	const struct mhp_drain_action *action;

	fprintf(f, "\nDrain, for at most %g s:\n  before: ", (double)drain->limit_ms / 1000);
	print_state(f, &drain->before);
	for (size_t i = 0; (action = mhp_drain_action(drain, i)); i++) {
		fputs("  - ", f);
		print_action(f, action);
	}
	if (!drain->nr_actions && drain->before.used_bytes != MHP_UNKNOWN)
		fputs("  - nothing of it would help\n", f);
	if (drain->after.used_bytes == MHP_UNKNOWN)
		return;
	fputs("  after: ", f);
	print_state(f, &drain->after);
}
