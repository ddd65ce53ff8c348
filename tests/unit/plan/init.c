/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps that enable existing namespaces and dax devices. */
#include "lib/base/error.h"
#include "lib/base/counts.h"
#include "tests/unit/fake/planning.h"

#include <errno.h>
#include <string.h>

#define INIT MHP_VERB_INIT

/* Returns region0 with two namespaces and region1 with one, all disabled. */
static struct mhp_topology *disabled(void)
{
	struct mhp_topology *topo = topo_new();

	topo_region(topo, 0);
	topo_region(topo, 1);
	topo_namespace(topo, 0, 0, MHP_NAMESPACE_DEVDAX)->is_enabled = false;
	topo_namespace(topo, 0, 1, MHP_NAMESPACE_FSDAX)->is_enabled = false;
	topo_namespace(topo, 1, 0, MHP_NAMESPACE_SECTOR)->is_enabled = false;
	return topo;
}

static void check_parallel(const struct planning *p)
{
	const struct mhp_step *step;

	for (size_t i = 0; (step = mhp_plan_step(p->plan, i)); i++) {
		assert_true(step->is_parallel);
		assert_false(step->is_direct_to_kmem);
		assert_true(*step->undo != '\0');
	}
}

static void a_namespace(void **state)
{
	cleanup_topology struct mhp_topology *topo = disabled();
	cleanup_planning struct planning p = { 0 };
	const struct mhp_step *step;

	topo->namespaces[1].align = 4096;
	topo->namespaces[1].map = MHP_MEMMAP_DEV;
	planning_plan(&p, topo, INIT, "namespace0.1");
	planning_check(&p, "enable_namespace namespace0.1\n");
	check_parallel(&p);
	step = mhp_plan_step(p.plan, 0);
	assert_true(step->size == topo->namespaces[1].size);
	assert_int_equal(step->align, 4096);
	assert_int_equal(step->map, MHP_MEMMAP_DEV);
	assert_int_equal(p.plan->nr_locks, 1);
	assert_true(p.plan->locks[0].start == 4 * GIB && p.plan->locks[0].end == 6 * GIB);
	assert_null(mhp_plan_consent(p.plan, 0));
}

static void a_region(void **state)
{
	cleanup_topology struct mhp_topology *topo = disabled();
	cleanup_planning struct planning p = { 0 };

	planning_plan(&p, topo, INIT, "region0");
	planning_check(&p, "enable_namespace namespace0.0\nenable_namespace namespace0.1\n");
	check_parallel(&p);
	assert_false(p.plan->partial);
}

static void all_of_the_machine(void **state)
{
	cleanup_topology struct mhp_topology *topo = disabled();

	planning_expect(topo, INIT, "all",
			"enable_namespace namespace0.0\nenable_namespace namespace0.1\n"
			"enable_namespace namespace1.0\n");
	/* a target named twice is planned once */
	planning_expect(topo, INIT, "namespace1.0 region1 all namespace0.1",
			"enable_namespace namespace1.0\nenable_namespace namespace0.0\n"
			"enable_namespace namespace0.1\n");
}

static void a_dax_device_without_a_driver(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 };

	topo_region(topo, 0);
	topo_dax(topo, 0, MHP_DAX_UNBOUND, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	planning_plan(&p, topo, INIT, "dax0.0");
	planning_check(&p, "set_mode dax0.0\n");
	check_parallel(&p);
	assert_int_equal(mhp_plan_step(p.plan, 0)->mode, MHP_DAX_DEVDAX);
	planning_expect(topo, INIT, "namespace0.0", "set_mode dax0.0\n");
	planning_expect(topo, INIT, "region0", "set_mode dax0.0\n");
	planning_expect(topo, INIT, "all", "set_mode dax0.0\n");
}

