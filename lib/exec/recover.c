/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends what killed runs have left half done. */
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/sized.h"
#include "lib/exec/counting.h"
#include "lib/exec/event.h"
#include "lib/exec/run-files.h"
#include "lib/exec/journal.h"
#include "lib/exec/leftover-act.h"
#include "lib/exec/recording.h"
#include "lib/exec/run-totals.h"
#include "lib/sys/holders/procs.h"
#include "lib/sys/lock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_STEP_MS 50
#define KILLED_MS    30000
#define CLAIM_MS     10000

static const struct mhp_range whole_file = { 0, UINT64_MAX };

struct recover {
	struct mhp_ctx *ctx;
	const struct mhp_recover_options *options;
	struct mhp_run_options run; /* of the runs that this needs */
	struct mhp_recovery_report *report;
	struct emitter emitter;
	struct child child; /* for work that may hang */
};

/* ---- before ------------------------------------------------------------------------------ */

static int lock_recover(const struct recover *r, struct mhp_error *err)
{
	uint64_t deadline = clock_msec() + r->run.wait_ms;
	cleanup_close int fd = lock_open(r->ctx, LOCK_RECOVER, err);
	pid_t holder;
	int rc;

	if (fd < 0)
		return fd;
	while ((rc = lock_range(fd, whole_file, &holder)) == -EAGAIN && clock_msec() < deadline &&
	       !ctx_cancelled(r->ctx))
		clock_sleep(WAIT_STEP_MS);
	if (rc == -EAGAIN)
		return err_set(err, rc, MHP_REASON_LOCK_HELD,
			       "process %d, another mhpctl, already recovers", (int)holder);
	return rc < 0 ? err_errno(err, rc, "cannot lock /" LOCK_RECOVER) : TAKE_FD(fd);
}

/* Waits for the last write of a killed run: until it ends, nothing that is read lasts. */
static int await_killed(const struct recover *r, struct mhp_error *err)
{
	uint64_t deadline = clock_msec() + KILLED_MS;

	while (procs_has_dying_child(r->ctx)) {
		if (ctx_cancelled(r->ctx))
			return err_set(err, -ECANCELED, MHP_REASON_INTERRUPTED, "interrupted");
		if (clock_msec() >= deadline)
			return err_set(err, -ETIMEDOUT, MHP_REASON_STUCK,
				       "a write of a killed run has not ended");
		clock_sleep(WAIT_STEP_MS);
	}
	return 0;
}

static void recover_settings(const struct recover *r)
{
	struct mhp_error left = { 0 };
	struct settings settings;
	int count;

	settings_init(&settings, r->ctx);
	settings.probe_ms = r->run.timeout_ms;
	if (r->options->dry_run)
		count = settings_left(&settings);
	else
		count = settings_recover(&settings, &left);
	settings_free(&settings);
	if (left.errnum)
		emit_warning(&r->emitter, "%s", left.message);
	count += run_files_traces(r->ctx, &r->emitter, r->options->dry_run);
	r->report->nr_settings = (unsigned)count;
	r->report->has_changes |= count && !r->options->dry_run;
}

/* ---- one run ----------------------------------------------------------------------------- */

static void describe_run(const struct interrupted_run *run, struct mhp_interrupted *out)
{
	const struct intent_found *file = interrupted_file(run);
	enum intent_place place;

	str_copy(out->name, file->name);
	str_format(out->file, "%s/%s", intentdir_path(file->place), file->name);
	interrupted_describe(run, out->text, sizeof(out->text));
	out->is_rebooted = run->is_rebooted;
	for (place = 0; place < INTENT_PLACES; place++)
		if (run->files[place] && *run->files[place]->why) {
			err_set(&out->error, -EPROTO, MHP_REASON_KERNEL, "%s/%s: %s",
				intentdir_path(place), run->files[place]->name,
				run->files[place]->why);
			err_hint(&out->error, -EPROTO,
				 "see mhpctl list for half-done work, then: mhpctl recover "
				 "--forget");
		}
	if (!run->intent)
		return;
	str_copy(out->verb, run->intent->verb);
	interrupted_targets(run->intent, out->targets, sizeof(out->targets));
	out->time_us = run->intent->time_us;
	out->pid = run->intent->pid;
}

static struct mhp_leftover *leftovers_of(const struct mhp_interrupted *out)
{
	return (struct mhp_leftover *)out->leftovers;
}

