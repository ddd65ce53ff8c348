/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leftovers of killed runs on CXL regions: each verdict, and regions of others with that name. */
#include "lib/base/error.h"
#include "lib/exec/leftover.h"
#include "tests/unit/fake/killed.h"
#include "tests/unit/fake/topo.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CXL  "sys/bus/cxl/devices"
#define SIZE (1ULL << 30)

/* ---- each state and each verdict --------------------------------------------------------- */

struct scene {
	struct mhp_topology *topo;
	struct mhp_cxl_region *region;
	struct intent_step steps[2];
	struct intent_found file;
	struct interrupted_run run;
};

static void add_step(struct scene *s, enum mhp_step_type type, const char *object)
{
	struct intent_step *step = &s->steps[s->file.intent.nr_steps++];

	*step = (struct intent_step){ .number = s->file.intent.nr_steps, .size = SIZE };
	str_copy(step->kind, mhp_step_type_name(type));
	str_copy(step->object, object);
	str_copy(step->region, "region0");
	str_copy(step->window, "decoder0.0");
	str_copy(step->members, "0x10f");
}

/* A run of that verb that was killed in that step, and region0 in that state. */
static void scene_begin(struct scene *s, const char *verb, enum mhp_step_type type,
			enum mhp_cxl_state state)
{
	static char targets[1][64] = { "mem0" };

	*s = (struct scene){ .topo = topo_new() };
	s->topo->cxl_regions = calloc(1, sizeof(*s->topo->cxl_regions));
	s->topo->nr_cxl_regions = 1;
	s->region = s->topo->cxl_regions;
	*s->region = (struct mhp_cxl_region){
		.name = "region0",
		.window = "decoder0.0",
		.type = "ram",
		.state = state,
		.start = 0x8490000000,
		.size = SIZE,
		.ways = 1,
		.nr_members = 1,
		.members = { { "decoder5.0", "mem0", 0x10f } },
	};
	str_copy(s->file.name, "1");
	s->file.intent.targets = targets;
	s->file.intent.nr_targets = 1;
	s->file.intent.steps = s->steps;
	str_copy(s->file.intent.verb, verb);
	s->run.files[INTENT_RUN] = &s->file;
	s->run.intent = &s->file.intent;
	if (type != MHP_STEP_CREATE_CXL_REGION && type != MHP_STEP_DESTROY_CXL_REGION) {
		add_step(s, MHP_STEP_CREATE_CXL_REGION, "decoder0.0");
		s->steps[0].is_done = true;
	}
	add_step(s, type, type == MHP_STEP_CREATE_CXL_REGION ? "decoder0.0" : "region0");
}

static void add_dax(struct scene *s, enum mhp_dax_mode mode)
{
	s->topo->dax = calloc(1, sizeof(*s->topo->dax));
	s->topo->nr_dax = 1;
	*s->topo->dax = (struct mhp_dax){ .name = "dax0.0", .size = SIZE, .mode = mode };
	str_copy(s->topo->dax->cxl_region, "region0");
}

static void scene_end(struct scene *s, enum mhp_recovery recovery, enum leftover_act act,
		      const char *target, const char *text)
{
	struct judgement judgement = { 0 };

	assert_int_equal(leftover_judge(s->topo, &s->run, &judgement), 0);
	assert_int_equal(judgement.nr, 1);
	assert_string_equal(judgement.at[0].pub.state, text);
	assert_int_equal(judgement.at[0].pub.recovery, recovery);
	assert_int_equal(judgement.at[0].act, act);
	if (act != LEFTOVER_NOTHING)
		assert_string_equal(judgement.at[0].target, target);
	judgement_free(&judgement);
	mhp_topology_free(s->topo);
}

static void half_made(void **state)
{
	struct scene s;

	scene_begin(&s, "online", MHP_STEP_CREATE_CXL_REGION, MHP_CXL_STATE_INCOMPLETE);
	s.region->size = 0;
	s.region->start = MHP_UNKNOWN;
	s.region->ways = s.region->nr_members = 0;
	scene_end(&s, MHP_RECOVERY_UNDO, LEFTOVER_DESTROY, "cxl/region0", "region0 is incomplete");
	scene_begin(&s, "online", MHP_STEP_ADD_MEMDEV, MHP_CXL_STATE_INCOMPLETE);
	s.region->members[0] = (struct mhp_cxl_member){ .serial = MHP_UNKNOWN };
	scene_end(&s, MHP_RECOVERY_UNDO, LEFTOVER_DESTROY, "cxl/region0", "region0 is incomplete");
	scene_begin(&s, "online", MHP_STEP_COMMIT_CXL_REGION, MHP_CXL_STATE_UNCOMMITTED);
	scene_end(&s, MHP_RECOVERY_UNDO, LEFTOVER_DESTROY, "cxl/region0",
		  "region0 is not committed");
	scene_begin(&s, "online", MHP_STEP_ENABLE_CXL_REGION, MHP_CXL_STATE_COMMITTED);
	scene_end(&s, MHP_RECOVERY_UNDO, LEFTOVER_DESTROY, "cxl/region0",
		  "region0 is committed and not enabled");
}

