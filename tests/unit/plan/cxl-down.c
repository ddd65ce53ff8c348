/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans from CXL regions, in any state, back to bare memory devices. */
#include "lib/base/error.h"
#include "tests/unit/fake/cxl-topo.h"
#include "tests/unit/fake/planning.h"

#include <errno.h>
#include <string.h>

/* A region over mem0 alone, whose memory is online. */
static struct mhp_topology *in_use(void)
{
	struct mhp_topology *topo = cxl_topo_two_cards();

	cxl_topo_region(topo, 0, 0, GIB, "0", MHP_CXL_STATE_ENABLED);
	cxl_topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE);
	return topo;
}

static void plan_removal(struct planning *p, const struct mhp_topology *topo, const char *targets)
{
	planning_begin(p, MHP_VERB_REMOVE, targets);
	p->request.destroy = true;
	planning_run(p, topo);
}

static void expect_removal(const struct mhp_topology *topo, const char *targets, const char *steps)
{
	cleanup_planning struct planning p = { 0 };

	plan_removal(&p, topo, targets);
	planning_check(&p, steps);
}

/* Expects both commands to refuse, before anything is changed. */
static void expect_refused(const struct mhp_topology *topo, const char *target, int rc,
			   enum mhp_reason reason, const char *message, const char *hint)
{
	struct planning p;

	plan_removal(&p, topo, target);
	planning_check_refused(&p, rc, reason);
	planning_check_hint(&p, message, hint);
	planning_begin(&p, MHP_VERB_DESTROY, target);
	planning_run(&p, topo);
	planning_check_refused(&p, rc, reason);
	planning_check_hint(&p, message, hint);
}

/* ---- the way down ------------------------------------------------------------------------ */

static void memory_that_is_online(void **state)
{
	static const char *const names[] = { "mem0", "0x100", "cxl/region0", "region0",
					     "mem0 cxl/region0" };
	cleanup_topology struct mhp_topology *topo = in_use();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		expect_removal(topo, names[i],
			       "offline_block memory2048-2055\n"
			       "set_mode dax0.0\n"
			       "destroy_cxl_region region0\n");
	/* without --destroy the region stays */
	planning_expect(topo, MHP_VERB_REMOVE, "mem0",
			"offline_block memory2048-2055\nset_mode dax0.0\n");
	planning_expect(topo, MHP_VERB_OFFLINE, "mem0", "offline_block memory2048-2055\n");
}

static void the_steps_of_a_removal(void **state)
{
	cleanup_topology struct mhp_topology *topo = in_use();
	cleanup_planning struct planning p = { 0 };
	const struct mhp_step *step;
	const struct chain *chain;

	(void)state;
	plan_removal(&p, topo, "mem0");
	assert_int_equal(planning_step(&p, MHP_STEP_SET_MODE)->mode, MHP_DAX_UNBOUND);
	step = planning_step(&p, MHP_STEP_DESTROY_CXL_REGION);
	assert_true(step->size == GIB && !step->is_predicted && !*step->undo);
	assert_non_null(strstr(step->needs, "no memory block of it is left"));
	assert_int_equal(p.plan->nr_chains, 2);
	assert_int_equal(p.plan->targets[0].nr_chains, 2);
	chain = &p.plan->chains[step->chain];
	assert_string_equal(chain->key, "cxl/region0");
	assert_string_equal(chain->cxl.region, "region0");
	assert_string_equal(chain->cxl.window, "decoder0.0");
	assert_string_equal(chain->cxl.members[0].memdev, "mem0");
	assert_true(chain->cxl.size == GIB && chain->cxl.ways == 1);
	assert_int_equal(p.plan->nr_locks, 2);
	assert_true(p.plan->locks[1].start == 256 * GIB && p.plan->locks[1].end == 260 * GIB);
	assert_null(mhp_plan_consent(p.plan, 0));
	assert_null(mhp_plan_loss(p.plan, 0));
}

static void a_destroy_of_memory(void **state)
{
	cleanup_topology struct mhp_topology *topo = in_use();
	struct planning p;

	(void)state;
	planning_begin(&p, MHP_VERB_DESTROY, "mem0");
	planning_run(&p, topo);
	planning_check_refused(&p, -EBUSY, MHP_REASON_IN_USE);
	planning_check_hint(&p, "cxl/region0: memory of dax0.0 is online",
			    "mhpctl remove cxl/region0 --destroy");
	topo->dax[0].blocks_online = MHP_UNKNOWN;
	planning_expect_refused(topo, MHP_VERB_DESTROY, "cxl/region0", -EBUSY, MHP_REASON_IN_USE);
}

/* Blocks that are offline have nothing to lose. */
static void a_destroy_of_offline_blocks(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();

	(void)state;
	cxl_topo_region(topo, 0, 0, GIB, "0", MHP_CXL_STATE_ENABLED);
	cxl_topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_OFFLINE);
	planning_expect(topo, MHP_VERB_DESTROY, "mem0",
			"set_mode dax0.0\ndestroy_cxl_region region0\n");
}