/* A device of hmem or CXL. */
static void a_dax_device_of_no_region(void **state)
{
	cleanup_topology struct mhp_topology *topo = disabled();
	struct mhp_dax *dax;

	topo_region(topo, 2);
	dax = topo_dax(topo, 2, MHP_DAX_UNBOUND, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	topo->namespaces[--topo->nr_namespaces] = (struct mhp_namespace){ 0 };
	topo->nr_regions--;
	*dax->region = *dax->ns_name = '\0';
	planning_expect(topo, INIT, "all",
			"enable_namespace namespace0.0\nenable_namespace namespace0.1\n"
			"enable_namespace namespace1.0\nset_mode dax2.0\n");
	planning_expect(topo, INIT, "dax2.0", "set_mode dax2.0\n");
}

/* The kernel enables it as a raw one at every boot. */
static void a_creation_that_was_interrupted(void **state)
{
	cleanup_topology struct mhp_topology *topo = disabled();
	cleanup_planning struct planning p = { 0 };
	struct mhp_namespace *ns = &topo->namespaces[0];

	ns->is_enabled = true;
	ns->align = 0;
	planning_plan(&p, topo, INIT, "namespace0.0");
	planning_check(&p, "enable_namespace namespace0.0\n");
	check_parallel(&p);
	assert_non_null(strstr(mhp_plan_step(p.plan, 0)->why, "was interrupted"));
	ns->mode = MHP_NAMESPACE_RAW;
	planning_expect(topo, INIT, "namespace0.0", "");
	ns->mode = MHP_NAMESPACE_DEVDAX;
	ns->align = 4096;
	planning_expect(topo, INIT, "namespace0.0", "");
}

/* ---- nothing to do ----------------------------------------------------------------------- */

static void what_is_enabled_stays_as_it_is(void **state)
{
	cleanup_topology struct mhp_topology *topo = disabled();

	for (size_t i = 0; i < topo->nr_namespaces; i++)
		topo->namespaces[i].is_enabled = true;
	planning_expect(topo, INIT, "all", "");
	planning_expect(topo, INIT, "region0", "");
	planning_expect(topo, INIT, "namespace0.0", "");
}

static void devices_that_have_a_driver(void **state)
{
	static const enum mhp_dax_mode modes[] = { MHP_DAX_DEVDAX, MHP_DAX_SYSTEM_RAM };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		cleanup_topology struct mhp_topology *topo = topo_new();

		topo_region(topo, 0);
		topo_dax(topo, 0, modes[i], MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
		planning_expect(topo, INIT, "dax0.0", "");
		planning_expect(topo, INIT, "all", "");
	}
}

static void a_machine_without_any(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 };

	planning_plan(&p, topo, INIT, "all");
	planning_check(&p, "");
	assert_null(mhp_plan_warning(p.plan, 0));
}

/* A region named by the user must have namespaces; with "all" some may be empty. */
static void a_region_without_namespaces(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 }, all = { 0 };

	topo_region(topo, 0);
	planning_plan(&p, topo, INIT, "region0");
	planning_check(&p, "");
	assert_true(planning_warns(&p, "region0: has no namespace"));
	planning_plan(&all, topo, INIT, "all");
	planning_check(&all, "");
	assert_null(mhp_plan_warning(all.plan, 0));
}

/* ---- regions that are disabled ----------------------------------------------------------- */

static void a_disabled_region(void **state)
{
	cleanup_topology struct mhp_topology *topo = disabled();
	cleanup_planning struct planning p = { 0 };

	topo->regions[1].is_enabled = false;
	planning_plan(&p, topo, INIT, "all");
	planning_check(&p, "enable_region region1\nenable_namespace namespace0.0\n"
			   "enable_namespace namespace0.1\n");
	assert_true(p.plan->partial);
	assert_true(mhp_plan_step(p.plan, 0)->is_direct_to_kmem);
	assert_false(mhp_plan_step(p.plan, 0)->is_parallel);
}

/* A region still disabled in the second round failed to enable: the others continue. */
static void a_region_that_stays_disabled(void **state)
{
	cleanup_topology struct mhp_topology *topo = disabled();
	const char *const targets[] = { "all" };
	const struct mhp_request request = { .verb = INIT, .targets = targets, .nr_targets = 1 };
	cleanup_plan struct mhp_plan *plan = NULL;

	topo->regions[1].is_enabled = false;
	assert_int_equal(plan_new(topo, &request, true, &plan, NULL), 0);
	assert_int_equal(plan->nr_steps, 2);
	assert_int_equal(plan->steps[0].type, MHP_STEP_ENABLE_NAMESPACE);
	assert_false(plan->partial);
}

/* ---- drivers ----------------------------------------------------------------------------- */

static void drivers_come_first(void **state)
{
	cleanup_topology struct mhp_topology *topo = disabled();

	topo->has_nd_pmem = topo->has_dax_pmem = topo->has_device_dax = false;
	planning_expect(topo, INIT, "region0",
			"load_module nd_pmem\nload_module dax_pmem\nload_module device_dax\n"
			"enable_namespace namespace0.0\nenable_namespace namespace0.1\n");
}

/* ---- refusals ---------------------------------------------------------------------------- */