static void enabled(void **state)
{
	struct scene s;

	scene_begin(&s, "online", MHP_STEP_ENABLE_CXL_REGION, MHP_CXL_STATE_ENABLED);
	add_dax(&s, MHP_DAX_UNBOUND);
	scene_end(&s, MHP_RECOVERY_CONTINUE, LEFTOVER_INIT, "dax0.0",
		  "dax0.0 is bound to no driver");
	scene_begin(&s, "online", MHP_STEP_ENABLE_CXL_REGION, MHP_CXL_STATE_ENABLED);
	add_dax(&s, MHP_DAX_SYSTEM_RAM);
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, "", "region0 is enabled");
	scene_begin(&s, "online", MHP_STEP_ENABLE_CXL_REGION, MHP_CXL_STATE_ENABLED);
	scene_end(&s, MHP_RECOVERY_LEAVE, LEFTOVER_NOTHING, "",
		  "region0 is enabled and has no dax device");
}

static void undoing(void **state)
{
	struct scene s;

	scene_begin(&s, "online", MHP_STEP_CREATE_CXL_REGION, MHP_CXL_STATE_ENABLED);
	add_dax(&s, MHP_DAX_UNBOUND);
	s.file.intent.is_undoing = true;
	scene_end(&s, MHP_RECOVERY_UNDO, LEFTOVER_DESTROY, "cxl/region0",
		  "region0 still exists, and its run was undoing its work");
	scene_begin(&s, "online", MHP_STEP_CREATE_CXL_REGION, MHP_CXL_STATE_ENABLED);
	add_dax(&s, MHP_DAX_SYSTEM_RAM); /* memory that somebody uses */
	s.file.intent.is_undoing = true;
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, "", "region0 is enabled");
}

static void destruction(void **state)
{
	struct scene s;

	scene_begin(&s, "destroy", MHP_STEP_DESTROY_CXL_REGION, MHP_CXL_STATE_UNCOMMITTED);
	scene_end(&s, MHP_RECOVERY_CONTINUE, LEFTOVER_DESTROY, "cxl/region0",
		  "region0 is not committed");
	scene_begin(&s, "destroy", MHP_STEP_DESTROY_CXL_REGION, MHP_CXL_STATE_ENABLED);
	add_dax(&s, MHP_DAX_UNBOUND);
	scene_end(&s, MHP_RECOVERY_CONTINUE, LEFTOVER_DESTROY, "cxl/region0", "region0 is enabled");
	scene_begin(&s, "destroy", MHP_STEP_DESTROY_CXL_REGION, MHP_CXL_STATE_ENABLED);
	add_dax(&s, MHP_DAX_SYSTEM_RAM);
	scene_end(&s, MHP_RECOVERY_LEAVE, LEFTOVER_NOTHING, "", "region0 still exists");
	scene_begin(&s, "destroy", MHP_STEP_DESTROY_CXL_REGION, MHP_CXL_STATE_ENABLED);
	s.topo->nr_cxl_regions = 0;
	scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, "", "region0 does not exist");
}

/* A region of the same name in which anything differs is that of somebody else. */
static void another_region(void **state)
{
	for (int i = 0; i < 6; i++) {
		struct scene s;

		scene_begin(&s, "online", MHP_STEP_COMMIT_CXL_REGION, MHP_CXL_STATE_UNCOMMITTED);
		s.steps[1].range = (struct mhp_range){ 0x8490000000, 0x8490000000 + SIZE };
		if (i == 0)
			str_copy(s.region->window, "decoder0.1");
		else if (i == 1)
			s.region->size = SIZE / 2;
		else if (i == 2)
			s.region->start += SIZE;
		else if (i == 3)
			s.region->members[0].serial = 0x110;
		else if (i == 4)
			s.region->members[0].serial = MHP_UNKNOWN;
		else
			s.region->size = MHP_UNKNOWN;
		scene_end(&s, MHP_RECOVERY_FINISHED, LEFTOVER_NOTHING, "",
			  "region0 is a different region");
	}
}

