/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps from regions and namespaces to online memory. */
#include "lib/base/error.h"
#include "tests/unit/fake/planning.h"

#include <errno.h>
#include <string.h>

#define ONLINE	MHP_VERB_ONLINE
#define WAY_UP	"create_namespace region0\nset_mode dax0.0\nonline_block memory33-47\n"
#define CONTENT "lose the data on the raw namespace namespace0.0 (raw, 2 GiB: not known)"

static struct mhp_topology *with_region(void)
{
	struct mhp_topology *topo = topo_new();

	topo_region(topo, 0);
	return topo;
}

/* Returns a region without labels: it has one raw namespace of its whole size. */
static struct mhp_topology *without_labels(enum mhp_content content)
{
	struct mhp_topology *topo = with_region();

	topo->regions[0].has_labels = false;
	topo_namespace(topo, 0, 0, MHP_NAMESPACE_RAW)->content = content;
	return topo;
}

/* ---- empty regions ----------------------------------------------------------------------- */

static void an_empty_region(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	cleanup_planning struct planning p = { 0 };
	const struct mhp_step *step;

	planning_begin(&p, ONLINE, "region0");
	planning_run(&p, topo);
	planning_check(&p, WAY_UP);
	step = mhp_plan_step(p.plan, 0);
	assert_true(step->size == 2 * GIB);
	assert_int_equal(step->align, 2 * MIB);
	assert_int_equal(step->map, MHP_MEMMAP_MEM);
	assert_true(step->is_direct_to_kmem);
	assert_false(step->overwrite);
	assert_string_equal(step->label, "");
	assert_string_equal(step->undo, "destroy the namespace");
	step = mhp_plan_step(p.plan, 1);
	assert_true(step->is_predicted);
	assert_int_equal(step->mode, MHP_DAX_SYSTEM_RAM);
	assert_null(mhp_plan_step(p.plan, 3));
	assert_null(mhp_plan_consent(p.plan, 0));
	assert_false(p.plan->partial);
	assert_int_equal(p.plan->nr_locks, 1);
	assert_true(p.plan->locks[0].start == 4 * GIB && p.plan->locks[0].end == 6 * GIB);
}

static void what_is_asked_of_the_namespace(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	cleanup_planning struct planning p = { 0 };
	const struct mhp_step *step;

	planning_begin(&p, ONLINE, "region0");
	p.request.bytes = GIB;
	p.request.align = 4096;
	p.request.map = MHP_MEMMAP_DEV;
	p.request.name = "mine";
	planning_run(&p, topo);
	planning_check(&p, "create_namespace region0\nset_mode dax0.0\n"
			   "online_block memory33-39\n");
	step = mhp_plan_step(p.plan, 0);
	assert_true(step->size == GIB);
	assert_int_equal(step->align, 4096);
	assert_int_equal(step->map, MHP_MEMMAP_DEV);
	assert_string_equal(step->label, "mine");
}

