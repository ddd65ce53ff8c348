/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits of a machine, read from its files. */
#include "lib/model/machine.h"
#include "lib/base/error.h"
#include "lib/model/memmap.h"
#include "lib/model/topology.h"
#include "lib/plan/check.h"
#include "tests/unit/fake/fakesys.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define ARCH	"proc/sys/kernel/arch"
#define MEMORY	"sys/devices/system/memory/"
#define RELEASE "proc/sys/kernel/osrelease"

static struct mhp_topology *scan(struct fakesys *fs)
{
	struct mhp_topology *topo = NULL;

	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	return topo;
}

static const struct mhp_block *block_of(const struct mhp_topology *topo, uint64_t id)
{
	const struct mhp_block *block = topology_find_block(topo, id);

	assert_non_null(block);
	return block;
}

/* ---- boot memory ------------------------------------------------------------------------- */

/* memory0 to memory15 are boot memory; memory33 on are of dax0.0, memory50 of virtio-mem. */
static struct fakesys *arm64(const char *iomem)
{
	struct fakesys *fs = fakesys_new();

	fakesys_put(fs, ARCH, "aarch64\n");
	fakesys_online_dax0(fs);
	fakesys_blocks(fs, 50, 50, "online", "Movable", 1);
	if (iomem)
		fakesys_put(fs, "proc/iomem", iomem);
	return fs;
}

#define IOMEM                                           \
	"00000000-7fffffff : System RAM\n"              \
	"  00010000-012fffff : Kernel code\n"           \
	"100000000-17fffffff : Persistent Memory\n"     \
	"  102200000-17fffffff : dax0.0\n"              \
	"    108000000-17fffffff : System RAM (kmem)\n" \
	"190000000-19fffffff : virtio0\n"               \
	"  190000000-197ffffff : System RAM (virtio_mem)\n"

static void what_was_there_at_boot(void **state)
{
	cleanup_fakesys struct fakesys *fs = arm64(IOMEM);
	cleanup_topology struct mhp_topology *topo = scan(fs);

	for (uint64_t id = 0; id < 16; id++)
		assert_true(block_of(topo, id)->is_boot_memory &&
			    !block_of(topo, id)->can_be_boot_memory);
	for (uint64_t id = FIRST_BLOCK; id <= LAST_BLOCK; id++)
		assert_false(block_of(topo, id)->is_boot_memory ||
			     block_of(topo, id)->can_be_boot_memory);
	assert_false(block_of(topo, 50)->is_boot_memory || block_of(topo, 50)->can_be_boot_memory);
}

/* Other kernels take it offline like any other memory. */
static void no_other_kernel_keeps_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = arm64(IOMEM);
	cleanup_topology struct mhp_topology *topo = NULL;

	fakesys_put(fs, ARCH, "x86_64\n");
	topo = scan(fs);
	for (size_t i = 0; i < topo->nr_blocks; i++)
		assert_false(topo->blocks[i].is_boot_memory || topo->blocks[i].can_be_boot_memory);
}

/* Unknown without addresses, or where the firmware may have added a DIMM. */
static void it_may_not_be_told(void **state)
{
	cleanup_fakesys struct fakesys *none = arm64(NULL), *dimm = arm64(IOMEM);
	cleanup_fakesys struct fakesys *zero = arm64("00000000-00000000 : System RAM\n"
						     "00000000-00000000 : Persistent Memory\n");
	cleanup_topology struct mhp_topology *a = scan(none), *b = scan(zero), *c = NULL;

	assert_true(block_of(a, 8)->can_be_boot_memory && !block_of(a, 8)->is_boot_memory);
	assert_true(block_of(b, 8)->can_be_boot_memory && !block_of(b, 8)->is_boot_memory);
	assert_false(block_of(b, FIRST_BLOCK)->can_be_boot_memory);
	fakesys_put(dimm, MEMORY "memory8/firmware_node/path", "\\_SB_.MHPC.MP00\n");
	c = scan(dimm);
	assert_true(block_of(c, 8)->can_be_boot_memory && !block_of(c, 8)->is_boot_memory);
	assert_true(block_of(c, 7)->is_boot_memory && !block_of(c, 7)->can_be_boot_memory);
}

static void what_check_says_of_it(void **state)
{
	struct mhp_block_check block = { .state = MHP_BLOCK_ONLINE,
					 .zone = MHP_ZONE_NORMAL,
					 .is_boot_memory = true };

	check_judge(&block, NULL, true);
	assert_int_equal(block.verdict, MHP_VERDICT_BLOCKED);
	assert_true(block.reasons == UINT64_C(1) << MHP_REASON_BOOT_MEMORY);
	block.is_boot_memory = false;
	block.can_be_boot_memory = true;
	check_judge(&block, NULL, false);
	assert_int_equal(block.verdict, MHP_VERDICT_MAYBE);
	assert_true(block.reasons == UINT64_C(1) << MHP_REASON_BOOT_MEMORY);
	block.state = MHP_BLOCK_OFFLINE;
	check_judge(&block, NULL, false);
	assert_int_equal(block.verdict, MHP_VERDICT_REMOVABLE);
}

