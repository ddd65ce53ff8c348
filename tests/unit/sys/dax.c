/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dax bus: its devices in sysfs and their drivers. */
#include "lib/base/counts.h"
#include "lib/sys/dax/dax.h"
#include "lib/base/error.h"
#include "lib/model/daxdev.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <string.h>

#define KMEM	   "sys/bus/dax/drivers/kmem/"
#define DEVICE_DAX "sys/bus/dax/drivers/device_dax/"
#define HMEM	   "sys/devices/platform/hmem.0/dax9.0"

/* Scans all devices; returns their number. */
static size_t scan(struct fakesys *fs, struct mhp_dax *dax, size_t max)
{
	cleanup_reply struct reply reply = { 0 };
	size_t nr;

	assert_int_equal(dax_scan(fs->ctx, NULL, &reply, NULL), 0);
	nr = reply.len / sizeof(*dax);
	assert_true(nr <= max);
	if (nr)
		memcpy(dax, reply.data, reply.len);
	return nr;
}

/* Adds a device without a region, like those of CXL and of soft-reserved memory. */
static void put_hmem(struct fakesys *fs)
{
	fakesys_put(fs, HMEM "/size", "1073741824\n");
	fakesys_put(fs, HMEM "/align", "2097152\n");
	assert_int_equal(tree_link(fs->tree.fd, "sys/bus/dax/devices/dax9.0", "../../../../" HMEM),
			 0);
}

/* ---- scan -------------------------------------------------------------------------------- */

static void a_device_of_6_1(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_dax dax[2];

	assert_int_equal(tree_load(fs->tree.fd, "dax-6.1.sysfs"), 0);
	assert_int_equal(scan(fs, dax, 2), 1);
	assert_string_equal(dax[0].name, "dax0.0");
	assert_string_equal(dax[0].region, "region0");
	assert_string_equal(dax[0].ns_name, "namespace0.0");
	assert_string_equal(dax[0].driver, "kmem");
	assert_int_equal(dax[0].mode, MHP_DAX_SYSTEM_RAM);
	assert_int_equal(dax[0].size, 2111832064);
	assert_int_equal(dax[0].align, 2 * MIB);
	assert_int_equal(dax[0].numa_node, 0);
	assert_int_equal(dax[0].target_node, 2);
	assert_true(dax[0].has_ranges);
	assert_int_equal(dax[0].nr_ranges, 1);
	assert_true(dax[0].ranges[0].start == 0x102200000);
	assert_true(dax[0].ranges[0].end == 0x180000000);
	assert_int_equal(dax[0].origin, MHP_ORIGIN_PMEM);
	assert_non_null(strstr(dax[0].path, "/region0/"));
	assert_int_equal(strncmp(dax[0].path, "/sys/devices/", 13), 0);
	assert_string_equal(dax[0].cxl_region, "");
}

/* ---- origin of memory -------------------------------------------------------------------- */

static void soft_reserved_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_dax dax[1];

	put_hmem(fs);
	assert_int_equal(scan(fs, dax, 1), 1);
	assert_int_equal(dax[0].origin, MHP_ORIGIN_SOFT_RESERVED);
	assert_string_equal(dax[0].path, "/" HMEM);
}

#define CXL    "sys/devices/platform/ACPI0017:00/root0/decoder0.0/region4/dax_region4/dax4.0"
#define CXLBUS "sys/bus/cxl/devices/"

/* Adds a decoder of the region, in the endpoint of a memory device. */
static void put_target(struct fakesys *fs, unsigned n, const char *serial)
{
	char path[160], text[160];

	snprintf(path, sizeof(path), CXLBUS "region4/target%u", n);
	snprintf(text, sizeof(text), "decoder%u.0\n", n + 5);
	fakesys_put(fs, path, text);
	snprintf(path, sizeof(path), CXLBUS "decoder%u.0", n + 5);
	snprintf(text, sizeof(text), "../../../devices/x/endpoint%u/decoder%u.0", n + 5, n + 5);
	assert_int_equal(tree_link(fs->tree.fd, path, text), 0);
	snprintf(path, sizeof(path), CXLBUS "endpoint%u/uport", n + 5);
	snprintf(text, sizeof(text), "../../../pci0000:0c/0000:0d:00.0/mem%u", n);
	assert_int_equal(tree_link(fs->tree.fd, path, text), 0);
	snprintf(path, sizeof(path), CXLBUS "mem%u/serial", n);
	fakesys_put(fs, path, serial);
}

