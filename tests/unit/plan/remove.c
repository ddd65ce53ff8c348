/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of offline, remove and destroy. */
#include "lib/base/error.h"
#include "lib/model/block-more.h"
#include "tests/unit/fake/planning.h"

#include <errno.h>
#include <string.h>

#define OFFLINE MHP_VERB_OFFLINE
#define REMOVE	MHP_VERB_REMOVE
#define DESTROY MHP_VERB_DESTROY

/* Returns region0 with dax0.0 in that mode; system-ram has blocks in that state and zone. */
static struct mhp_topology *with_dax(enum mhp_dax_mode mode, enum mhp_block_state state,
				     enum mhp_zone zone)
{
	struct mhp_topology *topo = topo_new();

	topo_region(topo, 0)->max_extent_bytes = 0;
	topo_dax(topo, 0, mode, state, zone);
	return topo;
}

static struct mhp_topology *with_memory(void)
{
	return with_dax(MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
}

static void begin_destroying(struct planning *p, enum mhp_verb verb, const char *targets)
{
	planning_begin(p, verb, targets);
	p->request.destroy = verb == REMOVE;
}

/* ---- offline ----------------------------------------------------------------------------- */

static void offline_of_whatever_names_it(void **state)
{
	static const char *const targets[] = {
		"dax0.0",      "region0", "namespace0.0",	    "node2",
		"memory33-47", "all",	  "0x108000000-0x17fffffff"
	};
	cleanup_topology struct mhp_topology *topo = with_memory();

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		planning_expect(topo, OFFLINE, targets[i], "offline_block memory33-47\n");
	planning_expect(topo, OFFLINE, "memory40 memory1",
			"offline_block memory40\n"
			"offline_block memory1\n");
}

static void blocks_that_are_offline_are_left_out(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory();

	topo_block(topo, 34)->state = MHP_BLOCK_OFFLINE;
	topo_block(topo, 40)->state = MHP_BLOCK_GOING_OFFLINE;
	topo_block(topo, 47)->state = MHP_BLOCK_OFFLINE;
	planning_expect(topo, OFFLINE, "dax0.0",
			"offline_block memory33\n"
			"offline_block memory35-46\n");
	planning_expect(topo, OFFLINE, "memory34", "");
}

static void what_has_no_memory_is_offline(void **state)
{
	cleanup_topology struct mhp_topology *topo =
		with_dax(MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);

	planning_expect(topo, OFFLINE, "dax0.0", "");
	planning_expect(topo, OFFLINE, "region0", "");
	planning_expect_refused(topo, OFFLINE, "node2", -ENOENT, MHP_REASON_NO_SUCH_TARGET);
}

static void a_device_whose_blocks_are_hidden(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory();

	topo->dax[0].has_ranges = false;
	planning_expect_refused(topo, OFFLINE, "dax0.0", -EACCES, MHP_REASON_NOT_PERMITTED);
	planning_expect_refused(topo, REMOVE, "dax0.0", -EACCES, MHP_REASON_NOT_PERMITTED);
}

/* ---- a size of a node -------------------------------------------------------------------- */

static void offline_size(struct planning *p, const struct mhp_topology *topo, int node,
			 uint64_t size)
{
	planning_begin(p, OFFLINE, "");
	p->request.has_node = true;
	p->request.node = node;
	p->request.bytes = size;
	planning_run(p, topo);
}

static void the_cheapest_blocks_go(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory();
	cleanup_planning struct planning top = { 0 }, all = { 0 }, odd = { 0 };

	/* movable before the rest, from the top */
	for (uint64_t id = 44; id <= 47; id++)
		topo_block(topo, id)->zone = MHP_ZONE_NORMAL;
	offline_size(&top, topo, 2, 2 * TOPO_BLOCK);
	planning_check(&top, "offline_block memory42-43\n");
	assert_string_equal(mhp_plan_target(top.plan, 0), "node2");
	offline_size(&odd, topo, 2, 11 * TOPO_BLOCK + 1);
	planning_check(&odd, "offline_block memory33-43\noffline_block memory47\n");
	offline_size(&all, topo, 2, 15 * TOPO_BLOCK);
	planning_check(&all, "offline_block memory33-47\n");
}

static void set_pages(struct mhp_topology *topo, uint64_t id, struct mhp_block_pages pages)
{
	assert_int_equal(block_set_pages(&topo->more, topo_block(topo, id), &pages), 0);
}

/* With counted pages the emptiest blocks go first, then those with the fewest pages to move. */
static void the_emptiest_blocks_go(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory();
	cleanup_planning struct planning empty = { 0 }, more = { 0 }, all_but_one = { 0 };

	for (uint64_t id = 33; id <= 47; id++)
		set_pages(topo, id, (struct mhp_block_pages){ .used = id });
	set_pages(topo, 40, (struct mhp_block_pages){ .used = 0 });
	set_pages(topo, 41, (struct mhp_block_pages){ .used = 0 });
	set_pages(topo, 33, (struct mhp_block_pages){ .used = 33, .unmovable = 1 });
	topo_block(topo, 41)->zone = MHP_ZONE_NORMAL;
	topo_block(topo, 35)->zone = MHP_ZONE_NORMAL;
	set_pages(topo, 35, (struct mhp_block_pages){ .used = 35, .unknown = 1 });
	/* a free page, in zone movable */
	set_pages(topo, 36, (struct mhp_block_pages){ .used = 36, .unknown = 1 });
	offline_size(&empty, topo, 2, TOPO_BLOCK);
	planning_check(&empty, "offline_block memory40\n");
	offline_size(&more, topo, 2, 4 * TOPO_BLOCK);
	planning_check(&more, "offline_block memory40-41\noffline_block memory34\n"
			      "offline_block memory36\n");
	offline_size(&all_but_one, topo, 2, 14 * TOPO_BLOCK);
	planning_check(&all_but_one, "offline_block memory40-41\noffline_block memory34\n"
				     "offline_block memory36-39\noffline_block memory42-47\n"
				     "offline_block memory35\n");
}

static void more_than_a_node_has(void **state)
{
	static const uint64_t sizes[] = { 15 * TOPO_BLOCK + 1, 1ULL << 50, UINT64_MAX,
					  UINT64_MAX - TOPO_BLOCK + 2 };
	cleanup_topology struct mhp_topology *topo = with_memory();

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		cleanup_planning struct planning p = { 0 };

		offline_size(&p, topo, 2, sizes[i]);
		planning_check_refused(&p, -ENOSPC, MHP_REASON_NO_SPACE);
		assert_non_null(strstr(p.err.message, "1.88 GiB are online"));
	}
}

