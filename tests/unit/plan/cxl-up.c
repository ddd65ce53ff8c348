/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans to make CXL regions of memory devices, one each. */
#include "lib/base/error.h"
#include "tests/unit/fake/cxl-topo.h"
#include "tests/unit/fake/planning.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* memory2048 is the first block of decoder0.0, memory2560 of decoder0.1, memory3072 of decoder0.2
 */
#define UP_MEM0                          \
	"create_cxl_region decoder0.0\n" \
	"add_memdev mem0\n"              \
	"commit_cxl_region region0\n"    \
	"enable_cxl_region region0\n"    \
	"set_mode dax0.0\n"              \
	"online_block memory2048-2055\n"

static void check_exit(const struct planning *p, int code)
{
	assert_int_equal(mhp_reason_exit_code(p->err.reason), code);
}

/* ---- one region a card ------------------------------------------------------------------- */

static void a_bare_card(void **state)
{
	static const char *const names[] = { "mem0", "0x100", "mem0 0x100" };
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		planning_expect(topo, MHP_VERB_ONLINE, names[i], UP_MEM0);
	planning_expect(topo, MHP_VERB_CREATE, "mem0",
			"create_cxl_region decoder0.0\n"
			"add_memdev mem0\n"
			"commit_cxl_region region0\n"
			"enable_cxl_region region0\n"
			"set_mode dax0.0\n");
}

static void the_steps_of_a_region(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 };
	const struct mhp_step *step;
	const struct cxl_setup *cxl;

	(void)state;
	planning_plan(&p, topo, MHP_VERB_ONLINE, "mem0");
	step = planning_step(&p, MHP_STEP_CREATE_CXL_REGION);
	assert_true(step->size == GIB && step->ways == 1 && step->granularity == 256);
	assert_true(!step->is_predicted && *step->undo);
	assert_string_equal(step->why, "no region has mem0; decoder0.0 is the only window that can "
				       "hold one");
	step = planning_step(&p, MHP_STEP_ADD_MEMDEV);
	assert_true(step->size == GIB && !step->is_predicted && *step->undo);
	step = planning_step(&p, MHP_STEP_COMMIT_CXL_REGION);
	assert_true(step->is_predicted && *step->undo);
	step = planning_step(&p, MHP_STEP_ENABLE_CXL_REGION);
	assert_true(step->is_predicted && step->is_direct_to_kmem && *step->undo);
	cxl = &p.plan->chains[0].cxl;
	assert_true(!*cxl->region && cxl->size == GIB && cxl->ways == 1);
	assert_string_equal(cxl->window, "decoder0.0");
	assert_string_equal(cxl->members[0].memdev, "mem0");
	assert_true(cxl->members[0].serial == 0x100 && cxl->granularity == 256);
	assert_true(p.plan->chains[0].forecast && !p.plan->partial);
	assert_int_equal(p.plan->nr_locks, 1);
	assert_true(p.plan->locks[0].start == 256 * GIB && p.plan->locks[0].end == 260 * GIB);
}

static void what_a_region_costs(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 }, r = { 0 };

	(void)state;
	topo->cxl_windows[0].max_extent_start += 256 * MIB;
	topo->memory.block_size = GIB;
	planning_plan(&p, topo, MHP_VERB_ONLINE, "mem1");
	assert_int_equal(mhp_plan_cost(p.plan)->memory_bytes, 16 * MIB);
	assert_int_equal(mhp_plan_cost(p.plan)->usable_bytes, GIB);
	assert_int_equal(mhp_plan_cost(p.plan)->lost_bytes, 0);
	topo->memory.block_size = 512 * MIB;
	planning_plan(&q, topo, MHP_VERB_ONLINE, "mem0");
	assert_int_equal(mhp_plan_cost(q.plan)->usable_bytes, 512 * MIB);
	assert_int_equal(mhp_plan_cost(q.plan)->lost_bytes, 512 * MIB);
	str_copy(topo->memory.memmap_on_memory, "on");
	planning_plan(&r, topo, MHP_VERB_ONLINE, "mem1");
	assert_int_equal(mhp_plan_cost(r.plan)->memory_bytes, 0);
	assert_int_equal(mhp_plan_cost(r.plan)->device_bytes, 16 * MIB);
}

