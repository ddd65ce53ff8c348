/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New namespaces: size, location and cost, and invalid requests. */
#include "lib/base/error.h"
#include "lib/base/counts.h"
#include "lib/model/memmap.h"
#include "lib/plan/cost.h"
#include "tests/unit/fake/planning.h"

#include <errno.h>
#include <string.h>

#define CREATE MHP_VERB_CREATE

static struct mhp_topology *with_region(void)
{
	struct mhp_topology *topo = topo_new();

	topo_region(topo, 0);
	return topo;
}

/* ---- costs ------------------------------------------------------------------------------- */

static void the_memmap(void **state)
{
	assert_int_equal(memmap_bytes(0, 4096), 0);
	assert_int_equal(memmap_bytes(128 * MIB, 4096), 2 * MIB);
	assert_int_equal(memmap_bytes(128 * MIB, 65536), 128 * 1024);
}

/* Values of 6.1 for 2 GiB at 4 GiB (captures: 0x102200000 for map=dev, 2 MiB for map=mem). */
static void where_the_data_lies(void **state)
{
	struct mhp_range data = cost_devdax_data(4 * GIB, 2 * GIB, 2 * MIB, MHP_MEMMAP_DEV, 4096);

	assert_true(data.start == 0x102200000);
	assert_true(data.end == 0x180000000);
	data = cost_devdax_data(4 * GIB, 2 * GIB, 2 * MIB, MHP_MEMMAP_MEM, 4096);
	assert_true(data.start == 0x100200000);
	data = cost_devdax_data(4 * GIB, 2 * GIB, 4096, MHP_MEMMAP_MEM, 4096);
	assert_true(data.start == 0x100200000); /* nothing smaller than 2 MiB is mapped */
	data = cost_devdax_data(4 * GIB, 2 * GIB, GIB, MHP_MEMMAP_MEM, 4096);
	assert_true(data.start == 5 * GIB && data.end == 6 * GIB);
	/* nothing is left */
	data = cost_devdax_data(4 * GIB, GIB, GIB, MHP_MEMMAP_MEM, 4096);
	assert_true(data.start == data.end);
	data = cost_devdax_data(4 * GIB, 0, 2 * MIB, MHP_MEMMAP_DEV, 4096);
	assert_true(data.start == data.end);
}

static void the_unit_of_sizes(void **state)
{
	struct mhp_region region = { .align = 16 * MIB, .nr_mappings = 1 };

	assert_int_equal(cost_size_unit(&region, 4096), 16 * MIB);
	assert_int_equal(cost_size_unit(&region, 2 * MIB), 16 * MIB);
	assert_int_equal(cost_size_unit(&region, GIB), GIB);
	region.nr_mappings = 0;
	assert_int_equal(cost_size_unit(&region, 2 * MIB), 16 * MIB);
	/* three interleaved DIMMs: the region's own unit is three times 16 MiB */
	region.nr_mappings = 3;
	region.align = 48 * MIB;
	assert_int_equal(cost_size_unit(&region, 2 * MIB), 48 * MIB);
	region.align = 16 * MIB;
	assert_int_equal(cost_size_unit(&region, 2 * MIB), 48 * MIB);
	region.nr_mappings = 4;
	assert_int_equal(cost_size_unit(&region, GIB), 4 * GIB);
}

/* ---- sizes ------------------------------------------------------------------------------- */

static void check_size(uint64_t asked, uint64_t align, unsigned mappings, uint64_t want, bool warns)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	cleanup_planning struct planning p = { 0 };

	topo->regions[0].nr_mappings = mappings;
	planning_begin(&p, CREATE, "region0");
	p.request.bytes = asked;
	p.request.align = align;
	planning_run(&p, topo);
	planning_check(&p, "create_namespace region0\n");
	if (mhp_plan_step(p.plan, 0)->size != want)
		fail_msg("%llu gives %llu, not %llu", (unsigned long long)asked,
			 (unsigned long long)mhp_plan_step(p.plan, 0)->size,
			 (unsigned long long)want);
	assert_int_equal(mhp_plan_warning(p.plan, 0) != NULL, warns);
	assert_false(mhp_plan_step(p.plan, 0)->is_direct_to_kmem);
}

static void sizes_are_rounded_up(void **state)
{
	check_size(GIB, 0, 1, GIB, false);
	check_size(GIB + 1, 0, 1, GIB + 16 * MIB, true);
	check_size(1, 0, 1, 16 * MIB, true);
	check_size(GIB, 0, 3, 22 * 48 * MIB, true);
	check_size(GIB + 1, GIB, 1, 2 * GIB, true);
	check_size(2 * GIB, 0, 1, 2 * GIB, false);
	check_size(0, 0, 1, 2 * GIB, false);
	check_size(0, 0, 3, 42 * 48 * MIB, false);
}