static void regions_that_are_of_no_use(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	struct mhp_region *region = &topo->regions[0];

	region->is_read_only = true;
	planning_expect_refused(topo, ONLINE, "region0", -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	region->is_read_only = false;
	str_copy(region->type, "blk");
	planning_expect_refused(topo, ONLINE, "region0", -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	str_copy(region->type, "pmem");
	region->start = MHP_UNKNOWN;
	planning_expect_refused(topo, ONLINE, "region0", -EACCES, MHP_REASON_NOT_PERMITTED);
}

/* A namespace that loses more bytes than it provides is refused. */
static void regions_that_are_too_small(void **state)
{
	static const uint64_t sizes[] = { 0,	     4096,	16 * MIB, 64 * MIB,
					  128 * MIB, 192 * MIB, 240 * MIB };
	cleanup_topology struct mhp_topology *topo = with_region();
	cleanup_planning struct planning p = { 0 };
	struct mhp_region *region = &topo->regions[0];

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		region->size = region->available_bytes = region->max_extent_bytes = sizes[i];
		planning_expect_refused(topo, ONLINE, "region0", -ENOSPC, MHP_REASON_NO_SPACE);
	}
	region->size = region->available_bytes = region->max_extent_bytes = 256 * MIB;
	planning_begin(&p, ONLINE, "region0");
	planning_run(&p, topo);
	assert_int_equal(p.rc, 0);
	assert_int_equal(mhp_plan_step(p.plan, 1)->size, TOPO_BLOCK);
}

static void a_disabled_region_is_enabled_first(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	cleanup_planning struct planning p = { 0 };

	topo->regions[0].is_enabled = false;
	planning_begin(&p, ONLINE, "region0");
	planning_run(&p, topo);
	planning_check(&p, "enable_region region0\n");
	assert_true(p.plan->partial);
}

/* A second round for another target must not hide this failure. */
static void a_small_region_behind_a_disabled_one(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	struct mhp_region *other = topo_region(topo, 1);

	other->is_enabled = false;
	topo->regions[0].size = topo->regions[0].max_extent_bytes = 192 * MIB;
	planning_expect_refused(topo, ONLINE, "region1 region0", -ENOSPC, MHP_REASON_NO_SPACE);
	planning_expect_refused(topo, ONLINE, "region0 region1", -ENOSPC, MHP_REASON_NO_SPACE);
}

/* ---- regions without labels -------------------------------------------------------------- */

static void zeros_may_be_taken(void **state)
{
	cleanup_topology struct mhp_topology *topo = without_labels(MHP_CONTENT_ZERO);
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, ONLINE, "region0");
	planning_run(&p, topo);
	planning_check(&p, WAY_UP);
	assert_null(mhp_plan_consent(p.plan, 0));
	assert_int_equal(mhp_plan_step(p.plan, 0)->size, 0); /* the whole region */
	assert_false(mhp_plan_step(p.plan, 0)->overwrite);
	assert_non_null(strstr(mhp_plan_step(p.plan, 0)->needs, "are zero"));
	planning_expect(topo, ONLINE, "namespace0.0", WAY_UP);
}

static void data_needs_consent(void **state)
{
	static const enum mhp_content contents[] = { MHP_CONTENT_DATA, MHP_CONTENT_UNKNOWN };

	for (size_t i = 0; i < ARRAY_SIZE(contents); i++) {
		cleanup_topology struct mhp_topology *topo = without_labels(contents[i]);
		cleanup_planning struct planning ask = { 0 }, yes = { 0 };

		planning_begin(&ask, ONLINE, "region0");
		planning_run(&ask, topo);
		planning_check(&ask, WAY_UP);
		assert_string_equal(mhp_plan_consent(ask.plan, 0), CONTENT);
		assert_null(mhp_plan_consent(ask.plan, 1));
		assert_true(mhp_plan_step(ask.plan, 0)->overwrite);
		planning_begin(&yes, ONLINE, "region0");
		yes.request.agreed = MHP_CONSENT_ALL;
		planning_run(&yes, topo);
		planning_check(&yes, WAY_UP);
		assert_null(mhp_plan_consent(yes.plan, 0));
		assert_true(mhp_plan_step(yes.plan, 0)->overwrite);
	}
}

static void a_part_of_it_needs_labels(void **state)
{
	cleanup_topology struct mhp_topology *topo = without_labels(MHP_CONTENT_DATA);
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, ONLINE, "region0");
	p.request.bytes = GIB;
	planning_run(&p, topo);
	planning_check(&p, "init_labels region0\ncreate_namespace region0\nset_mode dax0.0\n"
			   "online_block memory33-39\n");
	assert_string_equal(mhp_plan_consent(p.plan, 0),
			    "write a label index on the DIMMs of region0");
	assert_string_equal(mhp_plan_consent(p.plan, 1), CONTENT);
	assert_null(mhp_plan_consent(p.plan, 2));
	assert_true(mhp_plan_step(p.plan, 1)->size == GIB);
}

