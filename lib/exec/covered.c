/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/covered.h"
#include "lib/exec/forget.h"

#include <errno.h>
#include <string.h>

size_t covered_tell(struct mhp_ctx *ctx, const struct emitter *emitter)
{
	cleanup_interrupted struct interrupted_runs runs = { 0 };
	char text[384];
	int rc;

	if (ctx->is_recovering || ctx->is_copy)
		return 0;
	rc = interrupted_read(ctx, &runs);
	if (rc < 0 && !ctx_cancelled(ctx))
		emit_warning(emitter, "cannot read whether earlier runs ended in the middle: %s",
			     strerror(-rc));
	if (rc < 0)
		return 0;
	for (size_t i = 0; i < runs.nr; i++) {
		interrupted_describe(&runs.at[i], text, sizeof(text));
		emit_warning(emitter, "%s", text);
	}
	return runs.nr;
}

/* Returns true if every step is finished: a state that a command can still change is left. */
static bool is_finished(const struct judgement *judgement)
{
	for (size_t i = 0; i < judgement->nr; i++)
		if (judgement->at[i].is.recovery != MHP_RECOVERY_FINISHED)
			return false;
	return true;
}

static bool forget_run(struct child *child, const struct mhp_topology *topo,
		       const struct interrupted_run *run)
{
	cleanup_judgement struct judgement judgement = { 0 };
	int rc = 0;

	if (!run->intent || leftover_judge(topo, run, &judgement) < 0 || !is_finished(&judgement))
		return false;
	for (enum intent_place place = 0; place < INTENT_PLACES; place++)
		if (run->files[place] && *run->files[place]->why)
			return false;
	forget_records(child, &judgement);
	for (enum intent_place place = 0; place < INTENT_PLACES && rc == 0; place++)
		if (run->files[place])
			rc = forget_file(child, place, run->files[place]->name, false);
	return rc == 0 || rc == -EAGAIN || rc == -ENOENT; /* or another process does it */
}

void covered_forget(struct mhp_ctx *ctx, const struct emitter *emitter)
{
	cleanup_interrupted struct interrupted_runs runs = { 0 };
	cleanup_topology struct mhp_topology *topo = NULL;
	struct child child = CHILD_INIT(ctx);
	size_t left = 0;

	if (interrupted_read(ctx, &runs) < 0 || !runs.nr ||
	    mhp_topology_scan(ctx, MHP_SCAN_WITHOUT_BLOCKS, &topo, NULL) < 0)
		return;
	for (size_t i = 0; i < runs.nr; i++)
		left += !forget_run(&child, topo, &runs.at[i]);
	child_stop(&child);
	if (left)
		emit_warning(emitter, "mhpctl recover shows and ends what %zu earlier run%s left",
			     left, left == 1 ? " has" : "s have");
}
