/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans and lists for targets of CXL, on machines as a kernel shows them. */
#include "tests/unit/fake/findings.h"
#include "tests/unit/fake/planning.h"

#include <errno.h>
#include <string.h>

static struct fakesys *load(const char *name)
{
	struct fakesys *fs = fakesys_new();

	assert_int_equal(tree_load(fs->tree.fd, name), 0);
	return fs;
}

static void all_ways_to_name_a_region(void **state)
{
	static const char *const names[] = { "dax0.0", "cxl/region0", "region0", "mem0", "0x10f" };
	cleanup_fakesys struct fakesys *fs = load("cxl-one.sysfs");
	cleanup_topology struct mhp_topology *topo = scan_of(fs);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		planning_expect(topo, MHP_VERB_ONLINE, names[i], "");
		planning_expect(topo, MHP_VERB_OFFLINE, names[i],
				"offline_block memory4242-4245\n");
		planning_expect(topo, MHP_VERB_REMOVE, names[i],
				"offline_block memory4242-4245\nset_mode dax0.0\n");
	}
}

static void a_card_without_a_dax_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-one.sysfs");
	cleanup_topology struct mhp_topology *topo = scan_of(fs);

	(void)state;
	planning_expect_refused(topo, MHP_VERB_INIT, "mem1", -ENXIO, MHP_REASON_UNSUPPORTED);
	planning_expect(topo, MHP_VERB_OFFLINE, "mem1", "");
	planning_expect(topo, MHP_VERB_REMOVE, "mem1", "");
	assert_int_equal(topology_hide(topo, "dax_devices", "busy"), 0);
	planning_expect_refused(topo, MHP_VERB_OFFLINE, "mem1", -EIO, MHP_REASON_KERNEL);
}

/* Memory of a region that no device shows is not "nothing to do". */
static void a_region_without_a_dax_device(void **state)
{
	static const char *const names[] = { "mem0", "0x10f", "cxl/region0" };
	cleanup_fakesys struct fakesys *fs = load("cxl-one.sysfs");
	cleanup_topology struct mhp_topology *topo = scan_of(fs);
	struct mhp_cxl_region *region = &topo->cxl_regions[0];

	(void)state;
	topo->nr_dax = 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		region->online_bytes = 0;
		planning_expect(topo, MHP_VERB_REMOVE, names[i], "");
		planning_expect(topo, MHP_VERB_OFFLINE, names[i], "");
		region->online_bytes = 128 * MIB;
		planning_expect_refused(topo, MHP_VERB_REMOVE, names[i], -EOPNOTSUPP,
					MHP_REASON_BOOT_MEMORY);
		region->online_bytes = MHP_UNKNOWN;
		planning_expect_refused(topo, MHP_VERB_OFFLINE, names[i], -EIO, MHP_REASON_KERNEL);
	}
}

#define CXL_REGION "sys/devices/platform/ACPI0017:00/root0/decoder0.0/region0/dax_region0"

/* Loads a machine on which half of cxl/region0 is in no device. */
static struct fakesys *load_half_free(void)
{
	struct fakesys *fs = load("cxl-one.sysfs");

	fakesys_put(fs, CXL_REGION "/dax_region/available_size", "268435456\n");
	fakesys_put(fs, CXL_REGION "/dax0.0/size", "268435456\n");
	return fs;
}

static void plan_part(struct planning *p, const struct mhp_topology *topo, enum mhp_verb verb,
		      const char *target, uint64_t bytes)
{
	planning_begin(p, verb, target);
	p->request.bytes = bytes;
	planning_run(p, topo);
}

static void a_device_of_a_region(void **state)
{
	static const char *const names[] = { "cxl/region0", "region0", "dax_region0" };
	cleanup_fakesys struct fakesys *fs = load_half_free();
	cleanup_topology struct mhp_topology *topo = scan_of(fs);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_planning struct planning p = { 0 };

		plan_part(&p, topo, MHP_VERB_CREATE, names[i], 128 * MIB);
		planning_check(&p, "create_device dax_region0\n"
				   "resize_device dax0.1\n"
				   "set_mode dax0.1\n");
		assert_int_equal(p.plan->chains[0].ranges.at[0].start, 4244 * 128 * MIB);
		assert_int_equal(p.plan->chains[0].ranges.at[0].end, 4245 * 128 * MIB);
	}
}

