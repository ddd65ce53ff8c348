/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps for CXL regions, in plans made by hand: what the machine is like after each failure. */
#include "lib/base/error.h"
#include "lib/exec/exec.h"
#include "lib/exec/result.h"
#include "lib/exec/runner.h"
#include "tests/unit/fake/fakeclock.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <string.h>

#define CXL   "sys/bus/cxl/devices"
#define SIZE  (1ULL << 30)
#define FIRST (FAKECXL_WINDOW / FAKE_BLOCK_SIZE)

struct hand {
	struct fakesys *fs;
	struct mhp_plan *plan;
	struct mhp_topology *topo;
	struct mhp_run_options options;
	struct mhp_result *result;
	char warnings[1024];
	const char *act_at; /* the object of the step before which act is called */
	enum mhp_step_type act_type;
	void (*act)(struct fakesys *fs);
};

static void on_event(const struct mhp_event *event, void *data)
{
	struct hand *h = data;

	if (event->type == MHP_EVENT_WARNING)
		str_append(h->warnings, "%s\n", event->message);
	if (event->type == MHP_EVENT_STEP_STARTED && h->act && event->step->type == h->act_type) {
		h->act(h->fs);
		h->act = NULL;
	}
}

static void begin(struct hand *h, struct fakesys *fs)
{
	*h = (struct hand){
		.fs = fs,
		.options = MHP_RUN_OPTIONS_INIT(.timeout_ms = 1000, .event = on_event, .data = h),
	};
	fakeclock_start();
	h->plan = calloc(1, sizeof(*h->plan));
	h->plan->verb = MHP_VERB_CREATE;
	h->plan->steps = calloc(16, sizeof(*h->plan->steps));
	h->plan->chains = calloc(1, sizeof(*h->plan->chains));
	h->plan->targets = calloc(1, sizeof(*h->plan->targets));
	h->plan->targets[0].chains = calloc(1, sizeof(*h->plan->targets[0].chains));
	h->plan->nr_chains = h->plan->nr_targets = h->plan->targets[0].nr_chains = 1;
	str_copy(h->plan->targets[0].target.text, "mem0");
}

static struct mhp_step *add(struct hand *h, enum mhp_step_type type, const char *object)
{
	struct mhp_step *step = &h->plan->steps[h->plan->nr_steps++];

	step->type = type;
	str_copy(step->object, object);
	return step;
}

/* Sets up the region of a chain, over mem0 or over both. */
static void set_region(struct hand *h, const char *window, uint64_t size, unsigned ways)
{
	static const uint64_t serials[] = { FAKECXL_NEAR, FAKECXL_FAR };
	struct cxl_setup *cxl = &h->plan->chains[0].cxl;

	*cxl = (struct cxl_setup){ .size = size, .granularity = 256, .ways = ways };
	str_copy(cxl->window, window);
	for (unsigned i = 0; i < ways; i++) {
		str_format(cxl->members[i].memdev, "mem%u", i);
		cxl->members[i].serial = serials[i];
	}
}

/* Adds the steps from a bare card to memory. */
static void add_way_up(struct hand *h, unsigned ways)
{
	set_region(h, ways == 1 ? "decoder0.0" : "decoder0.2", SIZE, ways);
	add(h, MHP_STEP_CREATE_CXL_REGION, h->plan->chains[0].cxl.window);
	for (unsigned i = 0; i < ways; i++)
		add(h, MHP_STEP_ADD_MEMDEV, h->plan->chains[0].cxl.members[i].memdev);
	add(h, MHP_STEP_COMMIT_CXL_REGION, "region9")->is_predicted = true;
	add(h, MHP_STEP_ENABLE_CXL_REGION, "region9")->is_predicted = true;
	add(h, MHP_STEP_SET_MODE, "dax9.0")->mode = MHP_DAX_DEVDAX;
}

static void run(struct hand *h)
{
	struct exec x;

	assert_int_equal(mhp_topology_scan(h->fs->ctx, 0, &h->topo, NULL), 0);
	assert_int_equal(exec_init(&x, h->fs->ctx, h->plan, h->topo, &h->options), 0);
	h->result = result_new(1);
	exec_run(&x);
	result_fill(h->result, &x);
	exec_free(&x);
}

static void end(struct hand *h)
{
	mhp_result_free(h->result);
	mhp_plan_free(h->plan);
	mhp_topology_free(h->topo);
}

#define cleanup_hand __attribute__((cleanup(end)))

static const struct mhp_error *failure(const struct hand *h)
{
	assert_true(h->result->nr_failures > 0);
	return &mhp_result_failure(h->result, 0)->error;
}