static void blocks_that_never_go_do_not_count(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory();
	cleanup_planning struct planning p = { 0 }, rest = { 0 };

	/* memory0 spans zones; offline blocks cannot be chosen */
	offline_size(&p, topo, 0, 8 * TOPO_BLOCK);
	planning_check_refused(&p, -ENOSPC, MHP_REASON_NO_SPACE);
	topo_block(topo, 33)->state = MHP_BLOCK_OFFLINE;
	topo_block(topo, 34)->state = MHP_BLOCK_GOING_OFFLINE;
	offline_size(&rest, topo, 2, 13 * TOPO_BLOCK);
	planning_check(&rest, "offline_block memory35-47\n");
}

static void a_node_that_is_not_there(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory();
	cleanup_planning struct planning p = { 0 };

	offline_size(&p, topo, 7, TOPO_BLOCK);
	planning_check_refused(&p, -ENOENT, MHP_REASON_NO_SUCH_TARGET);
}

/* ---- remove ------------------------------------------------------------------------------ */

static void back_to_devdax(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory();
	cleanup_planning struct planning p = { 0 };
	const struct mhp_step *step;

	planning_begin(&p, REMOVE, "dax0.0");
	planning_run(&p, topo);
	planning_check(&p, "offline_block memory33-47\nset_mode dax0.0\n");
	step = mhp_plan_step(p.plan, 1);
	assert_int_equal(step->mode, MHP_DAX_DEVDAX);
	assert_string_equal(step->needs, "every block of it is offline");
	assert_string_equal(step->undo, "bind it to kmem");
	planning_expect(topo, REMOVE, "node2 region0",
			"offline_block memory33-47\nset_mode dax0.0\n");
	topo->has_device_dax = false;
	planning_expect(topo, REMOVE, "dax0.0",
			"load_module device_dax\noffline_block memory33-47\nset_mode dax0.0\n");
}

