/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CXL bus: memory devices, windows and regions in sysfs. */
#include "lib/sys/cxl/cxl.h"
#include "lib/base/error.h"
#include "lib/sys/cxl/bus.h"
#include "tests/unit/fake/fakesys.h"

#include <string.h>

#define CXL  CXL_DEVICES "/"
#define NEAR 0x10f
#define FAR  0xc100000000000007

/* All that a scan of the bus finds. */
struct bus {
	struct cxl_scan_head nr;
	struct mhp_cxl_memdev memdevs[4];
	struct mhp_cxl_window windows[4];
	struct mhp_cxl_region regions[4];
};

static const char *take(const char *from, void *to, size_t size)
{
	memcpy(to, from, size);
	return from + size;
}

static struct bus scan(struct fakesys *fs)
{
	cleanup_reply struct reply reply = { 0 };
	struct bus bus = { 0 };
	const char *at;

	assert_int_equal(cxl_scan(fs->ctx, NULL, &reply, NULL), 0);
	at = take(reply.data, &bus.nr, sizeof(bus.nr));
	assert_true(bus.nr.nr_memdevs <= 4 && bus.nr.nr_windows <= 4 && bus.nr.nr_regions <= 4);
	at = take(at, bus.memdevs, bus.nr.nr_memdevs * sizeof(bus.memdevs[0]));
	at = take(at, bus.windows, bus.nr.nr_windows * sizeof(bus.windows[0]));
	at = take(at, bus.regions, bus.nr.nr_regions * sizeof(bus.regions[0]));
	assert_ptr_equal(at, reply.data + reply.len);
	return bus;
}

static struct fakesys *load(const char *name)
{
	struct fakesys *fs = fakesys_new();

	assert_int_equal(tree_load(fs->tree.fd, name), 0);
	return fs;
}

static const struct mhp_cxl_memdev *find_card(const struct bus *bus, uint64_t serial)
{
	for (size_t i = 0; i < bus->nr.nr_memdevs; i++)
		if (bus->memdevs[i].serial == serial)
			return &bus->memdevs[i];
	fail_msg("no card 0x%llx", (unsigned long long)serial);
	return NULL;
}

static const struct mhp_cxl_window *find_window(const struct bus *bus, const char *name)
{
	for (size_t i = 0; i < bus->nr.nr_windows; i++)
		if (strcmp(bus->windows[i].name, name) == 0)
			return &bus->windows[i];
	fail_msg("no window %s", name);
	return NULL;
}

/* ---- as a kernel shows it ------------------------------------------------------------------ */

static void no_bus(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct bus bus = scan(fs);

	(void)state;
	assert_true(!bus.nr.nr_memdevs && !bus.nr.nr_windows && !bus.nr.nr_regions);
}

static void bare_cards(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-bare.sysfs");
	struct bus bus = scan(fs);
	const struct mhp_cxl_memdev *near, *far;

	(void)state;
	assert_int_equal(bus.nr.nr_memdevs, 2);
	near = find_card(&bus, NEAR);
	far = find_card(&bus, FAR);
	assert_true(near->is_enabled && far->is_enabled);
	assert_true(near->ram_bytes == GIB && near->ram_used_bytes == 0);
	assert_true(near->pmem_bytes == 0 && near->pmem_used_bytes == 0);
	assert_int_equal(near->bridge, 12);
	assert_int_equal(far->bridge, 44);
	assert_string_equal(near->bus_address, "0000:0d:00.0");
	assert_string_equal(far->bus_address, "0000:2d:00.0");
	assert_string_equal(near->path, "/sys/devices/pci0000:0c/0000:0c:00.0/0000:0d:00.0/mem0");
	assert_string_equal(near->security, "disabled");
	assert_true(*near->firmware != '\0');
	assert_int_equal(bus.nr.nr_regions, 0);
}