static void check(const struct hand *h, enum mhp_status status, bool changed)
{
	if (h->result->status != status || h->result->has_changes != changed)
		fail_msg("%s, changes %d: %s; %s", mhp_status_name(h->result->status),
			 h->result->has_changes,
			 h->result->nr_failures ? failure(h)->message : "no failure", h->warnings);
}

/* Asserts that both cards and all windows are as before. */
static void check_bare(struct fakesys *fs)
{
	cleanup_topology struct mhp_topology *topo = NULL;

	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	assert_int_equal(topo->nr_cxl_regions, 0);
	assert_int_equal(topo->nr_dax, 0);
	for (size_t i = 0; i < topo->nr_cxl_memdevs; i++) {
		assert_true(topo->cxl_memdevs[i].is_enabled);
		assert_int_equal(topo->cxl_memdevs[i].ram_used_bytes, 0);
	}
	for (size_t i = 0; i < topo->nr_cxl_windows; i++)
		assert_int_equal(topo->cxl_windows[i].free_bytes, topo->cxl_windows[i].size);
	for (unsigned i = 5; i < 7; i++) {
		ROOT_PATH(path, CXL "/decoder%u.0/dpa_size", i);
		assert_string_equal(fakesys_get(fs, path), "0x0000000000000000");
	}
}

static void check_region(struct fakesys *fs, const char *name, enum mhp_cxl_state wanted,
			 unsigned ways)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	const struct mhp_cxl_region *region;

	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	region = topology_find_cxl_region(topo, name);
	assert_non_null(region);
	assert_int_equal(region->state, wanted);
	assert_int_equal(region->ways, ways);
	assert_int_equal(region->size, SIZE);
}

/* An errno of the kernel is a failure that has changed nothing, also one that the tool uses. */
static void refused_with_any_errno(void **state)
{
	static const char *const writes[][2] = {
		{ CXL "/decoder0.0/create_ram_region", "region0" },
		{ CXL "/region0/size", "0x40000000" },
		{ CXL "/decoder5.0/mode", "ram" },
		{ CXL "/decoder5.0/dpa_size", "0x40000000" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_hand struct hand h;

		fakesys_cxl(fs);
		fakesys_answer(fs, 1, writes[i][0], writes[i][1], "errno 71");
		begin(&h, fs);
		add_way_up(&h, 1);
		run(&h);
		check(&h, MHP_STATUS_FAILED, false);
		assert_int_equal(failure(&h)->errnum, EPROTO);
		check_bare(fs);
	}
}

/* ---- up ---------------------------------------------------------------------------------- */

static void one_card(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hand struct hand h;

	fakesys_cxl(fs);
	begin(&h, fs);
	add_way_up(&h, 1);
	run(&h);
	check(&h, MHP_STATUS_OK, true);
	check_region(fs, "region0", MHP_CXL_STATE_ENABLED, 1);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
	assert_string_equal(h.plan->steps[2].object, "region0");
	assert_string_equal(h.plan->steps[4].object, "dax0.0");
	assert_false(h.plan->steps[3].is_predicted);
	assert_string_equal(mhp_result_target(h.result, 0)->device, "dax0.0");
	assert_string_equal(mhp_result_target(h.result, 0)->cxl_region, "region0");
	fakesys_check_settings(fs);
}

static void two_cards(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hand struct hand h;

	fakesys_cxl(fs);
	begin(&h, fs);
	add_way_up(&h, 2);
	run(&h);
	check(&h, MHP_STATUS_OK, true);
	check_region(fs, "region2", MHP_CXL_STATE_ENABLED, 2);
}

/* Another program creates a region at the same moment, so the kernel gives another name. */
static void take_name(struct fakesys *fs)
{
	fakesys_cxl_region(fs, SIZE, "mem1");
}

static void a_name_that_is_taken(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hand struct hand h;

	fakesys_cxl(fs);
	fakesys_put(fs, CXL "/decoder0.1/create_ram_region", "region0\n");
	fakesys_put(fs, CXL "/decoder0.0/create_ram_region", "region1\n");
	begin(&h, fs);
	add_way_up(&h, 1);
	h.act = take_name;
	h.act_type = MHP_STEP_CREATE_CXL_REGION;
	run(&h);
	check(&h, MHP_STATUS_OK, true);
	check_region(fs, "region0", MHP_CXL_STATE_ENABLED, 1);
	check_region(fs, "region1", MHP_CXL_STATE_ENABLED, 1);
	assert_string_equal(h.plan->chains[0].cxl.region, "region1");
}

static void a_disabled_card(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hand struct hand h;

	fakesys_cxl(fs);
	assert_int_equal(fakecxl_write(fs->tree.fd, "sys/bus/cxl/drivers/cxl_mem/unbind", "mem0"),
			 0);
	begin(&h, fs);
	add(&h, MHP_STEP_ENABLE_MEMDEV, "mem0");
	run(&h);
	check(&h, MHP_STATUS_OK, true);
	check_bare(fs);
}

/* ---- failures ---------------------------------------------------------------------------- */

struct refused_write {
	const char *path, *word;
};

static const struct refused_write refusals[] = {
	{ CXL "/decoder0.2/create_ram_region", "region2" },
	{ CXL "/region2/size", "0x40000000" },
	{ CXL "/decoder6.0/dpa_size", "0x20000000" },
	{ CXL "/region2/target0", "decoder5.0" },
	{ CXL "/region2/target1", "decoder6.0" },
	{ CXL "/region2/commit", "1" },
	{ "sys/bus/cxl/drivers/cxl_region/bind", "region2" },
	{ "sys/bus/dax/drivers/device_dax/new_id", "dax2.0" },
};

static void refuse(struct fakesys *fs, const struct refused_write *refusal)
{
	fakesys_cxl(fs);
	fakesys_put(fs, CXL "/decoder0.2/create_ram_region", "region2\n");
	fakesys_answer(fs, FAKE_ALWAYS, refusal->path, refusal->word, "errno 6");
}

/* A region that is not committed is useless: nothing of it stays, without --rollback too. */
static void what_is_not_committed_does_not_stay(void **state)
{
	for (size_t i = 0; i < 6; i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_hand struct hand h;

		refuse(fs, &refusals[i]);
		begin(&h, fs);
		add_way_up(&h, 2);
		run(&h);
		check(&h, MHP_STATUS_FAILED, false);
		check_bare(fs);
	}
}

static void what_is_committed_stays(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hand struct hand h;

	refuse(fs, &refusals[6]);
	begin(&h, fs);
	add_way_up(&h, 2);
	run(&h);
	check(&h, MHP_STATUS_FAILED, true);
	check_region(fs, "region2", MHP_CXL_STATE_COMMITTED, 2);
}

static void rollback_brings_back_bare_cards(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_hand struct hand h;

		refuse(fs, &refusals[i]);
		begin(&h, fs);
		h.options.roll_back = true;
		add_way_up(&h, 2);
		run(&h);
		check(&h, i > 1 ? MHP_STATUS_ROLLED_BACK : MHP_STATUS_FAILED, false);
		check_bare(fs);
	}
}

