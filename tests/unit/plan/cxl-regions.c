/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans for memory devices with CXL regions, in any state, and without a driver. */
#include "lib/base/error.h"
#include "tests/unit/fake/cxl-topo.h"
#include "tests/unit/fake/planning.h"

#include <errno.h>
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

static void begin_round(struct planning *p, const struct mhp_topology *topo, const char *targets)
{
	planning_begin(p, MHP_VERB_ONLINE, targets);
	p->request.targets = p->targets;
	p->rc = plan_new(topo, &p->request, true, &p->plan, &p->err);
}

static void plan_interleaved(struct planning *p, const struct mhp_topology *topo,
			     const char *targets)
{
	planning_begin(p, MHP_VERB_ONLINE, targets);
	p->request.interleave = true;
	planning_run(p, topo);
}

/* ---- regions that exist ------------------------------------------------------------------ */

static void regions_on_their_way(void **state)
{
	static const char *const names[] = { "mem0", "cxl/region0", "mem0 cxl/region0" };
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	struct mhp_cxl_region *region =
		cxl_topo_region(topo, 0, 0, GIB, "0", MHP_CXL_STATE_UNCOMMITTED);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		region->state = MHP_CXL_STATE_UNCOMMITTED;
		planning_expect(topo, MHP_VERB_ONLINE, names[i],
				"commit_cxl_region region0\n"
				"enable_cxl_region region0\n"
				"set_mode dax0.0\n"
				"online_block memory2048-2055\n");
		region->state = MHP_CXL_STATE_COMMITTED;
		planning_expect(topo, MHP_VERB_ONLINE, names[i],
				"enable_cxl_region region0\n"
				"set_mode dax0.0\n"
				"online_block memory2048-2055\n");
		planning_expect(topo, MHP_VERB_CREATE, names[i],
				"enable_cxl_region region0\n"
				"set_mode dax0.0\n");
	}
}

static void the_chain_of_a_region(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 };
	const struct cxl_setup *cxl;

	(void)state;
	cxl_topo_region(topo, 2, 2, 2 * GIB, "0 1", MHP_CXL_STATE_COMMITTED);
	planning_plan(&p, topo, MHP_VERB_ONLINE, "mem0 mem1");
	assert_int_equal(p.plan->nr_chains, 1);
	cxl = &p.plan->chains[0].cxl;
	assert_string_equal(cxl->region, "region2");
	assert_string_equal(cxl->window, "decoder0.2");
	assert_true(cxl->size == 2 * GIB && cxl->ways == 2 && cxl->granularity == 1024);
	assert_true(cxl->members[1].serial == 0x101);
	assert_false(planning_step(&p, MHP_STEP_ENABLE_CXL_REGION)->is_predicted);
	assert_true(planning_step(&p, MHP_STEP_SET_MODE)->is_predicted);
	assert_true(p.plan->locks[0].start == topo->cxl_windows[2].start);
	assert_int_equal(mhp_plan_cost(p.plan)->usable_bytes, 2 * GIB);
}

/* A part of a region can be planned only once the region is there. */
static void a_part_of_an_idle_region(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 };

	(void)state;
	cxl_topo_region(topo, 0, 0, GIB, "0", MHP_CXL_STATE_COMMITTED);
	planning_sized(&p, topo, MHP_VERB_ONLINE, "cxl/region0", 256 * MIB);
	planning_check(&p, "enable_cxl_region region0\n");
	assert_true(p.plan->partial);
}

static void an_incomplete_region(void **state)
{
	static const char *const names[] = { "mem0", "cxl/region0" };
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	struct mhp_cxl_region *region =
		cxl_topo_region(topo, 0, 2, 2 * GIB, "0 1", MHP_CXL_STATE_INCOMPLETE);

	(void)state;
	region->members[1] = (struct mhp_cxl_member){ .serial = MHP_UNKNOWN };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_planning struct planning p = { 0 };

		planning_begin(&p, MHP_VERB_ONLINE, names[i]);
		planning_run(&p, topo);
		planning_check_refused(&p, -EBUSY, MHP_REASON_IN_USE);
		planning_check_hint(&p, "cxl/region0: is incomplete, with 1 of 2 members",
				    "mhpctl remove cxl/region0 --destroy");
	}
}