static void windows(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-bare.sysfs");
	struct bus bus = scan(fs);
	const struct mhp_cxl_window *one, *two;

	(void)state;
	assert_int_equal(bus.nr.nr_windows, 3); /* other decoders are not windows */
	one = find_window(&bus, "decoder0.0");
	two = find_window(&bus, "decoder0.2");
	assert_true(one->start == 0x8490000000 && one->size == 4 * GIB);
	assert_true(one->ways == 1 && one->nr_targets == 1 && one->targets[0] == 12);
	assert_true(two->ways == 2 && two->granularity == 256);
	assert_true(two->nr_targets == 2 && two->targets[0] == 12 && two->targets[1] == 44);
	assert_int_equal(one->can_ram, MHP_TRISTATE_YES);
	assert_int_equal(one->can_pmem, MHP_TRISTATE_YES);
	assert_int_equal(one->is_locked, MHP_TRISTATE_NO);
	assert_true(one->free_bytes == MHP_UNKNOWN); /* the files do not tell */
}

static void a_region_over_one_card(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-one.sysfs");
	struct bus bus = scan(fs);
	const struct mhp_cxl_region *region = &bus.regions[0];

	(void)state;
	assert_int_equal(bus.nr.nr_regions, 1);
	assert_string_equal(region->name, "region0");
	assert_string_equal(region->window, "decoder0.0");
	assert_string_equal(region->type, "ram");
	assert_string_equal(region->uuid, "");
	assert_string_equal(region->dax_region, "dax_region0");
	assert_int_equal(region->state, MHP_CXL_STATE_ENABLED);
	assert_true(region->start == 0x8490000000 && region->size == GIB / 2);
	assert_int_equal(region->ways, 1);
	assert_int_equal(region->nr_members, 1);
	assert_true(region->members[0].serial == NEAR);
	assert_string_equal(region->members[0].memdev, find_card(&bus, NEAR)->name);
	assert_int_equal(region->is_locked, MHP_TRISTATE_NO);
	assert_int_equal(find_card(&bus, NEAR)->ram_used_bytes, GIB / 2);
	assert_int_equal(find_card(&bus, FAR)->ram_used_bytes, 0);
}

static void a_region_over_two_cards(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-two.sysfs");
	struct bus bus = scan(fs);
	const struct mhp_cxl_region *region = &bus.regions[0];

	(void)state;
	assert_int_equal(bus.nr.nr_regions, 1);
	assert_string_equal(region->window, "decoder0.2");
	assert_true(region->ways == 2 && region->granularity == 256 && region->size == GIB);
	assert_int_equal(region->nr_members, 2);
	assert_true(region->members[0].serial == NEAR && region->members[1].serial == FAR);
	assert_int_equal(region->state, MHP_CXL_STATE_ENABLED);
	assert_int_equal(find_card(&bus, NEAR)->ram_used_bytes, GIB / 2);
	assert_int_equal(find_card(&bus, FAR)->ram_used_bytes, GIB / 2);
}

/* The kernel let a card go while the region was in use. */
static void a_region_that_lost_its_card(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-lost.sysfs");
	struct bus bus = scan(fs);
	const struct mhp_cxl_region *region = &bus.regions[0];

	(void)state;
	assert_int_equal(bus.nr.nr_regions, 1);
	assert_int_equal(region->state, MHP_CXL_STATE_INCOMPLETE);
	assert_true(region->size == GIB && region->start == 0x8690000000);
	assert_string_equal(region->dax_region, "");
	assert_false(find_card(&bus, FAR)->is_enabled);
	assert_true(find_card(&bus, FAR)->ram_used_bytes == MHP_UNKNOWN);
	assert_int_equal(find_card(&bus, FAR)->bridge, -1);
}

/* ---- states of a region ---------------------------------------------------------------------- */

static struct mhp_cxl_region scan_region(struct fakesys *fs)
{
	struct bus bus = scan(fs);

	assert_int_equal(bus.nr.nr_regions, 1);
	return bus.regions[0];
}

/* Returns the path of an attribute, through the link of its device. */
static const char *of_region(struct fakesys *fs, const char *attribute)
{
	snprintf(fs->text, sizeof(fs->text), CXL "region0/%s", attribute);
	return fs->text;
}

