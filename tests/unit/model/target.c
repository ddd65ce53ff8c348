/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grammar of targets, and the objects that they name. */
#include "lib/model/target.h"
#include "lib/base/error.h"
#include "tests/unit/fake/topo.h"

#include <errno.h>
#include <string.h>

#define UUID "eeafa2a8-af66-40c0-b975-e7e13c49b6a5"

/* ---- grammar ----------------------------------------------------------------------------- */

static void good_names(void **state)
{
	static const struct {
		const char *text;
		enum target_kind kind;
		const char *name;
		uint64_t first, last;
	} names[] = {
		{ "all", TARGET_ALL, "", 0, 0 },
		{ "region0", TARGET_REGION, "region0", 0, 0 },
		{ "region4294967295", TARGET_REGION, "region4294967295", 0, 0 },
		{ "namespace0.0", TARGET_NAMESPACE, "namespace0.0", 0, 0 },
		{ "namespace12.34", TARGET_NAMESPACE, "namespace12.34", 0, 0 },
		{ "dax0.0", TARGET_DAX, "dax0.0", 0, 0 },
		{ "/dev/dax0.0", TARGET_DAX, "dax0.0", 0, 0 },
		{ "node0", TARGET_NODE, "node0", 0, 0 },
		{ "node12", TARGET_NODE, "node12", 12, 0 },
		{ "memory0", TARGET_BLOCKS, "", 0, 0 },
		{ "memory32", TARGET_BLOCKS, "", 32, 32 },
		{ "memory32-47", TARGET_BLOCKS, "", 32, 47 },
		{ "memory5-5", TARGET_BLOCKS, "", 5, 5 },
		{ "memory0-18446744073709551615", TARGET_BLOCKS, "", 0, UINT64_MAX },
		{ "0x100000000-0x17fffffff", TARGET_ADDRESSES, "", 0x100000000, 0x17fffffff },
		{ "0X0-0XF", TARGET_ADDRESSES, "", 0, 15 },
		{ "0x0-0xffffffffffffffff", TARGET_ADDRESSES, "", 0, UINT64_MAX },
		{ "nd/region0", TARGET_REGION, "region0", 0, 0 },
		{ "cxl/region12", TARGET_CXL_REGION, "region12", 0, 0 },
		{ "mem0", TARGET_CXL_MEMDEV, "mem0", 0, 0 },
		{ "mem4294967295", TARGET_CXL_MEMDEV, "mem4294967295", 0, 0 },
		{ "0x1f", TARGET_SERIAL, "", 0x1f, 0 },
		{ "0xc100000000000007", TARGET_SERIAL, "", 0xc100000000000007, 0 },
		{ UUID, TARGET_UUID, UUID, 0, 0 },
		{ "EEAFA2A8-AF66-40C0-B975-E7E13C49B6A5", TARGET_UUID,
		  "EEAFA2A8-AF66-40C0-B975-E7E13C49B6A5", 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct mhp_error err = { 0 };
		struct target target;

		if (target_parse(names[i].text, &target, &err) != 0)
			fail_msg("%s", err.message);
		if (target.kind != names[i].kind || target.first != names[i].first ||
		    target.last != names[i].last)
			fail_msg("%s: kind %d, from %lu to %lu", names[i].text, target.kind,
				 (unsigned long)target.first, (unsigned long)target.last);
		assert_string_equal(target.text, names[i].text);
		assert_string_equal(target.name, names[i].name);
	}
}

static const char *const not_targets[] = {
	"",
	" ",
	"All",
	"al",
	"all ",
	" region0",
	"region0 ",
	"region",
	"region-1",
	"region0.0",
	"region00",
	"region01",
	"region0x1",
	"region99999999999",
	"Region0",
	"namespace0",
	"namespace0.",
	"namespace.0",
	"namespace0.0.0",
	"namespace0.00",
	"namespace 0.0",
	"dax0",
	"dax0.0/",
	"dax/0.0",
	"/dev/dax",
	"/dev/dax0",
	"/dev/dax0.0/..",
	"/dev/pmem0",
	"/dev/region0",
	"dev/dax0.0",
	"../dax0.0",
	"node",
	"node-1",
	"node1-2",
	"node1.0",
	"node1,2",
	"memory",
	"memory-1",
	"memory32-",
	"memory-47",
	"memory32-47-48",
	"memory32-memory47",
	"memory32,33",
	"memory32..47",
	"memory47-32",
	"memory0x20",
	"memory3 2",
	"memory18446744073709551616",
	"memory0-18446744073709551616",
	"0x",
	"0x0",
	"0x1g",
	"0x10000000000000000",
	"mem",
	"mem01",
	"mem0.0",
	"mem12345678901",
	"cxl/",
	"cxl/mem0",
	"cxl/region",
	"cxl/region0.0",
	"nd/namespace0.0",
	"nd/cxl/region0",
	"0x100000000-",
	"-0x17fffffff",
	"0x-0x1",
	"0x17fffffff-0x100000000",
	"0x100000000-17fffffff",
	"0x0-0x10000000000000000",
	"0x100000000+0x80000000",
	"0x1 - 0x2",
	"100000000-17fffffff",
	"4G-6G",
	"eeafa2a8-af66-40c0-b975-e7e13c49b6a",
	"eeafa2a8-af66-40c0-b975-e7e13c49b6a55",
	"geafa2a8-af66-40c0-b975-e7e13c49b6a5",
	"eeafa2a8af66-40c0-b975-e7e13c49b6a5-",
	"{eeafa2a8-af66-40c0-b975-e7e13c49b6a5}",
	"pmem0",
	"system-ram",
	"region0\n",
	"\xff",
	"--all",
	"memory00000000000000000000000000000000000000000000000000000000032",
};

static void bad_names(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(not_targets); i++) {
		struct mhp_error err = { 0 };
		struct target target;

		if (target_parse(not_targets[i], &target, &err) != -EINVAL)
			fail_msg("\"%s\" is taken for a target", not_targets[i]);
		assert_int_equal(err.reason, MHP_REASON_USAGE);
		assert_non_null(strstr(err.message, "is not a target"));
		assert_non_null(strstr(err.hint, "memory32-47"));
	}
}