/* kmem binds by itself where autoprobe cannot be turned off; the rollback takes it away again. */
static void rollback_of_what_kmem_took(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hand struct hand h;

	fakesys_cxl(fs);
	fakesys_answer(fs, FAKE_ALWAYS, "sys/bus/dax/drivers_autoprobe", "0", "errno 5");
	fakesys_answer(fs, FAKE_ALWAYS, "sys/bus/dax/drivers/device_dax/new_id", "dax0.0",
		       "errno 5");
	begin(&h, fs);
	h.options.roll_back = true;
	add_way_up(&h, 1);
	run(&h);
	assert_int_equal(h.result->status, MHP_STATUS_ROLLED_BACK);
	check_bare(fs);
}

static void interrupt(struct fakesys *fs)
{
	mhp_ctx_cancel(fs->ctx);
}

static void an_interrupted_region_does_not_stay(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hand struct hand h;

	fakesys_cxl(fs);
	begin(&h, fs);
	add_way_up(&h, 1);
	h.act = interrupt;
	h.act_type = MHP_STEP_ADD_MEMDEV;
	run(&h);
	assert_int_equal(h.result->status, MHP_STATUS_INTERRUPTED);
	check_bare(fs);
}

/* ---- rivals ------------------------------------------------------------------------------ */

static void replace_region(struct fakesys *fs)
{
	int fd = fs->tree.fd;

	assert_int_equal(fakecxl_write(fd, CXL "/decoder0.0/delete_region", "region0"), 0);
	assert_int_equal(fakecxl_write(fd, CXL "/decoder5.0/dpa_size", "0"), 0);
	fakesys_cxl_region(fs, SIZE / 2, "mem0");
}

/* A region of the same name that is not ours stays as it is. */
static void another_region_of_that_name(void **state)
{
	static const enum mhp_step_type types[] = { MHP_STEP_ADD_MEMDEV, MHP_STEP_COMMIT_CXL_REGION,
						    MHP_STEP_ENABLE_CXL_REGION };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_hand struct hand h;

		fakesys_cxl(fs);
		begin(&h, fs);
		add_way_up(&h, 1);
		h.act = replace_region;
		h.act_type = types[i];
		run(&h);
		assert_int_equal(h.result->status, MHP_STATUS_FAILED);
		assert_int_equal(failure(&h)->reason, MHP_REASON_STALE_PLAN);
		assert_string_equal(fakesys_get(fs, CXL "/region0/commit"), "1");
	}
}

