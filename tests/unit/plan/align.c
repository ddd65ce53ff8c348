/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alignments of new namespaces: only those that the kernel offers. */
#include "tests/unit/fake/planning.h"

#include <errno.h>
#include <string.h>

/* Returns a machine with one region of 4 GiB whose seed offers these alignments. */
static struct mhp_topology *offering(unsigned nr, const uint64_t *aligns)
{
	struct mhp_topology *topo = planning_region(4 * GIB);

	topo->regions[0].nr_aligns = nr;
	for (unsigned i = 0; i < nr; i++)
		topo->regions[0].aligns[i] = aligns[i];
	return topo;
}

static const uint64_t pages_16k[] = { 16384, 32 * MIB };
static const uint64_t pages_4k[] = { 4096, 2 * MIB };
static const uint64_t no_huge[] = { 65536 };

static uint64_t planned(struct mhp_topology *topo, enum mhp_verb verb, uint64_t align)
{
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, verb, "region0");
	p.request.align = align;
	planning_run(&p, topo);
	assert_int_equal(p.rc, 0);
	return planning_step(&p, MHP_STEP_CREATE_NAMESPACE)->align;
}

static void the_default_is_the_kernels(void **state)
{
	cleanup_topology struct mhp_topology *large = offering(2, pages_16k);
	cleanup_topology struct mhp_topology *small = offering(2, pages_4k);
	cleanup_topology struct mhp_topology *single = offering(1, no_huge);
	cleanup_topology struct mhp_topology *unknown = offering(0, NULL);

	assert_int_equal(planned(large, MHP_VERB_CREATE, 0), 32 * MIB);
	assert_int_equal(planned(large, MHP_VERB_ONLINE, 0), 32 * MIB);
	assert_int_equal(planned(small, MHP_VERB_ONLINE, 0), 2 * MIB);
	assert_int_equal(planned(single, MHP_VERB_CREATE, 0), 65536);
	assert_int_equal(planned(unknown, MHP_VERB_CREATE, 0), 2 * MIB);
}

static void what_is_offered_is_taken(void **state)
{
	cleanup_topology struct mhp_topology *large = offering(2, pages_16k);
	cleanup_topology struct mhp_topology *unknown = offering(0, NULL);

	assert_int_equal(planned(large, MHP_VERB_CREATE, 16384), 16384);
	assert_int_equal(planned(large, MHP_VERB_ONLINE, 32 * MIB), 32 * MIB);
	/* without that list the kernel decides */
	assert_int_equal(planned(unknown, MHP_VERB_CREATE, 64 * MIB), 64 * MIB);
}

static void refuse(const struct mhp_topology *topo, enum mhp_verb verb, uint64_t align,
		   const char *message, const char *hint)
{
	cleanup_planning struct planning p = { 0 };

	planning_begin(&p, verb, "region0");
	p.request.align = align;
	planning_run(&p, topo);
	planning_check_refused(&p, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
	assert_string_equal(p.err.message, message);
	assert_string_equal(p.err.hint, hint);
}

static void others_are_refused_with_the_list(void **state)
{
	cleanup_topology struct mhp_topology *large = offering(2, pages_16k);
	cleanup_topology struct mhp_topology *small = offering(2, pages_4k);
	cleanup_topology struct mhp_topology *x86 = planning_region(4 * GIB);

	refuse(large, MHP_VERB_CREATE, 2 * MIB,
	       "region0: the kernel supports no alignment of 2M here, only 16K and 32M",
	       "use --align 16K or --align 32M, or leave it out");
	refuse(large, MHP_VERB_ONLINE, 4096,
	       "region0: the kernel supports no alignment of 4K here, only 16K and 32M",
	       "use --align 16K or --align 32M, or leave it out");
	refuse(small, MHP_VERB_ONLINE, GIB,
	       "region0: the kernel supports no alignment of 1G here, only 4K and 2M",
	       "use --align 4K or --align 2M, or leave it out");
	refuse(x86, MHP_VERB_CREATE, 32 * MIB,
	       "region0: the kernel supports no alignment of 32M here, only 4K, 2M and 1G",
	       "use --align 4K, --align 2M or --align 1G, or leave it out");
}

/* A disabled region has no seed; another region offers the same, since page tables decide. */
static void a_disabled_region_is_judged_by_another(void **state)
{
	cleanup_topology struct mhp_topology *topo = offering(0, NULL);
	struct mhp_region *other = topo_region(topo, 1);

	topo->regions[0].is_enabled = false;
	other->nr_aligns = 2;
	memcpy(other->aligns, pages_16k, sizeof(pages_16k));
	refuse(topo, MHP_VERB_CREATE, 2 * MIB,
	       "region0: the kernel supports no alignment of 2M here, only 16K and 32M",
	       "use --align 16K or --align 32M, or leave it out");
	refuse(topo, MHP_VERB_ONLINE, 2 * MIB,
	       "region0: the kernel supports no alignment of 2M here, only 16K and 32M",
	       "use --align 16K or --align 32M, or leave it out");
}

/* A creation killed after writing the label has no alignment yet. */
static void an_unfinished_namespace_gets_the_default(void **state)
{
	cleanup_topology struct mhp_topology *topo = offering(2, pages_16k);
	struct mhp_namespace *ns = topo_namespace(topo, 0, 0, MHP_NAMESPACE_DEVDAX);
	cleanup_planning struct planning p = { 0 }, init = { 0 };

	ns->is_enabled = false;
	ns->align = 0;
	planning_plan(&p, topo, MHP_VERB_ONLINE, "namespace0.0");
	assert_int_equal(planning_step(&p, MHP_STEP_ENABLE_NAMESPACE)->align, 32 * MIB);
	planning_plan(&init, topo, MHP_VERB_INIT, "namespace0.0");
	assert_int_equal(planning_step(&init, MHP_STEP_ENABLE_NAMESPACE)->align, 32 * MIB);
	refuse(topo, MHP_VERB_ONLINE, 2 * MIB,
	       "region0: the kernel supports no alignment of 2M here, only 16K and 32M",
	       "use --align 16K or --align 32M, or leave it out");
}

static void the_table_has_what_is_offered(void **state)
{
	cleanup_topology struct mhp_topology *large = offering(2, pages_16k);
	cleanup_topology struct mhp_topology *unknown = offering(0, NULL);
	cleanup_planning struct planning p = { 0 }, none = { 0 };
	const struct mhp_alternative *choice;
	size_t nr = 0;

	large->memory.page_size = 16384;
	planning_plan(&p, large, MHP_VERB_CREATE, "region0");
	for (; (choice = mhp_plan_alternative(p.plan, nr)); nr++) {
		assert_int_equal(choice->align, pages_16k[nr % 2]);
		assert_int_equal(choice->is_chosen, nr == 1);
	}
	assert_int_equal(nr, 4);
	planning_plan(&none, unknown, MHP_VERB_CREATE, "region0");
	for (nr = 0; (choice = mhp_plan_alternative(none.plan, nr)); nr++)
		assert_int_equal(choice->align, 2 * MIB);
	assert_int_equal(nr, 2);
}

UNIT_TESTS(cmocka_unit_test(the_default_is_the_kernels), cmocka_unit_test(what_is_offered_is_taken),
	   cmocka_unit_test(others_are_refused_with_the_list),
	   cmocka_unit_test(a_disabled_region_is_judged_by_another),
	   cmocka_unit_test(an_unfinished_namespace_gets_the_default),
	   cmocka_unit_test(the_table_has_what_is_offered))