static void labels_that_are_asked_for_need_no_question(void **state)
{
	cleanup_topology struct mhp_topology *topo = without_labels(MHP_CONTENT_ZERO);
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, ONLINE, "region0");
	p.request.init_labels = true;
	planning_run(&p, topo);
	planning_check(&p, "init_labels region0\n" WAY_UP);
	assert_null(mhp_plan_consent(p.plan, 0));
	/* existing labels are not written again */
	topo->regions[0].has_labels = true;
	topo->nr_namespaces = 0;
	planning_end(&p);
	planning_run(&p, topo);
	planning_check(&p, WAY_UP);
}

static void labels_that_cannot_be_written(void **state)
{
	cleanup_topology struct mhp_topology *topo = without_labels(MHP_CONTENT_ZERO);
	cleanup_planning struct planning p = { 0 }, whole = { 0 };

	topo->regions[0].can_label = false;
	planning_begin(&p, ONLINE, "region0");
	p.request.bytes = GIB;
	planning_run(&p, topo);
	planning_check_refused(&p, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	/* the whole region needs none */
	planning_begin(&whole, ONLINE, "region0");
	whole.request.bytes = 2 * GIB;
	planning_run(&whole, topo);
	planning_check(&whole, WAY_UP);
}

static void more_than_there_is(void **state)
{
	cleanup_topology struct mhp_topology *topo = without_labels(MHP_CONTENT_ZERO);
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, ONLINE, "region0");
	p.request.bytes = 2 * GIB + 1;
	planning_run(&p, topo);
	planning_check_refused(&p, -ENOSPC, MHP_REASON_NO_SPACE);
}

/* Its info block is read only when it is enabled. */
static void a_raw_namespace_that_is_disabled(void **state)
{
	cleanup_topology struct mhp_topology *topo = without_labels(MHP_CONTENT_UNKNOWN);
	cleanup_planning struct planning p = { 0 };

	topo->namespaces[0].is_enabled = false;
	planning_begin(&p, ONLINE, "region0");
	planning_run(&p, topo);
	planning_check(&p, "enable_namespace namespace0.0\n");
	assert_true(p.plan->partial);
	assert_null(mhp_plan_consent(p.plan, 0));
}

static void something_else_is_in_the_way(void **state)
{
	static const enum mhp_namespace_mode modes[] = { MHP_NAMESPACE_FSDAX,
							 MHP_NAMESPACE_SECTOR };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		cleanup_topology struct mhp_topology *topo = without_labels(MHP_CONTENT_ZERO);
		cleanup_planning struct planning p = { 0 };

		topo->namespaces[0].mode = modes[i];
		planning_begin(&p, ONLINE, "region0");
		p.request.agreed =
			MHP_CONSENT_ALL; /* agrees to losing data, not to destroying this */
		planning_run(&p, topo);
		planning_check_refused(&p, -EBUSY, MHP_REASON_IN_USE);
		assert_string_equal(p.err.hint, "to discard its data: mhpctl destroy "
						"namespace0.0");
		planning_expect_refused(topo, ONLINE, "namespace0.0", -EBUSY, MHP_REASON_MISMATCH);
	}
}

/* ---- existing namespaces ----------------------------------------------------------------- */