static void memory_of_cxl(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_dax dax[1];

	fakesys_put(fs, CXL "/size", "1073741824\n");
	assert_int_equal(tree_link(fs->tree.fd, "sys/bus/dax/devices/dax4.0", "../../../../" CXL),
			 0);
	put_target(fs, 0, "0x1f\n");
	put_target(fs, 1, "0xc100000000000007\n");
	assert_int_equal(scan(fs, dax, 1), 1);
	assert_int_equal(dax[0].origin, MHP_ORIGIN_CXL);
	assert_string_equal(dax[0].cxl_region, "region4");
	assert_string_equal(dax[0].region, "");
	assert_int_equal(dax[0].serials.nr, 2);
	assert_true(dax[0].serials.numbers[0] == 0x1f &&
		    dax[0].serials.numbers[1] == 0xc100000000000007);
}

/* An unreadable serial does not hide the others. */
static void memory_of_cxl_without_a_serial(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_dax dax[1];

	fakesys_put(fs, CXL "/size", "1073741824\n");
	assert_int_equal(tree_link(fs->tree.fd, "sys/bus/dax/devices/dax4.0", "../../../../" CXL),
			 0);
	put_target(fs, 0, "nonsense\n");
	put_target(fs, 1, "0x7\n");
	assert_int_equal(scan(fs, dax, 1), 1);
	assert_int_equal(dax[0].serials.nr, 1);
	assert_true(dax[0].serials.numbers[0] == 7);
}

static void no_bus_and_no_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_dax dax[1];

	assert_int_equal(scan(fs, dax, 1), 0);
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/dax"), 0);
	assert_int_equal(scan(fs, dax, 1), 0);
}

/* Leaving it out would make it look missing. */
static void a_device_without_a_size_that_can_be_read(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_reply struct reply reply = { 0 };
	struct mhp_error err = { 0 };

	put_hmem(fs);
	fakesys_put(fs, HMEM "/size", "much\n");
	assert_true(dax_scan(fs->ctx, NULL, &reply, &err) < 0);
	assert_string_equal(err.message,
			    "dax9.0: its size or driver cannot be read: Invalid argument");
}

static void drivers_make_modes(void **state)
{
	static const struct {
		const char *driver;
		enum mhp_dax_mode mode;
	} modes[] = {
		{ "kmem", MHP_DAX_SYSTEM_RAM },
		{ "device_dax", MHP_DAX_DEVDAX },
		{ "fsdev_dax", MHP_DAX_FAMFS },
		{ "later_dax", MHP_DAX_OTHER },
	};
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_dax dax[1];

	put_hmem(fs);
	assert_int_equal(scan(fs, dax, 1), 1);
	assert_int_equal(dax[0].mode, MHP_DAX_UNBOUND);
	assert_string_equal(dax[0].driver, "");
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		char target[64];

		str_format(target, "../../../bus/dax/drivers/%s", modes[i].driver);
		assert_int_equal(tree_link(fs->tree.fd, HMEM "/driver", target), 0);
		assert_int_equal(scan(fs, dax, 1), 1);
		assert_int_equal(dax[0].mode, modes[i].mode);
		assert_string_equal(dax[0].driver, modes[i].driver);
	}
}

static void a_device_under_no_region(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_dax dax[1];

	put_hmem(fs);
	assert_int_equal(scan(fs, dax, 1), 1);
	assert_string_equal(dax[0].region, "");
	assert_string_equal(dax[0].ns_name, "");
	/* a missing attribute is unknown, not a failure */
	assert_int_equal(dax[0].target_node, -1);
	assert_int_equal(dax[0].numa_node, -1);
	assert_false(dax[0].has_ranges);
}

/* Before 5.10 there is one range, in resource and size. */
static void a_device_without_mappings(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_dax dax[1];

	put_hmem(fs);
	fakesys_put(fs, HMEM "/resource", "0x140000000\n");
	assert_int_equal(scan(fs, dax, 1), 1);
	assert_true(dax[0].has_ranges);
	assert_int_equal(dax[0].nr_ranges, 1);
	assert_true(dax[0].ranges[0].start == 0x140000000);
	assert_true(dax[0].ranges[0].end == 0x180000000);
}