static void what_is_told_of_rounding(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, CREATE, "region0");
	p.request.bytes = 1000 * MIB;
	planning_run(&p, topo);
	planning_check(&p, "create_namespace region0\n");
	assert_string_equal(mhp_plan_warning(p.plan, 0),
			    "region0: 1000 MiB is rounded up to 1008 MiB, a multiple of the "
			    "alignment");
}

static void no_room(void **state)
{
	static const struct {
		uint64_t size, align, free_bytes;
	} cases[] = {
		{ 2 * GIB + 1, 0, 2 * GIB },
		{ GIB + 1, 0, GIB },
		{ UINT64_MAX, 0, 2 * GIB },
		{ 0, 0, 0 },
		{ 0, 0, 15 * MIB },
		{ 16 * MIB, 0, 0 },
		{ 0, GIB, GIB },
		{ 0, GIB, GIB - 16 * MIB },
		{ GIB, GIB, GIB },
	};
	cleanup_topology struct mhp_topology *topo = with_region();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_planning struct planning p = { 0 };

		topo->regions[0].max_extent_bytes = cases[i].free_bytes;
		planning_begin(&p, CREATE, "region0");
		p.request.bytes = cases[i].size;
		p.request.align = cases[i].align;
		planning_run(&p, topo);
		planning_check_refused(&p, -ENOSPC, MHP_REASON_NO_SPACE);
	}
}

/* ---- names ------------------------------------------------------------------------------- */

static void a_namespace_that_is_there_by_its_name(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	cleanup_planning struct planning same = { 0 }, differs = { 0 }, other = { 0 };

	topo->regions[0].max_extent_bytes = GIB;
	str_copy(topo_namespace(topo, 0, 0, MHP_NAMESPACE_DEVDAX)->label, "mine");
	topo->namespaces[0].raw_size = GIB;
	planning_begin(&same, CREATE, "region0");
	same.request.name = "mine";
	same.request.bytes = GIB;
	planning_run(&same, topo);
	planning_check(&same, "");
	planning_begin(&differs, CREATE, "region0");
	differs.request.name = "mine";
	differs.request.align = 4096;
	planning_run(&differs, topo);
	planning_check_refused(&differs, -EEXIST, MHP_REASON_MISMATCH);
	planning_begin(&other, CREATE, "region0");
	other.request.name = "other";
	planning_run(&other, topo);
	planning_check(&other, "create_namespace region0\n");
}