static void a_memmap_that_does_not_fit(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 };

	(void)state;
	planning_memory(topo, 4 * GIB, 10 * MIB);
	planning_begin(&p, MHP_VERB_ONLINE, "mem0");
	planning_run(&p, topo);
	planning_check_refused(&p, -ENOSPC, MHP_REASON_NO_SPACE);
	planning_check_hint(&p, "the memmap takes 16 MiB", "--size 512M would fit");
}

static void two_cards_with_a_region_each(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();

	(void)state;
	/* regions first, then memory by address */
	planning_expect(topo, MHP_VERB_ONLINE, "mem1 mem0",
			"create_cxl_region decoder0.1\n"
			"add_memdev mem1\n"
			"commit_cxl_region region1\n"
			"enable_cxl_region region1\n"
			"create_cxl_region decoder0.0\n"
			"add_memdev mem0\n"
			"commit_cxl_region region0\n"
			"enable_cxl_region region0\n"
			"set_mode dax0.0\n"
			"online_block memory2048-2055\n"
			"set_mode dax1.0\n"
			"online_block memory2560-2567\n");
}

/* Later targets get what earlier ones leave of a window; the name of the region is then open. */
static void cards_that_share_a_window(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 };

	(void)state;
	topo->cxl_memdevs[1].bridge = 12;
	planning_expect(topo, MHP_VERB_ONLINE, "mem0 mem1",
			"create_cxl_region decoder0.0\n"
			"add_memdev mem0\n"
			"commit_cxl_region region0\n"
			"enable_cxl_region region0\n"
			"create_cxl_region decoder0.0\n"
			"add_memdev mem1\n"
			"commit_cxl_region CXL region\n"
			"enable_cxl_region CXL region\n"
			"set_mode dax0.0\n"
			"online_block memory2048-2055\n"
			"set_mode dax device\n"
			"online_block memory2056-2063\n");
	topo->cxl_windows[0].max_extent_bytes = 1536 * MIB;
	planning_plan(&p, topo, MHP_VERB_ONLINE, "mem0 mem1");
	assert_true(planning_warns(&p, "mem1: 512 MiB of it stay in no region: decoder0.0 has only "
				       "512 MiB free in one piece"));
	topo->cxl_windows[0].max_extent_bytes = GIB;
	planning_begin(&q, MHP_VERB_ONLINE, "mem0 mem1");
	planning_run(&q, topo);
	planning_check_refused(&q, -ENOSPC, MHP_REASON_NO_SPACE);
	planning_check_hint(&q, "mem1: no CXL window can hold the region: decoder0.0 has 0 B free",
			    "destroy regions");
	check_exit(&q, MHP_EXIT_UNSUPPORTED);
}

static void keep_going_without_a_card(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 };

	(void)state;
	topo->cxl_memdevs[1].ram_used_bytes = GIB;
	planning_begin(&p, MHP_VERB_ONLINE, "mem1 mem0");
	p.request.keep_going = true;
	planning_run(&p, topo);
	planning_check(&p, UP_MEM0);
	assert_int_equal(p.plan->nr_failures, 1);
}

/* ---- sizes ------------------------------------------------------------------------------- */

static void a_part_of_a_card(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 };

	(void)state;
	planning_sized(&p, topo, MHP_VERB_ONLINE, "mem0", 300 * MIB);
	assert_int_equal(planning_step(&p, MHP_STEP_CREATE_CXL_REGION)->size, 512 * MIB);
	assert_true(planning_warns(&p, "mem0: 300 MiB is rounded up to 512 MiB, a multiple of 256 "
				       "MiB"));
	assert_string_equal(planning_step(&p, MHP_STEP_ONLINE_BLOCK)->object, "memory2048-2051");
	planning_sized(&q, topo, MHP_VERB_ONLINE, "mem0", 2 * GIB);
	planning_check_refused(&q, -ENOSPC, MHP_REASON_NO_SPACE);
	planning_check_hint(&q,
			    "mem0: 1 GiB of its 1 GiB are in no region, and the region needs 2 GiB",
			    "no more than --size 1G is possible");
}