static void a_device_without_space(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-one.sysfs"), *half = load_half_free();
	cleanup_topology struct mhp_topology *topo = scan_of(fs), *part = scan_of(half);
	cleanup_planning struct planning p = { 0 };

	(void)state;
	planning_expect_refused(topo, MHP_VERB_CREATE, "cxl/region0", -ENOSPC, MHP_REASON_NO_SPACE);
	plan_part(&p, part, MHP_VERB_CREATE, "cxl/region0", 384 * MIB);
	planning_check_refused(&p, -ENOSPC, MHP_REASON_NO_SPACE);
	topo->nr_dax_regions = 0;
	planning_expect_refused(topo, MHP_VERB_CREATE, "cxl/region0", -ENXIO,
				MHP_REASON_UNSUPPORTED);
	assert_int_equal(topology_hide(topo, "dax_regions", "busy"), 0);
	planning_expect_refused(topo, MHP_VERB_CREATE, "cxl/region0", -EIO, MHP_REASON_KERNEL);
}

static void a_part_online(void **state)
{
	cleanup_fakesys struct fakesys *fs = load_half_free();
	cleanup_topology struct mhp_topology *topo = scan_of(fs);
	cleanup_planning struct planning p = { 0 }, q = { 0 };

	(void)state;
	plan_part(&p, topo, MHP_VERB_ONLINE, "cxl/region0", 128 * MIB);
	planning_check(&p, "create_device dax_region0\n"
			   "resize_device dax0.1\n"
			   "set_mode dax0.1\n"
			   "online_block memory4244\n");
	plan_part(&q, topo, MHP_VERB_ONLINE, "cxl/region0", 0);
	planning_check(&q, "");
	assert_true(planning_warns(&q, "256 MiB of it are in no device"));
}

static void a_card_whose_device_is_empty(void **state)
{
	static const char *const names[] = { "mem0", "cxl/region0", "mem0 cxl/region0" };
	cleanup_fakesys struct fakesys *fs = load("cxl-one.sysfs");
	cleanup_topology struct mhp_topology *topo = scan_of(fs);

	(void)state;
	topo->dax[0].size = topo->dax[0].nr_ranges = 0;
	topo->dax[0].mode = MHP_DAX_UNBOUND;
	planning_expect_refused(topo, MHP_VERB_CREATE, "mem0", -ENOSPC, MHP_REASON_NO_SPACE);
	planning_expect(topo, MHP_VERB_REMOVE, "mem0", "");
	topo->dax_regions[0].available_bytes = topo->dax_regions[0].size;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		planning_expect(topo, MHP_VERB_ONLINE, names[i],
				"resize_device dax0.0\nset_mode dax0.0\n"
				"online_block memory4242-4245\n");
}

static void a_card_with_free_space_in_its_region(void **state)
{
	cleanup_fakesys struct fakesys *fs = load_half_free();
	cleanup_topology struct mhp_topology *topo = scan_of(fs);
	cleanup_planning struct planning p = { 0 };

	(void)state;
	planning_plan(&p, topo, MHP_VERB_ONLINE, "mem0");
	planning_check(&p, "");
	assert_true(planning_warns(&p, "256 MiB of it are in no device"));
}

static void a_card_that_shares_a_region(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-two.sysfs");
	cleanup_topology struct mhp_topology *topo = scan_of(fs);
	cleanup_planning struct planning p = { 0 };

	(void)state;
	planning_plan(&p, topo, MHP_VERB_OFFLINE, "mem1");
	planning_check(&p, "offline_block memory4306-4313\n");
	assert_true(planning_warns(&p, "mem1: cxl/region2 also has memory of mem0"));
}

/* ---- lost memory --------------------------------------------------------------------------- */

static void a_region_that_is_lost(void **state)
{
	static const char *const names[] = { "mem0", "0x10f", "cxl/region2" };
	static const enum mhp_verb verbs[] = { MHP_VERB_ONLINE, MHP_VERB_CREATE, MHP_VERB_OFFLINE,
					       MHP_VERB_REMOVE, MHP_VERB_DESTROY };
	cleanup_fakesys struct fakesys *fs = load("cxl-lost.sysfs");
	cleanup_topology struct mhp_topology *topo = scan_of(fs);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names) * ARRAY_SIZE(verbs); i++)
		planning_expect_refused(topo, verbs[i % ARRAY_SIZE(verbs)],
					names[i / ARRAY_SIZE(verbs)], -EIO,
					MHP_REASON_NEEDS_REBOOT);
}