static void a_region_that_a_killed_run_began(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 }, r = { 0 };
	struct mhp_cxl_region *region =
		cxl_topo_region(topo, 0, 0, GIB, "0", MHP_CXL_STATE_INCOMPLETE);

	(void)state;
	region->is_begun = true;
	planning_plan(&p, topo, MHP_VERB_ONLINE, "mem0");
	planning_check(&p, "destroy_cxl_region region0\n");
	assert_true(p.plan->partial);
	/* without members it is the card's all the same */
	region->members[0] = (struct mhp_cxl_member){ .serial = MHP_UNKNOWN };
	planning_plan(&q, topo, MHP_VERB_ONLINE, "mem1");
	planning_check(&q, "destroy_cxl_region region0\n");
	/* if it is still there, the first round has reported why */
	begin_round(&r, topo, "mem0");
	planning_check(&r, "");
}

/* A complete region is continued, unless the request asks for another one. */
static void a_complete_region_of_a_killed_run(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 }, r = { 0 };

	(void)state;
	cxl_topo_region(topo, 0, 0, 512 * MIB, "0", MHP_CXL_STATE_UNCOMMITTED)->is_begun = true;
	planning_sized(&p, topo, MHP_VERB_ONLINE, "mem0", 512 * MIB);
	planning_check(&p, "commit_cxl_region region0\n"
			   "enable_cxl_region region0\n"
			   "set_mode dax0.0\n"
			   "online_block memory2048-2051\n");
	planning_sized(&q, topo, MHP_VERB_ONLINE, "mem0", GIB);
	planning_check(&q, "destroy_cxl_region region0\n");
	plan_interleaved(&r, topo, "mem0 mem1");
	planning_check(&r, "destroy_cxl_region region0\n");
}

static void a_card_without_a_driver(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 }, r = { 0 };
	struct mhp_cxl_memdev *card = &topo->cxl_memdevs[0];

	(void)state;
	card->is_enabled = false;
	card->ram_used_bytes = MHP_UNKNOWN;
	card->bridge = -1;
	planning_plan(&p, topo, MHP_VERB_ONLINE, "mem0");
	planning_check(&p, "enable_memdev mem0\n");
	assert_true(p.plan->partial && !mhp_plan_cost(p.plan)->is_complete);
	topo->has_cxl_acpi = topo->has_cxl_port = topo->has_cxl_mem = false;
	plan_interleaved(&q, topo, "mem0 mem1");
	planning_check(&q, "load_module cxl_acpi\n"
			   "load_module cxl_port\n"
			   "load_module cxl_mem\n"
			   "enable_memdev mem0\n");
	begin_round(&r, topo, "mem0");
	planning_check(&r, "");
}

static void modules_that_are_missing(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 };

	(void)state;
	topo->has_dax_cxl = topo->has_kmem = topo->has_device_dax = false;
	planning_expect(topo, MHP_VERB_ONLINE, "mem0",
			"load_module dax_cxl\nload_module kmem\n" UP_MEM0);
	planning_expect(topo, MHP_VERB_CREATE, "mem0",
			"load_module dax_cxl\n"
			"load_module device_dax\n"
			"create_cxl_region decoder0.0\n"
			"add_memdev mem0\n"
			"commit_cxl_region region0\n"
			"enable_cxl_region region0\n"
			"set_mode dax0.0\n");
	str_copy(topo->machine.no_dax_cxl, "CONFIG_DEV_DAX_CXL");
	planning_begin(&p, MHP_VERB_ONLINE, "mem0");
	planning_run(&p, topo);
	planning_check_refused(&p, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	planning_check_hint(&p, "module dax_cxl", "CONFIG_DEV_DAX_CXL");
}

static void an_enabled_region_without_a_dax_device(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 }, q = { 0 };
	struct mhp_cxl_region *region =
		cxl_topo_region(topo, 0, 0, GIB, "0", MHP_CXL_STATE_ENABLED);

	(void)state;
	planning_expect_refused(topo, MHP_VERB_ONLINE, "mem0", -ENXIO, MHP_REASON_UNSUPPORTED);
	str_copy(region->dax_region, "dax_region0");
	topo->has_dax_cxl = false;
	planning_plan(&p, topo, MHP_VERB_ONLINE, "mem0");
	planning_check(&p, "load_module dax_cxl\n");
	assert_true(p.plan->partial);
	region->dax_region[0] = '\0';
	region->online_bytes = 512 * MIB;
	planning_expect_refused(topo, MHP_VERB_ONLINE, "mem0", -EOPNOTSUPP, MHP_REASON_BOOT_MEMORY);
	region->online_bytes = GIB;
	region->is_from_firmware = MHP_TRISTATE_YES;
	planning_plan(&q, topo, MHP_VERB_ONLINE, "cxl/region0");
	planning_check(&q, "");
	assert_true(planning_warns(&q, "cxl/region0 is ordinary memory"));
}