static void remove_region(struct fakesys *fs)
{
	assert_int_equal(fakecxl_write(fs->tree.fd, CXL "/decoder0.0/delete_region", "region0"), 0);
}

static void a_region_that_goes_away(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hand struct hand h;

	fakesys_cxl(fs);
	begin(&h, fs);
	add_way_up(&h, 1);
	h.act = remove_region;
	h.act_type = MHP_STEP_ENABLE_CXL_REGION;
	run(&h);
	assert_int_equal(h.result->status, MHP_STATUS_FAILED);
	assert_int_equal(failure(&h)->reason, MHP_REASON_NO_SUCH_TARGET);
}

/* ---- down -------------------------------------------------------------------------------- */

static void add_destroy(struct hand *h)
{
	h->plan->verb = MHP_VERB_DESTROY;
	set_region(h, "decoder0.0", SIZE, 1);
	str_copy(h->plan->chains[0].cxl.region, "region0");
	add(h, MHP_STEP_DESTROY_CXL_REGION, "region0");
}

static void unbind_dax(struct fakesys *fs)
{
	fake_dax_unbind(fs->tree.fd, "dax0.0");
}

static void destroy(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hand struct hand h;

	fakesys_cxl(fs);
	fakesys_cxl_region(fs, SIZE, "mem0");
	unbind_dax(fs);
	begin(&h, fs);
	add_destroy(&h);
	run(&h);
	check(&h, MHP_STATUS_OK, true);
	check_bare(fs);
}

/* kmem has the device again: nothing is changed, whatever the state of its blocks. */
static void destroy_of_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hand struct hand h;

	fakesys_cxl(fs);
	fakesys_cxl_region(fs, SIZE, "mem0");
	begin(&h, fs);
	add_destroy(&h);
	run(&h);
	check(&h, MHP_STATUS_FAILED, false);
	check_region(fs, "region0", MHP_CXL_STATE_ENABLED, 1);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
}

static void destroy_of_another(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hand struct hand h;

	fakesys_cxl(fs);
	fakesys_cxl_region(fs, SIZE, "mem0");
	unbind_dax(fs);
	begin(&h, fs);
	add_destroy(&h);
	h.act = replace_region;
	h.act_type = MHP_STEP_DESTROY_CXL_REGION;
	run(&h);
	check(&h, MHP_STATUS_FAILED, false);
	assert_int_equal(failure(&h)->reason, MHP_REASON_STALE_PLAN);
	assert_string_equal(fakesys_get(fs, CXL "/region0/commit"), "1");
}

static void destroy_that_fails_half_way(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hand struct hand h;

	fakesys_cxl(fs);
	fakesys_cxl_region(fs, SIZE, "mem0");
	unbind_dax(fs);
	fakesys_answer(fs, 1, CXL "/decoder5.0/dpa_size", "0", "errno 5");
	begin(&h, fs);
	add_destroy(&h);
	run(&h);
	check(&h, MHP_STATUS_FAILED, true);
	assert_non_null(strstr(failure(&h)->hint, "again"));
}

/* The card goes after its region: whether its decoders are free cannot be seen. */
static void destroy_without_the_card(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_hand struct hand h;

	fakesys_cxl(fs);
	fakesys_cxl_region(fs, SIZE, "mem0");
	unbind_dax(fs);
	fakesys_answer(fs, 1, CXL "/decoder0.0/delete_region", "region0", "pull mem0");
	begin(&h, fs);
	add_destroy(&h);
	run(&h);
	check(&h, MHP_STATUS_FAILED, true);
	assert_int_equal(failure(&h)->reason, MHP_REASON_WENT_AWAY);
	assert_non_null(strstr(failure(&h)->message, "is not known"));
	assert_non_null(strstr(failure(&h)->hint, "mhpctl list"));
}

UNIT_TESTS(cmocka_unit_test(refused_with_any_errno), cmocka_unit_test(one_card),
	   cmocka_unit_test(two_cards), cmocka_unit_test(a_name_that_is_taken),
	   cmocka_unit_test(a_disabled_card), cmocka_unit_test(what_is_not_committed_does_not_stay),
	   cmocka_unit_test(what_is_committed_stays),
	   cmocka_unit_test(rollback_brings_back_bare_cards),
	   cmocka_unit_test(rollback_of_what_kmem_took),
	   cmocka_unit_test(an_interrupted_region_does_not_stay),
	   cmocka_unit_test(another_region_of_that_name), cmocka_unit_test(a_region_that_goes_away),
	   cmocka_unit_test(destroy), cmocka_unit_test(destroy_without_the_card),
	   cmocka_unit_test(destroy_of_memory), cmocka_unit_test(destroy_of_another),
	   cmocka_unit_test(destroy_that_fails_half_way))
