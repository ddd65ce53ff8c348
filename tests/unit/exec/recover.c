/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leftovers of a killed run, and how they end. */
#include "lib/base/error.h"
#include "lib/base/memstream.h"
#include "lib/exec/leftover.h"
#include "lib/model/run-records.h"
#include "tests/unit/fake/killed.h"
#include "tests/unit/fake/topo.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RUN	"run/mhpctl/intent/"
#define LASTING "var/lib/mhpctl/intent/"
#define UUID	"5a4f3e2d-0000-4000-8000-000000000001"

/* ---- each state and each verdict --------------------------------------------------------- */

struct scene {
	struct mhp_topology *topo;
	struct intent_step steps[2];
	struct intent_found file;
	struct interrupted_run run;
};

static void scene_begin(struct scene *s, const char *kind, const char *verb)
{
	static char targets[1][64] = { "region0" };

	*s = (struct scene){ .topo = topo_new() };
	str_copy(s->steps[0].kind, kind);
	str_copy(s->steps[0].object, "region0");
	str_copy(s->steps[0].region, "region0");
	s->steps[0].number = 1;
	str_copy(s->file.name, "1");
	s->file.place = INTENT_LASTING;
	s->file.intent.targets = targets;
	s->file.intent.nr_targets = 1;
	s->file.intent.steps = s->steps;
	s->file.intent.nr_steps = 1;
	str_copy(s->file.intent.verb, verb);
	s->run.files[INTENT_LASTING] = &s->file;
	s->run.intent = &s->file.intent;
}

static void scene_end(struct scene *s, enum mhp_recovery recovery, enum leftover_act act,
		      const char *state)
{
	struct judgement judgement = { 0 };

	assert_int_equal(leftover_judge(s->topo, &s->run, &judgement), 0);
	assert_int_equal(judgement.nr, 1);
	assert_string_equal(judgement.at[0].pub.state, state);
	assert_int_equal(judgement.at[0].pub.recovery, recovery);
	assert_int_equal(judgement.at[0].act, act);
	assert_int_equal(judgement.at[0].pub.is_done,
			 recovery == MHP_RECOVERY_FINISHED || recovery == MHP_RECOVERY_LEAVE);
	assert_int_equal(!!judgement.at[0].pub.error.reason, recovery == MHP_RECOVERY_CANNOT);
	judgement_free(&judgement);
	mhp_topology_free(s->topo);
}

static void scene_empty(struct scene *s)
{
	struct judgement judgement = { 0 };

	assert_int_equal(leftover_judge(s->topo, &s->run, &judgement), 0);
	assert_int_equal(judgement.nr, 0);
	judgement_free(&judgement);
	mhp_topology_free(s->topo);
}

static struct mhp_namespace *scene_namespace(struct scene *s, enum mhp_namespace_mode mode)
{
	struct mhp_namespace *ns = topo_namespace(s->topo, 0, 0, mode);

	str_copy(ns->uuid, UUID);
	str_copy(ns->id, UUID);
	str_copy(s->steps[0].uuid, UUID);
	ns->align = mode == MHP_NAMESPACE_DEVDAX ? 2 * MIB : 0;
	return ns;
}

static void a_creation(void **state)
{
	struct mhp_namespace *ns;
	struct scene s;

	scene_begin(&s, "create_namespace", "create");
	topo_region(s.topo, 0);
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, "the namespace does not exist");

	scene_begin(&s, "create_namespace", "create");
	topo_region(s.topo, 0);
	str_copy(s.steps[0].uuid, UUID);
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_FORGET, "the namespace does not exist");

	scene_begin(&s, "create_namespace", "create");
	topo_region(s.topo, 0);
	scene_namespace(&s, MHP_NAMESPACE_DEVDAX);
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, "namespace0.0 is complete");

	scene_begin(&s, "create_namespace", "create");
	topo_region(s.topo, 0);
	scene_namespace(&s, MHP_NAMESPACE_DEVDAX)->align = 0;
	scene_end(&s, MHP_RECOVERY_CONTINUE, LEFTOVER_INIT,
		  "namespace0.0 is without an info block");

	scene_begin(&s, "create_namespace", "create");
	topo_region(s.topo, 0);
	scene_namespace(&s, MHP_NAMESPACE_DEVDAX)->is_enabled = false;
	scene_end(&s, MHP_RECOVERY_CONTINUE, LEFTOVER_INIT, "namespace0.0 is disabled");

	scene_begin(&s, "create_namespace", "create");
	topo_region(s.topo, 0);
	scene_namespace(&s, MHP_NAMESPACE_RAW);
	scene_end(&s, MHP_RECOVERY_UNDO, LEFTOVER_DESTROY, "namespace0.0 has no mode yet");

	/* another namespace of that name is not meant */
	scene_begin(&s, "create_namespace", "create");
	topo_region(s.topo, 0);
	ns = scene_namespace(&s, MHP_NAMESPACE_DEVDAX);
	str_copy(ns->uuid, "other");
	str_copy(ns->id, "other");
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_FORGET, "the namespace does not exist");
}

