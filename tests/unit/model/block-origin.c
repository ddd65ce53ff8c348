/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source of the memory of a block. */
#include "lib/model/topology.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <string.h>

#define IOMEM "proc/iomem"

static enum mhp_block_origin origin_of(const struct mhp_topology *topo, uint64_t id)
{
	const struct mhp_block *block = topology_find_block(topo, id);

	assert_non_null(block);
	return block->origin;
}

static const char *why_hidden(const struct mhp_topology *topo)
{
	const char *why = topology_why_hidden(topo, "blocks.origin");

	return why ? why : "";
}

static struct mhp_topology *scan(struct fakesys *fs)
{
	struct mhp_topology *topo = NULL;

	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	return topo;
}

/* Adds blocks of each origin: memory48 and 49 of a DIMM, 50 and 51 of virtio-mem, 52 of nobody. */
static void put_all(struct fakesys *fs)
{
	fakesys_put(fs, "proc/sys/kernel/arch", "x86_64\n");
	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 48, 52, "online", "Movable", 2);
	fakesys_put(fs, "sys/devices/system/memory/memory48/firmware_node/path",
		    "\\_SB_.MHPC.MP00\n");
	fakesys_put(fs, "sys/devices/system/memory/memory49/firmware_node/path",
		    "\\_SB_.MHPC.MP00\n");
	fakesys_put(fs, IOMEM,
		    "00001000-0009fbff : System RAM\n"
		    "00100000-7fffffff : System RAM\n"
		    "  01000000-01ffffff : Kernel code\n"
		    "180000000-18fffffff : System RAM\n"
		    "190000000-19fffffff : virtio0\n"
		    "  190000000-19fffffff : System RAM (virtio_mem)\n");
}

static void each_origin(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	put_all(fs);
	topo = scan(fs);
	assert_int_equal(origin_of(topo, 0), MHP_BLOCK_ORIGIN_BOOT);
	assert_int_equal(origin_of(topo, 15), MHP_BLOCK_ORIGIN_BOOT);
	assert_int_equal(origin_of(topo, 33), MHP_BLOCK_ORIGIN_KMEM);
	assert_int_equal(origin_of(topo, 49), MHP_BLOCK_ORIGIN_DIMM);
	assert_int_equal(origin_of(topo, 50), MHP_BLOCK_ORIGIN_VIRTIO_MEM);
	assert_int_equal(origin_of(topo, 52), MHP_BLOCK_ORIGIN_UNKNOWN);
	assert_non_null(strstr(why_hidden(topo), "does not show"));
}

static void soft_reserved_memory_is_hmem(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_dax_region0(fs, 15 * FAKE_BLOCK_SIZE, "kmem");
	topo = scan(fs);
	assert_int_equal(origin_of(topo, 33), MHP_BLOCK_ORIGIN_HMEM);
}

/* A block left behind by kmem belongs to no device; the kernel's list shows its origin. */
static void memory_left_by_kmem(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_blocks(fs, 48, 48, "online", "Movable", 1);
	fakesys_put(fs, IOMEM, "180000000-187ffffff : System RAM (kmem)\n");
	topo = scan(fs);
	assert_int_equal(origin_of(topo, 48), MHP_BLOCK_ORIGIN_KMEM);
	assert_true(topology_find_block(topo, 48)->is_orphaned);
}

static void other_users_do_not_know(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_put(fs, IOMEM, "00000000-00000000 : System RAM\n");
	topo = scan(fs);
	assert_int_equal(origin_of(topo, 0), MHP_BLOCK_ORIGIN_UNKNOWN);
	assert_non_null(strstr(why_hidden(topo), "only root"));
}

/* Plain memory without a device of ACPI is boot memory only where nothing else adds such memory. */
static void check_not_boot(const char *path, const char *text)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	put_all(fs);
	fakesys_put(fs, path, text);
	topo = scan(fs);
	assert_int_equal(origin_of(topo, 15), MHP_BLOCK_ORIGIN_UNKNOWN);
	assert_int_equal(origin_of(topo, 49), MHP_BLOCK_ORIGIN_DIMM);
}

static void boot_memory_is_not_guessed(void **state)
{
	check_not_boot("sys/bus/vmbus/drivers_autoprobe", "1\n");
	check_not_boot("sys/hypervisor/type", "xen\n");
	check_not_boot("sys/devices/system/memory/probe", "");
	check_not_boot("proc/sys/kernel/arch", "ppc64le\n");
}

/* Two ranges in one block agree, or nothing is claimed. */
static void a_block_with_two_origins(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_put(fs, "proc/sys/kernel/arch", "x86_64\n");
	fakesys_put(fs, IOMEM,
		    "00001000-0009fbff : System RAM\n00100000-003fffff : System RAM\n"
		    "08000000-08ffffff : System RAM\n"
		    "09000000-0fffffff : System RAM (virtio_mem)\n");
	topo = scan(fs);
	assert_int_equal(origin_of(topo, 0), MHP_BLOCK_ORIGIN_BOOT);
	assert_int_equal(origin_of(topo, 1), MHP_BLOCK_ORIGIN_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_origin),
		cmocka_unit_test(soft_reserved_memory_is_hmem),
		cmocka_unit_test(memory_left_by_kmem),
		cmocka_unit_test(other_users_do_not_know),
		cmocka_unit_test(boot_memory_is_not_guessed),
		cmocka_unit_test(a_block_with_two_origins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