/* ---- create ------------------------------------------------------------------------------ */

static void devices_for_a_create(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	struct planning p;
	struct mhp_dax *dax;

	(void)state;
	cxl_topo_region(topo, 0, 0, GIB, "0", MHP_CXL_STATE_ENABLED);
	dax = cxl_topo_dax(topo, 0, MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE);
	planning_expect(topo, MHP_VERB_CREATE, "mem0", "");
	dax->mode = MHP_DAX_UNBOUND;
	planning_expect(topo, MHP_VERB_CREATE, "mem0", "set_mode dax0.0\n");
	dax->mode = MHP_DAX_OTHER;
	planning_expect_refused(topo, MHP_VERB_CREATE, "mem0", -EBUSY, MHP_REASON_IN_USE);
	dax->mode = MHP_DAX_SYSTEM_RAM; /* bound by itself */
	planning_expect(topo, MHP_VERB_CREATE, "mem0", "set_mode dax0.0\n");
	dax->blocks_online = 1;
	planning_begin(&p, MHP_VERB_CREATE, "mem0");
	planning_run(&p, topo);
	planning_check_refused(&p, -EEXIST, MHP_REASON_MISMATCH);
	planning_check_hint(&p, "mem0: dax0.0 exists, and is system memory",
			    "mhpctl remove dax0.0");
	dax->blocks_online = MHP_UNKNOWN;
	planning_expect_refused(topo, MHP_VERB_CREATE, "mem0", -EEXIST, MHP_REASON_MISMATCH);
}

/* ---- refusals ---------------------------------------------------------------------------- */

static void regions_that_cannot_be_used(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	struct mhp_cxl_region *region =
		cxl_topo_region(topo, 0, 0, GIB, "0", MHP_CXL_STATE_UNKNOWN);
	struct planning p;

	(void)state;
	planning_expect_refused(topo, MHP_VERB_ONLINE, "mem0", -EIO, MHP_REASON_KERNEL);
	region->state = MHP_CXL_STATE_UNCOMMITTED;
	region->online_bytes = region->unbacked_bytes = GIB;
	planning_expect_refused(topo, MHP_VERB_ONLINE, "mem0", -EIO, MHP_REASON_NEEDS_REBOOT);
	region->unbacked_bytes = MHP_UNKNOWN;
	planning_expect_refused(topo, MHP_VERB_ONLINE, "mem0", -EIO, MHP_REASON_KERNEL);
	str_copy(region->type, "pmem");
	planning_begin(&p, MHP_VERB_ONLINE, "cxl/region0");
	planning_run(&p, topo);
	planning_check_refused(&p, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	planning_check_hint(&p, "cxl/region0: is persistent", "nd/region0");
}

static void cards_that_cannot_be_used(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	struct mhp_cxl_memdev *card = &topo->cxl_memdevs[0];

	(void)state;
	str_copy(card->security, "sanitize");
	planning_expect_refused(topo, MHP_VERB_ONLINE, "mem0", -EBUSY, MHP_REASON_IN_USE);
	str_copy(card->security, "disabled");
	card->bridge = -1;
	planning_expect_refused(topo, MHP_VERB_ONLINE, "mem0", -EIO, MHP_REASON_KERNEL);
	card->bridge = 12;
	card->ram_used_bytes = MHP_UNKNOWN;
	planning_expect_refused(topo, MHP_VERB_ONLINE, "mem0", -EIO, MHP_REASON_KERNEL);
	card->ram_used_bytes = card->ram_bytes = 0;
	card->pmem_bytes = GIB;
	planning_expect_refused(topo, MHP_VERB_ONLINE, "mem0", -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
}

UNIT_TESTS(cmocka_unit_test(regions_on_their_way), cmocka_unit_test(the_chain_of_a_region),
	   cmocka_unit_test(a_part_of_an_idle_region), cmocka_unit_test(an_incomplete_region),
	   cmocka_unit_test(a_region_that_a_killed_run_began),
	   cmocka_unit_test(a_complete_region_of_a_killed_run),
	   cmocka_unit_test(a_card_without_a_driver), cmocka_unit_test(modules_that_are_missing),
	   cmocka_unit_test(an_enabled_region_without_a_dax_device),
	   cmocka_unit_test(devices_for_a_create), cmocka_unit_test(regions_that_cannot_be_used),
	   cmocka_unit_test(cards_that_cannot_be_used))