static void errors_are_safe_to_show(void **state)
{
	struct mhp_error err = { 0 };
	struct target target;

	assert_int_equal(target_parse("dax\033[2J", &target, &err), -EINVAL);
	assert_string_equal(err.message, "\"dax\\x1b[2J\" is not a target");
	assert_int_equal(target_parse("memory47-32", &target, &err), -EINVAL);
	assert_string_equal(err.message, "\"memory47-32\" is not a target: the range is reversed");
}

/* ---- objects ----------------------------------------------------------------------------- */

/* Resolves a target; err has the reason of a failure. */
static int resolve(const struct mhp_topology *topo, const char *text, struct target *target,
		   struct mhp_error *err)
{
	*err = (struct mhp_error){ 0 };
	assert_int_equal(target_parse(text, target, err), 0);
	return target_resolve(topo, target, err);
}

static struct mhp_topology *some_topology(void)
{
	struct mhp_topology *topo = topo_new();

	topo_region(topo, 0);
	topo_dax(topo, 0, MHP_DAX_SYSTEM_RAM, MHP_BLOCK_ONLINE, MHP_ZONE_MOVABLE);
	str_copy(topo->namespaces[0].uuid, UUID);
	return topo;
}

static void what_is_there(void **state)
{
	static const char *const names[] = { "all",	 "region0",	"namespace0.0",
					     "dax0.0",	 "/dev/dax0.0", "node2",
					     "memory33", "memory33-47", "memory0" };
	cleanup_topology struct mhp_topology *topo = some_topology();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct mhp_error err;
		struct target target;

		if (resolve(topo, names[i], &target, &err) != 0)
			fail_msg("%s", err.message);
	}
}

