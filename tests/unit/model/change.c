/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bursts of events, and the differences of two topologies. */
#include "lib/base/clock.h"
#include "lib/model/debounce.h"
#include "lib/model/change.h"
#include "tests/unit/fake/topo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct told {
	char text[1024];
	int stop; /* after that many changes; 0: never */
	int nr;
};

static int write_down(const struct mhp_change *change, void *data)
{
	struct told *told = data;
	size_t len = strlen(told->text);
	char name[64] = "";

	if (change->kind == MHP_CHANGE_BLOCKS)
		snprintf(name, sizeof(name), "%" PRIu64 "-%" PRIu64, change->first_block,
			 change->last_block);
	else if (change->kind == MHP_CHANGE_NODE)
		snprintf(name, sizeof(name), "%d", change->node->node);
	else if (change->name)
		snprintf(name, sizeof(name), "%s", change->name);
	snprintf(told->text + len, sizeof(told->text) - len, "%s %s %s\n",
		 mhp_change_kind_name(change->kind), name, mhp_change_action_name(change->action));
	return ++told->nr == told->stop;
}

static void check(struct comparison cmp, const char *wanted)
{
	struct told told = { 0 };

	cmp.fn = write_down;
	cmp.data = &told;
	assert_int_equal(topology_changes(&cmp), 0);
	assert_string_equal(told.text, wanted);
}

static struct mhp_topology *small_machine(void)
{
	struct mhp_topology *topo = topo_new();

	topology_count(topo);
	return topo;
}

static struct mhp_topology *machine(enum mhp_block_state state)
{
	struct mhp_topology *topo = topo_new();

	topo_region(topo, 0);
	topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, state,
		 state == MHP_BLOCK_ONLINE ? MHP_ZONE_MOVABLE : MHP_ZONE_NONE);
	topology_count(topo);
	return topo;
}

static void nothing_changed(void **state)
{
	cleanup_topology struct mhp_topology *a = machine(MHP_BLOCK_ONLINE);
	cleanup_topology struct mhp_topology *b = machine(MHP_BLOCK_ONLINE);

	b->nodes[0].kernel_available_bytes = 12345;
	check((struct comparison){ .before = a, .after = b }, "");
}

static void equal_blocks_are_one_run(void **state)
{
	cleanup_topology struct mhp_topology *a = machine(MHP_BLOCK_OFFLINE);
	cleanup_topology struct mhp_topology *b = machine(MHP_BLOCK_ONLINE);

	check((struct comparison){ .before = a, .after = b },
	      "blocks 33-47 online\nnode 2 changed\n");
	check((struct comparison){ .before = b, .after = a },
	      "blocks 33-47 offline\nnode 2 changed\n");
	topo_block(b, 40)->zone = MHP_ZONE_NORMAL;
	topo_block(b, 45)->state = MHP_BLOCK_OFFLINE;
	topo_block(b, 45)->zone = MHP_ZONE_NONE;
	check((struct comparison){ .before = a, .after = b },
	      "blocks 33-39 online\nblocks 40-40 online\nblocks 41-44 online\n"
	      "blocks 46-47 online\nnode 2 changed\n");
}

static void devices_come_and_go(void **state)
{
	cleanup_topology struct mhp_topology *a = small_machine();
	cleanup_topology struct mhp_topology *b = machine(MHP_BLOCK_ONLINE);

	check((struct comparison){ .before = a, .after = b },
	      "region region0 added\nnamespace namespace0.0 added\ndevice dax0.0 added\n"
	      "blocks 33-47 added\nnode 2 added\n");
	check((struct comparison){ .before = b, .after = a },
	      "region region0 removed\nnamespace namespace0.0 removed\ndevice dax0.0 removed\n"
	      "blocks 33-47 removed\nnode 2 removed\n");
}

static void values_change(void **state)
{
	cleanup_topology struct mhp_topology *a = machine(MHP_BLOCK_ONLINE);
	cleanup_topology struct mhp_topology *b = machine(MHP_BLOCK_ONLINE);

	strcpy(b->memory.auto_online_blocks, "online_movable");
	b->regions[0].available_bytes ^= 1 << 20;
	b->namespaces[0].is_enabled = !a->namespaces[0].is_enabled;
	b->dax[0].mode = MHP_DAX_UNBOUND;
	topo_block(b, 33)->zone = MHP_ZONE_NORMAL;
	b->nodes[1].nr_cpus++;
	check((struct comparison){ .before = a, .after = b },
	      "policy  changed\nregion region0 changed\nnamespace namespace0.0 changed\n"
	      "device dax0.0 changed\nblocks 33-33 changed\nnode 1 changed\n");
}

