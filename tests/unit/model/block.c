/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading memory blocks, nodes and the kernel's online policy. */
#include "lib/model/block.h"
#include "lib/model/kernel-policy.h"
#include "lib/model/node.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MEMORY	   "sys/devices/system/memory"
#define NODES	   "sys/devices/system/node"
#define PARAMETERS "sys/module/memory_hotplug/parameters/"

/* ---- blocks ------------------------------------------------------------------------------ */

/* Matches whole words only: words to write differ from words to read. */
static void states(void **state)
{
	static const struct {
		const char *text;
		enum mhp_block_state state;
	} states[] = {
		{ "online", MHP_BLOCK_ONLINE },
		{ "offline", MHP_BLOCK_OFFLINE },
		{ "going-offline", MHP_BLOCK_GOING_OFFLINE },
		{ "online_movable", MHP_BLOCK_UNKNOWN },
		{ "online_kernel", MHP_BLOCK_UNKNOWN },
		{ "Online", MHP_BLOCK_UNKNOWN },
		{ "onlin", MHP_BLOCK_UNKNOWN },
		{ "online ", MHP_BLOCK_UNKNOWN },
		{ "", MHP_BLOCK_UNKNOWN },
		{ "ERROR-UNKNOWN-7", MHP_BLOCK_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (block_state_parse(states[i].text) != states[i].state)
			fail_msg("\"%s\"", states[i].text);
}

static void zones(void **state)
{
	static const struct {
		const char *word;
		enum mhp_zone zone;
	} zones[] = {
		{ "DMA", MHP_ZONE_DMA },	 { "DMA32", MHP_ZONE_DMA32 },
		{ "Normal", MHP_ZONE_NORMAL },	 { "Movable", MHP_ZONE_MOVABLE },
		{ "none", MHP_ZONE_MIXED },	 { "None", MHP_ZONE_MIXED },
		{ "Device", MHP_ZONE_UNKNOWN },	 { "HighMem", MHP_ZONE_UNKNOWN },
		{ "movable", MHP_ZONE_UNKNOWN }, { "", MHP_ZONE_UNKNOWN },
		{ "DMA3", MHP_ZONE_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(zones); i++)
		if (zone_parse(zones[i].word) != zones[i].zone)
			fail_msg("\"%s\"", zones[i].word);
}

static struct mhp_block read_block(struct fakesys *fs, uint64_t id)
{
	struct mhp_block block;

	assert_int_equal(block_read(&fs->ctx->sys, id, &block), 0);
	assert_int_equal(block.id, id);
	return block;
}

static void online_blocks_have_a_zone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_block block = read_block(fs, 1);

	assert_int_equal(block.state, MHP_BLOCK_ONLINE);
	assert_int_equal(block.zone, MHP_ZONE_DMA32);
	assert_int_equal(block.nr_valid_zones, 0);
	/* several zones: the kernel prints none */
	assert_int_equal(read_block(fs, 0).zone, MHP_ZONE_MIXED);
}

/* Returns block 33 as a scan of all blocks reads it. */
static struct mhp_block scan_block(struct fakesys *fs)
{
	cleanup_free struct mhp_block *blocks = NULL;
	cleanup_arena struct arena arena = { NULL };
	size_t nr;

	assert_int_equal(block_read_all(fs->ctx, 128 * MIB, true, &arena, &blocks, &nr), 0);
	assert_int_equal(nr, 17);
	assert_int_equal(blocks[16].id, 33);
	return blocks[16];
}

static void offline_blocks_have_a_choice(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_block block;

	fakesys_blocks(fs, 33, 33, "offline", "Normal Movable", 2);
	block = scan_block(fs);
	assert_int_equal(block.state, MHP_BLOCK_OFFLINE);
	assert_int_equal(block.zone, MHP_ZONE_NONE);
	assert_int_equal(block.nr_valid_zones, 2);
	assert_int_equal(mhp_block_valid_zone(&block, 0), MHP_ZONE_NORMAL);
	assert_int_equal(mhp_block_valid_zone(&block, 1), MHP_ZONE_MOVABLE);
	fakesys_blocks(fs, 33, 33, "offline", "Movable Normal", 2);
	block = scan_block(fs);
	assert_int_equal(mhp_block_valid_zone(&block, 0), MHP_ZONE_MOVABLE);
	fakesys_blocks(fs, 33, 33, "offline", "", 2);
	assert_int_equal(scan_block(fs).nr_valid_zones, 0);
	fakesys_blocks(fs, 33, 33, "offline", "none Movable Later", 2);
	assert_int_equal(scan_block(fs).nr_valid_zones, 1);
	/* more than any kernel prints */
	fakesys_blocks(fs, 33, 33, "offline", "DMA DMA32 Normal Movable", 2);
	assert_int_equal(scan_block(fs).nr_valid_zones, 3);
}

/* A block that is being added has no node yet, and the kernel may crash if it is asked for zones.
 */
static void a_new_block_is_not_asked(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_blocks(fs, 33, 33, "offline", "Normal Movable", 2);
	assert_int_equal(read_block(fs, 33).nr_valid_zones, 0);
	assert_int_equal(tree_remove(fs->tree.fd, MEMORY "/memory33/node2"), 0);
	assert_int_equal(scan_block(fs).nr_valid_zones, 0); /* it is another one than listed */
	assert_int_equal(tree_remove(fs->tree.fd, NODES "/node2/memory33"), 0);
	assert_int_equal(scan_block(fs).nr_valid_zones, 0);
}

static void a_block_on_its_way(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_block block;

	fakesys_blocks(fs, 33, 33, "going-offline", "Movable Normal", 2);
	block = read_block(fs, 33);
	assert_int_equal(block.state, MHP_BLOCK_GOING_OFFLINE);
	assert_int_equal(block.zone, MHP_ZONE_UNKNOWN);
}

/* Without MEMORY_HOTREMOVE there is no valid_zones. */
static void a_kernel_that_tells_no_zones(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	assert_int_equal(tree_remove(fs->tree.fd, MEMORY "/memory5/valid_zones"), 0);
	assert_int_equal(read_block(fs, 5).zone, MHP_ZONE_UNKNOWN);
}

static void nodes_of_blocks(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct root *sys = &fs->ctx->sys;

	assert_int_equal(block_read_node(sys, 5), 0);
	assert_int_equal(block_read_node(sys, 8), 1);
	assert_int_equal(block_read_node(sys, 33), -1);
	/* two nodes, or none */
	assert_int_equal(tree_link(fs->tree.fd, MEMORY "/memory5/node1", "../../node/node1"), 0);
	assert_int_equal(block_read_node(sys, 5), -1);
	assert_int_equal(tree_link(fs->tree.fd, MEMORY "/memory5/node3", "../../node/node3"), 0);
	assert_int_equal(block_read_node(sys, 5), -1);
	assert_int_equal(tree_remove(fs->tree.fd, MEMORY "/memory6/node0"), 0);
	assert_int_equal(block_read_node(sys, 6), -1);
}

/* A scan reads nodes from the lists of the nodes, or from the blocks if a list is missing. */
static void nodes_of_all_blocks(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_free struct mhp_block *blocks = NULL;
	cleanup_arena struct arena arena = { NULL };
	size_t nr;

	fakesys_blocks(fs, 33, 35, "online", "Movable", 2);
	assert_int_equal(tree_remove(fs->tree.fd, MEMORY "/memory33/node2"), 0);
	fakesys_blocks(fs, 34, 34, "online", "Movable", 3);
	fakesys_blocks(fs, 34, 34, "online", "Movable", 4);
	assert_int_equal(tree_link(fs->tree.fd, NODES "/node2/memory99", "../../memory/memory99"),
			 0);
	assert_int_equal(block_read_all(fs->ctx, 128 * MIB, true, &arena, &blocks, &nr), 0);
	assert_int_equal(nr, 19);
	assert_int_equal(blocks[5].node, 0);
	assert_int_equal(blocks[8].node, 1);
	assert_int_equal(blocks[16].node, 2);
	assert_int_equal(blocks[17].node, -1);
	assert_int_equal(blocks[18].node, 2);
}

static void a_block_that_is_not_there(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	enum mhp_block_state got = MHP_BLOCK_GOING_OFFLINE;
	struct mhp_block block;

	assert_int_equal(block_read(&fs->ctx->sys, 33, &block), -ENOENT);
	assert_int_equal(block_read_state(&fs->ctx->sys, 33, &got), -ENOENT);
	assert_int_equal(got, MHP_BLOCK_GOING_OFFLINE);
}

static void all_blocks_in_order(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_free struct mhp_block *blocks = NULL;
	cleanup_arena struct arena arena = { NULL };
	size_t nr;

	fakesys_blocks(fs, 100, 199, "offline", "Normal Movable", 2);
	/* the first two are not blocks, and memory77 stays without files */
	assert_int_equal(tree_folder(fs->tree.fd, MEMORY "/power"), 0);
	assert_int_equal(tree_folder(fs->tree.fd, MEMORY "/memory"), 0);
	assert_int_equal(tree_folder(fs->tree.fd, MEMORY "/memory77"), 0);
	assert_int_equal(block_read_all(fs->ctx, 128 * MIB, true, &arena, &blocks, &nr), 0);
	assert_int_equal(nr, 117);
	assert_int_equal(blocks[16].id, 77);
	assert_int_equal(blocks[16].state, MHP_BLOCK_UNKNOWN);
	assert_true(block_are_all(&fs->ctx->sys, blocks, nr));
	assert_false(block_are_all(&fs->ctx->sys, blocks, nr - 1));
	assert_false(block_are_all(&fs->ctx->sys, NULL, 0));
	for (size_t i = 0; i < nr; i++) {
		assert_int_equal(blocks[i].id, i < 16 ? i : i > 16 ? i + 83 : 77);
		assert_true(blocks[i].start == blocks[i].id * 128 * MIB);
	}
	fakesys_blocks(fs, 300, 300, "offline", "Normal Movable", 2);
	assert_false(block_are_all(&fs->ctx->sys, blocks, nr));
}

/* A block without a readable state is neither offline nor missing. */
static void blocks_that_cannot_be_read(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_free struct mhp_block *blocks = NULL;
	cleanup_arena struct arena arena = { NULL };
	size_t nr;

	fakesys_blocks(fs, 33, 40, "offline", "Normal Movable", 2);
	assert_int_equal(tree_remove(fs->tree.fd, MEMORY "/memory33/state"), 0);
	assert_int_equal(tree_folder(fs->tree.fd, MEMORY "/memory33/state"), 0);
	assert_int_equal(tree_link(fs->tree.fd, MEMORY "/memory34/state", "state"), 0);
	assert_int_equal(tree_link(fs->tree.fd, MEMORY "/memory35/state", "nowhere"), 0);
	fakesys_put(fs, MEMORY "/memory36/state", "");
	fakesys_put(fs, MEMORY "/memory37/state", "offline or so, one might say of it today\n");
	assert_int_equal(block_read_all(fs->ctx, 128 * MIB, true, &arena, &blocks, &nr), 0);
	assert_int_equal(nr, 24);
	for (size_t i = 16; i < 21; i++) {
		assert_int_equal(blocks[i].id, 17 + i);
		assert_int_equal(blocks[i].state, MHP_BLOCK_UNKNOWN);
		assert_int_equal(blocks[i].node, 2);
	}
	assert_int_equal(blocks[21].state, MHP_BLOCK_OFFLINE);
}

/* Returns whether a block is as many_blocks() has written it. */
static bool is_as_written(const struct mhp_block *block, uint64_t id)
{
	bool offline = id % 3 == 0;

	return block->id == id && block->start == id * 128 * MIB && block->node == (int)(id % 2) &&
	       block->state == (offline ? MHP_BLOCK_OFFLINE : MHP_BLOCK_ONLINE) &&
	       block->zone == (offline ? MHP_ZONE_NONE : MHP_ZONE_MOVABLE) &&
	       block->nr_valid_zones == (offline ? 2 : 0);
}

#define MANY_FIRST 1000
#define MANY	   4096

static void check_many_blocks(struct fakesys *fs)
{
	cleanup_free struct mhp_block *blocks = NULL;
	cleanup_arena struct arena arena = { NULL };
	uint64_t wrong = 0;
	size_t nr;

	assert_int_equal(block_read_all(fs->ctx, 128 * MIB, true, &arena, &blocks, &nr), 0);
	assert_int_equal(nr, 16 + MANY);
	for (uint64_t id = MANY_FIRST; id < MANY_FIRST + MANY; id++)
		if (!is_as_written(&blocks[16 + id - MANY_FIRST], id))
			wrong = wrong * 10000 + id;
	assert_int_equal(wrong, 20003000);
	assert_int_equal(blocks[16 + 1000].state, MHP_BLOCK_UNKNOWN);
	assert_int_equal(blocks[16 + 2000].state, MHP_BLOCK_UNKNOWN);
	assert_true(block_are_all(&fs->ctx->sys, blocks, nr));
}

/* Reads them in several threads, which leave the odd ones to the functions for one block. */
static void many_blocks(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	for (uint64_t id = MANY_FIRST; id < MANY_FIRST + MANY; id++)
		fakesys_blocks(fs, id, id, id % 3 ? "online" : "offline",
			       id % 3 ? "Movable" : "Normal Movable", (int)(id % 2));
	assert_int_equal(tree_remove(fs->tree.fd, MEMORY "/memory2000/state"), 0);
	assert_int_equal(tree_folder(fs->tree.fd, MEMORY "/memory2000/state"), 0);
	fakesys_put(fs, MEMORY "/memory3000/state", "");
	check_many_blocks(fs);
	fs->ctx->is_copy = fs->ctx->sys.is_copy = true;
	check_many_blocks(fs);
}

static void many_blocks_and_a_cancel(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_arena struct arena arena = { NULL };
	struct mhp_block *blocks = NULL;
	size_t nr;

	fakesys_blocks(fs, MANY_FIRST, MANY_FIRST + MANY - 1, "online", "Movable", 1);
	mhp_ctx_cancel(fs->ctx);
	assert_int_equal(block_read_all(fs->ctx, 128 * MIB, true, &arena, &blocks, &nr),
			 -ECANCELED);
}

static void index_of_a_block(void **state)
{
	const struct mhp_block blocks[] = { { .id = 4 }, { .id = 5 }, { .id = 9 }, { .id = 12 } };
	static const size_t indexes[] = { 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4 };

	for (uint64_t id = 0; id < ARRAY_SIZE(indexes); id++) {
		size_t index = block_index(blocks, ARRAY_SIZE(blocks), id);
		bool exists = index < ARRAY_SIZE(blocks) && blocks[index].id == id;

		assert_int_equal(index, indexes[id]);
		assert_ptr_equal(block_find(blocks, ARRAY_SIZE(blocks), id),
				 exists ? &blocks[index] : NULL);
	}
	assert_int_equal(block_index(NULL, 0, 7), 0);
	assert_null(block_find(NULL, 0, 7));
}

/* Names that the kernel never uses are not aliases of existing objects. */
static void names_that_are_no_blocks(void **state)
{
	static const char *const odd[] = {
		"memory05",	      "memory00", "memory18446744073709551615",
		"memory137438953472", "memory5x", "memory-5"
	};
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_free struct mhp_block *blocks = NULL;
	cleanup_arena struct arena arena = { NULL };
	char path[128];
	size_t nr;

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		snprintf(path, sizeof(path), MEMORY "/%s/state", odd[i]);
		fakesys_put(fs, path, "online\n");
	}
	assert_int_equal(tree_link(fs->tree.fd, MEMORY "/memory5/node4294967297", "x"), 0);
	assert_int_equal(block_read_node(&fs->ctx->sys, 5), 0);
	assert_int_equal(block_read_all(fs->ctx, 128 * MIB, true, &arena, &blocks, &nr), 0);
	assert_int_equal(nr, 16);
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(blocks[i].id, i);
}

/* ---- nodes ------------------------------------------------------------------------------- */

static void lists_of_cpus(void **state)
{
	static const struct {
		const char *text;
		int rc;
		unsigned count;
	} lists[] = {
		{ "", 0, 0 },
		{ "0", 0, 1 },
		{ "0-3", 0, 4 },
		{ "0-3,7", 0, 5 },
		{ "0,2,4-5", 0, 4 },
		{ "1023", 0, 1 },
		{ "3-0", -EINVAL, 0 },
		{ "a", -EINVAL, 0 },
		{ "-3", -EINVAL, 0 },
		{ "0-", -EINVAL, 0 },
		{ "0-3-5", -EINVAL, 0 },
		{ ",", -EINVAL, 0 },
		{ "0 1", -EINVAL, 0 },
		{ "99999999999", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		unsigned count;
		int rc = cpulist_count(lists[i].text, &count);

		if (rc != lists[i].rc || (rc == 0 && count != lists[i].count))
			fail_msg("\"%s\": %d, %u", lists[i].text, rc, count);
	}
}

static void all_nodes_in_order(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_free struct mhp_node *nodes = NULL;
	size_t nr;

	fakesys_put(fs, "sys/devices/system/node/node10/cpulist", "4-7,12\n");
	fakesys_put(fs, "sys/devices/system/node/node2/cpulist", "\n");
	fakesys_put(fs, "sys/devices/system/node/possible", "0-15\n");
	fakesys_put(fs, "sys/devices/system/node/node11/cpulist", "7-4\n");
	assert_int_equal(tree_folder(fs->tree.fd, "sys/devices/system/node/node12"), 0);
	assert_int_equal(tree_folder(fs->tree.fd, "sys/devices/system/node/node011"), 0);
	assert_int_equal(node_read_all(&fs->ctx->sys, &nodes, &nr), 0);
	assert_int_equal(nr, 6);
	assert_true(nodes[4].nr_cpus == MHP_CPUS_UNKNOWN);
	assert_true(nodes[5].nr_cpus == MHP_CPUS_UNKNOWN);
	assert_int_equal(nodes[0].node, 0);
	assert_int_equal(nodes[0].nr_cpus, 1);
	assert_int_equal(nodes[2].node, 2);
	assert_int_equal(nodes[2].nr_cpus, 0);
	assert_int_equal(nodes[3].node, 10);
	assert_int_equal(nodes[3].nr_cpus, 5);
}

static void a_kernel_without_nodes(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_free struct mhp_node *nodes = NULL;
	size_t nr = 7;

	assert_int_equal(tree_remove(fs->tree.fd, "sys/devices/system/node"), 0);
	assert_int_equal(node_read_all(&fs->ctx->sys, &nodes, &nr), 0);
	assert_int_equal(nr, 0);
}

/* ---- policy ------------------------------------------------------------------------------ */

static struct mhp_memory read_policy(struct fakesys *fs)
{
	struct mhp_memory memory = { 0 };

	assert_int_equal(kernel_policy_read(&fs->ctx->sys, &memory), 0);
	return memory;
}

static void policy_of_6_1(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_memory memory = read_policy(fs);

	assert_int_equal(memory.block_size, 128 * MIB);
	assert_int_equal(memory.page_size, 4096);
	assert_string_equal(memory.auto_online_blocks, "offline");
	assert_string_equal(memory.online_policy, "contig_zones");
	assert_string_equal(memory.memmap_on_memory, "off");
}

static void other_policies(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_memory memory;

	fakesys_put(fs, PARAMETERS "online_policy", "auto-movable\n");
	fakesys_put(fs, PARAMETERS "memmap_on_memory", "Y\n");
	memory = read_policy(fs);
	assert_string_equal(memory.online_policy, "auto_movable");
	assert_string_equal(memory.memmap_on_memory, "on");
	fakesys_put(fs, PARAMETERS "memmap_on_memory", "force\n");
	assert_string_equal(read_policy(fs).memmap_on_memory, "force");
}

/* A missing file means an unknown policy, not a failure. */
static void policies_that_are_not_there(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_memory memory;

	assert_int_equal(tree_remove(fs->tree.fd, "sys/module"), 0);
	assert_int_equal(tree_remove(fs->tree.fd, KERNEL_AUTO_ONLINE), 0);
	memory = read_policy(fs);
	assert_string_equal(memory.auto_online_blocks, "");
	assert_string_equal(memory.online_policy, "");
	assert_string_equal(memory.memmap_on_memory, "");
}

static void block_sizes_that_are_none(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_memory memory;

	fakesys_put(fs, MEMORY "/block_size_bytes", "0\n");
	assert_int_equal(kernel_policy_read(&fs->ctx->sys, &memory), -EINVAL);
	fakesys_put(fs, MEMORY "/block_size_bytes", "8000\n");
	assert_int_equal(kernel_policy_read(&fs->ctx->sys, &memory), -EINVAL);
	fakesys_put(fs, MEMORY "/block_size_bytes", "8000001\n");
	assert_int_equal(kernel_policy_read(&fs->ctx->sys, &memory), -EINVAL);
	fakesys_put(fs, MEMORY "/block_size_bytes", "128M\n");
	assert_int_equal(kernel_policy_read(&fs->ctx->sys, &memory), -EINVAL);
	assert_int_equal(tree_remove(fs->tree.fd, MEMORY "/block_size_bytes"), 0);
	assert_int_equal(kernel_policy_read(&fs->ctx->sys, &memory), -EIO); /* there are blocks */
	assert_int_equal(tree_remove(fs->tree.fd, MEMORY), 0);
	assert_int_equal(kernel_policy_read(&fs->ctx->sys, &memory), -ENOENT);
}

UNIT_TESTS(cmocka_unit_test(states), cmocka_unit_test(zones),
	   cmocka_unit_test(online_blocks_have_a_zone),
	   cmocka_unit_test(offline_blocks_have_a_choice),
	   cmocka_unit_test(a_new_block_is_not_asked), cmocka_unit_test(a_block_on_its_way),
	   cmocka_unit_test(a_kernel_that_tells_no_zones), cmocka_unit_test(nodes_of_blocks),
	   cmocka_unit_test(nodes_of_all_blocks), cmocka_unit_test(a_block_that_is_not_there),
	   cmocka_unit_test(all_blocks_in_order), cmocka_unit_test(many_blocks),
	   cmocka_unit_test(many_blocks_and_a_cancel), cmocka_unit_test(index_of_a_block),
	   cmocka_unit_test(blocks_that_cannot_be_read), cmocka_unit_test(names_that_are_no_blocks),
	   cmocka_unit_test(lists_of_cpus), cmocka_unit_test(all_nodes_in_order),
	   cmocka_unit_test(a_kernel_without_nodes), cmocka_unit_test(policy_of_6_1),
	   cmocka_unit_test(other_policies), cmocka_unit_test(policies_that_are_not_there),
	   cmocka_unit_test(block_sizes_that_are_none))
