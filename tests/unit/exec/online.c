/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs that bring memory online from any state. */
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <string.h>

static void check_all_online(struct fakesys *fs, const char *zone)
{
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", zone);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
	fakesys_check_settings(fs);
}

static void check_done(const struct trial *t)
{
	trial_check(t, MHP_STATUS_OK, 0);
	trial_check_target(t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	assert_true(t->result->has_changes);
	assert_int_equal(t->result->nr_failures, 0);
}

/* ---- initial states ---------------------------------------------------------------------- */

static void from_an_empty_region(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	fakesys_region(fs, &region);
	trial_online(&t, fs, "region0");
	check_done(&t);
	assert_string_equal(t.events, "plan\n"
				      "start create_namespace region0\n"
				      "done create_namespace region0 changed\n"
				      "start set_mode dax0.0\n"
				      "done set_mode dax0.0 changed\n"
				      "start online_block memory33-47\n"
				      "done online_block memory33-47 changed\n");
	check_all_online(fs, "Movable");
	/* direct_to_kmem: device_dax was never bound */
	assert_int_equal(fakesys_writes(fs, "drivers_autoprobe=0"), 1);
	assert_int_equal(fakesys_writes(fs, "device_dax/"), 0);
}

static void from_a_disabled_region(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	region.is_enabled = false;
	region.seed[0] = region.dax_seed[0] = '\0';
	fakesys_region(fs, &region);
	trial_online(&t, fs, "region0");
	check_done(&t);
	assert_string_equal(t.events, "plan\n"
				      "start enable_region region0\n"
				      "done enable_region region0 changed\n"
				      "plan\n"
				      "start create_namespace region0\n"
				      "done create_namespace region0 changed\n"
				      "start set_mode dax0.0\n"
				      "done set_mode dax0.0 changed\n"
				      "start online_block memory33-47\n"
				      "done online_block memory33-47 changed\n");
	check_all_online(fs, "Movable");
}

static void from_a_region_without_labels(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	region.has_labels = false;
	fakesys_region(fs, &region);
	fakesys_raw_namespace(fs, "region0", MHP_CONTENT_ZERO);
	trial_online(&t, fs, "region0");
	check_done(&t);
	assert_int_equal(t.asked, 0);
	check_all_online(fs, "Movable");
}

static void from_a_region_with_data(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial no = { 0 }, yes = { 0 };

	region.has_labels = false;
	fakesys_region(fs, &region);
	fakesys_raw_namespace(fs, "region0", MHP_CONTENT_DATA);
	trial_online(&no, fs, "region0");
	trial_check_refused(&no, -EPERM, MHP_REASON_NEEDS_CONSENT);
	assert_int_equal(no.asked, 1);
	assert_int_equal(fakesys_writes(fs, "create"), 0);
	trial_begin(&yes, fs, MHP_VERB_ONLINE, "region0");
	yes.agrees = true;
	trial_run(&yes);
	check_done(&yes);
	check_all_online(fs, "Movable");
}

/* A size needs labels: the hint names the option. */
static void labels_that_a_size_needs(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	region.has_labels = false;
	fakesys_region(fs, &region);
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0");
	t.request.bytes = 1024 * MIB;
	trial_run(&t);
	trial_check_refused(&t, -EPERM, MHP_REASON_NEEDS_CONSENT);
	assert_string_equal(t.err.hint, "--init-labels or --yes=labels allows it");
}

/* --yes gives every consent, so no question is asked. */
static void from_a_region_with_data_and_yes(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	region.has_labels = false;
	fakesys_region(fs, &region);
	fakesys_raw_namespace(fs, "region0", MHP_CONTENT_DATA);
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0");
	t.request.agreed = MHP_CONSENT_ALL;
	trial_run(&t);
	check_done(&t);
	assert_int_equal(t.asked, 0);
}

static void with_new_labels(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	region.has_labels = false;
	fakesys_region(fs, &region);
	fakesys_raw_namespace(fs, "region0", MHP_CONTENT_ZERO);
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0");
	t.request.init_labels = true;
	trial_run(&t);
	check_done(&t);
	assert_non_null(strstr(t.events, "plan\nstart init_labels region0\n"));
	assert_int_equal(fakesys_writes(fs, "nd/init-labels=region0"), 1);
	check_all_online(fs, "Movable");
}

static void labels_that_end_with(struct fakesys *fs, struct trial *t, const char *what)
{
	struct mhp_region region = fakesys_region0();

	region.has_labels = false;
	fakesys_region(fs, &region);
	fakesys_raw_namespace(fs, "region0", MHP_CONTENT_ZERO);
	fakesys_answer(fs, 1, "nd/init-labels", "region0", what);
	trial_begin(t, fs, MHP_VERB_ONLINE, "region0");
	t->request.init_labels = true;
	trial_run(t);
	assert_int_equal(fakesys_writes(fs, "nd/init-labels=region0"), 1);
}

/* A writer killed in between leaves a DIMM disabled; the next run enables it. */
static void labels_whose_writer_is_killed(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	labels_that_end_with(fs, &t, "die");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(fakesys_writes(fs, "nd/enable-dimms=region0"), 1);
	assert_string_equal(t.warnings, "");
}

static void dimms_that_do_not_come_back(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer(fs, FAKE_ALWAYS, "nd/enable-dimms", "region0", "errno 5");
	labels_that_end_with(fs, &t, "die");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_non_null(strstr(t.warnings, "region0: its DIMMs may be disabled"));
}

/* The writer itself enables the DIMM again. */
static void labels_that_fail(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	labels_that_end_with(fs, &t, "errno 5");
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(fakesys_writes(fs, "nd/enable-dimms"), 0);
}

static void from_a_disabled_namespace(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	const struct mhp_namespace ns = {
		.name = "namespace0.0",
		.region = "region0",
		.mode = MHP_NAMESPACE_DEVDAX,
		.content = MHP_CONTENT_ZERO,
		.map = MHP_MEMMAP_MEM,
		.size = 2 * GIB,
		.raw_size = 2 * GIB,
		.align = 2 * MIB,
	};
	cleanup_trial struct trial t = { 0 };

	fakesys_region(fs, &region);
	fakesys_namespace(fs, &ns);
	trial_online(&t, fs, "namespace0.0");
	check_done(&t);
	assert_non_null(strstr(t.events, "plan\nstart enable_namespace namespace0.0\n"));
	check_all_online(fs, "Movable");
}

static void from_devdax(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "device_dax");
	trial_online(&t, fs, "dax0.0");
	check_done(&t);
	check_all_online(fs, "Movable");
}

