/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nvdimm bus from its files alone. The case report compares it with libndctl on real kernels.
 */
#include "lib/sys/nd/files.h"
#include "lib/base/error.h"
#include "lib/sys/nd/nd.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEVICES "sys/devices/platform/ndbus0"
#define BUS	"sys/bus/nd/devices/"
#define UUID	"eeafa2a8-af66-40c0-b975-e7e13c49b6a5"
#define CLAIM	"11111111-af66-40c0-b975-e7e13c49b6a5"
#define NONE	"00000000-0000-0000-0000-000000000000"

/* A device "region0/namespace0.0" with files "name=text;..." on the bus. */
static void put_device(struct fakesys *fs, const char *below, const char *files)
{
	char text[1024], path[256], target[256], *rest = text, *file, *value;
	const char *name = strrchr(below, '/') ? strrchr(below, '/') + 1 : below;

	str_copy(text, files);
	while ((file = strsep(&rest, ";"))) {
		value = strchr(file, '=');
		*value++ = '\0';
		str_format(path, DEVICES "/%s/%s", below, file);
		if (strcmp(file, "driver") == 0)
			assert_int_equal(tree_link(fs->tree.fd, path, value), 0);
		else
			assert_int_equal(tree_put(fs->tree.fd, path, "%s\n", value), 0);
	}
	str_format(path, BUS "%s", name);
	str_format(target, "../../../devices/platform/ndbus0/%s", below);
	assert_int_equal(tree_link(fs->tree.fd, path, target), 0);
}

static struct nd_scan_head scan(struct fakesys *fs, struct reply *reply, struct mhp_region *regions,
				struct mhp_namespace *namespaces)
{
	struct mhp_error err = { 0 };
	struct nd_scan_head head;
	const char *at;

	assert_int_equal(nd_scan_files(fs->ctx, NULL, reply, &err), 0);
	memcpy(&head, reply->data, sizeof(head));
	at = reply->data + sizeof(head);
	memcpy(regions, at, head.nr_regions * sizeof(*regions));
	at += head.nr_regions * sizeof(*regions);
	memcpy(namespaces, at, head.nr_namespaces * sizeof(*namespaces));
	return head;
}

static void put_region(struct fakesys *fs)
{
	put_device(
		fs, "region0",
		"nstype=5;size=2147483648;available_size=1073741824;max_available_extent=536870912;"
		"align=16777216;mappings=2;mapping0=nmem0,0,1073741824,0;mapping1=nmem1,0,1,1;"
		"read_only=0;numa_node=0;target_node=2;resource=0x100000000;driver=x/nd_region;"
		"namespace_seed=namespace0.1;dax_seed=dax0.1");
	put_device(fs, "nmem0", "commands=smart get_size get_data set_data ");
	put_device(fs, "nmem1", "commands=get_size get_data set_data;cxl/id=-4539628424389459961");
	put_device(fs, "region0/dax0.1", "supported_alignments=1073741824 4096 2097152 ");
}

static void a_region(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_reply struct reply reply = { 0 };
	struct mhp_namespace namespaces[4];
	struct mhp_region region;

	put_region(fs);
	assert_int_equal(scan(fs, &reply, &region, namespaces).nr_regions, 1);
	assert_string_equal(region.name, "region0");
	assert_string_equal(region.type, "pmem");
	assert_string_equal(region.bus, "ndbus0");
	assert_int_equal(region.start, 0x100000000);
	assert_int_equal(region.size, 2 * GIB);
	assert_int_equal(region.available_bytes, GIB);
	assert_int_equal(region.max_extent_bytes, GIB / 2);
	assert_int_equal(region.align, 16 * MIB);
	assert_true(region.has_labels && region.can_label && region.is_enabled &&
		    !region.is_read_only);
	assert_int_equal(region.target_node, 2);
	assert_string_equal(region.seed, "namespace0.1");
	assert_int_equal(region.nr_aligns, 3);
	assert_int_equal(region.aligns[0], 4096);
	assert_int_equal(region.aligns[2], GIB);
	assert_int_equal(region.serials.nr, 1);
	assert_int_equal(region.serials.numbers[0], 0xc100000000000007);
}

