/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory for the kernel on each node, and its settings for memmaps. */
#include "lib/model/topology.h"
#include "lib/model/zone.h"
#include "tests/unit/fake/fakesys.h"

#include <string.h>
#include <unistd.h>

/* A kernel zone with 1000 available pages: 1500 free, of which 500 are reserved. */
#define ZONE(node, name, more)                                          \
	"Node " node ", zone " name "\n" more "  pages free     1500\n" \
	"        boost    0\n"                                          \
	"        min      100\n"                                        \
	"        low      200\n"                                        \
	"        high     300\n"                                        \
	"        spanned  4000\n"                                       \
	"        present  3000\n"                                       \
	"        managed  2900\n"                                       \
	"        protection: (0, 150, 200, 200)\n"                      \
	"      nr_free_pages 1500\n"                                    \
	"  pagesets\n"                                                  \
	"    cpu: 0\n"                                                  \
	"              count: 77\n"                                     \
	"              high:  999\n"                                    \
	"  node_unreclaimable:  0\n"                                    \
	"  start_pfn:           1\n"

#define STATS                              \
	"  per-node stats\n"               \
	"      nr_inactive_file 5000\n"    \
	"      nr_slab_reclaimable 1000\n" \
	"      nr_slab_unreclaimable 7000\n"

static struct mhp_topology *scan(struct fakesys *fs)
{
	struct mhp_topology *topo = NULL;

	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	return topo;
}

static void check_node(const struct mhp_topology *topo, int node, uint64_t present,
		       uint64_t available)
{
	const struct mhp_node *n = topology_find_node(topo, node);

	assert_non_null(n);
	assert_int_equal(n->kernel_present_bytes / 4096, present);
	assert_int_equal(n->kernel_available_bytes / 4096, available);
}

static void zones_of_the_kernel_add_up(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_put(fs, "proc/zoneinfo",
		    ZONE("0", "     DMA", STATS) ZONE("0", "   DMA32", "") ZONE("0", " Movable", "")
			    ZONE("1", "  Normal", "") ZONE("1", "  Device", ""));
	topo = scan(fs);
	/* reclaimable slab counts less what one zone's watermark keeps */
	check_node(topo, 0, 6000, 2 * 1000 + 800);
	check_node(topo, 1, 3000, 1000);
	/* programs can also use zone movable */
	assert_int_equal(topo->memory.available_bytes / 4096, 4 * 1000 + 800);
}

/* ---- a block on two nodes ---------------------------------------------------------------- */

static void share_block(struct fakesys *fs)
{
	for (int node = 0; node < 2; node++) {
		char path[128], target[64];

		snprintf(path, sizeof(path), "sys/devices/system/memory/memory7/node%d", node);
		snprintf(target, sizeof(target), "../../node/node%d", node);
		tree_link(fs->tree.fd, path, target);
		snprintf(path, sizeof(path), "sys/devices/system/node/node%d/memory7", node);
		assert_int_equal(tree_link(fs->tree.fd, path, "../../memory/memory7"), 0);
	}
	fakesys_put(fs, "sys/devices/system/memory/memory7/valid_zones", "none\n");
}

/* memory7 of node 0, 896 MiB to 1 GiB, of which the last 32 MiB are on node 1. */
#define BORDER                                                                          \
	"Node 0, zone      DMA\n        spanned  4095\n  start_pfn:           1\n"      \
	"Node 0, zone    DMA32\n        spanned  249856\n  start_pfn:           4096\n" \
	"Node 1, zone   Normal\n        spanned  270336\n  start_pfn:           253952\n"

static void a_block_on_two_nodes(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	const struct mhp_block *block;
	uint64_t sum = 0;

	share_block(fs);
	fakesys_put(fs, "proc/zoneinfo", BORDER);
	topo = scan(fs);
	block = topology_find_block(topo, 7);
	assert_int_equal(block->node, -1);
	assert_int_equal(block->nr_nodes, 2);
	assert_int_equal(mhp_block_node(block, 0), 0);
	assert_int_equal(mhp_block_node(block, 1), 1);
	assert_true(mhp_block_node_bytes(block, 0) == 96 * MIB);
	assert_true(mhp_block_node_bytes(block, 1) == 32 * MIB);
	assert_true(topology_find_node(topo, 0)->online_bytes == 7 * 128 * MIB + 96 * MIB);
	assert_true(topology_find_node(topo, 1)->online_bytes == 8 * 128 * MIB + 32 * MIB);
	assert_true(topology_find_node(topo, 0)->kernel_bytes == 7 * 128 * MIB + 96 * MIB);
	for (size_t i = 0; i < topo->nr_nodes; i++)
		sum += topo->nodes[i].online_bytes;
	assert_true(sum == topo->memory.online_bytes);
}