/* The size names the region: the second time it is there, another size makes another region. */
static void a_region_of_that_size(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 }, r = { 0 }, s = { 0 };

	(void)state;
	cxl_topo_region(topo, 0, 0, 512 * MIB, "0", MHP_CXL_STATE_ENABLED);
	cxl_topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE);
	planning_sized(&p, topo, MHP_VERB_ONLINE, "mem0", 300 * MIB);
	planning_check(&p, "");
	planning_sized(&q, topo, MHP_VERB_ONLINE, "mem0", 256 * MIB);
	planning_check(&q, "create_cxl_region decoder0.0\n"
			   "add_memdev mem0\n"
			   "commit_cxl_region region10\n"
			   "enable_cxl_region region10\n"
			   "set_mode dax10.0\n"
			   "online_block memory2052-2053\n");
	assert_non_null(strstr(planning_step(&q, MHP_STEP_CREATE_CXL_REGION)->why,
			       "no region of 256 MiB has mem0"));
	planning_sized(&r, topo, MHP_VERB_ONLINE, "mem0", 768 * MIB);
	planning_check_refused(&r, -ENOSPC, MHP_REASON_NO_SPACE);
	planning_plan(&s, topo, MHP_VERB_ONLINE, "mem0");
	planning_check(&s, "");
	/* --size 512M means the region that exists */
	assert_true(planning_warns(&s, "mem0: 512 MiB of this CXL device are in no region and stay "
				       "unused; mhpctl remove --destroy mem0, then mhpctl online "
				       "mem0 makes one region of all"));
}

static void a_card_that_is_used_up(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 };

	(void)state;
	topo->cxl_memdevs[0].ram_used_bytes = GIB - 128 * MIB;
	planning_begin(&p, MHP_VERB_ONLINE, "mem0");
	planning_run(&p, topo);
	planning_check_refused(&p, -ENOSPC, MHP_REASON_NO_SPACE);
	planning_check_hint(
		&p, "mem0: 128 MiB of its 1 GiB are in no region, and the region needs 256 MiB",
		"mhpctl remove --destroy mem0");
}

static void a_region_below_a_block(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 };

	(void)state;
	topo->memory.block_size = 2 * GIB;
	planning_begin(&p, MHP_VERB_ONLINE, "mem0");
	planning_run(&p, topo);
	planning_check_refused(&p, -ENOSPC, MHP_REASON_NO_SPACE);
	planning_check_hint(&p, "has no whole memory block of 2 GiB", "two block sizes");
}

/* ---- windows ----------------------------------------------------------------------------- */

static void the_window_with_more_space(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 };
	const struct mhp_alternative *choice;

	(void)state;
	cxl_topo_window(topo, 3, 8 * GIB, "12");
	cxl_topo_window(topo, 4, 512 * MIB, "12");
	planning_plan(&p, topo, MHP_VERB_ONLINE, "mem0");
	assert_string_equal(planning_step(&p, MHP_STEP_CREATE_CXL_REGION)->object, "decoder0.3");
	assert_string_equal(planning_step(&p, MHP_STEP_CREATE_CXL_REGION)->why,
			    "no region has mem0; decoder0.3 has the most free addresses of 3 "
			    "windows");
	choice = mhp_plan_alternative(p.plan, 0);
	assert_string_equal(choice->window, "decoder0.0");
	assert_true(choice->size == GIB && !choice->is_chosen && choice->step == 0);
	assert_true(choice->cost.usable_bytes == GIB && choice->cost.memmap_bytes == 16 * MIB);
	choice = mhp_plan_alternative(p.plan, 1);
	assert_true(choice->is_chosen && choice->time_percent == 100);
	choice = mhp_plan_alternative(p.plan, 2);
	assert_string_equal(choice->window, "decoder0.4");
	assert_true(choice->size == 512 * MIB && choice->time_percent == 50);
	assert_null(mhp_plan_alternative(p.plan, 3));
	topo->cxl_windows[3].max_extent_bytes = 4 * GIB;
	planning_plan(&q, topo, MHP_VERB_CREATE, "mem0");
	assert_string_equal(planning_step(&q, MHP_STEP_CREATE_CXL_REGION)->object, "decoder0.0");
	assert_true(mhp_plan_alternative(q.plan, 0)->is_chosen);
}

static void only_one_window_has_space_for_all(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 };

	(void)state;
	cxl_topo_window(topo, 3, 512 * MIB, "12");
	planning_plan(&p, topo, MHP_VERB_ONLINE, "mem0");
	assert_string_equal(planning_step(&p, MHP_STEP_CREATE_CXL_REGION)->why,
			    "no region has mem0; of 2 windows only decoder0.0 has space for all");
}

static void plan_in(struct planning *p, const struct mhp_topology *topo, const char *window,
		    uint64_t granularity)
{
	planning_begin(p, MHP_VERB_ONLINE, "mem0");
	p->request.window = window;
	p->request.granularity = granularity;
	planning_run(p, topo);
}