static int copy_leftovers(const struct judgement *judgement, struct mhp_interrupted *out)
{
	struct mhp_leftover *all = calloc(judgement->nr + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < judgement->nr; i++)
		all[i] = judgement->at[i].pub;
	out->leftovers = all;
	out->nr_leftovers = judgement->nr;
	return 0;
}

/*
 * Reads the machine again: what it shows decides whether a leftover is over, and whether its record
 * ends.
 */
static int read_outcome(struct recover *r, const struct interrupted_run *run,
			struct judgement *before, struct mhp_interrupted *out,
			struct mhp_error *err)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_judgement struct judgement now = { 0 };
	int rc = mhp_topology_scan(r->ctx, MHP_SCAN_WITHOUT_BLOCKS, &topo, err);

	if (rc == 0)
		rc = leftover_judge(topo, run, &now);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < before->nr; i++) {
		struct mhp_leftover *left = &leftovers_of(out)[i];
		bool is_over = true;

		left->error = before->at[i].pub.error;
		for (size_t k = 0; k < now.nr; k++) {
			if (now.at[k].number != before->at[i].number)
				continue;
			is_over = leftover_is_over(&now.at[k].pub);
			before->at[i].act = now.at[k].act;
			str_copy(before->at[i].target, now.at[k].target);
			str_copy(left->state, now.at[k].pub.state);
			if (!is_over && !left->error.reason)
				left->error = now.at[k].pub.error;
		}
		left->is_done = is_over;
		if (is_over)
			left->error = (struct mhp_error){ 0 };
		else if (!left->error.reason)
			err_set(&left->error, -EIO, MHP_REASON_KERNEL, "%s: %s", left->object,
				left->state);
	}
	return 0;
}

static bool is_all_done(const struct mhp_interrupted *out)
{
	if (out->error.reason)
		return false;
	for (size_t i = 0; i < out->nr_leftovers; i++)
		if (!leftovers_of(out)[i].is_done)
			return false;
	return true;
}

/* Deletes the records that the run leaves without a namespace. */
static void remove_records(struct recover *r, const struct judgement *judgement,
			   struct mhp_interrupted *out)
{
	int rc = run_files_remove_records(&r->child, judgement);

	if (rc < 0)
		err_errno(&out->error, rc, "cannot delete the records of its namespaces");
}

/* Removes the files of a run: those that cannot be read only by --forget. */
static void remove_files(struct recover *r, const struct interrupted_run *run,
			 struct mhp_interrupted *out)
{
	struct mhp_error why = { 0 };

	for (enum intent_place place = 0; place < INTENT_PLACES; place++) {
		const struct intent_found *file = run->files[place];
		int rc;

		if (!file)
			continue;
		rc = *file->name ? run_files_remove(&r->child, place, file->name, true) : -EPERM;
		if (rc < 0)
			err_errno(&why, rc, "cannot remove %s/%s", intentdir_path(place),
				  file->name);
	}
	out->is_forgotten = !why.reason;
	out->error = why;
	r->report->has_changes = true;
}

/* The locks on the files of a run: that on disk belongs to a child, as the disk may hang. */
struct claim {
	struct intent_file run;
	struct child lasting;
};

/* Locks, as a task (struct intent_write_args), the lasting file as long as the child lives. */
static int claim_lasting(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			 struct mhp_error *err)
{
	const struct intent_write_args *args = arg;
	struct intent_file stays_open;

	(void)reply;
	(void)err;
	return intentdir_claim(ctx, INTENT_LASTING, args->name, &stays_open);
}

static bool has_file(const struct interrupted_run *run, enum intent_place place)
{
	return run->files[place] && !*run->files[place]->why;
}

static int claim_files(const struct recover *r, const struct interrupted_run *run,
		       struct claim *claim, struct mhp_error *err)
{
	const struct child_wait wait = { .deadline = clock_deadline(CLAIM_MS), .watch_fd = -1 };
	struct intent_write_args args = { .create = false };
	struct child_result result;
	int rc = 0;

	if (has_file(run, INTENT_RUN))
		rc = intentdir_claim(r->ctx, INTENT_RUN, run->files[INTENT_RUN]->name, &claim->run);
	if (rc < 0 || !has_file(run, INTENT_LASTING))
		return rc;
	str_copy(args.name, run->files[INTENT_LASTING]->name);
	rc = child_call(&claim->lasting, CHILD_TASK(claim_lasting, &args), &wait, NULL, &result,
			err);
	if (rc == -ETIMEDOUT)
		err_set(err, rc, MHP_REASON_DEADLINE, "%s/%s: its disk does not answer",
			intentdir_path(INTENT_LASTING), args.name);
	return rc;
}