static void put_mappings(struct fakesys *fs, unsigned nr)
{
	char text[32];

	for (unsigned i = 0; i < nr; i++) {
		ROOT_PATH(start, HMEM "/mapping%u/start", i);
		ROOT_PATH(end, HMEM "/mapping%u/end", i);
		str_format(text, "0x%llx\n", (i + 1) * GIB);
		fakesys_put(fs, start, text);
		str_format(text, "0x%llx\n", (i + 1) * GIB + GIB / 2 - 1);
		fakesys_put(fs, end, text);
	}
	str_format(text, "%llu\n", nr * (GIB / 2));
	fakesys_put(fs, HMEM "/size", text);
}

static void a_device_of_several_ranges(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_dax dax[1];

	put_hmem(fs);
	put_mappings(fs, 3);
	assert_int_equal(scan(fs, dax, 1), 1);
	assert_true(dax[0].has_ranges);
	assert_int_equal(dax[0].nr_ranges, 3);
	assert_true(dax[0].ranges[2].start == 3 * GIB);
	assert_true(dax[0].ranges[2].end == 3 * GIB + GIB / 2);
}

/* A range that is cut short would make blocks of the device look like those of others. */
static void ranges_that_do_not_add_up(void **state)
{
	static const char *const ends[] = { "0xc\n", "0xc0000\n", "0xdffffff\n", "0xffffffffff\n" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		struct mhp_dax dax[1];

		put_hmem(fs);
		put_mappings(fs, 2);
		fakesys_put(fs, HMEM "/mapping1/end", ends[i]);
		assert_int_equal(scan(fs, dax, 1), 1);
		assert_false(dax[0].has_ranges);
	}
}

/* An incomplete list of ranges would be worse than none. */
static void a_device_of_too_many_ranges(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_dax dax[1];

	put_hmem(fs);
	put_mappings(fs, RANGES_MAX);
	assert_int_equal(scan(fs, dax, 1), 1);
	assert_true(dax[0].has_ranges);
	assert_int_equal(dax[0].nr_ranges, RANGES_MAX);
	put_mappings(fs, RANGES_MAX + 1);
	assert_int_equal(scan(fs, dax, 1), 1);
	assert_false(dax[0].has_ranges);
}

static void a_device_that_goes_meanwhile(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_dax dax[1];

	assert_int_equal(tree_link(fs->tree.fd, "sys/bus/dax/devices/dax8.0", "../gone"), 0);
	assert_int_equal(scan(fs, dax, 1), 0);
}

static void a_device_under_an_nd_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	char name[MHP_NAME_MAX] = "";

	assert_int_equal(tree_load(fs->tree.fd, "dax-6.1.sysfs"), 0);
	put_hmem(fs);
	assert_int_equal(dax_under_nd(fs->ctx, "region0", "dax0.0", name, sizeof(name)), 0);
	assert_string_equal(name, "dax0.0");
	assert_int_equal(dax_under_nd(fs->ctx, "region0", "dax0.1", name, sizeof(name)), -ENOENT);
	assert_int_equal(dax_under_nd(fs->ctx, "region1", "dax0.0", name, sizeof(name)), -ENOENT);
}

/* Older kernels have a directory "dax" between the nd device and its child. */
static void the_layout_of_older_kernels(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	char name[MHP_NAME_MAX] = "";

	assert_int_equal(tree_link(fs->tree.fd, "sys/bus/dax/devices/dax0.0",
				   "../../../devices/x/ndbus0/region0/dax0.0/dax/dax0.0"),
			 0);
	assert_int_equal(dax_under_nd(fs->ctx, "region0", "dax0.0", name, sizeof(name)), 0);
}

/* ---- bind -------------------------------------------------------------------------------- */

static int bind_dax(struct fakesys *fs, const char *driver, struct mhp_error *err)
{
	struct dax_bind want = { .name = "dax0.0" };

	str_copy(want.driver, driver);
	return dax_bind(fs->ctx, &want, NULL, err);
}

static void from_one_driver_to_the_other(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_dax0(fs, "");
	assert_int_equal(bind_dax(fs, "device_dax", NULL), 0);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
	assert_int_equal(bind_dax(fs, "kmem", NULL), 0);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "offline", "Normal Movable");
	/* its name is removed from the old list, else the next device of that name would match */
	assert_int_equal(fakesys_writes(fs, DEVICE_DAX "remove_id=dax0.0"), 1);
	assert_int_equal(bind_dax(fs, "", NULL), 0);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "");
	fakesys_check_no_blocks(fs, FIRST_BLOCK, LAST_BLOCK);
}