static void states(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-one.sysfs");

	(void)state;
	assert_int_equal(tree_remove(fs->tree.fd, of_region(fs, "driver")), 0);
	assert_int_equal(scan_region(fs).state, MHP_CXL_STATE_COMMITTED);
	fakesys_put(fs, of_region(fs, "commit"), "0\n");
	assert_int_equal(scan_region(fs).state, MHP_CXL_STATE_UNCOMMITTED);
	fakesys_put(fs, of_region(fs, "target0"), "\n");
	assert_int_equal(scan_region(fs).state, MHP_CXL_STATE_INCOMPLETE);
	fakesys_put(fs, of_region(fs, "target0"), "decoder9.0\n"); /* its endpoint is gone */
	assert_int_equal(scan_region(fs).state, MHP_CXL_STATE_UNCOMMITTED);
	assert_string_equal(scan_region(fs).members[0].memdev, "");
	assert_true(scan_region(fs).members[0].serial == MHP_UNKNOWN);
	fakesys_put(fs, of_region(fs, "size"), "0\n");
	fakesys_put(fs, of_region(fs, "resource"), "0xffffffffffffffff\n");
	assert_int_equal(scan_region(fs).state, MHP_CXL_STATE_INCOMPLETE);
	assert_true(scan_region(fs).start == MHP_UNKNOWN);
}

/* An unreadable file is unknown: neither 0, nor free, nor harmless. */
static void what_cannot_be_read(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-one.sysfs");

	(void)state;
	fakesys_put(fs, of_region(fs, "size"), "much\n");
	assert_true(scan_region(fs).size == MHP_UNKNOWN);
	assert_int_equal(scan_region(fs).state, MHP_CXL_STATE_ENABLED);
	assert_int_equal(tree_remove(fs->tree.fd, of_region(fs, "driver")), 0);
	fakesys_put(fs, of_region(fs, "commit"), "perhaps\n");
	assert_int_equal(scan_region(fs).state, MHP_CXL_STATE_UNKNOWN);
	fakesys_put(fs, of_region(fs, "commit"), "0\n");
	assert_int_equal(scan_region(fs).state, MHP_CXL_STATE_UNKNOWN);
	fakesys_put(fs, of_region(fs, "size"), "0x20000000\n");
	assert_int_equal(tree_remove(fs->tree.fd, of_region(fs, "mode")), 0);
	assert_string_equal(scan_region(fs).type, "");
}

