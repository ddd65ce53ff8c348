/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An object that got a reused name is not the planned one. */
#include "lib/base/error.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/nd/nd.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ND	"sys/bus/nd/devices/"
#define PLACE	"sys/devices/ndbus0/region0/namespace0.0/"
#define ID	"2b9c8a8d-6a3a-4a63-8a4e-5ad3f5b0f6c1"
#define HMEM	"sys/devices/platform/hmem.0/dax0.0/"
#define DEVICES "sys/bus/dax/devices/"

static const struct nd_identity meant = {
	.name = "namespace0.0",
	.region = "region0",
	.id = ID,
	.raw_size = 2 * GIB,
	.start = 0x100000000,
	.mode = MHP_NAMESPACE_FSDAX,
};

static struct fakesys *with_namespace(void)
{
	struct fakesys *fs = fakesys_new();

	assert_int_equal(tree_link(fs->tree.fd, ND "namespace0.0",
				   "../../../devices/ndbus0/region0/namespace0.0"),
			 0);
	fakesys_put(fs, PLACE "size", "2147483648\n");
	fakesys_put(fs, PLACE "resource", "0x100000000\n");
	fakesys_put(fs, PLACE "uuid", ID "\n");
	fakesys_put(fs, PLACE "holder", "pfn0.0\n");
	fakesys_put(fs, PLACE "holder_class", "pfn\n");
	return fs;
}

static void check(struct fakesys *fs, const struct nd_identity *identity, int wanted)
{
	struct mhp_error err = { 0 };

	assert_int_equal(nd_check_identity(fs->ctx, identity, &err), wanted);
	if (wanted < 0)
		assert_int_equal(err.reason, MHP_REASON_STALE_PLAN);
}

static void the_same_namespace(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace();

	check(fs, &meant, 0);
	fakesys_put(fs, PLACE "holder", "\n"); /* disabled: identified by its label */
	check(fs, &meant, 0);
}

static void another_in_one_thing(void **state)
{
	static const char *const others[][2] = {
		{ "size", "1073741824\n" },
		{ "resource", "0x140000000\n" },
		{ "uuid", "00000000-0000-4000-8000-000000000001\n" },
		{ "holder", "dax0.0\n" },
		{ "holder", "btt0.0\n" },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		cleanup_fakesys struct fakesys *fs = with_namespace();
		char path[128];

		str_format(path, PLACE "%s", others[i][0]);
		fakesys_put(fs, path, others[i][1]);
		check(fs, &meant, -ESTALE);
	}
}

static void in_another_region(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace();
	struct nd_identity elsewhere = meant;

	str_copy(elsewhere.region, "region1");
	check(fs, &elsewhere, -ESTALE);
}

/* A disabled namespace without a label has no UUID, but its address and size stay the same. */
static void one_without_a_label(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace();
	struct nd_identity disabled = meant;

	disabled.id[0] = '\0';
	disabled.id_unknown = true;
	disabled.mode = ND_ANY_MODE;
	check(fs, &disabled, 0);
	fakesys_put(fs, PLACE "resource", "0x140000000\n");
	check(fs, &disabled, -ESTALE);
}

/* ---- dax devices without a namespace ----------------------------------------------------- */

static struct fakesys *with_device(void)
{
	struct fakesys *fs = fakesys_new();

	assert_int_equal(tree_link(fs->tree.fd, DEVICES "dax0.0",
				   "../../../devices/platform/hmem.0/dax0.0"),
			 0);
	fakesys_put(fs, HMEM "size", "2147483648\n");
	fakesys_put(fs, HMEM "resource", "0x140000000\n");
	fakesys_put(fs, HMEM "target_node", "2\n");
	return fs;
}

static void the_same_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_device();
	struct dax_identity identity;
	struct mhp_dax dax;

	assert_int_equal(dax_read(fs->ctx, "dax0.0", &dax), 0);
	dax_identify(&dax, &identity);
	assert_int_equal(identity.start, 0x140000000);
	assert_string_equal(identity.path, "/sys/devices/platform/hmem.0/dax0.0");
	assert_int_equal(dax_identity_check(fs->ctx, &identity, NULL), 0);
}

static void another_device(void **state)
{
	static const char *const others[][2] = {
		{ "size", "1073741824\n" },
		{ "resource", "0x180000000\n" },
		{ "target_node", "3\n" },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		cleanup_fakesys struct fakesys *fs = with_device();
		struct dax_bind bind = { .name = "dax0.0", .driver = "kmem" };
		struct mhp_error err = { 0 };
		struct mhp_dax dax;
		char path[128];

		assert_int_equal(dax_read(fs->ctx, "dax0.0", &dax), 0);
		dax_identify(&dax, &bind.dax);
		str_format(path, HMEM "%s", others[i][0]);
		fakesys_put(fs, path, others[i][1]);
		assert_int_equal(dax_bind(fs->ctx, &bind, NULL, &err), -ESTALE);
		assert_int_equal(err.reason, MHP_REASON_STALE_PLAN);
		assert_int_equal(fakesys_writes(fs, "dax0.0"), 0);
	}
}

static void a_device_in_another_place(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_device();
	struct dax_identity identity;
	struct mhp_error err = { 0 };
	struct mhp_dax dax;

	assert_int_equal(dax_read(fs->ctx, "dax0.0", &dax), 0);
	dax_identify(&dax, &identity);
	str_copy(identity.path, "/sys/devices/platform/hmem.1/dax0.0");
	assert_int_equal(dax_identity_check(fs->ctx, &identity, &err), -ESTALE);
}

UNIT_TESTS(cmocka_unit_test(the_same_namespace), cmocka_unit_test(another_in_one_thing),
	   cmocka_unit_test(in_another_region), cmocka_unit_test(one_without_a_label),
	   cmocka_unit_test(the_same_device), cmocka_unit_test(another_device),
	   cmocka_unit_test(a_device_in_another_place))