static void claim_end(struct claim *claim)
{
	intentdir_close(&claim->run);
	child_stop(&claim->lasting);
}

/* Returns whether an error is of one record: these keep no other run from being recovered. */
static bool is_of_one_run(int rc)
{
	return rc < 0 && rc != -ECANCELED && !root_is_lack(rc);
}

static int act_on_all(struct recover *r, const struct interrupted_run *run,
		      struct judgement *judgement, struct mhp_interrupted *out,
		      struct mhp_error *err)
{
	struct leftover_acts acts = {
		.ctx = r->ctx,
		.run = &r->run,
		.agreed = r->options->agreed,
		.emitter = &r->emitter,
		.child = &r->child,
	};
	bool any = false;

	for (size_t i = 0; i < judgement->nr; i++) {
		struct judged *judged = &judgement->at[i];

		if (judged->pub.recovery != MHP_RECOVERY_CONTINUE &&
		    judged->pub.recovery != MHP_RECOVERY_UNDO)
			continue;
		any = true;
		leftover_do(&acts, judged);
	}
	r->report->has_changes |= acts.has_changes;
	return any ? read_outcome(r, run, judgement, out, err) : 0;
}

/* Ends what a run has left, with its files locked. */
static int end_run(struct recover *r, const struct interrupted_run *run,
		   struct judgement *judgement, struct mhp_interrupted *out, struct mhp_error *err)
{
	struct claim claim = { .run = { .fd = -1 }, .lasting = CHILD_INIT(r->ctx) };
	struct mhp_error why = { 0 };
	int rc = claim_files(r, run, &claim, &why);

	if (is_of_one_run(rc)) { /* such as: another mhpctl has just taken it */
		out->error = why;
		if (!why.reason)
			err_errno(&out->error, rc, "%s", out->file);
		claim_end(&claim);
		return 0;
	}
	if (rc == 0)
		rc = act_on_all(r, run, judgement, out, err);
	if (rc == 0 && is_all_done(out))
		remove_records(r, judgement, out);
	if (rc == 0 && (is_all_done(out) || r->options->forget))
		remove_files(r, run, out);
	claim_end(&claim);
	return rc;
}

static int recover_run(struct recover *r, const struct interrupted_run *run,
		       struct mhp_interrupted *out, struct mhp_error *err)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_judgement struct judgement judgement = { 0 };
	int rc = mhp_topology_scan(r->ctx, MHP_SCAN_WITHOUT_BLOCKS, &topo, err);

	if (rc < 0)
		return rc;
	describe_run(run, out);
	rc = leftover_judge(topo, run, &judgement);
	if (rc == 0)
		rc = copy_leftovers(&judgement, out);
	if (rc < 0 || r->options->dry_run)
		return rc;
	return end_run(r, run, &judgement, out, err);
}

/* ---- the report -------------------------------------------------------------------------- */

static struct mhp_interrupted *runs_of(const struct mhp_recovery_report *report)
{
	return (struct mhp_interrupted *)report->runs;
}

static enum mhp_reason reason_of(const struct mhp_interrupted *run, bool dry_run)
{
	if (run->error.reason)
		return run->error.reason;
	for (size_t i = 0; i < run->nr_leftovers && !run->is_forgotten; i++) {
		const struct mhp_leftover *left = &leftovers_of(run)[i];

		if (left->error.reason && (!dry_run || left->recovery == MHP_RECOVERY_CANNOT))
			return left->error.reason;
	}
	return MHP_REASON_NONE;
}

static void fill_status(const struct recover *r)
{
	struct mhp_recovery_report *report = r->report;
	size_t good = 0;

	for (size_t i = 0; i < report->nr_runs; i++) {
		enum mhp_reason reason = reason_of(&runs_of(report)[i], r->options->dry_run);

		if (!reason)
			good++;
		else if (!report->exit_code)
			report->exit_code = mhp_reason_exit_code(reason);
	}
	if (good == report->nr_runs)
		report->status = MHP_STATUS_OK;
	else
		report->status = good ? MHP_STATUS_PARTIAL : MHP_STATUS_FAILED;
}