static void what_is_not_there(void **state)
{
	static const char *const names[] = { "region1",
					     "namespace0.1",
					     "dax0.1",
					     "node7",
					     "node4294967295",
					     "memory32",
					     "memory33-48",
					     "memory0-18446744073709551615",
					     "00000000-0000-0000-0000-000000000000" };
	cleanup_topology struct mhp_topology *topo = some_topology();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct mhp_error err;
		struct target target;

		if (resolve(topo, names[i], &target, &err) != -ENOENT)
			fail_msg("%s is there", names[i]);
		assert_int_equal(err.reason, MHP_REASON_NO_SUCH_TARGET);
		assert_int_equal(mhp_reason_exit_code(err.reason), 3);
		assert_ptr_equal(strstr(err.message, names[i]), err.message);
	}
}

static void addresses_become_blocks(void **state)
{
	cleanup_topology struct mhp_topology *topo = some_topology();
	struct mhp_error err;
	struct target target;

	assert_int_equal(resolve(topo, "0x108000000-0x17fffffff", &target, &err), 0);
	assert_int_equal(target.kind, TARGET_BLOCKS);
	assert_int_equal(target.first, 33);
	assert_int_equal(target.last, 47);
	assert_string_equal(target.text, "0x108000000-0x17fffffff");
	assert_int_equal(resolve(topo, "0x108000000-0x10fffffff", &target, &err), 0);
	assert_int_equal(target.last, 33);
}

/* A part of a block cannot go offline: the message names the whole blocks. */
static void addresses_that_cut_a_block(void **state)
{
	static const char *const names[] = { "0x108000001-0x10fffffff", "0x108000000-0x110000000",
					     "0x108000000-0x108000fff", "0x0-0x0" };
	cleanup_topology struct mhp_topology *topo = some_topology();
	struct mhp_error err;
	struct target target;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(resolve(topo, names[i], &target, &err), -EINVAL);
		assert_int_equal(err.reason, MHP_REASON_USAGE);
	}
	assert_int_equal(resolve(topo, "0x108000000-0x110000000", &target, &err), -EINVAL);
	assert_string_equal(err.hint, "the blocks that it overlaps are 0x108000000-0x117ffffff");
	assert_int_equal(resolve(topo, "0x0-0xffffffffffffffff", &target, &err), -ENOENT);
	assert_int_equal(resolve(topo, "0x100000000-0x107ffffff", &target, &err), -ENOENT);
}

/* An action reports every missing block of a range; a query takes the existing ones. */
static void ranges_with_holes(void **state)
{
	static const struct {
		const char *name, *message;
	} cases[] = {
		{ "memory0-47", "memory0-47: 31 of its memory blocks exist, missing: memory16-32" },
		{ "0x0-0x17fffffff",
		  "0x0-0x17fffffff: 31 of its memory blocks exist, missing: memory16-32" },
		{ "memory32-50",
		  "memory32-50: 15 of its memory blocks exist, missing: memory32, memory48-50" },
		{ "memory40-18446744073709551615",
		  "memory40-18446744073709551615: 8 of its memory blocks exist, missing: "
		  "memory48-18446744073709551615" },
	};
	cleanup_topology struct mhp_topology *topo = some_topology();
	struct mhp_error err;
	struct target target;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(resolve(topo, cases[i].name, &target, &err), -ENOENT);
		assert_int_equal(err.reason, MHP_REASON_NO_SUCH_TARGET);
		assert_string_equal(err.message, cases[i].message);
		assert_int_equal(target_parse(cases[i].name, &target, &err), 0);
		assert_int_equal(target_resolve_some(topo, &target, &err), 0);
		assert_int_equal(target.kind, TARGET_BLOCKS);
	}
	assert_int_equal(target_parse("memory16-32", &target, &err), 0);
	assert_int_equal(target_resolve_some(topo, &target, &err), -ENOENT);
	assert_string_equal(err.message, "memory16-32: none of its memory blocks exists, "
					 "memory16-32");
	assert_int_equal(target_parse("memory16", &target, &err), 0);
	assert_int_equal(target_resolve_some(topo, &target, &err), -ENOENT);
	assert_string_equal(err.message, "memory16: no such memory block");
	assert_int_equal(target_parse("0x80000000-0x87ffffff", &target, &err), 0);
	assert_int_equal(target_resolve_some(topo, &target, &err), -ENOENT);
	assert_string_equal(err.message, "0x80000000-0x87ffffff: no such memory block, memory16");
}