/* Nobody can have opened a device that had no driver yet; any other one is checked. */
static void users_of_a_new_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct dax_bind want = { .name = "dax0.0", .driver = "device_dax", .is_new = true };

	fakesys_dax0(fs, "");
	fakesys_put(fs, "users/dax0.0", "fio[412] has it open\n");
	assert_int_equal(bind_dax(fs, "device_dax", NULL), -EBUSY);
	assert_int_equal(dax_bind(fs->ctx, &want, NULL, NULL), 0);
	str_copy(want.driver, "kmem");
	assert_int_equal(dax_bind(fs->ctx, &want, NULL, NULL), -EBUSY);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
}

static void what_is_bound_is_left_alone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_dax0(fs, "device_dax");
	assert_int_equal(bind_dax(fs, "device_dax", NULL), 0);
	assert_int_equal(fakesys_writes(fs, "sys/"), 0);
}

static void a_device_that_is_not_there(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_error err = { 0 };

	assert_int_equal(bind_dax(fs, "kmem", &err), -ENOENT);
	assert_int_equal(fakesys_writes(fs, "sys/"), 0);
}

/* new_id ignores the result of the probe, bind returns it. */
static void the_kernel_tells_why_not(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_error err = { 0 };

	fakesys_dax0(fs, "");
	fakesys_blocks(fs, 40, 40, "offline", "Normal Movable", 2); /* its range is in use */
	assert_int_equal(bind_dax(fs, "kmem", &err), -EBUSY);
	assert_string_equal(err.message, "dax0.0: cannot bind to kmem: Device or resource busy");
	assert_int_equal(fakesys_writes(fs, KMEM "remove_id=dax0.0"), 1);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "");
}

/* Makes new_id succeed and the probe fail, with the reason only in the log. */
static void fail_probe(struct fakesys *fs, const char *log)
{
	const struct fake_answer answer = { .times = 1, .verb = "errno", .arg = "0" };
	struct fake_answer told = answer;

	fakesys_dax0(fs, "");
	str_copy(told.log, log);
	assert_int_equal(fake_answer_put(fs->tree.fd, KMEM "new_id", "dax0.0", &told), 0);
	fakesys_answer(fs, 1, KMEM "bind", "dax0.0", "errno 17");
}

/* A second try fails because of leftovers of the first: EEXIST is never the reason. */
static void the_first_probe_is_the_reason(void **state)
{
	static const char *const logs[] = { "kmsg-probe-6.1.txt", "kmsg-probe-6.12.txt" };

	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		struct mhp_error err = { 0 };

		fail_probe(fs, logs[i]);
		assert_int_equal(bind_dax(fs, "kmem", &err), -ENOMEM);
		assert_int_equal(err.reason, MHP_REASON_OUT_OF_MEMORY);
		assert_string_equal(err.message,
				    "dax0.0: cannot bind to kmem: Cannot allocate memory");
		assert_non_null(strstr(err.hint, "until reboot"));
		assert_int_equal(fakesys_writes(fs, KMEM "bind=dax0.0"), 0);
		assert_int_equal(fakesys_writes(fs, KMEM "remove_id=dax0.0"), 1);
	}
}

static void a_first_probe_that_nothing_tells_of(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakesys struct fakesys *blind = fakesys_new();
	struct mhp_error err = { 0 };

	fail_probe(fs, "kmsg-slab-6.1.txt"); /* unrelated messages */
	assert_int_equal(bind_dax(fs, "kmem", &err), -EEXIST);
	assert_non_null(strstr(err.hint, "the kernel log does not say"));
	fail_probe(blind, "");
	assert_int_equal(tree_remove(blind->tree.fd, "dev/kmsg"), 0);
	assert_int_equal(bind_dax(blind, "kmem", &err), -EEXIST);
	assert_non_null(strstr(err.hint, "cannot be read"));
}

static void a_bind_that_does_nothing(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_error err = { 0 };

	fakesys_dax0(fs, "");
	fakesys_answer(fs, 1, KMEM "new_id", "dax0.0", "ok");
	fakesys_answer(fs, 1, KMEM "bind", "dax0.0", "ok");
	assert_int_equal(bind_dax(fs, "kmem", &err), -ENXIO);
}