static void back_from_anything_else(void **state)
{
	cleanup_topology struct mhp_topology *devdax =
		with_dax(MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	cleanup_topology struct mhp_topology *unbound =
		with_dax(MHP_DAX_UNBOUND, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	cleanup_topology struct mhp_topology *offline =
		with_dax(MHP_DAX_SYSTEM_RAM, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);

	planning_expect(devdax, REMOVE, "all", "");
	planning_expect(unbound, REMOVE, "dax0.0", "set_mode dax0.0\n");
	planning_expect(offline, REMOVE, "dax0.0", "set_mode dax0.0\n");
}

static void blocks_are_not_removed(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory();

	planning_expect_refused(topo, REMOVE, "memory33", -EINVAL, MHP_REASON_USAGE);
	planning_expect_refused(topo, REMOVE, "0x108000000-0x10fffffff", -EINVAL, MHP_REASON_USAGE);
}

static void a_region_that_cannot_be_seen_into(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();

	topo_region(topo, 0)->is_enabled = false;
	planning_expect_refused(topo, REMOVE, "region0", -ENXIO, MHP_REASON_UNSUPPORTED);
	planning_expect_refused(topo, DESTROY, "region0", -ENXIO, MHP_REASON_UNSUPPORTED);
}

static void and_destroyed(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory();
	cleanup_planning struct planning p = { 0 };

	begin_destroying(&p, REMOVE, "dax0.0");
	planning_run(&p, topo);
	planning_check(&p, "offline_block memory33-47\nset_mode dax0.0\n"
			   "destroy_namespace namespace0.0\n");
	assert_int_equal(mhp_plan_step(p.plan, 1)->mode, MHP_DAX_UNBOUND);
	assert_null(mhp_plan_consent(p.plan, 0)); /* memory has no persistent data */
}

static void a_devdax_namespace_may_hold_data(void **state)
{
	cleanup_topology struct mhp_topology *topo =
		with_dax(MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	cleanup_planning struct planning p = { 0 };

	topo->namespaces[0].content = MHP_CONTENT_DATA;
	str_copy(topo->namespaces[0].content_text, "ext4 'backup'");
	begin_destroying(&p, REMOVE, "dax0.0");
	planning_run(&p, topo);
	planning_check(&p, "destroy_namespace namespace0.0\n");
	assert_string_equal(mhp_plan_consent(p.plan, 0),
			    "destroy namespace0.0 and its data (devdax, 2 GiB: ext4 'backup')");
	assert_int_equal(mhp_plan_consent_kind(p.plan, 0), MHP_CONSENT_DATA);
	assert_string_equal(mhp_plan_loss(p.plan, 0)->content_text, "ext4 'backup'");
	assert_false(mhp_plan_loss(p.plan, 0)->is_agreed);
}

static void a_device_without_a_namespace(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory();
	cleanup_planning struct planning p = { 0 }, all = { 0 }, destroy = { 0 };

	topo->nr_namespaces = 0;
	topo->dax[0].ns_name[0] = topo->dax[0].region[0] = '\0';
	begin_destroying(&p, REMOVE, "dax0.0");
	planning_run(&p, topo);
	planning_check_refused(&p, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	/* "all" removes a device that cannot be destroyed */
	begin_destroying(&all, REMOVE, "all");
	planning_run(&all, topo);
	planning_check(&all, "offline_block memory33-47\nset_mode dax0.0\n");
	assert_int_equal(all.plan->nr_locks, 1);
	assert_true(all.plan->locks[0].start == topo->dax[0].ranges[0].start);
	planning_begin(&destroy, DESTROY, "dax0.0");
	planning_run(&destroy, topo);
	planning_check_refused(&destroy, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	planning_expect(topo, DESTROY, "all", "");
}

/* ---- destroy ----------------------------------------------------------------------------- */

static void memory_is_not_destroyed(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_memory();
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, DESTROY, "namespace0.0");
	p.request.agreed = MHP_CONSENT_ALL;
	planning_run(&p, topo);
	planning_check_refused(&p, -EBUSY, MHP_REASON_IN_USE);
	assert_string_equal(p.err.hint,
			    "mhpctl remove dax0.0 --destroy takes it offline and destroys it");
}

static void everything_on_a_region(void **state)
{
	cleanup_topology struct mhp_topology *topo =
		with_dax(MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	cleanup_planning struct planning p = { 0 };

	topo_namespace(topo, 0, 1, MHP_NAMESPACE_FSDAX);
	topo_namespace(topo, 0, 2, MHP_NAMESPACE_SECTOR);
	for (size_t i = 0; i < topo->nr_namespaces; i++)
		topo->namespaces[i].content = MHP_CONTENT_UNKNOWN;
	topo_region(topo, 1);
	topo_namespace(topo, 1, 0, MHP_NAMESPACE_FSDAX);
	planning_begin(&p, DESTROY, "region0");
	planning_run(&p, topo);
	planning_check(&p, "destroy_namespace namespace0.0\n"
			   "destroy_namespace namespace0.1\n"
			   "destroy_namespace namespace0.2\n");
	assert_string_equal(mhp_plan_consent(p.plan, 1),
			    "destroy namespace0.1 and its data (fsdax, 2 GiB: not known)");
	assert_non_null(mhp_plan_consent(p.plan, 2));
	assert_null(mhp_plan_consent(p.plan, 3));
	/* "all" means namespaces that this tool creates */
	planning_expect(topo, DESTROY, "all", "destroy_namespace namespace0.0\n");
	planning_expect(topo, DESTROY, "namespace1.0", "destroy_namespace namespace1.0\n");
}

/* A target that is already planned does not end the list. */
static void a_namespace_and_its_region(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();

	topo_region(topo, 0);
	topo_namespace(topo, 0, 0, MHP_NAMESPACE_FSDAX);
	topo_namespace(topo, 0, 1, MHP_NAMESPACE_FSDAX);
	topo_namespace(topo, 0, 2, MHP_NAMESPACE_FSDAX);
	planning_expect(topo, DESTROY, "namespace0.1 region0",
			"destroy_namespace namespace0.1\n"
			"destroy_namespace namespace0.0\n"
			"destroy_namespace namespace0.2\n");
}

static void what_cannot_be_destroyed(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();

	topo_region(topo, 0)->has_labels = false;
	topo_namespace(topo, 0, 0, MHP_NAMESPACE_RAW);
	planning_expect_refused(topo, DESTROY, "namespace0.0", -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	planning_expect(topo, DESTROY, "region0", ""); /* empty already */
	planning_expect_refused(topo, DESTROY, "memory1", -EINVAL, MHP_REASON_USAGE);
	planning_expect_refused(topo, DESTROY, "node0", -EINVAL, MHP_REASON_USAGE);
	topo->namespaces[0].mode = MHP_NAMESPACE_FSDAX; /* by its info block */
	planning_expect(topo, DESTROY, "namespace0.0", "destroy_namespace namespace0.0\n");
}

UNIT_TESTS(cmocka_unit_test(offline_of_whatever_names_it),
	   cmocka_unit_test(blocks_that_are_offline_are_left_out),
	   cmocka_unit_test(what_has_no_memory_is_offline),
	   cmocka_unit_test(a_device_whose_blocks_are_hidden),
	   cmocka_unit_test(the_cheapest_blocks_go), cmocka_unit_test(the_emptiest_blocks_go),
	   cmocka_unit_test(more_than_a_node_has),
	   cmocka_unit_test(blocks_that_never_go_do_not_count),
	   cmocka_unit_test(a_node_that_is_not_there), cmocka_unit_test(back_to_devdax),
	   cmocka_unit_test(back_from_anything_else), cmocka_unit_test(blocks_are_not_removed),
	   cmocka_unit_test(a_region_that_cannot_be_seen_into), cmocka_unit_test(and_destroyed),
	   cmocka_unit_test(a_devdax_namespace_may_hold_data),
	   cmocka_unit_test(a_device_without_a_namespace),
	   cmocka_unit_test(memory_is_not_destroyed), cmocka_unit_test(everything_on_a_region),
	   cmocka_unit_test(a_namespace_and_its_region), cmocka_unit_test(what_cannot_be_destroyed))