/* Too many holes to name each. */
static void ranges_with_many_holes(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	struct mhp_error err;
	struct target target;

	for (uint64_t id = 1000; id < 1200; id += 2)
		topo_blocks(topo, id, id, MHP_BLOCK_ONLINE, MHP_ZONE_NORMAL, 1);
	assert_int_equal(resolve(topo, "memory1000-1199", &target, &err), -ENOENT);
	assert_non_null(strstr(err.message, "missing: memory1001, memory1003, "));
	assert_string_equal(err.message + strlen(err.message) - 5, ", ...");
}

static void a_uuid_becomes_a_namespace(void **state)
{
	cleanup_topology struct mhp_topology *topo = some_topology();
	struct mhp_error err;
	struct target target;

	assert_int_equal(resolve(topo, UUID, &target, &err), 0);
	assert_int_equal(target.kind, TARGET_NAMESPACE);
	assert_string_equal(target.name, "namespace0.0");
	assert_int_equal(resolve(topo, "EEAFA2A8-AF66-40C0-B975-E7E13C49B6A5", &target, &err), 0);
	assert_string_equal(target.name, "namespace0.0");
}

/* ---- CXL --------------------------------------------------------------------------------- */

/* Gives a topology two memory devices and one region; on the stack, as tests own them. */
static void put_cxl(struct mhp_topology *topo, struct mhp_cxl_memdev memdevs[2],
		    struct mhp_cxl_region *region)
{
	memdevs[0] = (struct mhp_cxl_memdev){ .name = "mem0", .serial = 0x10f };
	memdevs[1] = (struct mhp_cxl_memdev){ .name = "mem1", .serial = MHP_UNKNOWN };
	*region = (struct mhp_cxl_region){ .name = "region0", .type = "ram" };
	topo->cxl_memdevs = memdevs;
	topo->nr_cxl_memdevs = 2;
	topo->cxl_regions = region;
	topo->nr_cxl_regions = 1;
}

static void take_cxl(struct mhp_topology *topo)
{
	topo->cxl_memdevs = NULL;
	topo->cxl_regions = NULL;
	topo->nr_cxl_memdevs = topo->nr_cxl_regions = 0;
}