static void the_window_asked_for(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 };

	(void)state;
	cxl_topo_window(topo, 3, 8 * GIB, "12");
	plan_in(&p, topo, "decoder0.0", 4096);
	planning_check(&p, UP_MEM0);
	assert_int_equal(planning_step(&p, MHP_STEP_CREATE_CXL_REGION)->granularity, 4096);
	assert_string_equal(planning_step(&p, MHP_STEP_CREATE_CXL_REGION)->why,
			    "no region has mem0; decoder0.0 is the window asked for");
	assert_string_equal(mhp_plan_alternative(p.plan, 1)->window, "decoder0.3");
}

static void windows_that_cannot_be_used(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	const struct {
		const char *window;
		int rc;
		enum mhp_reason reason;
		const char *message, *hint;
	} cases[] = {
		{ "decoder0.9", -ENOENT, MHP_REASON_NO_SUCH_TARGET,
		  "decoder0.9: no such CXL window", "mhpctl list" },
		{ "decoder0.1", -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
		  "mem0: decoder0.1 does not reach host bridge 12, which mem0 is behind",
		  "mhpctl list" },
		{ "decoder0.2", -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
		  "decoder0.2 interleaves over 2 host bridges", "--interleave" },
		{ "decoder0.3", -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
		  "decoder0.3 takes no volatile memory", "mhpctl list" },
		{ "decoder0.4", -ENOSPC, MHP_REASON_NO_SPACE,
		  "decoder0.4 has 0 B free in one piece, and the region needs 256 MiB",
		  "firmware's setup" },
		{ "decoder0.5", -EIO, MHP_REASON_KERNEL, "decoder0.5 cannot be read",
		  "mhpctl list" },
	};

	(void)state;
	cxl_topo_window(topo, 3, 4 * GIB, "12")->can_ram = MHP_TRISTATE_NO;
	cxl_topo_window(topo, 4, 128 * MIB, "12");
	cxl_topo_window(topo, 5, 4 * GIB, "12")->ways = 0;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_planning struct planning p = { 0 };

		plan_in(&p, topo, cases[i].window, 0);
		planning_check_refused(&p, cases[i].rc, cases[i].reason);
		planning_check_hint(&p, cases[i].message, cases[i].hint);
	}
}

/* The window that comes closest is named. */
static void no_window_at_all(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 }, r = { 0 }, s = { 0 };

	(void)state;
	topo->cxl_windows[0].max_extent_bytes = 0;
	plan_in(&p, topo, NULL, 0);
	planning_check_refused(&p, -ENOSPC, MHP_REASON_NO_SPACE);
	planning_check_hint(&p, "mem0: no CXL window can hold the region: decoder0.0 has 0 B",
			    "destroy");
	topo->cxl_windows[0].can_ram = MHP_TRISTATE_NO;
	plan_in(&q, topo, NULL, 0);
	planning_check_refused(&q, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	planning_check_hint(&q, "decoder0.2 interleaves over 2 host bridges", "--interleave");
	topo->nr_cxl_windows = 0;
	plan_in(&r, topo, NULL, 0);
	planning_check_refused(&r, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	planning_check_hint(&r, "this machine has no CXL window", "firmware");
	assert_int_equal(topology_hide(topo, "cxl_windows", "busy"), 0);
	plan_in(&s, topo, NULL, 0);
	planning_check_refused(&s, -EIO, MHP_REASON_KERNEL);
	planning_check_hint(&s, "the CXL windows cannot be read", "busy");
}

static void hidden_addresses(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 }, r = { 0 };
	struct mhp_cxl_window *window = &topo->cxl_windows[0];

	(void)state;
	window->max_extent_start = window->max_extent_bytes = window->free_bytes = MHP_UNKNOWN;
	plan_in(&p, topo, NULL, 0);
	planning_check_refused(&p, -EIO, MHP_REASON_KERNEL);
	window->start = MHP_UNKNOWN;
	plan_in(&q, topo, NULL, 0);
	planning_check_refused(&q, -EACCES, MHP_REASON_NOT_PERMITTED);
	planning_begin(&r, MHP_VERB_ONLINE, "mem0");
	r.request.list_hidden = true;
	planning_run(&r, topo);
	planning_check(&r, "create_cxl_region decoder0.0\n"
			   "add_memdev mem0\n"
			   "commit_cxl_region region0\n"
			   "enable_cxl_region region0\n"
			   "set_mode dax0.0\n");
	assert_string_equal(mhp_plan_hidden(r.plan, 0)->what, "decoder0.0");
	assert_int_equal(mhp_plan_cost(r.plan)->usable_bytes, GIB);
}