static void every_devdax_namespace_of_a_region(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();

	topo_dax(topo, 0, MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	topo_namespace(topo, 0, 1, MHP_NAMESPACE_FSDAX);
	topo_namespace(topo, 0, 2, MHP_NAMESPACE_DEVDAX)->is_enabled = false;
	str_copy(topo->regions[0].dax_seed, "dax0.3");
	planning_expect(topo, ONLINE, "region0",
			"enable_namespace namespace0.2\n"
			"set_mode dax0.0\n"
			"online_block memory33-47\n"
			"set_mode dax0.3\n"
			"online_block memory33-47\n");
	planning_expect(topo, ONLINE, "namespace0.0",
			"set_mode dax0.0\nonline_block memory33-47\n");
	planning_expect_refused(topo, ONLINE, "namespace0.1", -EBUSY, MHP_REASON_MISMATCH);
	planning_expect(topo, ONLINE, "00000000-0000-0000-0000-000000000000",
			"set_mode dax0.0\nonline_block memory33-47\n");
}

/* Other namespaces leave some space, or none. */
static void the_rest_of_a_region(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	struct mhp_region *region = &topo->regions[0];
	cleanup_planning struct planning p = { 0 };

	topo_namespace(topo, 0, 0, MHP_NAMESPACE_FSDAX)->raw_size = GIB;
	region->available_bytes = region->max_extent_bytes = GIB;
	planning_begin(&p, ONLINE, "region0");
	planning_run(&p, topo);
	assert_int_equal(p.rc, 0);
	assert_int_equal(mhp_plan_step(p.plan, 0)->type, MHP_STEP_CREATE_NAMESPACE);
	assert_true(mhp_plan_step(p.plan, 0)->size == GIB);
	region->available_bytes = region->max_extent_bytes = 0;
	planning_expect_refused(topo, ONLINE, "region0", -ENOSPC, MHP_REASON_NO_SPACE);
}

static void a_namespace_that_differs_is_not_already_so(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	struct mhp_request r = MHP_REQUEST_INIT(.verb = ONLINE);
	const struct {
		const char *name;
		uint64_t align, size;
		enum mhp_memmap_location map;
		bool same;
	} cases[] = {
		{ "mine", 0, 0, 0, true },
		{ "other", 0, 0, 0, false },
		{ NULL, 2 * MIB, 0, 0, true },
		{ NULL, 4096, 0, 0, false },
		{ NULL, 0, 2 * GIB, 0, true },
		{ NULL, 0, GIB, 0, false },
		{ NULL, 0, 3 * GIB, 0, false },
		{ NULL, 0, 0, MHP_MEMMAP_MEM, true },
		{ NULL, 0, 0, MHP_MEMMAP_DEV, false },
		{ NULL, 0, 0, 0, true },
	};

	topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
	str_copy(topo->namespaces[0].label, "mine");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_planning struct planning p = { 0 };

		planning_begin(&p, r.verb, "region0");
		p.request.name = cases[i].name;
		p.request.align = cases[i].align;
		p.request.bytes = cases[i].size;
		p.request.map = cases[i].map;
		planning_run(&p, topo);
		if (cases[i].same)
			planning_check(&p, "");
		else
			planning_check_refused(&p, -EEXIST, MHP_REASON_MISMATCH);
	}
}

/* A size counts as reached if creation would round it up to this namespace, named in any way. */
static void a_size_that_is_there(void **state)
{
	static const char *const names[] = { "region0", "namespace0.0", "dax0.0", "all" };
	static const struct {
		uint64_t size, align;
		bool same;
	} cases[] = {
		{ 512 * MIB, 0, true },	 { 500 * MIB, 0, true }, /* made in units of 16 MiB, this
								    one comes to 512 MiB */
		{ 496 * MIB, 0, false }, { 513 * MIB, 0, false }, { GIB, 0, false },
		{ 256 * MIB, 0, false },
	};
	cleanup_topology struct mhp_topology *topo = topo_new();

	topo_region(topo, 0)->max_extent_bytes = GIB + 512 * MIB;
	topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
	topo->namespaces[0].raw_size = 512 * MIB;
	for (size_t i = 0; i < ARRAY_SIZE(cases) * ARRAY_SIZE(names); i++) {
		cleanup_planning struct planning p = { 0 };

		planning_begin(&p, ONLINE, names[i % ARRAY_SIZE(names)]);
		p.request.bytes = cases[i / ARRAY_SIZE(names)].size;
		planning_run(&p, topo);
		if (cases[i / ARRAY_SIZE(names)].same)
			planning_check(&p, "");
		else
			planning_check_refused(&p, -EEXIST, MHP_REASON_MISMATCH);
	}
}

static void true_words_for_another_size(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 };

	topo_region(topo, 0);
	topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
	planning_begin(&p, ONLINE, "region0");
	p.request.bytes = 512 * MIB;
	planning_run(&p, topo);
	planning_check_refused(&p, -EEXIST, MHP_REASON_MISMATCH);
	assert_string_equal(p.err.message, "region0: namespace0.0 exists with 2 GiB, not 512 "
					   "MiB");
	assert_string_equal(p.err.hint, "leave out the size to use it as it is, or run mhpctl "
					"remove namespace0.0 --destroy first");
}