static void an_id_that_is_listed_already(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_dax0(fs, "");
	fakesys_answer(fs, 1, KMEM "new_id", "dax0.0", "errno 17");
	assert_int_equal(bind_dax(fs, "kmem", NULL), 0);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
}

/* ---- costs ------------------------------------------------------------------------------- */

static void memory_that_a_device_costs(void **state)
{
	struct mhp_memory memory = { .page_size = 4096,
				     .block_size = 128 * MIB,
				     .vmemmap_dedup = MHP_TRISTATE_YES };
	struct mhp_namespace ns = { .map = MHP_MEMMAP_MEM };
	struct mhp_dax dax = {
		.size = 2111832064,
		.align = 2 * MIB,
		.mode = MHP_DAX_DEVDAX,
		.has_ranges = true,
		.nr_ranges = 1,
		.ranges = { { 0x102200000, 0x180000000 } },
	};

	assert_int_equal(dax_block_bytes(&dax, memory.block_size), 15 * 128 * MIB);
	dax_costs(&dax, &ns, &memory);
	/* compound pages of 2 MiB share all but two pages of their vmemmap */
	assert_int_equal(dax.memmap_bytes, 1007 * 2 * 4096 + 16 * 4096);
	assert_int_equal(dax.lost_bytes, 2111832064 - 15 * 128 * MIB);
	memory.vmemmap_dedup = MHP_TRISTATE_UNKNOWN; /* then the larger cost */
	dax_costs(&dax, &ns, &memory);
	assert_int_equal(dax.memmap_bytes, 2111832064 / 4096 * 64);
	memory.vmemmap_dedup = MHP_TRISTATE_YES;
	dax.align = 4096;
	dax_costs(&dax, &ns, &memory);
	assert_int_equal(dax.memmap_bytes, 2111832064 / 4096 * 64);
	ns.map = MHP_MEMMAP_DEV;
	dax_costs(&dax, &ns, &memory);
	assert_int_equal(dax.memmap_bytes, 0);
	dax.mode = MHP_DAX_SYSTEM_RAM;
	dax_costs(&dax, &ns, &memory);
	assert_int_equal(dax.memmap_bytes, 15 * 128 * MIB / 4096 * 64);
	/* the device requests it and the kernel parameter allows it */
	dax.memmap_on_memory = MHP_TRISTATE_YES;
	dax_costs(&dax, &ns, &memory);
	assert_int_equal(dax.memmap_bytes, 15 * 128 * MIB / 4096 * 64);
	str_copy(memory.memmap_on_memory, "on");
	dax_costs(&dax, &ns, &memory);
	assert_int_equal(dax.memmap_bytes, 0);
	dax.mode = MHP_DAX_UNBOUND;
	dax_costs(&dax, NULL, &memory);
	assert_int_equal(dax.memmap_bytes, 0);
}

UNIT_TESTS(
	cmocka_unit_test(a_device_of_6_1), cmocka_unit_test(soft_reserved_memory),
	cmocka_unit_test(memory_of_cxl), cmocka_unit_test(memory_of_cxl_without_a_serial),
	cmocka_unit_test(no_bus_and_no_device),
	cmocka_unit_test(a_device_without_a_size_that_can_be_read),
	cmocka_unit_test(drivers_make_modes), cmocka_unit_test(a_device_under_no_region),
	cmocka_unit_test(a_device_without_mappings), cmocka_unit_test(a_device_of_several_ranges),
	cmocka_unit_test(ranges_that_do_not_add_up), cmocka_unit_test(a_device_of_too_many_ranges),
	cmocka_unit_test(a_device_that_goes_meanwhile),
	cmocka_unit_test(a_device_under_an_nd_device),
	cmocka_unit_test(the_layout_of_older_kernels),
	cmocka_unit_test(from_one_driver_to_the_other), cmocka_unit_test(users_of_a_new_device),
	cmocka_unit_test(what_is_bound_is_left_alone), cmocka_unit_test(a_device_that_is_not_there),
	cmocka_unit_test(the_kernel_tells_why_not), cmocka_unit_test(the_first_probe_is_the_reason),
	cmocka_unit_test(a_first_probe_that_nothing_tells_of),
	cmocka_unit_test(a_bind_that_does_nothing), cmocka_unit_test(an_id_that_is_listed_already),
	cmocka_unit_test(memory_that_a_device_costs))