static void blocks_are_refused(void **state)
{
	cleanup_topology struct mhp_topology *topo = disabled();

	planning_expect_refused(topo, INIT, "memory3", -EINVAL, MHP_REASON_USAGE);
	planning_expect_refused(topo, INIT, "memory3-5", -EINVAL, MHP_REASON_USAGE);
}

static void options_of_others_are_refused(void **state)
{
	cleanup_topology struct mhp_topology *topo = disabled();
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, INIT, "region0");
	p.request.map = MHP_MEMMAP_DEV;
	planning_run(&p, topo);
	planning_check_refused(&p, -EINVAL, MHP_REASON_USAGE);
}

static void what_is_not_there(void **state)
{
	cleanup_topology struct mhp_topology *topo = disabled();

	planning_expect_refused(topo, INIT, "namespace7.0", -ENOENT, MHP_REASON_NO_SUCH_TARGET);
}

/* ---- order of an online ------------------------------------------------------------------ */

/* Steps that make devices come together; blocks are ordered by address, not by operand. */
static void an_online_of_several_regions(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 };

	topo_region(topo, 0);
	topo_region(topo, 1);
	topo_region(topo, 2);
	topo_namespace(topo, 1, 0, MHP_NAMESPACE_DEVDAX)->is_enabled = false;
	topo_namespace(topo, 2, 0, MHP_NAMESPACE_DEVDAX)->is_enabled = false;
	planning_plan(&p, topo, MHP_VERB_ONLINE, "region2 region1 region0");
	planning_check(&p, "create_namespace region0\n"
			   "enable_namespace namespace2.0\nenable_namespace namespace1.0\n"
			   "set_mode dax0.0\nonline_block memory33-47\n"
			   "set_mode dax1.0\nonline_block memory49-63\n"
			   "set_mode dax2.0\nonline_block memory65-79\n");
	assert_true(mhp_plan_step(p.plan, 1)->is_parallel &&
		    mhp_plan_step(p.plan, 1)->is_direct_to_kmem);
	assert_true(mhp_plan_step(p.plan, 2)->is_parallel &&
		    mhp_plan_step(p.plan, 2)->is_direct_to_kmem);
}

static void the_name_of_the_verb(void **state)
{
	for (unsigned verb = 0; verb < NR_VERBS; verb++)
		assert_non_null(mhp_verb_name((enum mhp_verb)verb));
	assert_string_equal(mhp_verb_name(INIT), "init");
	assert_string_equal(mhp_verb_name(NR_VERBS), "unknown");
}

/* Steps that run in parallel come before the step of a namespace whose content must be read. */
static void those_side_by_side_come_first(void **state)
{
	static const char *const order[] = { "namespace2.0", "namespace0.0", "namespace1.0" };
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 };

	for (unsigned n = 0; n < 3; n++) {
		topo_region(topo, n);
		topo_namespace(topo, n, 0, MHP_NAMESPACE_DEVDAX)->is_enabled = false;
		topo->namespaces[n].content = n == 1 ? MHP_CONTENT_UNKNOWN : MHP_CONTENT_ZERO;
	}
	planning_begin(&p, MHP_VERB_ONLINE, "namespace1.0 namespace2.0 namespace0.0");
	planning_run(&p, topo);
	assert_int_equal(p.rc, 0);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		assert_string_equal(mhp_plan_step(p.plan, i)->object, order[i]);
	assert_true(mhp_plan_step(p.plan, 1)->is_parallel);
	assert_false(mhp_plan_step(p.plan, 2)->is_parallel);
}

UNIT_TESTS(cmocka_unit_test(a_namespace), cmocka_unit_test(a_region),
	   cmocka_unit_test(all_of_the_machine), cmocka_unit_test(a_dax_device_without_a_driver),
	   cmocka_unit_test(a_dax_device_of_no_region),
	   cmocka_unit_test(a_creation_that_was_interrupted),
	   cmocka_unit_test(what_is_enabled_stays_as_it_is),
	   cmocka_unit_test(devices_that_have_a_driver), cmocka_unit_test(a_machine_without_any),
	   cmocka_unit_test(a_region_without_namespaces), cmocka_unit_test(a_disabled_region),
	   cmocka_unit_test(a_region_that_stays_disabled), cmocka_unit_test(drivers_come_first),
	   cmocka_unit_test(blocks_are_refused), cmocka_unit_test(options_of_others_are_refused),
	   cmocka_unit_test(what_is_not_there), cmocka_unit_test(an_online_of_several_regions),
	   cmocka_unit_test(the_name_of_the_verb), cmocka_unit_test(those_side_by_side_come_first))
