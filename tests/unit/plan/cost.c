/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Costs of plans: memmaps and their location, lost bytes, time, and alternatives. */
#include "lib/base/error.h"
#include "lib/plan/cost.h"
#include "tests/unit/fake/planning.h"

#include <stdlib.h>
#include <string.h>

#define TIB (1024 * GIB)

static void check_sums(const struct mhp_cost *cost)
{
	assert_true(cost->usable_bytes + cost->lost_bytes == cost->size);
	assert_true(cost->reserved_bytes + cost->start_bytes + cost->end_bytes +
			    cost->block_bytes ==
		    cost->lost_bytes);
}

/* ---- devdax ------------------------------------------------------------------------------ */

static void every_map_and_alignment(void **state)
{
	/* 16 GiB at 4 GiB; memory used by 6.1 and 6.12 (256, 64 and less than 1 MiB) */
	static const struct {
		enum mhp_memmap_location map;
		uint64_t align, usable, memmap, structs;
	} cases[] = {
		{ MHP_MEMMAP_MEM, 4096, 16 * GIB - 2 * MIB, 256 * MIB, 4194304 },
		{ MHP_MEMMAP_MEM, 2 * MIB, 16 * GIB - 2 * MIB, 64 * MIB + 512 * 1024, 8192 * 128 },
		{ MHP_MEMMAP_MEM, GIB, 15 * GIB, 128 * 1024 + 512 * 1024, 16 * 128 },
		{ MHP_MEMMAP_DEV, 4096, 16 * GIB - 258 * MIB, 256 * MIB, 4128256 },
		{ MHP_MEMMAP_DEV, 2 * MIB, 16 * GIB - 258 * MIB, 256 * MIB, 4128256 },
		{ MHP_MEMMAP_DEV, GIB, 15 * GIB, 256 * MIB, 3932160 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_topology struct mhp_topology *topo = planning_region(16 * GIB);
		cleanup_planning struct planning p = { 0 };
		bool on_device = cases[i].map == MHP_MEMMAP_DEV;
		const struct mhp_step *step;

		planning_begin(&p, MHP_VERB_CREATE, "region0");
		p.request.map = cases[i].map;
		p.request.align = cases[i].align;
		planning_run(&p, topo);
		step = planning_step(&p, MHP_STEP_CREATE_NAMESPACE);
		assert_true(step->has_cost);
		check_sums(&step->cost);
		assert_true(step->cost.usable_bytes == cases[i].usable);
		assert_true(step->cost.memmap_bytes == cases[i].memmap);
		assert_true(step->cost.page_structs == cases[i].structs);
		assert_int_equal(step->cost.map, on_device ? MHP_MEMMAP_DEV : MHP_MEMMAP_MEM);
		assert_true(step->memmap_bytes == (on_device ? 0 : cases[i].memmap));
		assert_true(mhp_plan_cost(p.plan)->device_bytes ==
			    (on_device ? cases[i].memmap : 0));
		assert_true(mhp_plan_cost(p.plan)->usable_bytes == cases[i].usable);
		assert_true(mhp_plan_cost(p.plan)->is_complete);
	}
}

/* The kernel does not share page structs, or it is unknown. */
static void without_dedup(void **state)
{
	static const enum mhp_tristate answers[] = { MHP_TRISTATE_NO, MHP_TRISTATE_UNKNOWN };

	for (size_t i = 0; i < 2; i++) {
		cleanup_topology struct mhp_topology *topo = planning_region(16 * GIB);
		cleanup_planning struct planning p = { 0 };

		topo->memory.vmemmap_dedup = answers[i];
		planning_plan(&p, topo, MHP_VERB_CREATE, "region0");
		assert_true(mhp_plan_cost(p.plan)->memory_bytes == 256 * MIB);
		assert_true(mhp_plan_cost(p.plan)->page_structs == 16 * GIB / 4096);
		assert_int_equal(mhp_plan_cost(p.plan)->vmemmap_dedup, answers[i]);
	}
}

static void eight_tebibytes(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(8 * TIB);
	cleanup_planning struct planning devdax = { 0 }, memory = { 0 };

	topo->memory.block_size = 2 * GIB;
	topo->memory.memmap_pages_per_second = 10000000;
	topo->memory.vmemmap_dedup = MHP_TRISTATE_NO;
	planning_plan(&devdax, topo, MHP_VERB_CREATE, "region0");
	assert_true(mhp_plan_cost(devdax.plan)->memory_bytes == 128 * GIB);
	assert_true(mhp_plan_cost(devdax.plan)->page_structs == 2147483648);
	assert_true(mhp_plan_cost(devdax.plan)->time_ms == 214748);
	planning_plan(&memory, topo, MHP_VERB_ONLINE, "region0");
	assert_true(mhp_plan_cost(memory.plan)->usable_bytes == 8 * TIB - 2 * GIB);
	assert_true(mhp_plan_cost(memory.plan)->memory_bytes == 128 * GIB - 32 * MIB);
	assert_true(mhp_plan_cost(memory.plan)->lost_bytes == 2 * GIB);
}

static void an_end_that_is_cut(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(3 * GIB + 512 * MIB);
	cleanup_planning struct planning p = { 0 };
	const struct mhp_cost *cost;

	topo->regions[0].has_labels = false;
	topo_namespace(topo, 0, 0, MHP_NAMESPACE_RAW)->content = MHP_CONTENT_ZERO;
	planning_begin(&p, MHP_VERB_CREATE, "region0");
	p.request.align = GIB;
	planning_run(&p, topo);
	cost = &planning_step(&p, MHP_STEP_CREATE_NAMESPACE)->cost;
	check_sums(cost);
	assert_true(cost->usable_bytes == 2 * GIB);
	assert_true(cost->start_bytes == GIB && cost->end_bytes == 512 * MIB);
	assert_true(cost->page_structs == 3 * 128);
}

static void a_region_whose_address_is_hidden(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	cleanup_planning struct planning p = { 0 };

	topo->regions[0].start = MHP_UNKNOWN;
	planning_plan(&p, topo, MHP_VERB_CREATE, "region0");
	assert_true(mhp_plan_cost(p.plan)->usable_bytes == 2 * GIB - 2 * MIB);
}

/* ---- enabled namespaces ------------------------------------------------------------------ */

/* Returns in *got a step that enables namespace0.0, with its cost. */
static void cost_of_enabled(struct mhp_topology *topo, struct mhp_step *got)
{
	struct mhp_request request = MHP_REQUEST_INIT();
	cleanup_plan struct mhp_plan *made = calloc(1, sizeof(*made));
	struct planner p = { .topo = topo, .request = &request, .plan = made };

	assert_non_null(made);
	assert_non_null(plan_step(&p, MHP_STEP_ENABLE_NAMESPACE, 0, "namespace0.0"));
	assert_int_equal(plan_costs(&p), 0);
	*got = made->steps[0];
}

static void every_mode_of_a_namespace(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	struct mhp_namespace *ns = topo_namespace(topo, 0, 0, MHP_NAMESPACE_FSDAX);
	struct mhp_step step;

	ns->is_enabled = false;
	cost_of_enabled(topo, &step);
	assert_true(step.has_cost && step.memmap_bytes == 32 * MIB); /* it shares nothing */
	assert_int_equal(step.cost.page_structs, 2 * GIB / 4096);
	ns->map = MHP_MEMMAP_DEV;
	cost_of_enabled(topo, &step);
	assert_int_equal(step.cost.map, MHP_MEMMAP_DEV);
	assert_true(step.memmap_bytes == 0 && step.cost.usable_bytes == 2 * GIB - 34 * MIB);
	ns->mode = MHP_NAMESPACE_DEVDAX;
	ns->map = MHP_MEMMAP_MEM;
	cost_of_enabled(topo, &step);
	assert_true(step.memmap_bytes == 8 * MIB + 64 * 1024);
	ns->align = 0; /* not known while it is disabled */
	ns->map = MHP_MEMMAP_NONE;
	cost_of_enabled(topo, &step);
	assert_true(step.memmap_bytes == 8 * MIB + 64 * 1024);
	ns->mode = MHP_NAMESPACE_RAW;
	cost_of_enabled(topo, &step);
	assert_false(step.has_cost);
	ns->mode = MHP_NAMESPACE_SECTOR;
	cost_of_enabled(topo, &step);
	assert_false(step.has_cost);
}

/* ---- memory ------------------------------------------------------------------------------ */

static void from_a_region_to_memory(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	cleanup_planning struct planning p = { 0 };
	const struct mhp_plan_cost *sum;
	const struct mhp_step *step;

	planning_plan(&p, topo, MHP_VERB_ONLINE, "region0");
	step = planning_step(&p, MHP_STEP_CREATE_NAMESPACE);
	/* direct_to_kmem: no memmap is made for devdax */
	assert_true(step->cost.memmap_bytes == 0 && step->cost.start_bytes == 2 * MIB);
	step = planning_step(&p, MHP_STEP_SET_MODE);
	check_sums(&step->cost);
	assert_true(step->memmap_bytes == 15 * 2 * MIB);
	assert_true(step->cost.block_bytes == 126 * MIB);
	step = planning_step(&p, MHP_STEP_ONLINE_BLOCK);
	assert_int_equal(step->cost.page_structs, 15 * 32768);
	sum = mhp_plan_cost(p.plan);
	assert_true(sum->memory_bytes == 30 * MIB && sum->device_bytes == 0);
	assert_true(sum->usable_bytes == 15 * TOPO_BLOCK && sum->lost_bytes == TOPO_BLOCK);
	assert_int_equal(sum->page_structs, 15 * 32768);
	assert_true(sum->available_bytes == 2048 * GIB);
	assert_true(sum->time_ms == MHP_UNKNOWN);
	assert_null(mhp_plan_consent(p.plan, 0));
}

/* For memory a memmap on the device only reserves bytes that are never used. */
static void map_dev_for_memory(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(8 * GIB);
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, MHP_VERB_ONLINE, "region0");
	p.request.map = MHP_MEMMAP_DEV;
	planning_run(&p, topo);
	assert_true(planning_step(&p, MHP_STEP_CREATE_NAMESPACE)->cost.lost_bytes == 130 * MIB);
	assert_true(mhp_plan_cost(p.plan)->memory_bytes == 62 * 2 * MIB);
	assert_true(mhp_plan_cost(p.plan)->device_bytes == 0);
}