/* ---- requests ---------------------------------------------------------------------------- */

static void expect_usage(const struct mhp_topology *topo, struct planning *p, const char *message)
{
	planning_run(p, topo);
	planning_check_refused(p, -EINVAL, MHP_REASON_USAGE);
	planning_check_hint(p, message, "");
	check_exit(p, MHP_EXIT_USAGE);
}

static void wrong_granularities(void **state)
{
	static const uint64_t wrong[] = { 1, 128, 257, 768, 16385, 32768 };
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct planning p;
		char message[48];

		planning_begin(&p, MHP_VERB_ONLINE, "mem0");
		p.request.granularity = wrong[i];
		snprintf(message, sizeof(message), "no such granularity: %" PRIu64, wrong[i]);
		expect_usage(topo, &p, message);
		assert_non_null(strstr(p.err.hint, "power of two from 256 to 16384"));
	}
}

static void options_for_other_targets(void **state)
{
	static const char *const names[] = { "all", "dax0.0", "region0", "cxl/region0", "node0" };
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	struct planning p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		planning_begin(&p, MHP_VERB_ONLINE, names[i]);
		p.request.window = "decoder0.0";
		expect_usage(topo, &p, "only a new CXL region has a window");
	}
	planning_begin(&p, MHP_VERB_ONLINE, "mem0 dax0.0");
	p.request.interleave = true;
	expect_usage(topo, &p, "dax0.0: only a new CXL region has a window");
	planning_begin(&p, MHP_VERB_REMOVE, "mem0");
	p.request.granularity = 256;
	expect_usage(topo, &p, "only a new CXL region");
	planning_begin(&p, MHP_VERB_CREATE, "mem0");
	p.request.name = "x";
	expect_usage(topo, &p, "mem0: only namespaces have a name");
	planning_begin(&p, MHP_VERB_ONLINE, "mem0");
	p.request.align = 2 * MIB;
	expect_usage(topo, &p, "mem0: the alignment of a new dax device");
}

static void too_few_cards_to_interleave(void **state)
{
	static const char *const names[] = { "mem0", "mem0 mem0", "mem0 0x100" };
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	struct planning p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		planning_begin(&p, MHP_VERB_ONLINE, names[i]);
		p.request.interleave = true;
		expect_usage(topo, &p, "one memory device cannot be interleaved");
		assert_non_null(strstr(p.err.hint, "--interleave mem0 mem1"));
	}
}

/* ---- decoders ------------------------------------------------------------------------------ */

static void plan_both(struct planning *p, const struct mhp_topology *topo, bool interleave)
{
	planning_begin(p, MHP_VERB_ONLINE, "mem0 mem1");
	p->request.interleave = interleave;
	planning_run(p, topo);
}

/* A host bridge with one decoder has one region, also if the second is of the same request. */
static void a_bridge_without_a_decoder(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 }, r = { 0 }, s = { 0 };

	(void)state;
	topo->cxl_memdevs[1].bridge = 12;
	topo->cxl_memdevs[0].bridge_free_decoders = topo->cxl_memdevs[1].bridge_free_decoders = 1;
	plan_both(&p, topo, false);
	planning_check_refused(&p, -ENOSPC, MHP_REASON_NO_SPACE);
	planning_check_hint(&p, "mem1: host bridge 12, which it is behind, has no free decoder",
			    "--interleave");
	plan_both(&q, topo, true);
	assert_int_equal(q.rc, 0);
	cxl_topo_region(topo, 0, 0, 512 * MIB, "0", MHP_CXL_STATE_ENABLED);
	cxl_topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE);
	topo->cxl_memdevs[0].bridge_free_decoders = topo->cxl_memdevs[1].bridge_free_decoders = 0;
	planning_begin(&r, MHP_VERB_ONLINE, "mem1");
	planning_run(&r, topo);
	planning_check_refused(&r, -ENOSPC, MHP_REASON_NO_SPACE);
	planning_check_hint(&r, "no free decoder", "mhpctl remove --destroy cxl/region0");
	planning_plan(&s, topo, MHP_VERB_ONLINE, "mem0");
	assert_true(planning_warns(&s, "stay unused: its host bridge has no free decoder"));
}