static void a_rollback(void **state)
{
	struct scene s;

	scene_begin(&s, "create_namespace", "create");
	topo_region(s.topo, 0);
	scene_namespace(&s, MHP_NAMESPACE_DEVDAX);
	s.steps[0].is_done = true;
	s.file.intent.is_undoing = true;
	scene_end(&s, MHP_RECOVERY_UNDO, LEFTOVER_DESTROY,
		  "namespace0.0 still exists, and its run was undoing its work");

	scene_begin(&s, "enable_namespace", "init");
	topo_region(s.topo, 0);
	scene_namespace(&s, MHP_NAMESPACE_DEVDAX)->is_enabled = false;
	s.file.intent.is_undoing = true;
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING,
		  "namespace0.0 is disabled, as before the run");
}

/* A step on an object that cannot be seen is not over. */
static void a_region_that_is_not_seen(void **state)
{
	struct scene s;

	scene_begin(&s, "create_namespace", "create");
	scene_end(&s, MHP_RECOVERY_CANNOT, LEFTOVER_NOTHING, "region0 is missing");

	scene_begin(&s, "destroy_namespace", "destroy");
	topo_region(s.topo, 0)->is_enabled = false;
	scene_end(&s, MHP_RECOVERY_CANNOT, LEFTOVER_NOTHING,
		  "region0 is disabled, so its labels are not seen");

	/* another region of that name is not meant */
	scene_begin(&s, "create_namespace", "create");
	topo_region(s.topo, 0);
	s.steps[0].range = (struct mhp_range){ 77 * GIB, 78 * GIB };
	scene_end(&s, MHP_RECOVERY_CANNOT, LEFTOVER_NOTHING, "region0 is missing");
}

static void labels_and_regions(void **state)
{
	struct mhp_region *region;
	struct scene s;

	scene_begin(&s, "init_labels", "create");
	topo_region(s.topo, 0)->is_enabled = false;
	scene_end(&s, MHP_RECOVERY_CONTINUE, LEFTOVER_REGION, "region0 is disabled");

	scene_begin(&s, "init_labels", "create");
	topo_region(s.topo, 0);
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, "region0 is enabled and has labels");

	scene_begin(&s, "init_labels", "create");
	region = topo_region(s.topo, 0);
	region->has_labels = false;
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING,
		  "region0 is enabled and has no labels");

	scene_begin(&s, "init_labels", "create");
	region = topo_region(s.topo, 0);
	region->has_labels = false;
	scene_namespace(&s, MHP_NAMESPACE_RAW)->is_enabled = false;
	scene_end(&s, MHP_RECOVERY_UNDO, LEFTOVER_INIT, "namespace0.0 is disabled");

	scene_begin(&s, "init_labels", "create");
	scene_end(&s, MHP_RECOVERY_CANNOT, LEFTOVER_NOTHING, "region0 is missing");

	scene_begin(&s, "enable_region", "init");
	topo_region(s.topo, 0)->is_enabled = false;
	scene_end(&s, MHP_RECOVERY_CONTINUE, LEFTOVER_REGION, "region0 is disabled");

	scene_begin(&s, "enable_region", "init");
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, "region0 no longer exists");
}