static void check_cxl(struct mhp_cxl_memdev *memdev, struct mhp_cxl_region *region,
		      const char *wanted)
{
	cleanup_topology struct mhp_topology *a = small_machine(), *b = small_machine();
	struct mhp_cxl_memdev before = { .name = "mem0", .serial = 0x10f };
	struct mhp_cxl_region region_before = { .name = "region0", .nr_members = 1 };

	a->cxl_memdevs = &before;
	a->cxl_regions = &region_before;
	b->cxl_memdevs = memdev;
	b->cxl_regions = region;
	a->nr_cxl_memdevs = a->nr_cxl_regions = 1;
	b->nr_cxl_memdevs = memdev != NULL;
	b->nr_cxl_regions = region != NULL;
	check((struct comparison){ .before = a, .after = b }, wanted);
	a->cxl_memdevs = b->cxl_memdevs = NULL;
	a->cxl_regions = b->cxl_regions = NULL;
	a->nr_cxl_memdevs = a->nr_cxl_regions = b->nr_cxl_memdevs = b->nr_cxl_regions = 0;
}

static void cxl_changes(void **state)
{
	struct mhp_cxl_memdev memdev = { .name = "mem0", .serial = 0x10f };
	struct mhp_cxl_region region = { .name = "region0", .nr_members = 1 };

	check_cxl(&memdev, &region, "");
	check_cxl(NULL, NULL, "cxl_memdev mem0 removed\ncxl_region region0 removed\n");
	memdev.is_enabled = true;
	check_cxl(&memdev, &region, "cxl_memdev mem0 changed\n");
	memdev.is_enabled = false;
	memdev.free_decoders++;
	region.online_bytes = 1 << 30;
	check_cxl(&memdev, &region, "cxl_memdev mem0 changed\ncxl_region region0 changed\n");
	memdev.free_decoders = 0;
	region.online_bytes = 0;
	region.unbacked_bytes = 1 << 30;
	check_cxl(&memdev, &region, "cxl_region region0 changed\n");
	region.unbacked_bytes = 0;
	memdev.serial++; /* another memory device has the name now */
	region.members[0].serial++;
	check_cxl(&memdev, &region, "cxl_memdev mem0 changed\ncxl_region region0 changed\n");
	strcpy(memdev.name, "mem1");
	check_cxl(&memdev, NULL,
		  "cxl_memdev mem0 removed\ncxl_memdev mem1 added\ncxl_region region0 removed\n");
}

static void on_the_way_to_offline_is_online_still(void **state)
{
	cleanup_topology struct mhp_topology *a = machine(MHP_BLOCK_ONLINE);
	cleanup_topology struct mhp_topology *b = machine(MHP_BLOCK_ONLINE);

	topo_block(b, 33)->state = MHP_BLOCK_GOING_OFFLINE;
	topo_block(b, 33)->zone = MHP_ZONE_UNKNOWN;
	check((struct comparison){ .before = a, .after = b }, "");
	check((struct comparison){ .before = b, .after = a }, "");
}

static void there_and_back_is_told(void **state)
{
	cleanup_topology struct mhp_topology *a = machine(MHP_BLOCK_ONLINE);
	cleanup_topology struct mhp_topology *b = machine(MHP_BLOCK_ONLINE);
	struct idset online = { 0 }, offline = { 0 };

	assert_int_equal(idset_add(&offline, 33, 40), 0);
	assert_int_equal(idset_add(&online, 38, 47), 0);
	check(
		(struct comparison){
			.before = a, .after = b, .online = &online, .offline = &offline },
		"blocks 38-40 toggled\n");
	idset_free(&online);
	idset_free(&offline);
}

static void only_what_is_named_is_told(void **state)
{
	cleanup_topology struct mhp_topology *a = small_machine();
	cleanup_topology struct mhp_topology *b = machine(MHP_BLOCK_ONLINE);
	cleanup_topology struct mhp_topology *a_named = NULL, *b_named = NULL;
	const char *const names[] = { "memory35-36" };

	assert_int_equal(topology_copy(a, &a_named), 0);
	assert_int_equal(topology_copy(b, &b_named), 0);
	a_named->nr_blocks = a_named->nr_nodes = 0;
	assert_int_equal(mhp_topology_select(b_named, names, 1, NULL), 0);
	check(
		(struct comparison){
			.before = a, .after = b, .before_named = a_named, .after_named = b_named },
		"region region0 added\nnamespace namespace0.0 added\ndevice dax0.0 added\n"
		"blocks 35-36 added\nnode 2 added\n");
}