/* Nothing shows which card the region has lost. */
static void a_card_that_may_have_lost_memory(void **state)
{
	static const enum mhp_verb verbs[] = { MHP_VERB_OFFLINE, MHP_VERB_REMOVE,
					       MHP_VERB_DESTROY };
	cleanup_fakesys struct fakesys *fs = load("cxl-lost.sysfs");
	cleanup_topology struct mhp_topology *topo = scan_of(fs);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		cleanup_planning struct planning p = { 0 };

		planning_plan(&p, topo, verbs[i], "mem1");
		planning_check(&p, "");
		assert_true(planning_warns(&p, "mem1: cxl/region2 has lost a member"));
	}
}

/* The kernel would copy what it cannot read, and call that done. */
static void memory_that_is_lost(void **state)
{
	static const char *const names[] = { "memory4306", "memory4306-4313", "node4" };
	cleanup_fakesys struct fakesys *fs = load("cxl-lost.sysfs");
	cleanup_topology struct mhp_topology *topo = scan_of(fs);
	cleanup_planning struct planning p = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		planning_expect_refused(topo, MHP_VERB_OFFLINE, names[i], -EIO,
					MHP_REASON_NEEDS_REBOOT);
		planning_expect_refused(topo, MHP_VERB_ONLINE, names[i], -EIO,
					MHP_REASON_NEEDS_REBOOT);
	}
	planning_expect_refused(topo, MHP_VERB_REMOVE, "node4", -EBUSY, MHP_REASON_NEEDS_REBOOT);
	planning_begin(&p, MHP_VERB_OFFLINE, "");
	p.request.has_node = true;
	p.request.node = 4;
	p.request.bytes = 128 * MIB;
	planning_run(&p, topo);
	planning_check_refused(&p, -ENOSPC, MHP_REASON_NO_SPACE);
}

/* ---- lists --------------------------------------------------------------------------------- */

static void select_only(struct mhp_topology *topo, const char *name)
{
	struct mhp_error err = { 0 };

	if (mhp_topology_select(topo, &name, 1, &err) != 0)
		fail_msg("%s", err.message);
}

static void objects_above_and_below(void **state)
{
	static const char *const names[] = { "mem0", "0x10f", "cxl/region0", "memory4242-4245",
					     "dax0.0" };
	cleanup_fakesys struct fakesys *fs = load("cxl-one.sysfs");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_topology struct mhp_topology *topo = scan_of(fs);

		select_only(topo, names[i]);
		assert_int_equal(topo->nr_cxl_memdevs, 1);
		assert_string_equal(topo->cxl_memdevs[0].name, "mem0");
		assert_int_equal(topo->nr_cxl_windows, 1);
		assert_string_equal(topo->cxl_windows[0].name, "decoder0.0");
		assert_int_equal(topo->nr_cxl_regions, 1);
		assert_int_equal(topo->nr_dax, 1);
		assert_int_equal(topo->nr_blocks, 4);
		assert_int_equal(topo->nr_nodes, 1);
	}
}

static void a_bare_card_alone(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-one.sysfs");
	cleanup_topology struct mhp_topology *topo = scan_of(fs);

	(void)state;
	select_only(topo, "mem1");
	assert_int_equal(topo->nr_cxl_memdevs, 1);
	assert_string_equal(topo->cxl_memdevs[0].name, "mem1");
	assert_true(!topo->nr_cxl_regions && !topo->nr_cxl_windows && !topo->nr_dax);
	assert_int_equal(topo->nr_blocks, 0);
}

/* All members of an interleaved region are above its memory. */
static void both_cards_of_a_region(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-two.sysfs");
	cleanup_topology struct mhp_topology *topo = scan_of(fs);

	(void)state;
	select_only(topo, "mem1");
	assert_int_equal(topo->nr_cxl_memdevs, 2);
	assert_int_equal(topo->nr_cxl_regions, 1);
	assert_int_equal(topo->nr_blocks, 8);
}

UNIT_TESTS(cmocka_unit_test(all_ways_to_name_a_region),
	   cmocka_unit_test(a_card_without_a_dax_device),
	   cmocka_unit_test(a_region_without_a_dax_device), cmocka_unit_test(a_device_of_a_region),
	   cmocka_unit_test(a_device_without_space), cmocka_unit_test(a_part_online),
	   cmocka_unit_test(a_card_whose_device_is_empty),
	   cmocka_unit_test(a_card_with_free_space_in_its_region),
	   cmocka_unit_test(a_card_that_shares_a_region), cmocka_unit_test(a_region_that_is_lost),
	   cmocka_unit_test(a_card_that_may_have_lost_memory),
	   cmocka_unit_test(memory_that_is_lost), cmocka_unit_test(objects_above_and_below),
	   cmocka_unit_test(a_bare_card_alone), cmocka_unit_test(both_cards_of_a_region))