/* Without its memory devices it would seem to be of none: then nothing of the bus is known. */
static void members_that_cannot_be_read(void **state)
{
	static const struct {
		const char *file, *text; /* NULL: it is removed */
	} changes[] = {
		{ "interleave_ways", "17\n" }, /* more than there are */
		{ "interleave_ways", "two\n" },
		{ "interleave_ways", NULL },
		{ "target0", NULL },
		{ "target0", "\n" },
		{ "target0", "decoder99.0\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		cleanup_fakesys struct fakesys *fs = load("cxl-one.sysfs");
		cleanup_reply struct reply reply = { 0 };
		struct mhp_error err = { 0 };
		char file[128];

		str_copy(file, of_region(fs, changes[i].file));
		if (changes[i].text)
			fakesys_put(fs, file, changes[i].text);
		else
			assert_int_equal(tree_remove(fs->tree.fd, file), 0);
		assert_int_equal(cxl_scan(fs->ctx, NULL, &reply, &err), -EIO);
		assert_non_null(
			strstr(err.message, ": its window or memory devices cannot be read"));
	}
}

static void locked_regions(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-one.sysfs");
	char decoder[64];

	(void)state;
	str_format(decoder, CXL "%s/locked", scan_region(fs).members[0].decoder);
	fakesys_put(fs, decoder, "1\n");
	assert_int_equal(scan_region(fs).is_locked, MHP_TRISTATE_YES);
	fakesys_put(fs, of_region(fs, "locked"), "0\n"); /* as kernels since 7.1 show it */
	assert_int_equal(scan_region(fs).is_locked, MHP_TRISTATE_NO);
	assert_int_equal(tree_remove(fs->tree.fd, of_region(fs, "locked")), 0);
	assert_int_equal(tree_remove(fs->tree.fd, decoder), 0);
	assert_int_equal(scan_region(fs).is_locked, MHP_TRISTATE_UNKNOWN);
}

/* A decoder that a region does not have is not locked, if the region is not committed. */
static void locked_regions_without_a_member(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-one.sysfs");

	(void)state;
	assert_int_equal(tree_remove(fs->tree.fd, of_region(fs, "driver")), 0);
	fakesys_put(fs, of_region(fs, "commit"), "0\n");
	fakesys_put(fs, of_region(fs, "target0"), "\n");
	assert_int_equal(scan_region(fs).state, MHP_CXL_STATE_INCOMPLETE);
	assert_int_equal(scan_region(fs).is_locked, MHP_TRISTATE_NO);
	fakesys_put(fs, of_region(fs, "target0"), "decoder9.0\n"); /* its endpoint is gone */
	assert_int_equal(scan_region(fs).is_locked, MHP_TRISTATE_NO);
	fakesys_put(fs, of_region(fs, "commit"), "none\n"); /* it could be one that is locked */
	assert_int_equal(scan_region(fs).is_locked, MHP_TRISTATE_UNKNOWN);
}

/* ---- cards and windows ------------------------------------------------------------------------
 */

static void cards_without_an_identity(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-bare.sysfs");
	struct bus bus;

	(void)state;
	fakesys_put(fs, CXL "mem0/serial", "0x0\n"); /* the device has none */
	fakesys_put(fs, CXL "mem1/serial", "none\n");
	fakesys_put(fs, CXL "mem1/ram/size", "none\n");
	bus = scan(fs);
	assert_true(bus.memdevs[0].serial == MHP_UNKNOWN && bus.memdevs[1].serial == MHP_UNKNOWN);
	assert_true(bus.memdevs[0].ram_bytes == MHP_UNKNOWN ||
		    bus.memdevs[1].ram_bytes == MHP_UNKNOWN);
}

static uint64_t find_used(struct fakesys *fs)
{
	struct bus bus = scan(fs);

	return find_card(&bus, NEAR)->ram_used_bytes;
}

/* The kernel keeps the capacity of a destroyed region below that of another one. */
static void capacity_that_is_kept(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-bare.sysfs");

	(void)state;
	fakesys_put(fs, CXL "decoder3.0/mode", "ram\n");
	fakesys_put(fs, CXL "decoder3.0/dpa_size", "0x10000000\n");
	assert_int_equal(find_used(fs), 0);
	fakesys_put(fs, CXL "decoder3.2/mode", "ram\n");
	fakesys_put(fs, CXL "decoder3.2/dpa_size", "0x20000000\n");
	assert_int_equal(find_used(fs), 0);
	fakesys_put(fs, CXL "decoder3.2/region", "region0\n");
	assert_int_equal(find_used(fs), 0x30000000);
	assert_int_equal(tree_remove(fs->tree.fd, CXL "decoder3.2/region"), 0); /* unreadable */
	assert_int_equal(find_used(fs), 0x30000000);
}

static void expect_free(struct fakesys *fs, int own, int bridge)
{
	struct bus bus = scan(fs);

	assert_int_equal(find_card(&bus, NEAR)->free_decoders, own);
	assert_int_equal(find_card(&bus, NEAR)->bridge_free_decoders, bridge);
}

/* Each region takes a decoder of the card, and of its host bridge, which has a single one here. */
static void free_decoders(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-bare.sysfs"), *used = load("cxl-two.sysfs"),
				       *lost = load("cxl-lost.sysfs");

	(void)state;
	expect_free(used, 3, 0);
	expect_free(fs, 4, 1);
	fakesys_put(fs, CXL "decoder3.0/dpa_size", "0x10000000\n"); /* left from another region */
	expect_free(fs, 4, 1);
	fakesys_put(fs, CXL "decoder3.1/region", "region0\n");
	expect_free(fs, 2, 1);
	assert_int_equal(tree_remove(fs->tree.fd, CXL "decoder3.3/region"), 0); /* unreadable */
	fakesys_put(fs, CXL "decoder2.0/size", "0x10000000\n"); /* of no region that is known */
	expect_free(fs, -1, -1);
	expect_free(lost, 3, 0);
}

/* A switch between the host bridge and the card does not hide the bridge. */
static void a_card_below_a_switch(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const int fd = fs->tree.fd;
	struct bus bus;

	(void)state;
	assert_int_equal(tree_link(fd, CXL "endpoint5",
				   "../../../devices/x/root0/port1/port4/endpoint5"),
			 0);
	assert_int_equal(tree_link(fd, "sys/devices/x/root0/port1/port4/endpoint5/uport",
				   "../../../pci/0000:0d:00.0/mem0"),
			 0);
	assert_int_equal(tree_link(fd, CXL "port1", "../../../devices/x/root0/port1"), 0);
	assert_int_equal(tree_link(fd, "sys/devices/x/root0/port1/uport", "../pci0000:0c"), 0);
	assert_int_equal(tree_link(fd, CXL "root0", "../../../devices/x/root0"), 0);
	assert_int_equal(tree_link(fd, "sys/devices/x/root0/dport7", "../pci0000:07"), 0);
	assert_int_equal(tree_link(fd, "sys/devices/x/root0/dport12", "../pci0000:0c"), 0);
	fakesys_put(fs, CXL "mem0/serial", "0x1\n");
	bus = scan(fs);
	assert_int_equal(bus.nr.nr_memdevs, 1);
	assert_int_equal(bus.memdevs[0].bridge, 12);
	assert_int_equal(bus.memdevs[0].free_decoders, -1);
	fakesys_put(fs, CXL "decoder1.0/region", "\n");
	fakesys_put(fs, CXL "decoder1.0/size", "0x0\n");
	fakesys_put(fs, CXL "decoder4.0/region", "region3\n");
	bus = scan(fs);
	assert_int_equal(bus.memdevs[0].free_decoders, 0); /* of the switch */
	assert_int_equal(bus.memdevs[0].bridge_free_decoders, 1);
	assert_int_equal(tree_remove(fd, "sys/devices/x/root0/dport12"), 0);
	assert_int_equal(scan(fs).memdevs[0].bridge, -1);
}

static void windows_that_are_not_known(void **state)
{
	cleanup_fakesys struct fakesys *fs = load("cxl-bare.sysfs");
	const struct mhp_cxl_window *window;
	struct bus bus;

	(void)state;
	fakesys_put(fs, CXL "decoder0.0/target_list", "12,x\n");
	assert_int_equal(tree_remove(fs->tree.fd, CXL "decoder0.0/start"), 0);
	fakesys_put(fs, CXL "decoder0.0/cap_ram", "\n");
	fakesys_put(fs, CXL "decoder0.0/interleave_ways", "99\n");
	bus = scan(fs);
	window = find_window(&bus, "decoder0.0");
	assert_true(window->start == MHP_UNKNOWN);
	assert_int_equal(window->nr_targets, 0);
	assert_int_equal(window->can_ram, MHP_TRISTATE_UNKNOWN);
	assert_int_equal(window->ways, 0);
}

UNIT_TESTS(cmocka_unit_test(no_bus), cmocka_unit_test(bare_cards), cmocka_unit_test(windows),
	   cmocka_unit_test(a_region_over_one_card), cmocka_unit_test(a_region_over_two_cards),
	   cmocka_unit_test(a_region_that_lost_its_card), cmocka_unit_test(states),
	   cmocka_unit_test(what_cannot_be_read), cmocka_unit_test(members_that_cannot_be_read),
	   cmocka_unit_test(locked_regions), cmocka_unit_test(locked_regions_without_a_member),
	   cmocka_unit_test(cards_without_an_identity), cmocka_unit_test(free_decoders),
	   cmocka_unit_test(a_card_below_a_switch), cmocka_unit_test(capacity_that_is_kept),
	   cmocka_unit_test(windows_that_are_not_known))