static void what_could_not_be_read_has_not_gone(void **state)
{
	cleanup_topology struct mhp_topology *a = machine(MHP_BLOCK_ONLINE);
	cleanup_topology struct mhp_topology *b = machine(MHP_BLOCK_ONLINE);

	b->nr_regions = b->nr_namespaces = 0;
	assert_int_equal(topology_hide(b, "regions", "busy"), 0);
	assert_int_equal(topology_hide(b, "namespaces", "busy"), 0);
	check((struct comparison){ .before = a, .after = b }, "");
	assert_true(topology_keep_hidden(b, a));
	assert_int_equal(b->nr_regions, 1);
	assert_int_equal(b->nr_namespaces, 1);
	assert_int_equal(b->nr_hidden, 0);
	assert_false(topology_keep_hidden(b, a));
}

static void nobody_listens_any_more(void **state)
{
	cleanup_topology struct mhp_topology *a = small_machine();
	cleanup_topology struct mhp_topology *b = machine(MHP_BLOCK_ONLINE);
	struct told told = { .stop = 2 };
	const struct comparison cmp = { .before = a, .after = b, .fn = write_down, .data = &told };

	assert_int_equal(topology_changes(&cmp), 1);
	assert_int_equal(told.nr, 2);
}

/* ---- bursts ------------------------------------------------------------------------------ */

static void hear(struct debounce *debounce, const char *action, uint64_t block, uint64_t now)
{
	struct uevent event = { .subsystem = "memory" };

	snprintf(event.action, sizeof(event.action), "%s", action);
	snprintf(event.name, sizeof(event.name), "memory%" PRIu64, block);
	assert_int_equal(debounce_add(debounce, &event, now), 0);
}

static void a_burst_ends_when_it_is_quiet(void **state)
{
	struct debounce debounce = { 0 };

	assert_true(debounce_end(&debounce) == CLOCK_NEVER);
	hear(&debounce, "online", 33, 5000);
	assert_int_equal(debounce_end(&debounce), 5000 + DEBOUNCE_QUIET_MS);
	hear(&debounce, "online", 34, 5050);
	assert_int_equal(debounce_end(&debounce), 5050 + DEBOUNCE_QUIET_MS);
	debounce_clear(&debounce);
	assert_true(debounce_end(&debounce) == CLOCK_NEVER);
}

static void a_burst_without_end_ends_too(void **state)
{
	struct debounce debounce = { 0 };

	for (uint64_t i = 0; i < 2000; i++)
		hear(&debounce, "change", i, 5000 + i);
	assert_int_equal(debounce_end(&debounce), 5000 + DEBOUNCE_MAX_MS);
	assert_int_equal(debounce.nr, 2000);
	assert_int_equal(debounce.online.nr + debounce.offline.nr,
			 0); /* these events have no state */
	debounce_clear(&debounce);
}

static void half_a_change_is_remembered(void **state)
{
	struct idset told = { 0 };
	struct debounce debounce = { 0 };

	hear(&debounce, "offline", 33, 1);
	hear(&debounce, "offline", 34, 1);
	assert_int_equal(idset_add(&told, 34, 34), 0);
	debounce_done(&debounce, &told);
	assert_true(debounce_end(&debounce) == CLOCK_NEVER);
	assert_true(idset_has(&debounce.offline, 33));
	assert_false(idset_has(&debounce.offline, 34));
	hear(&debounce, "online", 33, 2);
	assert_true(idset_has(&debounce.online, 33));
	debounce_clear(&debounce);
	idset_free(&told);
}

UNIT_TESTS(cmocka_unit_test(nothing_changed), cmocka_unit_test(equal_blocks_are_one_run),
	   cmocka_unit_test(devices_come_and_go), cmocka_unit_test(values_change),
	   cmocka_unit_test(cxl_changes), cmocka_unit_test(on_the_way_to_offline_is_online_still),
	   cmocka_unit_test(there_and_back_is_told), cmocka_unit_test(only_what_is_named_is_told),
	   cmocka_unit_test(what_could_not_be_read_has_not_gone),
	   cmocka_unit_test(nobody_listens_any_more),
	   cmocka_unit_test(a_burst_ends_when_it_is_quiet),
	   cmocka_unit_test(a_burst_without_end_ends_too),
	   cmocka_unit_test(half_a_change_is_remembered), )