static void from_an_unbound_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "");
	trial_online(&t, fs, "region0");
	check_done(&t);
	check_all_online(fs, "Movable");
}

static void from_offline_blocks(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	trial_online(&t, fs, "dax0.0");
	check_done(&t);
	assert_string_equal(t.events, "plan\n"
				      "start online_block memory33-47\n"
				      "done online_block memory33-47 changed\n");
	check_all_online(fs, "Movable");
}

static void the_rest_of_the_blocks(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 35, 36, "offline", "Normal Movable", 2);
	fakesys_blocks(fs, 40, 40, "offline", "Normal Movable", 2);
	trial_online(&t, fs, "dax0.0");
	check_done(&t);
	assert_int_equal(fakesys_writes(fs, "state=online_movable"), 3);
	check_all_online(fs, "Movable");
}

static void already_so(void **state)
{
	static const char *const targets[] = { "dax0.0",
					       "region0",
					       "namespace0.0",
					       "all",
					       "memory33-47",
					       "0x108000000-0x17fffffff",
					       "eeafa2a8-af66-40c0-b975-e7e13c49b6a5" };
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_online_dax0(fs);
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		cleanup_trial struct trial t = { 0 };

		trial_online(&t, fs, targets[i]);
		trial_check(&t, MHP_STATUS_OK, 0);
		trial_check_target(&t, MHP_STATUS_OK, false, NR_BLOCKS, NR_BLOCKS);
		assert_false(t.result->has_changes);
		assert_string_equal(t.events, "plan\n");
	}
	assert_int_equal(fakesys_writes(fs, "sys/"), 0);
}

/* ---- options ----------------------------------------------------------------------------- */

static void in_a_kernel_zone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	t.request.zone = MHP_ZONE_REQUEST_KERNEL;
	trial_run(&t);
	check_done(&t);
	check_all_online(fs, "Normal");
}

static void where_the_kernel_likes(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_blocks(fs, 40, 40, "offline", "Movable Normal", 2);
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	tree_put(fs->tree.fd, "sys/module/memory_hotplug/parameters/online_policy",
		 "auto-movable\n");
	t.request.zone = MHP_ZONE_REQUEST_AUTO;
	trial_run(&t);
	check_done(&t);
	fakesys_check_blocks(fs, 33, 39, "online", "Normal");
	fakesys_check_blocks(fs, 40, 40, "online", "Movable");
}

static void modules_come_first(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };

	fakesys_region(fs, &region);
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/dax/drivers/kmem"), 0);
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/dax/drivers/device_dax"), 0);
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/nd/drivers/dax_pmem"), 0);
	trial_online(&t, fs, "region0");
	check_done(&t);
	assert_ptr_equal(strstr(t.events, "plan\n"
					  "start load_module dax_pmem\n"
					  "done load_module dax_pmem changed\n"
					  "start load_module device_dax\n"
					  "done load_module device_dax changed\n"
					  "start load_module kmem\n"
					  "done load_module kmem changed\n"
					  "start create_namespace region0\n"),
			 t.events);
	check_all_online(fs, "Movable");
}

static void one_block_alone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "memory35");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, 1, 1);
	fakesys_check_blocks(fs, 33, 34, "offline", "Normal Movable");
	fakesys_check_blocks(fs, 35, 35, "online", "Movable");
	fakesys_check_blocks(fs, 36, 47, "offline", "Normal Movable");
}

UNIT_TESTS(cmocka_unit_test(from_an_empty_region), cmocka_unit_test(from_a_disabled_region),
	   cmocka_unit_test(from_a_region_without_labels),
	   cmocka_unit_test(from_a_region_with_data), cmocka_unit_test(labels_that_a_size_needs),
	   cmocka_unit_test(from_a_region_with_data_and_yes), cmocka_unit_test(with_new_labels),
	   cmocka_unit_test(labels_whose_writer_is_killed),
	   cmocka_unit_test(dimms_that_do_not_come_back), cmocka_unit_test(labels_that_fail),

	   cmocka_unit_test(from_a_disabled_namespace), cmocka_unit_test(from_devdax),
	   cmocka_unit_test(from_an_unbound_device), cmocka_unit_test(from_offline_blocks),
	   cmocka_unit_test(the_rest_of_the_blocks), cmocka_unit_test(already_so),
	   cmocka_unit_test(in_a_kernel_zone), cmocka_unit_test(where_the_kernel_likes),
	   cmocka_unit_test(modules_come_first), cmocka_unit_test(one_block_alone))