static void check_becomes(const struct mhp_topology *topo, const char *text, enum target_kind kind,
			  const char *name)
{
	struct mhp_error err = { 0 };
	struct target target;

	if (resolve(topo, text, &target, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(target.kind, kind);
	assert_string_equal(target.name, name);
	assert_string_equal(target.text, text);
}

static void check_fails(const struct mhp_topology *topo, const char *text, int rc,
			const char *message, const char *hint)
{
	struct mhp_error err = { 0 };
	struct target target;

	assert_int_equal(resolve(topo, text, &target, &err), rc);
	assert_string_equal(err.message, message);
	if (!strstr(err.hint, hint))
		fail_msg("%s", err.hint);
}

static void objects_of_cxl(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	struct mhp_cxl_memdev memdevs[2];
	struct mhp_cxl_region region;

	put_cxl(topo, memdevs, &region);
	check_becomes(topo, "mem1", TARGET_CXL_MEMDEV, "mem1");
	check_becomes(topo, "0x10f", TARGET_CXL_MEMDEV, "mem0");
	check_becomes(topo, "cxl/region0", TARGET_CXL_REGION, "region0");
	check_fails(topo, "mem2", -ENOENT, "mem2: no such CXL memory device", "");
	check_fails(topo, "cxl/region1", -ENOENT, "cxl/region1: no such CXL region", "");
	check_fails(topo, "0x1f", -ENOENT, "0x1f: no such serial number of a CXL memory device",
		    "an address range has a start and an end");
	check_fails(topo, "0xffffffffffffffff", -ENOENT,
		    "0xffffffffffffffff: no such serial number of a CXL memory device", "");
	memdevs[1].serial = 0x10f;
	check_fails(topo, "0x10f", -EINVAL, "0x10f: mem0 and mem1 have this serial number",
		    "name one of them");
	assert_int_equal(topology_hide(topo, "cxl_memdevs", "busy"), 0);
	check_fails(topo, "mem2", -EIO, "mem2: cannot tell whether it exists", "busy");
	check_fails(topo, "0x1f", -EIO, "0x1f: cannot tell whether it exists", "busy");
	take_cxl(topo);
}

/* A region without its bus is the one that exists. */
static void regions_of_two_buses(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	struct mhp_cxl_memdev memdevs[2];
	struct mhp_cxl_region region;

	put_cxl(topo, memdevs, &region);
	check_becomes(topo, "region0", TARGET_CXL_REGION, "region0");
	check_fails(topo, "nd/region0", -ENOENT, "nd/region0: no such region", "");
	topo_region(topo, 0);
	check_becomes(topo, "nd/region0", TARGET_REGION, "region0");
	check_becomes(topo, "cxl/region0", TARGET_CXL_REGION, "region0");
	check_fails(topo, "region0", -EINVAL, "region0: two regions have this name",
		    "name nd/region0 or cxl/region0");
	str_copy(region.type, "pmem"); /* the same memory has both */
	check_becomes(topo, "region0", TARGET_REGION, "region0");
	str_copy(region.name, "region1");
	check_becomes(topo, "region1", TARGET_CXL_REGION, "region1");
	assert_int_equal(topology_hide(topo, "regions", "busy"), 0);
	check_fails(topo, "region1", -EIO, "region1: cannot tell whether it exists", "busy");
	take_cxl(topo);
}

/* A target that may be hidden: nobody can tell whether it exists. */
static void what_is_hidden(void **state)
{
	cleanup_topology struct mhp_topology *topo = topo_new();
	struct mhp_error err;
	struct target target;

	assert_int_equal(topology_hide(topo, "dax_devices.blocks", "no root"), 0);
	assert_int_equal(resolve(topo, "dax0.0", &target, &err), -ENOENT);
	assert_int_equal(topology_hide(topo, "dax_devices", "the bus is busy"), 0);
	assert_int_equal(resolve(topo, "dax0.0", &target, &err), -EIO);
	assert_int_equal(err.reason, MHP_REASON_KERNEL);
	assert_string_equal(err.message, "dax0.0: cannot tell whether it exists");
	assert_string_equal(err.hint, "dax_devices: the bus is busy");
	topo->has_nd_bus = false;
	assert_int_equal(resolve(topo, "region0", &target, &err), -ENOENT);
	assert_int_equal(err.reason, MHP_REASON_NO_SUCH_TARGET);
	assert_non_null(strstr(err.hint, "no nvdimm bus"));
	topo->is_copy = true;
	assert_int_equal(topology_hide(topo, "regions", "not read from a copied tree"), 0);
	assert_int_equal(resolve(topo, "region0", &target, &err), -EIO);
	assert_int_equal(err.reason, MHP_REASON_UNSUPPORTED);
}

UNIT_TESTS(cmocka_unit_test(good_names), cmocka_unit_test(bad_names),
	   cmocka_unit_test(errors_are_safe_to_show), cmocka_unit_test(what_is_there),
	   cmocka_unit_test(what_is_not_there), cmocka_unit_test(addresses_become_blocks),
	   cmocka_unit_test(addresses_that_cut_a_block), cmocka_unit_test(ranges_with_holes),
	   cmocka_unit_test(ranges_with_many_holes), cmocka_unit_test(a_uuid_becomes_a_namespace),
	   cmocka_unit_test(objects_of_cxl), cmocka_unit_test(regions_of_two_buses),
	   cmocka_unit_test(what_is_hidden))
