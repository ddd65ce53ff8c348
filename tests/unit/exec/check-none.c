/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A check of targets without blocks, or with unreadable ones. */
#include "lib/model/topology.h"
#include "tests/unit/fake/fakesys.h"

#include <string.h>

static struct mhp_check *check_dax0(struct fakesys *fs)
{
	static const char *const targets[] = { "dax0.0" };
	struct mhp_check *check = NULL;
	struct mhp_topology *topo = NULL;
	struct mhp_error err = { 0 };

	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, &err), 0);
	assert_int_equal(mhp_topology_select(topo, targets, 1, &err), 0);
	if (mhp_check_blocks(fs->ctx, topo, &check, &err) < 0)
		fail_msg("%s", err.message);
	mhp_topology_free(topo);
	return check;
}

static bool hides(const struct mhp_check *check, const char *what)
{
	for (size_t i = 0; i < check->nr_hidden; i++)
		if (strcmp(mhp_check_hidden(check, i)->what, what) == 0)
			return true;
	return false;
}

/* Only root can read its addresses, and so find its blocks. */
static void what_is_not_seen_is_not_harmless(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_check *check;

	fakesys_online_dax0(fs);
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/dax/devices/dax0.0/mapping0"), 0);
	check = check_dax0(fs);
	assert_int_equal(check->nr_blocks, 0);
	assert_int_equal(check->verdict, MHP_VERDICT_MAYBE);
	assert_true(hides(check, "dax_devices.blocks"));
	assert_string_equal(check->no_blocks, "no memory block is visible, but some may exist");
	mhp_check_free(check);
}

static void a_device_that_is_no_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_check *check;

	fakesys_dax0(fs, "device_dax");
	check = check_dax0(fs);
	assert_int_equal(check->verdict, MHP_VERDICT_REMOVABLE);
	assert_false(hides(check, "dax_devices.blocks"));
	assert_string_equal(check->no_blocks,
			    "dax0.0 is not memory (devdax), so there is nothing to take offline");
	mhp_check_free(check);
}

static void a_device_that_is_bound_and_empty(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_check *check;

	fakesys_dax0(fs, "kmem");
	for (uint64_t id = FIRST_BLOCK; id <= LAST_BLOCK; id++)
		assert_int_equal(fake_block_remove(fs->tree.fd, id), 0);
	check = check_dax0(fs);
	assert_string_equal(check->no_blocks, "dax0.0 is bound to kmem and holds no memory");
	mhp_check_free(check);
}

/* The worst verdict of the blocks is that of the device. */
static void a_device_with_blocks(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_check *check;

	fakesys_online_dax0(fs);
	check = check_dax0(fs);
	assert_int_equal(check->nr_blocks, NR_BLOCKS);
	assert_int_equal(check->verdict, mhp_check_block(check, 0)->verdict);
	assert_string_equal(check->no_blocks, "");
	mhp_check_free(check);
}

UNIT_TESTS(cmocka_unit_test(what_is_not_seen_is_not_harmless),
	   cmocka_unit_test(a_device_that_is_no_memory),
	   cmocka_unit_test(a_device_that_is_bound_and_empty),
	   cmocka_unit_test(a_device_with_blocks))