static void a_destruction(void **state)
{
	const struct mhp_region *region;
	struct scene s;

	scene_begin(&s, "destroy_namespace", "destroy");
	topo_region(s.topo, 0);
	str_copy(s.steps[0].uuid, UUID);
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_FORGET, "the namespace is destroyed");

	/* the range is that of the namespace, which had a part of its region */
	scene_begin(&s, "destroy_namespace", "destroy");
	region = topo_region(s.topo, 0);
	str_copy(s.steps[0].uuid, UUID);
	s.steps[0].range = (struct mhp_range){ region->start + GIB / 4, region->start + GIB / 2 };
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_FORGET, "the namespace is destroyed");

	scene_begin(&s, "destroy_namespace", "destroy");
	region = topo_region(s.topo, 0);
	str_copy(s.steps[0].uuid, UUID);
	s.steps[0].range = (struct mhp_range){ region->start - GIB, region->start };
	scene_end(&s, MHP_RECOVERY_CANNOT, LEFTOVER_NOTHING, "region0 is missing");

	scene_begin(&s, "destroy_namespace", "destroy");
	topo_region(s.topo, 0);
	scene_namespace(&s, MHP_NAMESPACE_DEVDAX);
	scene_end(&s, MHP_RECOVERY_LEAVE, LEFTOVER_NOTHING, "namespace0.0 still exists");

	scene_begin(&s, "destroy_namespace", "destroy");
	topo_region(s.topo, 0);
	scene_namespace(&s, MHP_NAMESPACE_DEVDAX)->is_enabled = false;
	scene_end(&s, MHP_RECOVERY_UNDO, LEFTOVER_INIT,
		  "namespace0.0 still exists and is disabled");

	/* its device has lost its driver to the same run */
	scene_begin(&s, "destroy_namespace", "remove");
	topo_region(s.topo, 0);
	topo_dax(s.topo, 0, MHP_DAX_UNBOUND, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	str_copy(s.topo->namespaces[0].uuid, UUID);
	str_copy(s.steps[0].uuid, UUID);
	scene_end(&s, MHP_RECOVERY_UNDO, LEFTOVER_INIT,
		  "namespace0.0 still exists, and dax0.0 is bound to no driver");
}

/* A killed destroy hides the info block that it had not cleared yet. */
static void a_destruction_in_raw_mode(void **state)
{
	struct mhp_namespace *ns;
	struct scene s;

	scene_begin(&s, "destroy_namespace", "destroy");
	topo_region(s.topo, 0)->has_labels = false;
	ns = scene_namespace(&s, MHP_NAMESPACE_RAW);
	ns->uuid[0] = ns->id[0] = '\0';
	ns->is_forced_raw = true;
	scene_end(&s, MHP_RECOVERY_UNDO, LEFTOVER_END_RAW,
		  "namespace0.0 is in raw mode, which hides its info block");

	/* it may be disabled too */
	scene_begin(&s, "destroy_namespace", "destroy");
	topo_region(s.topo, 0)->has_labels = false;
	ns = scene_namespace(&s, MHP_NAMESPACE_RAW);
	ns->uuid[0] = ns->id[0] = '\0';
	ns->is_forced_raw = true;
	ns->is_enabled = false;
	scene_end(&s, MHP_RECOVERY_UNDO, LEFTOVER_END_RAW,
		  "namespace0.0 is in raw mode, which hides its info block");

	scene_begin(&s, "destroy_namespace", "destroy");
	topo_region(s.topo, 0)->has_labels = false;
	ns = scene_namespace(&s, MHP_NAMESPACE_RAW);
	ns->uuid[0] = ns->id[0] = '\0';
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_FORGET, "the namespace is destroyed");
}