/*
 * Reports the run at which the work ended with that error, and those behind it: what was done
 * before belongs to the report too.
 */
static void report_rest(struct recover *r, const struct interrupted_runs *runs,
			const struct mhp_error *why)
{
	struct mhp_interrupted *all = runs_of(r->report);
	size_t first = r->report->nr_runs ? r->report->nr_runs - 1 : 0;

	for (size_t i = first; i < runs->nr; i++) {
		if (!*all[i].name)
			describe_run(&runs->at[i], &all[i]);
		all[i].error = *why;
	}
	r->report->nr_runs = runs->nr;
}

static int recover_all(struct recover *r, struct mhp_error *err)
{
	cleanup_interrupted struct interrupted_runs runs = { 0 };
	struct mhp_interrupted *all;
	int rc;

	if (!r->options->dry_run)
		run_files_sweep(&r->child);
	rc = interrupted_read(r->ctx, &runs);
	all = rc == 0 ? calloc(runs.nr + 1, sizeof(*all)) : NULL;
	if (!all)
		return err_errno(err, -ENOMEM, "recover");
	r->report->runs = all;
	for (size_t i = 0; i < runs.nr && rc == 0; i++) {
		r->report->nr_runs++;
		rc = recover_run(r, &runs.at[i], &all[i], err);
	}
	if (rc < 0 && !err->reason)
		err_errno(err, rc, "recover");
	if (rc < 0 && !r->report->has_changes)
		return rc;
	if (rc < 0)
		report_rest(r, &runs, err);
	fill_status(r);
	return 0;
}

static int take_options(struct recover *r, const struct mhp_recover_options *options,
			struct mhp_recover_options *known, struct mhp_error *err)
{
	const struct mhp_run_options none = MHP_RUN_OPTIONS_INIT(.timeout_ms = 30000);
	const struct mhp_recover_options nothing = MHP_RECOVER_OPTIONS_INIT(.dry_run = false);
	int rc = recover_options_take(known, options ? options : &nothing, err);

	if (rc == 0)
		rc = run_options_take(&r->run, known->run ? known->run : &none, err);
	r->run.hook_before = r->run.hook_after = NULL; /* they would run for each leftover */
	if (rc == 0 && r->ctx->is_copy && !known->dry_run)
		rc = err_hint(err,
			      err_set(err, -EROFS, MHP_REASON_USAGE,
				      "a copied tree cannot be changed"),
			      "leave out --sysroot, or add --dry-run");
	return rc;
}

static int recover_locked(struct recover *r, struct mhp_error *err)
{
	struct recording recording = { .ctx = NULL };
	struct counting counting;
	int rc;

	r->report = calloc(1, sizeof(*r->report));
	if (!r->report)
		return err_errno(err, -ENOMEM, "recover");
	counting_begin(&counting, r->ctx, TOTAL_RECOVER);
	if (!r->options->dry_run)
		recording_begin(&recording, r->ctx, RUN_KIND_RECOVER);
	r->ctx->is_recovering = true;
	if (!r->ctx->is_copy)
		recover_settings(r);
	rc = recover_all(r, err);
	child_stop(&r->child);
	r->ctx->is_recovering = false;
	recording_end_recovery(&recording, rc < 0 ? NULL : r->report, err);
	if (!r->options->dry_run)
		counting_end_recovery(&counting, rc < 0 ? NULL : r->report, err);
	return rc;
}

MHP_EXPORT int mhp_recover(struct mhp_ctx *ctx, const struct mhp_recover_options *options,
			   struct mhp_recovery_report **report, struct mhp_error *err)
{
	struct mhp_recover_options known;
	cleanup_lock int lock_fd = -1;
	struct mhp_error own = { 0 };
	struct recover r = { .ctx = ctx, .options = &known, .child = CHILD_INIT(ctx) };
	int rc;

	*report = NULL;
	err = err ? err : &own;
	rc = take_options(&r, options, &known, err);
	if (rc == 0 && !known.dry_run)
		rc = lock_fd = lock_recover(&r, err);
	if (rc >= 0 && !known.dry_run)
		rc = await_killed(&r, err);
	if (rc < 0)
		return rc;
	r.emitter = (struct emitter){ &r.run, clock_msec() };
	rc = recover_locked(&r, err);
	if (rc < 0)
		mhp_recovery_report_free(r.report);
	else
		*report = r.report;
	return rc;
}