/* Without a known border half of the block counts on each node. */
static void a_block_on_two_nodes_without_a_border(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	share_block(fs);
	assert_int_equal(tree_remove(fs->tree.fd, "proc/zoneinfo"), 0);
	topo = scan(fs);
	assert_true(topology_find_node(topo, 0)->online_bytes == 7 * 128 * MIB + 64 * MIB);
	assert_true(topology_find_node(topo, 1)->online_bytes == 8 * 128 * MIB + 64 * MIB);
}

/* Both of its nodes select it. */
static void a_block_on_two_nodes_by_its_node(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	static const char *const names[] = { "node1" };

	share_block(fs);
	topo = scan(fs);
	assert_int_equal(mhp_topology_select(topo, names, 1, NULL), 0);
	assert_int_equal(topo->nr_blocks, 9);
	assert_int_equal(topo->blocks[0].id, 7);
}

static void files_can_be_reclaimed(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_put(fs, "proc/zoneinfo",
		    "Node 0, zone Normal\n  pages free 10\n low 200\n high 300\n present 3000\n"
		    " managed 2900\n nr_zone_inactive_file 1000\n nr_zone_active_file 500\n"
		    "Node 1, zone Normal\n  pages free 10\n low 200\n high 300\n present 3000\n"
		    " managed 5\n nr_zone_inactive_file 100\n");
	topo = scan(fs);
	check_node(topo, 0, 3000, 1300);
	check_node(topo, 1, 3000, 5 + 50); /* half of the files: a watermark keeps no more */
}

static void garbage_is_not_known(void **state)
{
	static const char *const texts[] = { "", "Node x, zone\n", "free 12\n present 5\n",
					     "protection: (\n" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_topology struct mhp_topology *topo = NULL;

		fakesys_put(fs, "proc/zoneinfo", texts[i]);
		topo = scan(fs);
		assert_true(topology_find_node(topo, 0)->kernel_available_bytes == MHP_UNKNOWN);
		assert_true(topology_find_node(topo, 1)->kernel_present_bytes == MHP_UNKNOWN);
	}
}

static void no_zoneinfo(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	assert_int_equal(unlinkat(fs->tree.fd, "proc/zoneinfo", 0), 0);
	topo = scan(fs);
	assert_true(topology_find_node(topo, 0)->kernel_available_bytes == MHP_UNKNOWN);
	assert_true(topo->memory.available_bytes == MHP_UNKNOWN);
}

/* ---- memmaps ----------------------------------------------------------------------------- */

static enum mhp_tristate dedup(const char *release, const char *arch, bool has_sysctl)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	if (release)
		fakesys_put(fs, "proc/sys/kernel/osrelease", release);
	if (arch)
		fakesys_put(fs, "proc/sys/kernel/arch", arch);
	else
		assert_int_equal(unlinkat(fs->tree.fd, "proc/sys/kernel/arch", 0), 0);
	if (has_sysctl)
		fakesys_put(fs, "proc/sys/vm/hugetlb_optimize_vmemmap", "0");
	topo = scan(fs);
	return topo->memory.vmemmap_dedup;
}