static void memmap_on_memory(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	cleanup_planning struct planning off = { 0 }, on = { 0 };
	struct mhp_dax *dax = topo_dax(topo, 0, MHP_DAX_UNBOUND, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	const struct mhp_cost *cost;

	planning_memory(topo, GIB, 32 * MIB);
	dax->memmap_on_memory = MHP_TRISTATE_YES;
	str_copy(topo->memory.memmap_on_memory, "off");
	planning_plan(&off, topo, MHP_VERB_ONLINE, "dax0.0");
	assert_true(mhp_plan_cost(off.plan)->memory_bytes == 30 * MIB);
	assert_non_null(mhp_plan_consent(off.plan, 0));
	planning_memory(topo, GIB, 0); /* it needs none */
	str_copy(topo->memory.memmap_on_memory, "on");
	planning_plan(&on, topo, MHP_VERB_ONLINE, "dax0.0");
	cost = &planning_step(&on, MHP_STEP_SET_MODE)->cost;
	check_sums(cost);
	assert_int_equal(cost->map, MHP_MEMMAP_DEV);
	assert_true(cost->reserved_bytes == 30 * MIB);
	assert_true(cost->usable_bytes == 15 * TOPO_BLOCK - 30 * MIB);
	assert_true(mhp_plan_cost(on.plan)->memory_bytes == 0);
	assert_null(mhp_plan_consent(on.plan, 0));
	assert_null(mhp_plan_node_cost(on.plan, 0));
}

static void what_is_given_back(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	cleanup_planning struct planning up = { 0 }, down = { 0 }, away = { 0 };
	struct mhp_dax *dax = topo_dax(topo, 0, MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);

	dax->memmap_bytes = 8 * MIB;
	planning_plan(&up, topo, MHP_VERB_ONLINE, "dax0.0");
	assert_true(mhp_plan_cost(up.plan)->freed_bytes == 8 * MIB);
	assert_true(mhp_plan_cost(up.plan)->memory_bytes == 30 * MIB);
	planning_begin(&away, MHP_VERB_DESTROY, "namespace0.0");
	planning_run(&away, topo);
	assert_true(mhp_plan_cost(away.plan)->freed_bytes == 8 * MIB);
	assert_true(mhp_plan_cost(away.plan)->memory_bytes == 0);
	/* going back frees more than it allocates and needs no consent */
	dax->mode = MHP_DAX_SYSTEM_RAM;
	dax->memmap_bytes = 30 * MIB;
	planning_memory(topo, GIB, 0);
	planning_plan(&down, topo, MHP_VERB_REMOVE, "dax0.0");
	assert_true(mhp_plan_cost(down.plan)->freed_bytes == 30 * MIB);
	assert_true(mhp_plan_cost(down.plan)->memory_bytes == 8 * MIB + 64 * 1024);
	assert_null(mhp_plan_consent(down.plan, 0));
}

static void blocks_that_are_there(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	cleanup_planning struct planning p = { 0 };

	topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	planning_memory(topo, GIB, 0);
	topo->memory.memmap_pages_per_second = 32768;
	planning_plan(&p, topo, MHP_VERB_ONLINE, "memory33-34");
	assert_true(mhp_plan_cost(p.plan)->memory_bytes == 0); /* allocated when they were added */
	assert_int_equal(mhp_plan_cost(p.plan)->page_structs, 2 * 32768);
	assert_int_equal(mhp_plan_cost(p.plan)->time_ms, 2000);
	assert_null(mhp_plan_consent(p.plan, 0));
}

/* ---- choices ----------------------------------------------------------------------------- */

static void what_else_could_be(void **state)
{
	static const unsigned percent[] = { 400, 100, 1, 394, 394, 300 };
	cleanup_topology struct mhp_topology *topo = planning_region(4 * GIB);
	cleanup_planning struct planning p = { 0 };
	const struct mhp_alternative *choice;
	size_t nr = 0;

	planning_plan(&p, topo, MHP_VERB_CREATE, "region0");
	for (; (choice = mhp_plan_alternative(p.plan, nr)); nr++) {
		assert_true(nr < 6);
		check_sums(&choice->cost);
		assert_true(choice->cost.size == 4 * GIB);
		assert_int_equal(choice->time_percent, percent[nr]);
		assert_int_equal(choice->is_chosen,
				 choice->map == MHP_MEMMAP_MEM && choice->align == 2 * MIB);
		if (choice->is_chosen)
			assert_memory_equal(&choice->cost, &mhp_plan_step(p.plan, 0)->cost,
					    sizeof(choice->cost));
	}
	assert_int_equal(nr, 6);
}

/* As memory all choices use the same memory, but lose different amounts. */
static void what_else_could_be_for_memory(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(4 * GIB);
	cleanup_planning struct planning p = { 0 };
	const struct mhp_alternative *choice;
	const struct mhp_plan_cost *sum;

	planning_plan(&p, topo, MHP_VERB_ONLINE, "region0");
	sum = mhp_plan_cost(p.plan);
	for (size_t i = 0; (choice = mhp_plan_alternative(p.plan, i)); i++) {
		check_sums(&choice->cost);
		assert_int_equal(choice->cost.map, MHP_MEMMAP_MEM);
		assert_true(choice->cost.memmap_bytes == choice->cost.usable_bytes / 64);
		if (!choice->is_chosen)
			continue;
		assert_true(choice->cost.usable_bytes == sum->usable_bytes);
		assert_true(choice->cost.lost_bytes == sum->lost_bytes);
		assert_true(choice->cost.memmap_bytes == sum->memory_bytes);
		assert_int_equal(choice->cost.page_structs, sum->page_structs);
	}
}

/* A choice that does not fit is left out. */
static void choices_that_are_none(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(GIB);
	cleanup_planning struct planning p = { 0 };
	const struct mhp_alternative *choice;
	size_t nr = 0;

	planning_plan(&p, topo, MHP_VERB_CREATE, "region0");
	for (; (choice = mhp_plan_alternative(p.plan, nr)); nr++)
		assert_true(choice->align < GIB);
	assert_int_equal(nr, 4);
}

static void a_plan_that_ends_early(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	cleanup_planning struct planning p = { 0 };

	topo->regions[0].is_enabled = false;
	planning_plan(&p, topo, MHP_VERB_ONLINE, "region0");
	assert_false(mhp_plan_cost(p.plan)->is_complete);
	assert_null(mhp_plan_alternative(p.plan, 0));
	assert_true(mhp_plan_cost(p.plan)->memmap_bytes == 0);
}

/* ---- time -------------------------------------------------------------------------------- */

static void rates(void **state)
{
	struct mhp_memory memory = { .memmap_pages_per_second = MHP_UNKNOWN };

	assert_true(cost_time_ms(&memory, 1000) == MHP_UNKNOWN);
	memory.memmap_pages_per_second = 0;
	assert_true(cost_time_ms(&memory, 1000) == MHP_UNKNOWN);
	memory.memmap_pages_per_second = 3;
	assert_true(cost_time_ms(&memory, 1) == 333);
	assert_true(cost_time_ms(&memory, UINT64_MAX / 2) > UINT64_MAX / 4); /* no overflow */
	memory.memmap_pages_per_second = 1000000;
	assert_true(cost_time_ms(&memory, 0) == 0);
	assert_true(cost_time_ms(&memory, 2147483648) == 2147483);
}

UNIT_TESTS(cmocka_unit_test(every_map_and_alignment), cmocka_unit_test(without_dedup),
	   cmocka_unit_test(eight_tebibytes), cmocka_unit_test(an_end_that_is_cut),
	   cmocka_unit_test(a_region_whose_address_is_hidden),
	   cmocka_unit_test(every_mode_of_a_namespace), cmocka_unit_test(from_a_region_to_memory),
	   cmocka_unit_test(map_dev_for_memory), cmocka_unit_test(memmap_on_memory),
	   cmocka_unit_test(what_is_given_back), cmocka_unit_test(blocks_that_are_there),
	   cmocka_unit_test(what_else_could_be), cmocka_unit_test(what_else_could_be_for_memory),
	   cmocka_unit_test(choices_that_are_none), cmocka_unit_test(a_plan_that_ends_early),
	   cmocka_unit_test(rates))