static void a_device_scene(struct scene *s, enum mhp_dax_mode mode, const char *before,
			   const char *want)
{
	const struct mhp_dax *dax;

	scene_begin(s, "set_mode", "online");
	topo_region(s->topo, 0);
	dax = topo_dax(s->topo, 0, mode, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	s->steps[0].range =
		(struct mhp_range){ dax->ranges[0].start, dax->ranges[dax->nr_ranges - 1].end };
	str_copy(s->steps[0].object, "dax7.7"); /* the name of another boot */
	str_copy(s->steps[0].before, before);
	str_copy(s->steps[0].want, want);
}

static void a_device(void **state)
{
	struct scene s;

	a_device_scene(&s, MHP_DAX_SYSTEM_RAM, "device_dax", "system_ram");
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, "dax0.0 is in mode system_ram");
	a_device_scene(&s, MHP_DAX_DEVDAX, "device_dax", "system_ram");
	scene_end(&s, MHP_RECOVERY_LEAVE, LEFTOVER_NOTHING, "dax0.0 is in mode devdax");
	a_device_scene(&s, MHP_DAX_UNBOUND, "device_dax", "system_ram");
	scene_end(&s, MHP_RECOVERY_UNDO, LEFTOVER_INIT, "dax0.0 is bound to no driver");
	a_device_scene(&s, MHP_DAX_UNBOUND, "kmem", "devdax");
	scene_end(&s, MHP_RECOVERY_CONTINUE, LEFTOVER_INIT, "dax0.0 is bound to no driver");
	a_device_scene(&s, MHP_DAX_UNBOUND, "kmem", "unbound");
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, "dax0.0 is in mode unbound");

	/* it had no driver before: that is left, unless the run has made the device */
	a_device_scene(&s, MHP_DAX_UNBOUND, "", "system_ram");
	scene_end(&s, MHP_RECOVERY_LEAVE, LEFTOVER_NOTHING, "dax0.0 is in mode unbound");
	a_device_scene(&s, MHP_DAX_UNBOUND, "", "system_ram");
	str_copy(s.topo->namespaces[0].uuid, UUID);
	str_copy(s.steps[0].uuid, UUID);
	s.steps[1] = s.steps[0];
	s.steps[1].number = 0;
	s.steps[1].is_done = true;
	str_copy(s.steps[1].kind, "create_namespace");
	s.file.intent.nr_steps = 2;
	scene_end(&s, MHP_RECOVERY_UNDO, LEFTOVER_INIT, "dax0.0 is bound to no driver");

	a_device_scene(&s, MHP_DAX_UNBOUND, "device_dax", "system_ram");
	s.steps[0].range.start += GIB;
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, "dax7.7 no longer exists");
	a_device_scene(&s, MHP_DAX_UNBOUND, "device_dax", "system_ram");
	s.steps[0].range = (struct mhp_range){ 0, 0 };
	scene_end(&s, MHP_RECOVERY_CANNOT, LEFTOVER_NOTHING,
		  "dax7.7 was written down without its address");
}

static void blocks(void **state)
{
	struct scene s;

	scene_begin(&s, "online_block", "online");
	s.steps[0].range = (struct mhp_range){ 0, 4 * TOPO_BLOCK };
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, "all 4 memory blocks are online");

	scene_begin(&s, "online_block", "online");
	s.steps[0].range = (struct mhp_range){ 0, 4 * TOPO_BLOCK };
	topo_block(s.topo, 2)->state = MHP_BLOCK_OFFLINE;
	scene_end(&s, MHP_RECOVERY_LEAVE, LEFTOVER_NOTHING, "3 of 4 memory blocks are online");

	scene_begin(&s, "offline_block", "offline");
	s.steps[0].range = (struct mhp_range){ 0, TOPO_BLOCK };
	scene_end(&s, MHP_RECOVERY_LEAVE, LEFTOVER_NOTHING, "1 of 1 memory blocks are online");

	scene_begin(&s, "offline_block", "offline");
	s.steps[0].range = (struct mhp_range){ 99 * GIB, 100 * GIB };
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, "the memory blocks no longer exist");
}

