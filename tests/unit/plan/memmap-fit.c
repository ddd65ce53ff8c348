/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan that needs more memory than the machine has is refused even with consent. */
#include "lib/base/parse.h"
#include "tests/unit/fake/planning.h"

#include <errno.h>
#include <string.h>

/* Returns a small machine with a large region. */
static struct mhp_topology *small_machine(uint64_t size)
{
	struct mhp_topology *topo = planning_region(size);

	planning_memory(topo, 2 * GIB, GIB + 664 * MIB);
	return topo;
}

/* Returns the number after "--size ", or another word, of a hint. */
static uint64_t hinted(const char *hint, const char *before)
{
	const char *at = strstr(hint, before);
	char word[32];
	uint64_t size;

	if (!at)
		fail_msg("no \"%s\" in: %s", before, hint);
	assert_int_equal(sscanf(at + strlen(before), "%31[^ ;]", word), 1);
	assert_int_equal(parse_size(word, &size, NULL), 0);
	return size;
}

static void what_cannot_fit_is_refused_whoever_agrees(void **state)
{
	static const unsigned agreed[] = { 0, MHP_CONSENT_MEMORY, MHP_CONSENT_ALL };
	cleanup_topology struct mhp_topology *topo = small_machine(160 * GIB);

	for (size_t i = 0; i < ARRAY_SIZE(agreed); i++) {
		cleanup_planning struct planning p = { 0 };

		planning_begin(&p, MHP_VERB_ONLINE, "region0");
		p.request.agreed = agreed[i];
		planning_run(&p, topo);
		planning_check_refused(&p, -ENOSPC, MHP_REASON_NO_SPACE);
		assert_int_equal(mhp_reason_exit_code(p.err.reason), 7);
		assert_string_equal(p.err.message,
				    "region0: the memmap takes 2.50 GiB of ordinary memory, and "
				    "there are no more than 1.65 GiB");
	}
}

/* The larger size of the hint fits with consent, the smaller one without; a sixteenth more fails.
 */
static void the_largest_size_that_fits(void **state)
{
	cleanup_topology struct mhp_topology *topo = small_machine(160 * GIB);
	cleanup_planning struct planning all = { 0 }, fits = { 0 }, more = { 0 }, good = { 0 };
	uint64_t size;

	planning_begin(&all, MHP_VERB_ONLINE, "region0");
	planning_run(&all, topo);
	size = hinted(all.err.hint, "no more than --size ");
	planning_begin(&fits, MHP_VERB_ONLINE, "region0");
	fits.request.bytes = size;
	planning_run(&fits, topo);
	assert_int_equal(fits.rc, 0);
	assert_int_equal(mhp_plan_consent_kind(fits.plan, 0), MHP_CONSENT_MEMORY);
	planning_begin(&more, MHP_VERB_ONLINE, "region0");
	more.request.bytes = size + size / 16;
	planning_run(&more, topo);
	planning_check_refused(&more, -ENOSPC, MHP_REASON_NO_SPACE);
	planning_begin(&good, MHP_VERB_ONLINE, "region0");
	good.request.bytes = hinted(all.err.hint, "fits; ");
	planning_run(&good, topo);
	assert_int_equal(good.rc, 0);
	assert_null(mhp_plan_consent(good.plan, 0));
}

static void without_labels_a_size_needs_some(void **state)
{
	cleanup_topology struct mhp_topology *topo = small_machine(160 * GIB);
	cleanup_planning struct planning can = { 0 }, cannot = { 0 };

	topo->regions[0].has_labels = false;
	planning_begin(&can, MHP_VERB_ONLINE, "region0");
	planning_run(&can, topo);
	planning_check_refused(&can, -ENOSPC, MHP_REASON_NO_SPACE);
	assert_true(hinted(can.err.hint, "--init-labels --size ") > 90 * GIB);
	topo->regions[0].can_label = false;
	planning_begin(&cannot, MHP_VERB_ONLINE, "region0");
	planning_run(&cannot, topo);
	planning_check_refused(&cannot, -ENOSPC, MHP_REASON_NO_SPACE);
	assert_null(strstr(cannot.err.hint, "--size"));
}

static void a_device_that_is_there(void **state)
{
	cleanup_topology struct mhp_topology *topo = small_machine(2 * GIB);
	cleanup_planning struct planning p = { 0 };

	topo_dax(topo, 0, MHP_DAX_UNBOUND, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE);
	planning_memory(topo, GIB, 16 * MIB);
	planning_begin(&p, MHP_VERB_ONLINE, "dax0.0");
	p.request.agreed = MHP_CONSENT_ALL;
	planning_run(&p, topo);
	planning_check_refused(&p, -ENOSPC, MHP_REASON_NO_SPACE);
	assert_string_equal(p.err.message, "dax0.0: the memmap takes 30 MiB of ordinary memory, "
					   "and there are no more than 16 MiB");
	assert_non_null(strstr(p.err.hint, "about 1 GiB of it would fit"));
}