/* ---- nodes ------------------------------------------------------------------------------- */

static void nodes_of_this_boot(void **state)
{
	struct machine machine = { .nodes = "0-1,4" }, unknown = { .nodes = "" };

	assert_true(machine_has_node(&machine, 0) && machine_has_node(&machine, 4));
	assert_false(machine_has_node(&machine, 2) || machine_has_node(&machine, 5));
	assert_true(machine_has_node(&machine, -1)); /* refused elsewhere */
	assert_true(machine_has_node(&unknown, 2));
	str_copy(machine.nodes, "none");
	assert_true(machine_has_node(&machine, 2));
}

/* ---- drivers ----------------------------------------------------------------------------- */

/* As built by Debian 12 on arm64. */
#define NO_DEVDAX                   \
	"CONFIG_MEMORY_HOTPLUG=y\n" \
	"CONFIG_BLK_DEV_PMEM=m\n"   \
	"# CONFIG_DEV_DAX is not set\n"

static struct fakesys *without_drivers(const char *config)
{
	struct fakesys *fs = fakesys_new();

	fakesys_put(fs, RELEASE, "6.1.0-arm64\n");
	if (config)
		fakesys_put(fs, "boot/config-6.1.0-arm64", config);
	assert_int_equal(unlinkat(fs->tree.fd, "sys/bus/nd/drivers/dax_pmem/bind", 0), 0);
	assert_int_equal(unlinkat(fs->tree.fd, "sys/bus/nd/drivers/dax_pmem", AT_REMOVEDIR), 0);
	return fs;
}

static void drivers_that_never_come(void **state)
{
	cleanup_fakesys struct fakesys *fs = without_drivers(NO_DEVDAX);
	cleanup_topology struct mhp_topology *bare = scan(fs), *topo = NULL;
	const struct mhp_region region = fakesys_region0();

	/* without devices none is needed, and the configuration is not read */
	assert_null(machine_lacks(&bare->machine, "dax_pmem"));
	fakesys_region(fs, &region);
	topo = scan(fs);
	assert_string_equal(machine_lacks(&topo->machine, "dax_pmem"), "CONFIG_ZONE_DEVICE");
	/* a loaded module needs no configuration */
	assert_null(machine_lacks(&topo->machine, "nd_pmem"));
	assert_null(machine_lacks(&topo->machine, "kmem"));
}

static void drivers_that_may_come(void **state)
{
	cleanup_fakesys struct fakesys *none = without_drivers(NULL);
	cleanup_fakesys struct fakesys *all = without_drivers(
		"CONFIG_ZONE_DEVICE=y\nCONFIG_NVDIMM_DAX=y\nCONFIG_DEV_DAX=m\nCONFIG_DEV_DAX_PMEM=m\n");
	const struct mhp_region region = fakesys_region0();
	cleanup_topology struct mhp_topology *a = NULL, *b = NULL;

	fakesys_region(none, &region);
	fakesys_region(all, &region);
	a = scan(none);
	b = scan(all);
	assert_null(machine_lacks(&a->machine, "dax_pmem"));
	assert_null(machine_lacks(&b->machine, "dax_pmem"));
}

/* ---- memmaps on blocks ------------------------------------------------------------------- */

static void blocks_that_hold_their_memmap(void **state)
{
	static const struct {
		uint64_t page, block;
		bool fits;
	} cases[] = {
		{ 4096, 128 * MIB, true },   { 4096, 2 * GIB, true },  { 4096, 64 * MIB, false },
		{ 16384, 128 * MIB, false }, { 16384, 8 * GIB, true }, { 65536, 512 * MIB, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct mhp_memory memory = { .page_size = cases[i].page,
						   .block_size = cases[i].block };

		assert_int_equal(memmap_fits_block(&memory), cases[i].fits);
	}
}

/* The parameter reads Y although it has no effect. Small blocks imitate large pages. */
static void a_parameter_that_does_nothing(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *other = NULL, *topo = NULL;

	fakesys_put(fs, "sys/module/memory_hotplug/parameters/memmap_on_memory", "Y\n");
	fakesys_put(fs, MEMORY "block_size_bytes", "2000000\n");
	other = scan(fs);
	assert_string_equal(other->memory.memmap_on_memory, "on");
	fakesys_put(fs, ARCH, "aarch64\n");
	topo = scan(fs);
	assert_string_equal(topo->memory.memmap_on_memory, "unsupported");
}

UNIT_TESTS(cmocka_unit_test(what_was_there_at_boot), cmocka_unit_test(no_other_kernel_keeps_it),
	   cmocka_unit_test(it_may_not_be_told), cmocka_unit_test(what_check_says_of_it),
	   cmocka_unit_test(nodes_of_this_boot), cmocka_unit_test(drivers_that_never_come),
	   cmocka_unit_test(drivers_that_may_come), cmocka_unit_test(blocks_that_hold_their_memmap),
	   cmocka_unit_test(a_parameter_that_does_nothing))
