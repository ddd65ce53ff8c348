/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Zones of memory for which a request leaves it open, by the ratio of the zones. */
#include "lib/base/error.h"
#include "lib/model/block-more.h"
#include "tests/unit/fake/planning.h"

#include <string.h>

/* Returns devices of 15 blocks each, on a machine with 16 blocks in kernel zones. */
static struct mhp_topology *with_devices(unsigned nr, enum mhp_dax_mode mode)
{
	struct mhp_topology *topo = topo_new();

	for (unsigned i = 0; i < nr; i++) {
		topo_region(topo, i);
		topo_dax(topo, i, mode, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	}
	topology_count(topo);
	return topo;
}

static void plan_auto(struct planning *p, const struct mhp_topology *topo, const char *targets)
{
	planning_end(p);
	planning_begin(p, MHP_VERB_ONLINE, targets);
	p->request.zone = MHP_ZONE_REQUEST_AUTO;
}

/* Asserts the zone of all steps of the device's chain that have one, and that they say why. */
static void check_zone(const struct planning *p, const char *device, enum mhp_zone_request zone,
		       const char *why)
{
	const struct mhp_step *step, *of_device = NULL;

	for (size_t i = 0; (step = mhp_plan_step(p->plan, i)); i++) {
		if (strcmp(step->object, device) == 0)
			of_device = step;
		if (!of_device || step->chain != of_device->chain)
			continue;
		assert_int_equal(step->zone, zone);
		if (!strstr(step->why, why))
			fail_msg("%s: %s", step->object, step->why);
	}
	assert_non_null(of_device);
}

static void movable_within_the_ratio(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_devices(4, MHP_DAX_DEVDAX);
	cleanup_planning struct planning p = { 0 };

	plan_auto(&p, topo, "dax0.0 dax1.0 dax2.0 dax3.0");
	planning_run(&p, topo);
	check_zone(&p, "dax0.0", MHP_ZONE_REQUEST_MOVABLE,
		   "movable would be 1.88 GiB to 2 GiB of kernel zones, within 3:1");
	check_zone(&p, "dax1.0", MHP_ZONE_REQUEST_MOVABLE, "movable would be 3.75 GiB");
	check_zone(&p, "dax2.0", MHP_ZONE_REQUEST_MOVABLE, "within 3:1");
	check_zone(&p, "dax3.0", MHP_ZONE_REQUEST_KERNEL,
		   "movable would be 7.50 GiB to 2 GiB of kernel zones, more than 3:1");
	assert_false(planning_warns(&p, "zone movable grows"));
}

static void the_ratio_of_the_request(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_devices(2, MHP_DAX_DEVDAX);
	cleanup_planning struct planning p = { 0 };

	plan_auto(&p, topo, "dax0.0 dax1.0");
	p.request.ratio_movable = 14;
	p.request.ratio_kernel = 16;
	planning_run(&p, topo);
	check_zone(&p, "dax0.0", MHP_ZONE_REQUEST_KERNEL, "more than 14:16");
	/* the first one has added to the kernel's zones */
	check_zone(&p, "dax1.0", MHP_ZONE_REQUEST_MOVABLE,
		   "movable would be 1.88 GiB to 3.88 GiB of kernel zones, within 14:16");
}

static void memory_that_is_online_counts(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_devices(1, MHP_DAX_DEVDAX);
	cleanup_planning struct planning p = { 0 };

	topo_blocks(topo, 100, 140, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE, 1);
	topology_count(topo);
	plan_auto(&p, topo, "dax0.0");
	planning_run(&p, topo);
	check_zone(&p, "dax0.0", MHP_ZONE_REQUEST_KERNEL, "more than 3:1");
}

static void where_the_kernel_chooses(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_devices(1, MHP_DAX_SYSTEM_RAM);
	cleanup_planning struct planning p = { 0 };
	struct mhp_block *block = topo_block(topo, 40);

	str_copy(topo->memory.online_policy, "auto_movable");
	plan_auto(&p, topo, "dax0.0");
	planning_run(&p, topo);
	check_zone(&p, "memory33-47", MHP_ZONE_REQUEST_AUTO, "by its policy auto_movable");
	str_copy(topo->memory.online_policy, "contig_zones");
	block_add_valid_zone(block, MHP_ZONE_NORMAL);
	plan_auto(&p, topo, "dax0.0");
	planning_run(&p, topo);
	check_zone(&p, "memory33-47", MHP_ZONE_REQUEST_AUTO, "a block cannot have each");
	block->nr_valid_zones = block->valid_zones = 0;
	block_add_valid_zone(block, MHP_ZONE_MOVABLE);
	plan_auto(&p, topo, "dax0.0");
	planning_run(&p, topo);
	check_zone(&p, "memory33-47", MHP_ZONE_REQUEST_MOVABLE, "offline; movable would be");
}

/* Sizes that cannot be read are no reason for either zone. */
static void zones_that_are_not_known(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_devices(1, MHP_DAX_DEVDAX);
	cleanup_planning struct planning p = { 0 };

	for (size_t i = 0; i < topo->nr_nodes; i++)
		topo->nodes[i].kernel_bytes = 0;
	plan_auto(&p, topo, "dax0.0");
	planning_run(&p, topo);
	check_zone(&p, "dax0.0", MHP_ZONE_REQUEST_AUTO, "the sizes of the zones are not known");
	topology_count(topo);
	topo_block(topo, 3)->zone = MHP_ZONE_UNKNOWN; /* it may be movable */
	plan_auto(&p, topo, "dax0.0");
	planning_run(&p, topo);
	check_zone(&p, "dax0.0", MHP_ZONE_REQUEST_AUTO, "the sizes of the zones are not known");
	topo_block(topo, 3)->zone = MHP_ZONE_NORMAL;
	topo_block(topo, 3)->state = MHP_BLOCK_UNKNOWN;
	plan_auto(&p, topo, "dax0.0");
	planning_run(&p, topo);
	check_zone(&p, "dax0.0", MHP_ZONE_REQUEST_AUTO, "the sizes of the zones are not known");
}

UNIT_TESTS(cmocka_unit_test(movable_within_the_ratio), cmocka_unit_test(the_ratio_of_the_request),
	   cmocka_unit_test(memory_that_is_online_counts),
	   cmocka_unit_test(where_the_kernel_chooses), cmocka_unit_test(zones_that_are_not_known))