static void a_card_without_a_decoder(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 };

	(void)state;
	topo->cxl_memdevs[0].free_decoders = 0;
	planning_begin(&p, MHP_VERB_ONLINE, "mem0");
	planning_run(&p, topo);
	planning_check_refused(&p, -ENOSPC, MHP_REASON_NO_SPACE);
	planning_check_hint(&p, "mem0: has no free decoder for another region", "mhpctl list");
}

/* The kernel decides where the number is not known. */
static void decoders_that_are_not_known(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();

	(void)state;
	topo->cxl_memdevs[0].free_decoders = topo->cxl_memdevs[0].bridge_free_decoders = -1;
	planning_expect(topo, MHP_VERB_ONLINE, "mem0", UP_MEM0);
}

/* A host bridge takes regions in the order of their addresses, so the lower window is not used. */
static void a_window_below_a_region(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 };

	(void)state;
	cxl_topo_window(topo, 3, GIB, "12");
	cxl_topo_region(topo, 0, 3, 512 * MIB, "0", MHP_CXL_STATE_ENABLED);
	cxl_topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE);
	planning_sized(&p, topo, MHP_VERB_CREATE, "mem0", 256 * MIB);
	assert_string_equal(planning_step(&p, MHP_STEP_CREATE_CXL_REGION)->object, "decoder0.3");
	topo->cxl_windows[3].max_extent_bytes = 0;
	planning_sized(&q, topo, MHP_VERB_CREATE, "mem0", 256 * MIB);
	planning_check_refused(&q, -EBUSY, MHP_REASON_IN_USE);
	planning_check_hint(&q, "decoder0.0 has lower addresses than cxl/region0",
			    "destroy cxl/region0 first, or use a window at higher addresses");
}

/* ---- all --------------------------------------------------------------------------------- */

static void all_leaves_bare_cards(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 };

	(void)state;
	planning_plan(&p, topo, MHP_VERB_ONLINE, "all");
	planning_check(&p, "");
	assert_true(planning_warns(&p, "mem1: 1 GiB of this CXL device are in no region and stay "
				       "unused; mhpctl online mem1 makes one"));
}

/* ---- the identity of a plan -------------------------------------------------------------- */

static uint64_t print_of(const struct mhp_topology *topo)
{
	cleanup_planning struct planning p = { 0 };

	planning_plan(&p, topo, MHP_VERB_ONLINE, "mem0");
	return plan_fingerprint(topo, p.plan);
}

static void plans_that_differ(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	uint64_t first = print_of(topo), second;

	(void)state;
	assert_true(print_of(topo) == first);
	topo->cxl_memdevs[0].serial++;
	second = print_of(topo);
	assert_true(second != first);
	topo->cxl_windows[0].max_extent_start += GIB;
	assert_true(print_of(topo) != second);
	second = print_of(topo);
	topo->cxl_windows[0].max_extent_bytes -= GIB;
	assert_true(print_of(topo) != second);
}

UNIT_TESTS(cmocka_unit_test(a_bare_card), cmocka_unit_test(the_steps_of_a_region),
	   cmocka_unit_test(what_a_region_costs), cmocka_unit_test(a_memmap_that_does_not_fit),
	   cmocka_unit_test(two_cards_with_a_region_each),
	   cmocka_unit_test(cards_that_share_a_window), cmocka_unit_test(keep_going_without_a_card),
	   cmocka_unit_test(a_part_of_a_card), cmocka_unit_test(a_region_of_that_size),
	   cmocka_unit_test(a_card_that_is_used_up), cmocka_unit_test(a_region_below_a_block),
	   cmocka_unit_test(the_window_with_more_space),
	   cmocka_unit_test(only_one_window_has_space_for_all),
	   cmocka_unit_test(the_window_asked_for), cmocka_unit_test(windows_that_cannot_be_used),
	   cmocka_unit_test(no_window_at_all), cmocka_unit_test(hidden_addresses),
	   cmocka_unit_test(wrong_granularities), cmocka_unit_test(options_for_other_targets),
	   cmocka_unit_test(too_few_cards_to_interleave),
	   cmocka_unit_test(a_bridge_without_a_decoder), cmocka_unit_test(a_card_without_a_decoder),
	   cmocka_unit_test(decoders_that_are_not_known), cmocka_unit_test(a_window_below_a_region),
	   cmocka_unit_test(all_leaves_bare_cards), cmocka_unit_test(plans_that_differ))