/* Without rights, a driver, labels and the files of newer kernels. */
static void a_region_that_shows_little(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_reply struct reply reply = { 0 };
	struct mhp_namespace namespaces[4];
	struct mhp_region region;

	put_device(fs, "region3",
		   "nstype=4;size=4096;available_size=4096;mappings=1;mapping0=nmem0,0,4096,0");
	put_device(fs, "nmem0", "commands=get_size get_data");
	assert_int_equal(scan(fs, &reply, &region, namespaces).nr_regions, 1);
	assert_int_equal(region.start, MHP_UNKNOWN);
	assert_int_equal(region.available_bytes, 0);
	assert_int_equal(region.max_extent_bytes, 0);
	assert_int_equal(region.align, 4096);
	assert_int_equal(region.numa_node, -1);
	assert_int_equal(region.nr_aligns, 0);
	assert_false(region.has_labels || region.can_label || region.is_enabled);
}

static void namespaces_by_mode(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_reply struct reply reply = { 0 };
	struct mhp_namespace ns[4];
	struct mhp_region region;

	put_region(fs);
	put_device(fs, "region0/namespace0.0",
		   "size=1073741824;holder=dax0.0;holder_class=dax;uuid=" UUID ";alt_name=first");
	put_device(fs, "region0/dax0.0",
		   "driver=x/dax_pmem;size=1071644672;align=2097152;mode=pmem;uuid=" CLAIM);
	put_device(fs, "region0/namespace0.1", "size=0");
	put_device(fs, "region0/namespace0.2", "size=4096;uuid=" NONE ";holder=;holder_class=");
	put_device(fs, "region0/namespace0.3",
		   "size=8192;holder=pfn0.1;holder_class=;uuid=" NONE ";force_raw=1");
	put_device(fs, "region0/pfn0.1", "align=4096;mode=ram;uuid=" CLAIM ";block/pmem0/dev=1");
	assert_int_equal(scan(fs, &reply, &region, ns).nr_namespaces, 3);
	for (int i = 0; i < 3; i++) { /* the order is that of the directory */
		if (strcmp(ns[i].name, "namespace0.0") == 0) {
			assert_int_equal(ns[i].mode, MHP_NAMESPACE_DEVDAX);
			assert_int_equal(ns[i].map, MHP_MEMMAP_DEV);
			assert_int_equal(ns[i].size, 1071644672);
			assert_int_equal(ns[i].raw_size, GIB);
			assert_true(ns[i].is_enabled);
			assert_string_equal(ns[i].uuid, CLAIM);
			assert_string_equal(ns[i].id, UUID);
			assert_string_equal(ns[i].label, "first");
			assert_string_equal(ns[i].region, "region0");
		} else if (strcmp(ns[i].name, "namespace0.2") == 0) {
			assert_int_equal(ns[i].mode, MHP_NAMESPACE_RAW);
			assert_string_equal(ns[i].id, "");
			assert_int_equal(ns[i].size, 4096);
			assert_false(ns[i].is_enabled || ns[i].is_forced_raw);
		} else {
			assert_int_equal(ns[i].mode, MHP_NAMESPACE_FSDAX);
			assert_string_equal(ns[i].blockdev, "pmem0");
			assert_string_equal(ns[i].id, CLAIM);
			assert_int_equal(ns[i].size, 8192);
			assert_true(ns[i].is_forced_raw);
		}
	}
}

/* A device whose size is hidden is not left out in silence. */
static void a_size_that_is_hidden(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_reply struct reply reply = { 0 };
	struct mhp_error err = { 0 };

	put_device(fs, "region0", "nstype=5");
	assert_int_equal(nd_scan_files(fs->ctx, NULL, &reply, &err), -EIO);
	assert_non_null(strstr(err.message, "region0: its size cannot be read"));
}

UNIT_TESTS(cmocka_unit_test(a_region), cmocka_unit_test(a_region_that_shows_little),
	   cmocka_unit_test(namespaces_by_mode), cmocka_unit_test(a_size_that_is_hidden))