/* A devdax namespace has a memmap too, which it could store itself. */
static void a_new_device(void **state)
{
	cleanup_topology struct mhp_topology *topo = small_machine(160 * GIB);
	cleanup_planning struct planning p = { 0 }, dev = { 0 };

	planning_begin(&p, MHP_VERB_CREATE, "region0");
	p.request.align = 4096;
	p.request.agreed = MHP_CONSENT_ALL;
	planning_run(&p, topo);
	planning_check_refused(&p, -ENOSPC, MHP_REASON_NO_SPACE);
	assert_non_null(strstr(p.err.hint, "--map=dev"));
	planning_begin(&dev, MHP_VERB_CREATE, "region0");
	dev.request.align = 4096;
	dev.request.map = MHP_MEMMAP_DEV;
	planning_run(&dev, topo);
	assert_int_equal(dev.rc, 0);
}

/* If page structs may be shared, the cost is only an upper bound: no reason to refuse. */
static void what_may_fit_is_asked_for(void **state)
{
	cleanup_topology struct mhp_topology *topo = small_machine(160 * GIB);
	cleanup_planning struct planning p = { 0 }, yes = { 0 };

	topo->memory.vmemmap_dedup = MHP_TRISTATE_UNKNOWN;
	planning_begin(&p, MHP_VERB_CREATE, "region0");
	planning_run(&p, topo);
	assert_int_equal(p.rc, 0);
	assert_int_equal(mhp_plan_consent_kind(p.plan, 0), MHP_CONSENT_MEMORY);
	planning_begin(&yes, MHP_VERB_CREATE, "region0");
	yes.request.agreed = MHP_CONSENT_MEMORY;
	planning_run(&yes, topo);
	assert_int_equal(yes.rc, 0);
	assert_null(mhp_plan_consent(yes.plan, 0));
}

/* One failing target stops the others only without keep_going. */
static void the_others_can_go_on(void **state)
{
	cleanup_topology struct mhp_topology *topo = small_machine(160 * GIB);
	cleanup_planning struct planning p = { 0 }, all = { 0 };

	topo_region(topo, 1)->start = 256 * GIB;
	planning_begin(&p, MHP_VERB_ONLINE, "region0 region1");
	p.request.keep_going = true;
	planning_run(&p, topo);
	planning_check(&p, "create_namespace region1\nset_mode dax1.0\n"
			   "online_block memory2049-2063\n");
	assert_string_equal(mhp_plan_failure(p.plan, 0)->target, "region0");
	assert_int_equal(mhp_plan_failure(p.plan, 0)->error.reason, MHP_REASON_NO_SPACE);
	assert_null(mhp_plan_failure(p.plan, 1));
	planning_begin(&all, MHP_VERB_ONLINE, "region0 region1");
	planning_run(&all, topo);
	planning_check_refused(&all, -ENOSPC, MHP_REASON_NO_SPACE);
}

/* Memory online for the kernel has space for the next memmap; zone movable has not. */
static void memory_for_the_kernel_makes_room(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(2 * GIB);
	cleanup_planning struct planning movable = { 0 }, kernel = { 0 };

	topo_region(topo, 1);
	planning_memory(topo, GIB, 40 * MIB);
	planning_begin(&movable, MHP_VERB_ONLINE, "region0 region1");
	movable.request.agreed = MHP_CONSENT_ALL;
	planning_run(&movable, topo);
	planning_check_refused(&movable, -ENOSPC, MHP_REASON_NO_SPACE);
	assert_string_equal(movable.err.message,
			    "region1: the memmap takes 30 MiB of ordinary memory, and there are no "
			    "more than 10 MiB, of the 40 MiB that are available now");
	planning_begin(&kernel, MHP_VERB_ONLINE, "region0 region1");
	kernel.request.zone = MHP_ZONE_REQUEST_KERNEL;
	kernel.request.agreed = MHP_CONSENT_ALL;
	planning_run(&kernel, topo);
	assert_int_equal(kernel.rc, 0);
}

/* Freeing the current memmap of a device gives space for its new one. */
static void what_is_freed_counts(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	cleanup_planning struct planning p = { 0 };

	topo_dax(topo, 0, MHP_DAX_DEVDAX, MHP_BLOCK_OFFLINE, MHP_ZONE_NONE)->memmap_bytes =
		32 * MIB;
	planning_memory(topo, GIB, MIB);
	planning_plan(&p, topo, MHP_VERB_ONLINE, "dax0.0");
}

/* A kernel without NUMA has memory but no nodes. */
static void without_nodes(void **state)
{
	cleanup_topology struct mhp_topology *topo = planning_region(160 * GIB);
	cleanup_planning struct planning p = { 0 };

	topo->nr_nodes = 0;
	topo->memory.available_bytes = GIB;
	topo->memory.online_bytes = 2 * GIB;
	planning_begin(&p, MHP_VERB_ONLINE, "region0");
	p.request.agreed = MHP_CONSENT_ALL;
	planning_run(&p, topo);
	planning_check_refused(&p, -ENOSPC, MHP_REASON_NO_SPACE);
}

UNIT_TESTS(cmocka_unit_test(what_cannot_fit_is_refused_whoever_agrees),
	   cmocka_unit_test(the_largest_size_that_fits),
	   cmocka_unit_test(without_labels_a_size_needs_some),
	   cmocka_unit_test(a_device_that_is_there), cmocka_unit_test(a_new_device),
	   cmocka_unit_test(what_may_fit_is_asked_for), cmocka_unit_test(the_others_can_go_on),
	   cmocka_unit_test(memory_for_the_kernel_makes_room),
	   cmocka_unit_test(what_is_freed_counts), cmocka_unit_test(without_nodes))