static void devices_that_are_idle(void **state)
{
	static const enum mhp_dax_mode modes[] = { MHP_DAX_DEVDAX, MHP_DAX_UNBOUND };
	static const char *const names[] = { "mem0", "cxl/region0" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();

		cxl_topo_region(topo, 0, 0, GIB, "0", MHP_CXL_STATE_ENABLED);
		cxl_topo_dax(topo, 0, modes[i], MHP_BLOCK_OFFLINE);
		planning_expect(topo, MHP_VERB_DESTROY, names[i], "destroy_cxl_region region0\n");
		expect_removal(topo, names[i], "destroy_cxl_region region0\n");
	}
}

static void regions_in_any_state(void **state)
{
	static const enum mhp_cxl_state states[] = { MHP_CXL_STATE_INCOMPLETE,
						     MHP_CXL_STATE_UNCOMMITTED,
						     MHP_CXL_STATE_COMMITTED };
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	struct mhp_cxl_region *region =
		cxl_topo_region(topo, 0, 0, GIB, "0", MHP_CXL_STATE_ENABLED);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		region->state = states[i];
		planning_expect(topo, MHP_VERB_DESTROY, "mem0", "destroy_cxl_region region0\n");
		expect_removal(topo, "cxl/region0", "destroy_cxl_region region0\n");
	}
	/* one that has nothing yet */
	*region = (struct mhp_cxl_region){ .name = "region0",
					   .window = "decoder0.0",
					   .type = "ram",
					   .is_locked = MHP_TRISTATE_NO,
					   .state = MHP_CXL_STATE_INCOMPLETE };
	expect_removal(topo, "cxl/region0", "destroy_cxl_region region0\n");
}

static void a_bare_card(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();

	(void)state;
	expect_removal(topo, "mem0", "");
	planning_expect(topo, MHP_VERB_DESTROY, "mem0", "");
}

static void a_region_with_several_devices(void **state)
{
	cleanup_topology struct mhp_topology *topo = in_use();
	cleanup_planning struct planning p = { 0 };
	struct mhp_dax *dax;

	(void)state;
	dax = cxl_topo_dax(topo, 0, MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE);
	str_copy(dax->name, "dax0.1");
	dax->ranges[0].start = topo->dax[0].ranges[0].end = 256 * GIB + 512 * MIB;
	dax = cxl_topo_dax(topo, 0, MHP_DAX_UNBOUND, MHP_BLOCK_OFFLINE);
	str_copy(dax->name, "dax0.2");
	str_copy(dax->dax_region, "dax_region0");
	dax->size = dax->nr_ranges = 0;
	plan_removal(&p, topo, "cxl/region0");
	planning_check(&p, "offline_block memory2048-2051\n"
			   "set_mode dax0.0\n"
			   "destroy_cxl_region region0\n");
}

/* ---- several regions --------------------------------------------------------------------- */