/* ---- free space -------------------------------------------------------------------------- */

static void free_space_in_pieces(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 }, size = { 0 }, create = { 0 };

	topo_region(topo, 0)->available_bytes = GIB + 256 * MIB;
	topo->regions[0].max_extent_bytes = GIB;
	planning_plan(&p, topo, ONLINE, "region0");
	assert_true(planning_warns(&p, "region0: 256 MiB of it stay free: a namespace is "
				       "contiguous, and the largest free extent has 1 GiB; "
				       "mhpctl create region0 makes another one"));
	planning_plan(&create, topo, MHP_VERB_CREATE, "region0");
	assert_true(planning_warns(&create, "256 MiB of it stay free"));
	/* with a size the rest is meant to stay free */
	planning_begin(&size, ONLINE, "region0");
	size.request.bytes = GIB;
	planning_run(&size, topo);
	assert_false(planning_warns(&size, "stay free"));
	/* space too small for a namespace is not reported */
	topo->regions[0].available_bytes = GIB + 8 * MIB;
	planning_end(&p);
	planning_plan(&p, topo, ONLINE, "region0");
	assert_false(planning_warns(&p, "stay free"));
}

/* A second run has no steps and reports the free space again. */
static void free_space_beside_a_namespace(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 };

	topo_region(topo, 0)->available_bytes = 256 * MIB;
	topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
	planning_plan(&p, topo, ONLINE, "region0");
	planning_check(&p, "");
	assert_true(planning_warns(&p, "region0: 256 MiB of it stay free, as it has a namespace; "
				       "mhpctl create region0 makes another one"));
	topo->regions[0].available_bytes = 0;
	planning_end(&p);
	planning_plan(&p, topo, ONLINE, "region0");
	assert_false(planning_warns(&p, "stay free"));
}

static void no_labels_are_written_over_a_namespace(void **state)
{
	cleanup_topology struct mhp_topology *topo = without_labels(MHP_CONTENT_ZERO);
	cleanup_planning struct planning p = { 0 };

	topo->nr_namespaces = 0;
	topo_dax(topo, 0, MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	planning_begin(&p, ONLINE, "region0");
	p.request.init_labels = true;
	planning_run(&p, topo);
	planning_check(&p, "set_mode dax0.0\nonline_block memory33-47\n");
	assert_non_null(strstr(mhp_plan_warning(p.plan, 0), "no labels are written"));
}

UNIT_TESTS(cmocka_unit_test(an_empty_region), cmocka_unit_test(what_is_asked_of_the_namespace),
	   cmocka_unit_test(regions_that_are_of_no_use),
	   cmocka_unit_test(regions_that_are_too_small),
	   cmocka_unit_test(a_disabled_region_is_enabled_first),
	   cmocka_unit_test(a_small_region_behind_a_disabled_one),
	   cmocka_unit_test(zeros_may_be_taken), cmocka_unit_test(data_needs_consent),
	   cmocka_unit_test(a_part_of_it_needs_labels),
	   cmocka_unit_test(labels_that_are_asked_for_need_no_question),
	   cmocka_unit_test(labels_that_cannot_be_written), cmocka_unit_test(more_than_there_is),
	   cmocka_unit_test(a_raw_namespace_that_is_disabled),
	   cmocka_unit_test(something_else_is_in_the_way),
	   cmocka_unit_test(every_devdax_namespace_of_a_region),
	   cmocka_unit_test(the_rest_of_a_region),
	   cmocka_unit_test(a_namespace_that_differs_is_not_already_so),
	   cmocka_unit_test(a_size_that_is_there), cmocka_unit_test(true_words_for_another_size),
	   cmocka_unit_test(free_space_in_pieces), cmocka_unit_test(free_space_beside_a_namespace),
	   cmocka_unit_test(no_labels_are_written_over_a_namespace))
