/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans to make one CXL region of several memory devices. */
#include "lib/base/error.h"
#include "tests/unit/fake/cxl-topo.h"
#include "tests/unit/fake/planning.h"

#include <errno.h>
#include <string.h>

static void plan_interleaved(struct planning *p, const struct mhp_topology *topo,
			     const char *targets)
{
	planning_begin(p, MHP_VERB_ONLINE, targets);
	p->request.interleave = true;
	planning_run(p, topo);
}

/* ---- interleaved regions ----------------------------------------------------------------- */

#define UP_BOTH                          \
	"create_cxl_region decoder0.2\n" \
	"add_memdev mem0\n"              \
	"add_memdev mem1\n"              \
	"commit_cxl_region region2\n"    \
	"enable_cxl_region region2\n"    \
	"set_mode dax2.0\n"              \
	"online_block memory3072-3087\n"

static void one_region_over_both(void **state)
{
	static const char *const names[] = { "mem0 mem1", "mem1 mem0", "0x101 mem0" };
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_planning struct planning p = { 0 };
		const struct mhp_step *step;

		plan_interleaved(&p, topo, names[i]);
		planning_check(&p, UP_BOTH);
		step = planning_step(&p, MHP_STEP_CREATE_CXL_REGION);
		assert_true(step->size == 2 * GIB && step->ways == 2 && step->granularity == 1024);
		assert_int_equal(planning_step(&p, MHP_STEP_ADD_MEMDEV)->size, GIB);
		assert_int_equal(p.plan->nr_chains, 1);
		assert_int_equal(p.plan->targets[0].nr_chains, 1);
		assert_int_equal(p.plan->targets[1].nr_chains, 1);
	}
}

static void the_granularity_of_a_window(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 };

	(void)state;
	planning_begin(&p, MHP_VERB_ONLINE, "mem0 mem1");
	p.request.interleave = true;
	p.request.granularity = 4096;
	planning_run(&p, topo);
	planning_check_refused(&p, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	planning_check_hint(&p, "decoder0.2 has a granularity of 1024 bytes, not 4096",
			    "--granularity 1024");
	planning_begin(&q, MHP_VERB_ONLINE, "mem0 mem1");
	q.request.interleave = true;
	q.request.granularity = 1024;
	planning_run(&q, topo);
	planning_check(&q, UP_BOTH);
}

static void cards_of_different_size(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 };

	(void)state;
	topo->cxl_memdevs[1].ram_bytes = 3 * GIB;
	plan_interleaved(&p, topo, "mem0 mem1");
	planning_check(&p, UP_BOTH);
	assert_true(planning_warns(&p, "mem1: 2 GiB of it stay in no region: each memory device "
				       "gives as much as the smallest, 1 GiB"));
}

static void cards_that_cannot_be_interleaved(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 }, r = { 0 };

	(void)state;
	cxl_topo_card(topo, 2, 12, GIB);
	plan_interleaved(&p, topo, "mem0 mem1 mem2");
	planning_check_refused(&p, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	planning_check_hint(&p, "a region in it has 2, 4, 8 ... ways, not 3", "--interleave");
	cxl_topo_card(topo, 3, 12, GIB);
	plan_interleaved(&q, topo, "mem0 mem1 mem2 mem3");
	planning_check_refused(&q, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	planning_check_hint(&q, "needs 2 of the memory devices behind each of its 2 host bridges",
			    "");
	cxl_topo_card(topo, 4, 44, GIB);
	plan_interleaved(&r, topo, "mem0 mem1 mem2 mem3 mem4");
	planning_check_refused(&r, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	planning_check_hint(&r, "no CXL region has 5 ways", "name 2, 3, 4, 6, 8, 12 or 16");
}

static void four_cards_behind_two_bridges(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 };
	const struct cxl_setup *cxl;

	(void)state;
	cxl_topo_card(topo, 2, 12, GIB);
	cxl_topo_card(topo, 3, 44, GIB);
	plan_interleaved(&p, topo, "mem0 mem2 mem1 mem3");
	planning_check(&p, "create_cxl_region decoder0.2\n"
			   "add_memdev mem0\n"
			   "add_memdev mem1\n"
			   "add_memdev mem2\n"
			   "add_memdev mem3\n"
			   "commit_cxl_region region2\n"
			   "enable_cxl_region region2\n"
			   "set_mode dax2.0\n"
			   "online_block memory3072-3103\n");
	cxl = &p.plan->chains[0].cxl;
	assert_string_equal(cxl->members[1].memdev, "mem1");
	assert_string_equal(cxl->members[2].memdev, "mem2");
	assert_true(cxl->members[3].serial == 0x103);
}

static void interleaved_twice(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 }, r = { 0 };

	(void)state;
	cxl_topo_region(topo, 2, 2, 2 * GIB, "0 1", MHP_CXL_STATE_ENABLED);
	cxl_topo_dax(topo, 2, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE);
	plan_interleaved(&p, topo, "mem1 mem0");
	planning_check(&p, "");
	planning_begin(&q, MHP_VERB_ONLINE, "mem0 mem1");
	q.request.interleave = true;
	q.request.granularity = 4096;
	planning_run(&q, topo);
	planning_check_refused(&q, -EEXIST, MHP_REASON_MISMATCH);
	planning_check_hint(&q, "cxl/region2 exists with another granularity",
			    "leave out --granularity");
	planning_plan(&r, topo, MHP_VERB_ONLINE, "mem0");
	planning_check(&r, "");
	assert_true(planning_warns(&r, "mem0: cxl/region2 also has memory of mem1"));
}

static void a_card_that_has_a_region_already(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 };

	(void)state;
	cxl_topo_region(topo, 0, 0, 512 * MIB, "0", MHP_CXL_STATE_ENABLED);
	cxl_topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE);
	plan_interleaved(&p, topo, "mem0 mem1");
	planning_check_refused(&p, -EEXIST, MHP_REASON_MISMATCH);
	planning_check_hint(&p, "mem0: is a member of cxl/region0",
			    "mhpctl remove cxl/region0 --destroy");
	planning_begin(&q, MHP_VERB_ONLINE, "mem0 mem1");
	q.request.interleave = true;
	q.request.bytes = GIB;
	planning_run(&q, topo);
	assert_int_equal(planning_step(&q, MHP_STEP_CREATE_CXL_REGION)->size, GIB);
}

static void a_missing_card_stops_all(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 };

	(void)state;
	planning_begin(&p, MHP_VERB_ONLINE, "mem0 mem9");
	p.request.interleave = p.request.keep_going = true;
	planning_run(&p, topo);
	planning_check(&p, "");
	assert_int_equal(p.plan->nr_failures, 2);
}

UNIT_TESTS(cmocka_unit_test(one_region_over_both), cmocka_unit_test(the_granularity_of_a_window),
	   cmocka_unit_test(cards_of_different_size),
	   cmocka_unit_test(cards_that_cannot_be_interleaved),
	   cmocka_unit_test(four_cards_behind_two_bridges), cmocka_unit_test(interleaved_twice),
	   cmocka_unit_test(a_card_that_has_a_region_already),
	   cmocka_unit_test(a_missing_card_stops_all))