/* Memory devices give their parts back in the opposite order. */
static void two_regions_of_a_card(void **state)
{
	static const char *const names[] = { "mem0", "cxl/region0 cxl/region4",
					     "cxl/region4 cxl/region0" };
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();

	(void)state;
	cxl_topo_region(topo, 0, 0, 256 * MIB, "0", MHP_CXL_STATE_COMMITTED);
	cxl_topo_region(topo, 4, 0, 256 * MIB, "0", MHP_CXL_STATE_ENABLED);
	cxl_topo_dax(topo, 4, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		expect_removal(topo, names[i],
			       "offline_block memory2050-2051\n"
			       "set_mode dax4.0\n"
			       "destroy_cxl_region region4\n"
			       "destroy_cxl_region region0\n");
	expect_removal(topo, "cxl/region4",
		       "offline_block memory2050-2051\n"
		       "set_mode dax4.0\n"
		       "destroy_cxl_region region4\n");
	expect_refused(topo, "cxl/region0", -EBUSY, MHP_REASON_IN_USE,
		       "cxl/region4 took its part of mem0 later",
		       "destroy cxl/region4 cxl/region0 destroys both");
}

static void two_cards(void **state)
{
	cleanup_topology struct mhp_topology *topo = in_use();

	(void)state;
	cxl_topo_region(topo, 1, 1, GIB, "1", MHP_CXL_STATE_ENABLED);
	cxl_topo_dax(topo, 1, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE);
	expect_removal(topo, "mem0 mem1",
		       "offline_block memory2048-2055\n"
		       "set_mode dax0.0\n"
		       "offline_block memory2560-2567\n"
		       "set_mode dax1.0\n"
		       "destroy_cxl_region region0\n"
		       "destroy_cxl_region region1\n");
}

static void a_region_of_two_cards(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	cleanup_planning struct planning p = { 0 };

	(void)state;
	cxl_topo_region(topo, 2, 2, 2 * GIB, "0 1", MHP_CXL_STATE_COMMITTED);
	plan_removal(&p, topo, "mem1");
	planning_check(&p, "destroy_cxl_region region2\n");
	assert_true(planning_warns(&p, "mem1: cxl/region2 also has memory of mem0"));
	expect_removal(topo, "mem0 mem1", "destroy_cxl_region region2\n");
}

/* ---- refusals ---------------------------------------------------------------------------- */

static void locked_regions(void **state)
{
	cleanup_topology struct mhp_topology *topo = in_use();

	(void)state;
	topo->cxl_regions[0].is_locked = MHP_TRISTATE_YES;
	expect_refused(topo, "mem0", -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
		       "cxl/region0: is locked by the firmware", "without --destroy");
	planning_expect(topo, MHP_VERB_REMOVE, "mem0",
			"offline_block memory2048-2055\nset_mode dax0.0\n");
	topo->cxl_regions[0].is_locked = MHP_TRISTATE_UNKNOWN;
	expect_refused(topo, "cxl/region0", -EIO, MHP_REASON_KERNEL, "cannot tell whether", "");
}

static void persistent_regions(void **state)
{
	cleanup_topology struct mhp_topology *topo = in_use();

	(void)state;
	str_copy(topo->cxl_regions[0].type, "pmem");
	expect_refused(topo, "mem0", -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
		       "cxl/region0: is persistent", "nd/region0");
}

/* The kernel would reset the decoders beneath it. */
static void memory_that_no_device_has(void **state)
{
	cleanup_topology struct mhp_topology *topo = in_use();
	struct mhp_cxl_region *region = &topo->cxl_regions[0];

	(void)state;
	topo->nr_dax = 0;
	expect_refused(topo, "mem0", -EOPNOTSUPP, MHP_REASON_BOOT_MEMORY,
		       "cxl/region0: is ordinary memory", "cannot be removed");
	region->online_bytes = MHP_UNKNOWN;
	expect_refused(topo, "mem0", -EIO, MHP_REASON_KERNEL, "whether memory of it is online", "");
	region->state = MHP_CXL_STATE_INCOMPLETE;
	region->online_bytes = region->unbacked_bytes = GIB;
	expect_refused(topo, "mem0", -EIO, MHP_REASON_NEEDS_REBOOT, "1 GiB of it are online",
		       "reboot");
	region->state = MHP_CXL_STATE_ENABLED;
	region->unbacked_bytes = 0;
	topo_block(topo, 2048)->is_orphaned = true;
	expect_refused(topo, "mem0", -EBUSY, MHP_REASON_NEEDS_REBOOT, "block of no device",
		       "reboot");
}

static void what_cannot_be_read(void **state)
{
	cleanup_topology struct mhp_topology *topo = in_use();

	(void)state;
	topo->cxl_regions[0].state = MHP_CXL_STATE_UNKNOWN;
	expect_refused(topo, "mem0", -EIO, MHP_REASON_KERNEL, "its state cannot be read", "");
	topo->cxl_regions[0].state = MHP_CXL_STATE_ENABLED;
	assert_int_equal(topology_hide(topo, "dax_devices", "too slow"), 0);
	expect_refused(topo, "cxl/region0", -EIO, MHP_REASON_KERNEL,
		       "cannot tell whether it has a dax device", "too slow");
}

static void a_device_with_another_driver(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();
	struct mhp_dax *dax;

	(void)state;
	cxl_topo_region(topo, 0, 0, GIB, "0", MHP_CXL_STATE_ENABLED);
	dax = cxl_topo_dax(topo, 0, MHP_DAX_OTHER, MHP_BLOCK_OFFLINE);
	str_copy(dax->driver, "fsdev_dax");
	expect_refused(topo, "mem0", -EBUSY, MHP_REASON_IN_USE, "dax0.0: is bound to fsdev_dax",
		       "unbind it");
}

static void a_card_with_one_locked_region(void **state)
{
	cleanup_topology struct mhp_topology *topo = cxl_topo_two_cards();

	(void)state;
	cxl_topo_region(topo, 0, 0, 256 * MIB, "0", MHP_CXL_STATE_COMMITTED);
	cxl_topo_region(topo, 4, 0, 256 * MIB, "0", MHP_CXL_STATE_COMMITTED)->is_locked =
		MHP_TRISTATE_YES;
	expect_refused(topo, "mem0", -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
		       "cxl/region4: is locked by the firmware", "");
}

UNIT_TESTS(cmocka_unit_test(memory_that_is_online), cmocka_unit_test(the_steps_of_a_removal),
	   cmocka_unit_test(a_destroy_of_memory), cmocka_unit_test(a_destroy_of_offline_blocks),
	   cmocka_unit_test(devices_that_are_idle), cmocka_unit_test(regions_in_any_state),
	   cmocka_unit_test(a_bare_card), cmocka_unit_test(a_region_with_several_devices),
	   cmocka_unit_test(two_regions_of_a_card), cmocka_unit_test(two_cards),
	   cmocka_unit_test(a_region_of_two_cards), cmocka_unit_test(locked_regions),
	   cmocka_unit_test(persistent_regions), cmocka_unit_test(memory_that_no_device_has),
	   cmocka_unit_test(what_cannot_be_read), cmocka_unit_test(a_device_with_another_driver),
	   cmocka_unit_test(a_card_with_one_locked_region))