static void a_region_that_existed_before(void **state)
{
	struct scene s;

	scene_begin(&s, "online", MHP_STEP_COMMIT_CXL_REGION, MHP_CXL_STATE_COMMITTED);
	str_copy(s.steps[0].kind, "load_module");
	scene_end(&s, MHP_RECOVERY_LEAVE, LEFTOVER_NOTHING, "",
		  "region0 is committed and not enabled");
}

static void unreadable(void **state)
{
	struct scene s;

	scene_begin(&s, "online", MHP_STEP_COMMIT_CXL_REGION, MHP_CXL_STATE_UNKNOWN);
	scene_end(&s, MHP_RECOVERY_CANNOT, LEFTOVER_NOTHING, "",
		  "region0 is in a state that cannot be read");
}

static void a_memory_device(void **state)
{
	struct scene s;

	for (int enabled = 0; enabled < 2; enabled++) {
		scene_begin(&s, "online", MHP_STEP_CREATE_CXL_REGION, MHP_CXL_STATE_ENABLED);
		str_copy(s.steps[0].kind, "enable_memdev");
		s.topo->cxl_memdevs = calloc(1, sizeof(*s.topo->cxl_memdevs));
		s.topo->nr_cxl_memdevs = 1;
		*s.topo->cxl_memdevs = (struct mhp_cxl_memdev){ .name = "mem3", .serial = 0x10f };
		s.topo->cxl_memdevs->is_enabled = enabled;
		scene_end(&s, enabled ? MHP_RECOVERY_FINISHED : MHP_RECOVERY_LEAVE,
			  LEFTOVER_NOTHING, "",
			  enabled ? "mem3 is enabled" : "mem3 is disabled, as before the run");
	}
}

/* ---- runs -------------------------------------------------------------------------------- */

static struct fakesys *half_way(enum mhp_step_type step, enum mhp_event_type event)
{
	struct fakesys *fs = fakesys_new();

	fakesys_put(fs, "proc/sys/kernel/random/boot_id", "11111111-2222-3333-4444-555555555555\n");
	fakesys_cxl(fs);
	run_killed(fs, MHP_VERB_ONLINE, "mem0", event, step, false);
	return fs;
}

static void recover(struct fakesys *fs)
{
	const struct mhp_run_options run_options = MHP_RUN_OPTIONS_INIT(.timeout_ms = 1000);
	const struct mhp_recover_options options =
		MHP_RECOVER_OPTIONS_INIT(.agreed = MHP_CONSENT_ALL, .run = &run_options);
	struct mhp_recovery_report *report = NULL;
	struct mhp_error err = { 0 };

	assert_int_equal(mhp_recover(fs->ctx, &options, &report, &err), 0);
	assert_int_equal(report->exit_code, 0);
	mhp_recovery_report_free(report);
}

static bool has_region(struct fakesys *fs, const char *name)
{
	ROOT_PATH(path, CXL "/%s", name);
	return root_seems(&fs->ctx->sys, path);
}

/* Another program takes the region away, and makes one of the same name that is not complete. */
static void somebody_else(struct fakesys *fs)
{
	int fd = fs->tree.fd;

	assert_int_equal(fakecxl_write(fd, CXL "/decoder0.0/delete_region", "region0"), 0);
	assert_int_equal(fakecxl_write(fd, CXL "/decoder0.0/create_ram_region", "region0"), 0);
	assert_int_equal(fakecxl_write(fd, CXL "/region0/interleave_granularity", "256"), 0);
	assert_int_equal(fakecxl_write(fd, CXL "/region0/interleave_ways", "1"), 0);
	assert_int_equal(fakecxl_write(fd, CXL "/region0/size", "0x20000000"), 0);
}

static void recover_leaves_the_region_of_others(void **state)
{
	cleanup_fakesys struct fakesys *fs = half_way(MHP_STEP_ADD_MEMDEV, MHP_EVENT_STEP_STARTED);

	assert_true(has_region(fs, "region0"));
	somebody_else(fs);
	recover(fs);
	assert_true(has_region(fs, "region0"));
}

static void recover_destroys_ours(void **state)
{
	cleanup_fakesys struct fakesys *fs = half_way(MHP_STEP_ADD_MEMDEV, MHP_EVENT_STEP_DONE);

	recover(fs);
	assert_false(has_region(fs, "region0"));
}