/* A creation that was killed is finished, and its device gets a driver. */
static void a_namespace_of_that_name_that_is_not_whole(void **state)
{
	static const struct {
		bool is_enabled;
		uint64_t align;
		enum mhp_dax_mode mode;
		const char *steps;
	} cases[] = {
		{ true, 2 * MIB, MHP_DAX_DEVDAX, "" },
		{ true, 2 * MIB, MHP_DAX_SYSTEM_RAM, "" },
		{ true, 0, MHP_DAX_OTHER, "enable_namespace namespace0.0\n" },
		{ false, 0, MHP_DAX_OTHER, "enable_namespace namespace0.0\n" },
		{ false, 2 * MIB, MHP_DAX_OTHER, "enable_namespace namespace0.0\n" },
		{ true, 2 * MIB, MHP_DAX_UNBOUND, "set_mode dax0.0\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_topology struct mhp_topology *topo = with_region();
		cleanup_planning struct planning p = { 0 };

		if (cases[i].mode == MHP_DAX_OTHER)
			topo_namespace(topo, 0, 0, MHP_NAMESPACE_DEVDAX);
		else
			topo_dax(topo, 0, cases[i].mode, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
		str_copy(topo->namespaces[0].label, "mine");
		topo->namespaces[0].is_enabled = cases[i].is_enabled;
		topo->namespaces[0].align = cases[i].align;
		planning_begin(&p, CREATE, "region0");
		p.request.name = "mine";
		planning_run(&p, topo);
		planning_check(&p, cases[i].steps);
	}
}

/* Without a name each call creates another one while there is space. */
static void another_one(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();

	topo->regions[0].max_extent_bytes = GIB;
	topo_namespace(topo, 0, 0, MHP_NAMESPACE_DEVDAX);
	planning_expect(topo, CREATE, "region0", "create_namespace region0\n");
	planning_expect(topo, CREATE, "region0 region0", "create_namespace region0\n");
}

static void only_on_regions(void **state)
{
	static const char *const targets[] = { "all", "namespace0.0", "dax0.0", "node2",
					       "memory33" };
	cleanup_topology struct mhp_topology *topo = with_region();

	topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		planning_expect_refused(topo, CREATE, targets[i], -EINVAL, MHP_REASON_USAGE);
}

static void on_a_disabled_region(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	cleanup_planning struct planning p = { 0 };

	topo->regions[0].is_enabled = false;
	planning_begin(&p, CREATE, "region0");
	planning_run(&p, topo);
	planning_check(&p, "enable_region region0\n");
	assert_true(p.plan->partial);
}

/* ---- requests that are wrong ------------------------------------------------------------- */

static void refused(const struct mhp_request *request)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	struct mhp_plan *plan = NULL;
	struct mhp_error err = { 0 };

	if (mhp_plan_new(topo, request, &plan, &err) != -EINVAL || plan)
		fail_msg("verb %d is not refused", request->verb);
	assert_int_equal(err.reason, MHP_REASON_USAGE);
	assert_true(*err.message != '\0');
	/* err may be NULL */
	assert_int_equal(mhp_plan_new(topo, request, &plan, NULL), -EINVAL);
}

#define NAME_63 "123456789012345678901234567890123456789012345678901234567890123"

static void requests_that_are_wrong(void **state)
{
	static const char *const one[] = { "region0" };

#define WITH_TARGET .targets = one, .nr_targets = 1
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = NR_VERBS, WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = -1, WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_ONLINE));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_OFFLINE));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_OFFLINE, .bytes = GIB,
						      WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_OFFLINE, .has_node = true));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_OFFLINE, .has_node = true,
						      .bytes = GIB, WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_ONLINE, .has_node = true));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_REMOVE, .has_node = true,
						      .bytes = GIB));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_CREATE, .choose_bytes = GIB,
						      WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_ONLINE,
						      .choose_bytes = GIB));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_RESIZE, .bytes = GIB,
						      .choose_bytes = GIB, WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_ONLINE, .name = "x",
						      .choose_bytes = GIB, WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_ONLINE, .first = GIB,
						      .choose_bytes = GIB, WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_CREATE, .align = 3,
						      WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_CREATE, .align = 3 * MIB,
						      WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_REMOVE, .align = 4096,
						      WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_DESTROY, .name = "x",
						      WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_OFFLINE,
						      .map = MHP_MEMMAP_DEV, WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_REMOVE, .init_labels = true,
						      WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_CREATE, .name = NAME_63 "4",
						      WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_CREATE, .name = "a\nb",
						      WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_CREATE, .name = "\033[2J",
						      WITH_TARGET));
	refused(&(struct mhp_request)MHP_REQUEST_INIT(.verb = MHP_VERB_CREATE, .name = "\177",
						      WITH_TARGET));
}

static void names_that_are_allowed(void **state)
{
	static const char *const names[] = { NAME_63, "größe", "a b", "" };
	cleanup_topology struct mhp_topology *topo = with_region();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_planning struct planning p = { 0 };

		planning_begin(&p, CREATE, "region0");
		p.request.name = names[i];
		planning_run(&p, topo);
		planning_check(&p, "create_namespace region0\n");
		assert_string_equal(mhp_plan_step(p.plan, 0)->label, names[i]);
	}
}

/* ---- several targets --------------------------------------------------------------------- */

static void one_that_cannot_be_planned(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	cleanup_planning struct planning all = { 0 }, rest = { 0 };

	topo_region(topo, 1)->max_extent_bytes = 0;
	topo_region(topo, 2);
	planning_begin(&all, CREATE, "region0 region1 region2");
	planning_run(&all, topo);
	planning_check_refused(&all, -ENOSPC, MHP_REASON_NO_SPACE);
	planning_begin(&rest, CREATE, "region0 region1 region2 region7");
	rest.request.keep_going = true;
	planning_run(&rest, topo);
	planning_check(&rest, "create_namespace region0\ncreate_namespace region2\n");
	assert_int_equal(rest.plan->nr_failures, 2);
	assert_string_equal(rest.plan->failures[0].target, "region1");
	assert_string_equal(rest.plan->failures[1].target, "region7");
	assert_int_equal(rest.plan->failures[1].error.reason, MHP_REASON_NO_SUCH_TARGET);
	assert_true(rest.plan->targets[1].failed);
	assert_int_equal(rest.plan->targets[1].nr_chains, 0);
	assert_false(rest.plan->targets[2].failed);
}

/* A target that fails half-way leaves no steps and no questions in the plan. */
static void what_was_planned_of_it_is_taken_back(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	cleanup_planning struct planning p = { 0 };

	topo->regions[0].has_labels = false;
	topo->regions[0].start = MHP_UNKNOWN; /* fails after the create step is planned */
	topo_namespace(topo, 0, 0, MHP_NAMESPACE_RAW)->content = MHP_CONTENT_DATA;
	topo_region(topo, 1);
	planning_begin(&p, MHP_VERB_ONLINE, "region0 region1");
	p.request.keep_going = true;
	planning_run(&p, topo);
	planning_check(&p, "create_namespace region1\nset_mode dax1.0\n"
			   "online_block memory49-63\n");
	assert_null(mhp_plan_consent(p.plan, 0));
	assert_int_equal(p.plan->nr_failures, 1);
	assert_int_equal(p.plan->nr_chains, 1);
	assert_int_equal(mhp_plan_step(p.plan, 0)->chain, 0);
}

