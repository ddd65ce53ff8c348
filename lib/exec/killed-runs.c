/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/killed-runs.h"
#include "lib/exec/run-files.h"
#include "lib/sys/holders/procs.h"

#include <errno.h>
#include <string.h>

size_t killed_runs_report(struct mhp_ctx *ctx, const struct emitter *emitter)
{
	cleanup_interrupted struct interrupted_runs runs = { 0 };
	char text[384];
	int rc;

	if (ctx->is_recovering || ctx->is_copy)
		return 0;
	rc = interrupted_read(ctx, &runs);
	if (rc < 0 && !ctx_cancelled(ctx))
		emit_warning(emitter, INTERRUPTED_UNREAD "%s", strerror(-rc));
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
		if (judgement->at[i].pub.recovery != MHP_RECOVERY_FINISHED)
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
	rc = run_files_remove_records(child, &judgement);
	if (rc < 0)
		return false;
	for (enum intent_place place = 0; place < INTENT_PLACES && rc == 0; place++)
		if (run->files[place])
			rc = run_files_remove(child, place, run->files[place]->name, false);
	return rc == 0 || rc == -EAGAIN || rc == -ENOENT; /* or another process does it */
}

/* Forgets the runs whose work the machine shows as finished. Returns the number of the others. */
static size_t forget_finished(struct mhp_ctx *ctx, const struct interrupted_runs *runs)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	struct child child = CHILD_INIT(ctx);
	size_t left = 0;

	/* a dying process of one of them may still change what the scan finds */
	if (procs_has_dying_child(ctx) ||
	    mhp_topology_scan(ctx, MHP_SCAN_WITHOUT_BLOCKS, &topo, NULL) < 0)
		return runs->nr;
	for (size_t i = 0; i < runs->nr; i++)
		left += !forget_run(&child, topo, &runs->at[i]);
	run_files_sweep(&child);
	child_stop(&child);
	return left;
}

void killed_runs_remove(struct mhp_ctx *ctx, const struct emitter *emitter)
{
	cleanup_interrupted struct interrupted_runs runs = { 0 };
	size_t left;

	if (interrupted_read(ctx, &runs) < 0 || !runs.nr)
		return;
	left = forget_finished(ctx, &runs);
	if (left)
		emit_warning(emitter, "mhpctl recover shows and ends what %zu earlier run%s left",
			     left, left == 1 ? " has" : "s have");
}