/*
 * Another program takes the name on offer, and the run is killed as soon as it has a region of
 * another name.
 */
static int rival_and_death(const struct root *sys, const char *path, const char *text)
{
	const char *offer = CXL "/decoder0.0/create_ram_region";

	if (strcmp(path, offer) == 0 && strcmp(text, "region0") == 0)
		fakecxl_write(sys->root_fd, path, text);
	if (strcmp(path, CXL "/region3/interleave_granularity") == 0) {
		kill(getppid(), SIGKILL);
		raise(SIGKILL);
	}
	return fake_root_ops.write(sys, path, text);
}

static void recover_knows_another_name(void **state)
{
	static const struct root_ops ops = { .write = rival_and_death };
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct root_ops *own = fs->ctx->sys.ops;

	(void)state;
	fakesys_put(fs, "proc/sys/kernel/random/boot_id", "11111111-2222-3333-4444-555555555555\n");
	fakesys_cxl(fs);
	fs->ctx->sys.ops = &ops;
	run_killed(fs, MHP_VERB_ONLINE, "mem0", MHP_EVENT_STEP_DONE, MHP_STEP_CREATE_CXL_REGION,
		   false);
	fs->ctx->sys.ops = own;
	assert_true(has_region(fs, "region0") && has_region(fs, "region3"));
	recover(fs);
	assert_true(has_region(fs, "region0"));
	assert_false(has_region(fs, "region3"));
}

/* Nothing after a boot is of a run before it: these regions do not survive one. */
static void nothing_after_a_boot(void **state)
{
	cleanup_fakesys struct fakesys *fs = half_way(MHP_STEP_ADD_MEMDEV, MHP_EVENT_STEP_STARTED);
	struct mhp_topology *topo = NULL;
	const char *targets[] = { "mem0" };
	const struct mhp_request request =
		MHP_REQUEST_INIT(.verb = MHP_VERB_ONLINE, .targets = targets, .nr_targets = 1);

	assert_int_equal(mhp_scan_request(fs->ctx, &request, &topo, NULL), 0);
	assert_true(topo->cxl_regions[0].is_begun);
	assert_string_equal(topo->cxl_regions[0].members[0].memdev, "mem0");
	assert_int_equal(topo->cxl_regions[0].members[0].serial, FAKECXL_NEAR);
	mhp_topology_free(topo);
	fakesys_put(fs, "proc/sys/kernel/random/boot_id", "99999999-2222-3333-4444-555555555555\n");
	assert_int_equal(mhp_scan_request(fs->ctx, &request, &topo, NULL), 0);
	assert_false(topo->cxl_regions[0].is_begun);
	mhp_topology_free(topo);
	recover(fs);
	assert_true(has_region(fs, "region0"));
}

static void a_region_of_others_is_not_begun(void **state)
{
	cleanup_fakesys struct fakesys *fs = half_way(MHP_STEP_ADD_MEMDEV, MHP_EVENT_STEP_STARTED);
	cleanup_trial struct trial t = { 0 };

	somebody_else(fs);
	trial_online(&t, fs, "mem0");
	assert_true(has_region(fs, "region0"));
	assert_string_equal(fakesys_get(fs, CXL "/region0/size"), "0x20000000");
}

/* A member that was swapped for another one: the region is not taken for ours. */
static void another_memory_device(void **state)
{
	cleanup_fakesys struct fakesys *fs =
		half_way(MHP_STEP_COMMIT_CXL_REGION, MHP_EVENT_STEP_STARTED);

	fakesys_put(fs, CXL "/mem0/serial", "0x999\n");
	recover(fs);
	assert_true(has_region(fs, "region0"));
}

UNIT_TESTS(cmocka_unit_test(half_made), cmocka_unit_test(enabled), cmocka_unit_test(undoing),
	   cmocka_unit_test(destruction), cmocka_unit_test(another_region),
	   cmocka_unit_test(a_region_that_existed_before), cmocka_unit_test(unreadable),
	   cmocka_unit_test(a_memory_device), cmocka_unit_test(recover_leaves_the_region_of_others),
	   cmocka_unit_test(recover_destroys_ours), cmocka_unit_test(recover_knows_another_name),
	   cmocka_unit_test(nothing_after_a_boot),
	   cmocka_unit_test(a_region_of_others_is_not_begun),
	   cmocka_unit_test(another_memory_device))