/* ---- what a killed run has begun --------------------------------------------------------- */

/* Adds a namespace whose creation was killed before its info block. */
static struct mhp_namespace *half_made(struct mhp_topology *topo, unsigned n, uint64_t size)
{
	struct mhp_namespace *ns = topo_namespace(topo, 0, n, MHP_NAMESPACE_DEVDAX);

	ns->align = 0;
	ns->device[0] = '\0';
	ns->size = ns->raw_size = size;
	ns->record = MHP_RECORD_VALID;
	ns->is_begun = true;
	topo->regions[0].available_bytes -= size;
	topo->regions[0].max_extent_bytes -= size;
	return ns;
}

static void half_made_is_continued(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	cleanup_planning struct planning p = { 0 };

	half_made(topo, 0, GIB);
	planning_begin(&p, CREATE, "region0");
	p.request.bytes = GIB;
	planning_run(&p, topo);
	planning_check(&p, "enable_namespace namespace0.0\n");
	assert_false(p.plan->partial);
	/* without a size it is what a creation makes of all free space */
	half_made(topo, 1, GIB)->is_begun = false;
	planning_expect(topo, CREATE, "region0", "enable_namespace namespace0.0\n");
}

static void half_made_of_another_shape_is_undone(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	cleanup_planning struct planning p = { 0 };
	struct mhp_namespace *ns = half_made(topo, 0, GIB);

	planning_begin(&p, CREATE, "region0");
	p.request.bytes = GIB / 2;
	planning_run(&p, topo);
	planning_check(&p, "destroy_namespace namespace0.0\n");
	assert_true(p.plan->partial); /* the next round creates one */
	assert_null(mhp_plan_consent(p.plan, 0));
	planning_expect(topo, CREATE, "region0", "destroy_namespace namespace0.0\n");
	ns->mode = MHP_NAMESPACE_RAW; /* it has no mode yet: it cannot be continued */
	ns->is_enabled = false;
	planning_expect(topo, CREATE, "region0", "destroy_namespace namespace0.0\n");
}

/* Data in it is asked for like that of any other. */
static void half_made_with_data(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	cleanup_planning struct planning p = { 0 };
	struct mhp_namespace *ns = half_made(topo, 0, GIB);

	ns->record = MHP_RECORD_NONE;
	ns->content = MHP_CONTENT_DATA;
	planning_begin(&p, CREATE, "region0");
	p.request.bytes = GIB / 2;
	planning_run(&p, topo);
	planning_check(&p, "destroy_namespace namespace0.0\n");
	assert_int_equal(p.plan->consents[0].kind, MHP_CONSENT_DATA);
}

static void others_are_left_alone(void **state)
{
	cleanup_topology struct mhp_topology *topo = with_region();
	struct mhp_namespace *ns = half_made(topo, 0, GIB);

	ns->is_begun = false; /* somebody else's */
	planning_expect(topo, CREATE, "region0", "create_namespace region0\n");
	ns->is_begun = true;
	str_copy(ns->label, "db"); /* of a run with a name */
	planning_expect(topo, CREATE, "region0", "create_namespace region0\n");
	ns->label[0] = '\0';
	ns->align = 2 * MIB; /* it is complete */
	planning_expect(topo, CREATE, "region0", "create_namespace region0\n");
}

UNIT_TESTS(cmocka_unit_test(the_memmap), cmocka_unit_test(where_the_data_lies),
	   cmocka_unit_test(the_unit_of_sizes), cmocka_unit_test(sizes_are_rounded_up),
	   cmocka_unit_test(what_is_told_of_rounding), cmocka_unit_test(no_room),
	   cmocka_unit_test(a_namespace_that_is_there_by_its_name),
	   cmocka_unit_test(a_namespace_of_that_name_that_is_not_whole),
	   cmocka_unit_test(another_one), cmocka_unit_test(only_on_regions),
	   cmocka_unit_test(on_a_disabled_region), cmocka_unit_test(requests_that_are_wrong),
	   cmocka_unit_test(names_that_are_allowed), cmocka_unit_test(one_that_cannot_be_planned),
	   cmocka_unit_test(what_was_planned_of_it_is_taken_back),
	   cmocka_unit_test(half_made_is_continued),
	   cmocka_unit_test(half_made_of_another_shape_is_undone),
	   cmocka_unit_test(half_made_with_data), cmocka_unit_test(others_are_left_alone))