static void kernels_that_share_page_structs(void **state)
{
	assert_int_equal(dedup(NULL, NULL, true), MHP_TRISTATE_UNKNOWN);
	assert_int_equal(dedup("strange", "x86_64", true), MHP_TRISTATE_UNKNOWN);
	assert_int_equal(dedup("5.10.0-30-amd64", NULL, false), MHP_TRISTATE_NO);
	assert_int_equal(dedup("5.18.2", NULL, true), MHP_TRISTATE_NO);
	assert_int_equal(dedup("5.19.0", NULL, true), MHP_TRISTATE_YES);
	assert_int_equal(dedup("6.1.0-54-amd64", "x86_64", true), MHP_TRISTATE_YES);
	assert_int_equal(dedup("6.1.0-54-amd64", "x86_64", false), MHP_TRISTATE_NO);
	assert_int_equal(dedup("6.12.95+deb12-amd64", "x86_64", false), MHP_TRISTATE_YES);
	assert_int_equal(dedup("6.12.95", "riscv64", false), MHP_TRISTATE_YES);
	assert_int_equal(dedup("6.12.95", "aarch64", true), MHP_TRISTATE_NO);
	assert_int_equal(dedup("6.12.95", "ppc64le", false), MHP_TRISTATE_UNKNOWN);
	assert_int_equal(dedup("6.12.95", NULL, false), MHP_TRISTATE_UNKNOWN);
	assert_int_equal(dedup("10.0.1", "x86_64", false), MHP_TRISTATE_YES);
}

static void the_rate_of_an_earlier_run(void **state)
{
	static const char *const none[] = {
		"",	 "0\n", "fast\n",	"-1\n",
		"1.5\n", "1\n", "1000000001\n", "18446744073709551614\n"
	};
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *before = scan(fs), *topo = NULL;

	assert_true(before->memory.memmap_pages_per_second == MHP_UNKNOWN);
	fakesys_put(fs, "run/mhpctl/memmap-rate", "12345678\n");
	topo = scan(fs);
	assert_true(topo->memory.memmap_pages_per_second == 12345678);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		cleanup_topology struct mhp_topology *other = NULL;

		fakesys_put(fs, "run/mhpctl/memmap-rate", none[i]);
		other = scan(fs);
		assert_true(other->memory.memmap_pages_per_second == MHP_UNKNOWN);
	}
}

static void words_of_requests(void **state)
{
	assert_string_equal(zone_request_word(MHP_ZONE_REQUEST_MOVABLE), "online_movable");
	assert_string_equal(zone_request_word(MHP_ZONE_REQUEST_KERNEL), "online_kernel");
	assert_string_equal(zone_request_word(MHP_ZONE_REQUEST_AUTO), "online");
}

static void zones_that_satisfy_a_request(void **state)
{
	assert_true(zone_satisfies(MHP_ZONE_MOVABLE, MHP_ZONE_REQUEST_MOVABLE));
	assert_false(zone_satisfies(MHP_ZONE_NORMAL, MHP_ZONE_REQUEST_MOVABLE));
	assert_false(zone_satisfies(MHP_ZONE_MIXED, MHP_ZONE_REQUEST_MOVABLE));
	assert_true(zone_satisfies(MHP_ZONE_UNKNOWN, MHP_ZONE_REQUEST_MOVABLE));
	assert_true(zone_satisfies(MHP_ZONE_NORMAL, MHP_ZONE_REQUEST_KERNEL));
	assert_true(zone_satisfies(MHP_ZONE_DMA32, MHP_ZONE_REQUEST_KERNEL));
	assert_true(zone_satisfies(MHP_ZONE_UNKNOWN, MHP_ZONE_REQUEST_KERNEL));
	assert_false(zone_satisfies(MHP_ZONE_MOVABLE, MHP_ZONE_REQUEST_KERNEL));
	assert_false(zone_satisfies(MHP_ZONE_NONE, MHP_ZONE_REQUEST_KERNEL));
	assert_true(zone_satisfies(MHP_ZONE_MOVABLE, MHP_ZONE_REQUEST_AUTO));
	assert_true(zone_satisfies(MHP_ZONE_NORMAL, MHP_ZONE_REQUEST_AUTO));
}

UNIT_TESTS(cmocka_unit_test(a_block_on_two_nodes),
	   cmocka_unit_test(a_block_on_two_nodes_without_a_border),
	   cmocka_unit_test(a_block_on_two_nodes_by_its_node),
	   cmocka_unit_test(zones_of_the_kernel_add_up), cmocka_unit_test(files_can_be_reclaimed),
	   cmocka_unit_test(garbage_is_not_known), cmocka_unit_test(no_zoneinfo),
	   cmocka_unit_test(kernels_that_share_page_structs),
	   cmocka_unit_test(the_rate_of_an_earlier_run), cmocka_unit_test(words_of_requests),
	   cmocka_unit_test(zones_that_satisfy_a_request))