/* An object that could not be read is not gone. */
static void what_is_hidden(void **state)
{
	static const struct {
		const char *kind, *part, *text;
	} hidden[] = {
		{ "set_mode", "dax_devices", "dax_devices cannot be read: busy" },
		{ "create_namespace", "namespaces", "namespaces cannot be read: busy" },
		{ "destroy_namespace", "namespaces", "namespaces cannot be read: busy" },
		{ "enable_region", "regions", "regions cannot be read: busy" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++) {
		struct scene s;

		scene_begin(&s, hidden[i].kind, "online");
		str_copy(s.steps[0].uuid, UUID);
		assert_int_equal(topology_hide(s.topo, hidden[i].part, "busy"), 0);
		scene_end(&s, MHP_RECOVERY_CANNOT, LEFTOVER_NOTHING, hidden[i].text);
	}
}

static void what_a_boot_forgets(void **state)
{
	struct scene s;

	scene_begin(&s, "online_block", "online");
	s.run.files[INTENT_LASTING] = NULL;
	s.run.files[INTENT_RUN] = &s.file;
	s.run.is_rebooted = true;
	scene_empty(&s);
}

static void a_step_of_a_later_version(void **state)
{
	struct scene s;

	scene_begin(&s, "polish-memory", "online");
	scene_end(&s, MHP_RECOVERY_CANNOT, LEFTOVER_NOTHING,
		  "region0 was changed in a way that this version does not know");
	scene_begin(&s, "polish-memory", "online");
	s.steps[0].is_done = true;
	scene_empty(&s);
}

/* ---- runs -------------------------------------------------------------------------------- */

static struct mhp_recovery_report *recover(struct fakesys *fs, bool dry_run, bool forget)
{
	const struct mhp_recover_options options =
		MHP_RECOVER_OPTIONS_INIT(.dry_run = dry_run, .forget = forget);
	struct mhp_recovery_report *report = NULL;
	struct mhp_error err = { 0 };

	assert_int_equal(mhp_recover(fs->ctx, &options, &report, &err), 0);
	return report;
}

static void expect_nothing_left(struct fakesys *fs)
{
	struct mhp_recovery_report *report = recover(fs, false, false);

	assert_int_equal(report->nr_runs, 0);
	assert_int_equal(report->exit_code, 0);
	assert_false(report->has_changes);
	mhp_recovery_report_free(report);
	fakesys_check_settings(fs);
}

/* Killed at each step of online and of remove: recover ends it, and there is nothing more. */
static void killed_at_every_step(void **state)
{
	static const struct {
		enum mhp_verb verb;
		enum mhp_step_type step;
		bool made;
	} at[] = {
		{ MHP_VERB_ONLINE, MHP_STEP_CREATE_NAMESPACE, false },
		{ MHP_VERB_ONLINE, MHP_STEP_SET_MODE, false },
		{ MHP_VERB_ONLINE, MHP_STEP_ONLINE_BLOCK, false },
		{ MHP_VERB_REMOVE, MHP_STEP_OFFLINE_BLOCK, true },
		{ MHP_VERB_REMOVE, MHP_STEP_SET_MODE, true },
		{ MHP_VERB_REMOVE, MHP_STEP_DESTROY_NAMESPACE, true },
	};
	static const enum mhp_event_type events[] = { MHP_EVENT_STEP_STARTED, MHP_EVENT_STEP_DONE };

	for (size_t i = 0; i < ARRAY_SIZE(at); i++)
		for (size_t k = 0; k < ARRAY_SIZE(events); k++) {
			cleanup_fakesys struct fakesys *fs = fakesys_new();
			struct mhp_region region = fakesys_region0();
			struct mhp_recovery_report *report;

			fakesys_region(fs, &region);
			if (at[i].made) {
				cleanup_trial struct trial t;

				trial_begin(&t, fs, MHP_VERB_ONLINE, "region0");
				trial_run(&t);
			}
			run_killed(fs, at[i].verb, "region0", events[k], at[i].step, false);
			report = recover(fs, true, false);
			assert_int_equal(report->nr_runs, 1);
			assert_false(mhp_recovery_run(report, 0)->is_forgotten);
			mhp_recovery_report_free(report);
			report = recover(fs, false, false);
			assert_int_equal(report->nr_runs, 1);
			assert_int_equal(report->status, MHP_STATUS_OK);
			assert_int_equal(report->exit_code, 0);
			assert_true(mhp_recovery_run(report, 0)->is_forgotten);
			mhp_recovery_report_free(report);
			expect_nothing_left(fs);
		}
}

/* A region without labels, whose namespace the writer of a killed destroy has left in raw mode. */
static struct fakesys *killed_in_raw_mode(bool is_cleared)
{
	struct fakesys *fs = fakesys_new();
	struct mhp_namespace *ns;
	struct fake_nd nd;

	fakesys_dax0(fs, "device_dax");
	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	nd.regions[0].has_labels = false;
	nd.namespaces[0].start = nd.regions[0].start;
	assert_int_equal(fake_nd_store(fs->tree.fd, &nd), 0);
	run_killed(fs, MHP_VERB_DESTROY, "namespace0.0", MHP_EVENT_STEP_STARTED,
		   MHP_STEP_DESTROY_NAMESPACE, false);
	assert_int_equal(fake_dax_remove(fs->tree.fd, "dax0.0"), 0);
	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	ns = &nd.namespaces[0];
	ns->is_forced_raw = true;
	if (is_cleared) {
		ns->mode = MHP_NAMESPACE_RAW;
		ns->uuid[0] = ns->id[0] = '\0';
	}
	assert_int_equal(fake_nd_store(fs->tree.fd, &nd), 0);
	return fs;
}

static void raw_mode_ends(void **state)
{
	for (int is_cleared = 0; is_cleared < 2; is_cleared++) {
		cleanup_fakesys struct fakesys *fs = killed_in_raw_mode(is_cleared);
		struct mhp_recovery_report *report = recover(fs, false, false);
		const struct mhp_leftover *left =
			mhp_interrupted_leftover(mhp_recovery_run(report, 0), 0);
		struct fake_nd nd;

		assert_non_null(left);
		assert_int_equal(left->recovery, MHP_RECOVERY_UNDO);
		assert_true(left->is_done);
		assert_string_equal(left->state, is_cleared ? "the namespace is destroyed"
							    : "namespace0.0 still exists");
		assert_string_equal(left->command, "mhpctl destroy namespace0.0");
		assert_int_equal(report->exit_code, 0);
		mhp_recovery_report_free(report);
		assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
		assert_false(nd.namespaces[0].is_forced_raw);
		expect_nothing_left(fs);
	}
}

static void raw_mode_that_cannot_end(void **state)
{
	cleanup_fakesys struct fakesys *fs = killed_in_raw_mode(false);
	struct mhp_recovery_report *report;

	fakesys_answer(fs, 1, "nd/end-raw", "namespace0.0", "errno 16");
	report = recover(fs, false, false);
	assert_int_equal(mhp_interrupted_leftover(mhp_recovery_run(report, 0), 0)->error.errnum,
			 EBUSY);
	assert_false(mhp_recovery_run(report, 0)->is_forgotten);
	assert_int_equal(report->status, MHP_STATUS_FAILED);
	mhp_recovery_report_free(report);
}

/* The same destroy again does not take the raw namespace for the empty region. */
static void raw_mode_is_no_empty_region(void **state)
{
	cleanup_fakesys struct fakesys *fs = killed_in_raw_mode(false);
	cleanup_trial struct trial t;
	struct fake_nd nd;

	trial_begin(&t, fs, MHP_VERB_DESTROY, "namespace0.0");
	t.request.agreed = MHP_CONSENT_ALL;
	trial_run(&t);
	assert_int_equal(t.result->status, MHP_STATUS_OK);
	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	assert_false(nd.namespaces[0].is_forced_raw);
	assert_int_equal(nd.namespaces[0].mode, MHP_NAMESPACE_RAW);
	expect_nothing_left(fs);
}

/* The writer is killed at the deadline: its own run ends the raw mode. */
static void raw_mode_after_a_deadline(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t;
	struct fake_nd nd;

	fakesys_dax0(fs, "device_dax");
	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	nd.regions[0].has_labels = false;
	nd.namespaces[0].is_forced_raw = true;
	assert_int_equal(fake_nd_store(fs->tree.fd, &nd), 0);
	fakesys_answer(fs, 1, "nd/destroy", "namespace0.0", "die");
	trial_begin(&t, fs, MHP_VERB_DESTROY, "namespace0.0");
	t.request.agreed = MHP_CONSENT_ALL;
	trial_run(&t);
	assert_int_not_equal(t.result->status, MHP_STATUS_OK);
	assert_int_equal(fake_nd_load(fs->tree.fd, &nd), 0);
	assert_false(nd.namespaces[0].is_forced_raw);
}

struct told {
	unsigned started, done, failed, failures;
	enum mhp_step_type step;
};

static void on_told(const struct mhp_event *event, void *data)
{
	struct told *told = data;

	told->started += event->type == MHP_EVENT_STEP_STARTED;
	told->done += event->type == MHP_EVENT_STEP_DONE;
	told->failed += event->type == MHP_EVENT_STEP_DONE && event->has_failed;
	told->failures += event->type == MHP_EVENT_FAILURE;
	if (event->step)
		told->step = event->step->type;
}

/* Recover itself has the events of steps, as the runs had. */
static void recover_told(struct fakesys *fs, bool dry_run, struct told *told)
{
	const struct mhp_run_options run =
		MHP_RUN_OPTIONS_INIT(.timeout_ms = 1000, .event = on_told, .data = told);
	const struct mhp_recover_options options =
		MHP_RECOVER_OPTIONS_INIT(.dry_run = dry_run, .run = &run);
	struct mhp_recovery_report *report = NULL;

	*told = (struct told){ 0 };
	assert_int_equal(mhp_recover(fs->ctx, &options, &report, NULL), 0);
	mhp_recovery_report_free(report);
}

static void its_work_is_told(void **state)
{
	cleanup_fakesys struct fakesys *fs = killed_in_raw_mode(false);
	struct run_records records;
	struct told told;

	recover_told(fs, true, &told);
	assert_int_equal(told.started, 0);
	assert_int_equal(run_records_read(&fs->ctx->sys, RUN_KIND_RECOVER, &records), 0);
	assert_int_equal(records.nr, 0);
	fakesys_answer(fs, 1, "nd/end-raw", "namespace0.0", "errno 16");
	recover_told(fs, false, &told);
	assert_int_equal(told.started, 1);
	assert_int_equal(told.done, 1);
	assert_int_equal(told.failed, 1);
	assert_int_equal(told.failures, 1);
	recover_told(fs, false, &told);
	assert_int_equal(told.done, 1);
	assert_int_equal(told.failed + told.failures, 0);
	assert_int_equal(told.step, MHP_STEP_ENABLE_NAMESPACE);
	assert_int_equal(run_records_read(&fs->ctx->sys, RUN_KIND_RECOVER, &records), 0);
	assert_int_equal(records.nr, 2);
	assert_int_equal(records.runs[0].pub.state, MHP_RUN_FAILED);
	assert_true(records.runs[0].pub.exit_code > 0);
	assert_true(*records.runs[0].pub.message);
	assert_int_equal(records.runs[1].pub.state, MHP_RUN_CONVERGED);
	assert_true(records.runs[1].pub.has_changes);
}

static void a_device_gets_its_driver_back(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_recovery_report *report;
	const struct mhp_leftover *left;

	fakesys_dax0(fs, "device_dax");
	run_killed(fs, MHP_VERB_ONLINE, "dax0.0", MHP_EVENT_STEP_STARTED, MHP_STEP_SET_MODE, false);
	assert_int_equal(fake_dax_bind(fs->tree.fd, "dax0.0", ""), 0);
	report = recover(fs, false, false);
	left = mhp_interrupted_leftover(mhp_recovery_run(report, 0), 0);
	assert_non_null(left);
	assert_int_equal(left->recovery, MHP_RECOVERY_UNDO);
	assert_true(left->is_done);
	assert_string_equal(left->state, "dax0.0 is in mode devdax");
	assert_string_equal(left->command, "mhpctl online dax0.0");
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
	mhp_recovery_report_free(report);
	expect_nothing_left(fs);
}

/* A failed recovery is reported, and the record stays for the next time. */
static void a_recovery_that_fails(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_recovery_report *report;
	const struct mhp_leftover *left;

	fakesys_dax0(fs, "device_dax");
	run_killed(fs, MHP_VERB_ONLINE, "dax0.0", MHP_EVENT_STEP_STARTED, MHP_STEP_SET_MODE, false);
	assert_int_equal(fake_dax_bind(fs->tree.fd, "dax0.0", ""), 0);
	fakesys_answer(fs, 1, "sys/bus/dax/drivers/device_dax/bind", "dax0.0", "errno 5");
	report = recover(fs, false, false);
	left = mhp_interrupted_leftover(mhp_recovery_run(report, 0), 0);
	assert_false(left->is_done);
	assert_int_equal(left->error.errnum, EIO);
	assert_int_equal(report->status, MHP_STATUS_FAILED);
	assert_int_equal(report->exit_code, mhp_reason_exit_code(left->error.reason));
	assert_false(mhp_recovery_run(report, 0)->is_forgotten);
	mhp_recovery_report_free(report);
	report = recover(fs, false, false);
	assert_int_equal(report->exit_code, 0);
	mhp_recovery_report_free(report);
	expect_nothing_left(fs);
}

static void what_cannot_be_read_is_told(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_recovery_report *report;
	const struct mhp_interrupted *run;

	fakesys_put(fs, LASTING "abc", "garbage");
	report = recover(fs, false, false);
	run = mhp_recovery_run(report, 0);
	assert_string_equal(run->text, "/" LASTING "abc was left by a run and cannot be read: its "
				       "content is damaged");
	assert_int_equal(report->exit_code, 1);
	assert_false(run->is_forgotten);
	mhp_recovery_report_free(report);
	{ /* it stops no other run */
		cleanup_trial struct trial t;

		fakesys_online_dax0(fs);
		trial_begin(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
		trial_run(&t);
		assert_int_equal(t.result->status, MHP_STATUS_OK);
		assert_non_null(strstr(t.warnings, "cannot be read"));
		assert_non_null(strstr(t.warnings, "mhpctl recover shows and ends"));
	}
	report = recover(fs, false, true);
	assert_int_equal(report->exit_code, 0);
	assert_true(mhp_recovery_run(report, 0)->is_forgotten);
	mhp_recovery_report_free(report);
	expect_nothing_left(fs);
}

/* The next run names it; if that does the whole work, nothing is left to recover. */
static void the_next_run_continues(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t;

	fakesys_region(fs, &region);
	run_killed(fs, MHP_VERB_ONLINE, "region0", MHP_EVENT_STEP_STARTED, MHP_STEP_ONLINE_BLOCK,
		   false);
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0");
	trial_run(&t);
	assert_int_equal(t.result->status, MHP_STATUS_OK);
	assert_non_null(strstr(t.warnings, "a run of 'online region0' that began "));
	assert_non_null(strstr(t.warnings, "was being brought online"));
	assert_null(strstr(t.warnings, "mhpctl recover"));
	expect_nothing_left(fs);
}

static void settings_come_back(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_recovery_report *report;

	fakesys_put(fs, "sys/bus/dax/drivers_autoprobe", "0\n");
	fakesys_put(fs, "run/mhpctl/restore.dax-autoprobe",
		    "sys/bus/dax/drivers_autoprobe\t1\nidle\t\nown\t\n");
	report = recover(fs, true, false);
	assert_int_equal(report->nr_settings, 1);
	assert_false(report->has_changes);
	mhp_recovery_report_free(report);
	assert_string_equal(fakesys_get(fs, "sys/bus/dax/drivers_autoprobe"), "0");
	report = recover(fs, false, false);
	assert_int_equal(report->nr_settings, 1);
	assert_true(report->has_changes);
	mhp_recovery_report_free(report);
	expect_nothing_left(fs);
}

/* The report has the work before that scan, and the record stays. */
static void a_scan_that_fails_between(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_recovery_report *report;
	const struct mhp_interrupted *run;

	fakesys_dax0(fs, "device_dax");
	run_killed(fs, MHP_VERB_ONLINE, "dax0.0", MHP_EVENT_STEP_STARTED, MHP_STEP_SET_MODE, false);
	fakesys_put(fs, "sys/bus/dax/drivers_autoprobe", "0\n");
	fakesys_put(fs, "run/mhpctl/restore.dax-autoprobe",
		    "sys/bus/dax/drivers_autoprobe\t1\nidle\t\nown\t\n");
	fakesys_put(fs, "sys/devices/system/memory/block_size_bytes", "garbage\n");
	report = recover(fs, false, false);
	assert_int_equal(report->nr_settings, 1);
	assert_true(report->has_changes);
	assert_int_equal(report->nr_runs, 1);
	assert_int_equal(report->status, MHP_STATUS_FAILED);
	assert_int_not_equal(report->exit_code, 0);
	run = mhp_recovery_run(report, 0);
	assert_non_null(strstr(run->text, "a run of 'online dax0.0'"));
	assert_int_not_equal(run->error.reason, MHP_REASON_NONE);
	assert_false(run->is_forgotten);
	mhp_recovery_report_free(report);
}

UNIT_TESTS(cmocka_unit_test(a_creation), cmocka_unit_test(a_rollback),
	   cmocka_unit_test(a_region_that_is_not_seen), cmocka_unit_test(labels_and_regions),
	   cmocka_unit_test(a_destruction), cmocka_unit_test(a_destruction_in_raw_mode),
	   cmocka_unit_test(raw_mode_ends), cmocka_unit_test(raw_mode_that_cannot_end),
	   cmocka_unit_test(raw_mode_is_no_empty_region),
	   cmocka_unit_test(raw_mode_after_a_deadline), cmocka_unit_test(its_work_is_told),
	   cmocka_unit_test(a_device), cmocka_unit_test(blocks), cmocka_unit_test(what_is_hidden),
	   cmocka_unit_test(what_a_boot_forgets), cmocka_unit_test(a_step_of_a_later_version),
	   cmocka_unit_test(killed_at_every_step), cmocka_unit_test(a_device_gets_its_driver_back),
	   cmocka_unit_test(a_recovery_that_fails), cmocka_unit_test(what_cannot_be_read_is_told),
	   cmocka_unit_test(the_next_run_continues), cmocka_unit_test(settings_come_back),
	   cmocka_unit_test(a_scan_that_fails_between))
