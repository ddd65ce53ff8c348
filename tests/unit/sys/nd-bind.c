/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Enabling namespaces through the files of the nd bus. */
#include "lib/sys/nd/bind.h"
#include "lib/base/error.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEVICES	  "sys/bus/nd/devices/"
#define DRIVERS	  "sys/bus/nd/drivers/"
#define NAMESPACE "namespace0.0"

static void bind_link(int fd, const char *device, const char *driver)
{
	char target[96];

	ROOT_PATH(link, DEVICES "%s/driver", device);
	str_format(target, "../../../../bus/nd/drivers/%s", driver);
	tree_link(fd, link, target);
}

/* Probes like nd_pmem: the file "claims" has the device that the info block names. */
static int probe_namespace(int fd, const char *name)
{
	char claim[32] = "", autoprobe[8] = "";

	tree_get(fd, "claims", claim, sizeof(claim));
	if (!*claim) {
		bind_link(fd, name, "nd_pmem");
		return 0;
	}
	ROOT_PATH(holder, DEVICES "%s/holder", name);
	ROOT_PATH(align, DEVICES "%s/align", claim);
	tree_put(fd, holder, "%s\n", claim);
	tree_put(fd, align, "2097152\n");
	if (tree_get(fd, "sys/bus/nd/drivers_autoprobe", autoprobe, sizeof(autoprobe)) == 0 &&
	    strcmp(autoprobe, "1") == 0)
		bind_link(fd, claim, "nd_pmem");
	return -ENXIO; /* what a successful claim returns */
}

static int probe_dax_pmem(int fd, const char *name)
{
	struct mhp_dax dax = { .size = GIB, .align = 2 * MIB };

	str_copy(dax.name, "dax0.0");
	str_copy(dax.region, "region0");
	bind_link(fd, name, "dax_pmem");
	if (fake_dax_add(fd, &dax) < 0)
		return -EIO;
	fake_dax_probe_new(fd, dax.name);
	return 0;
}

static int nd_write(const struct root *sys, const char *path, const char *text)
{
	struct fake_answer answer = { 0 };
	char line[256];
	int rc;

	if (strncmp(path, DRIVERS, strlen(DRIVERS)) != 0)
		return fake_root_ops.write(sys, path, text);
	str_format(line, "%s=%s\n", path, text);
	tree_append(sys->root_fd, "writes", line);
	if (fake_answer_act(sys->root_fd, path, text, &answer, &rc))
		return rc;
	if (strcmp(path, DRIVERS "dax_pmem/bind") == 0)
		return probe_dax_pmem(sys->root_fd, text);
	if (strncmp(text, "namespace", strlen("namespace")) == 0)
		return probe_namespace(sys->root_fd, text);
	bind_link(sys->root_fd, text, "nd_pmem");
	return 0;
}

static const struct root_ops nd_root_ops = { .write = nd_write };

static struct fakesys *with_namespace(const char *claim)
{
	struct fakesys *fs = fakesys_new();

	fs->ctx->sys.ops = &nd_root_ops;
	fakesys_put(fs, DEVICES NAMESPACE "/holder", "\n");
	fakesys_put(fs, "sys/bus/nd/drivers_autoprobe", "0\n");
	fakesys_put(fs, "sys/bus/dax/drivers_autoprobe", "0\n");
	fakesys_put(fs, "claims", claim);
	return fs;
}

static int make_claim(struct fakesys *fs, struct nd_claimed *claimed, struct mhp_error *err)
{
	const struct nd_claim_args args = { .ns_name = NAMESPACE, .region = "region0" };
	cleanup_reply struct reply reply = { 0 };
	int rc = nd_make_claim(fs->ctx, &args, &reply, err);

	assert_int_equal(reply.len, sizeof(*claimed));
	memcpy(claimed, reply.data, sizeof(*claimed));
	return rc;
}

static int bind_claim(struct fakesys *fs, const char *claim, const char *device,
		      struct mhp_error *err)
{
	struct nd_bind_args args = { 0 };
	struct reply reply = { 0 };
	int rc;

	str_copy(args.claim, claim);
	str_copy(args.device, device);
	rc = nd_bind_claim(fs->ctx, &args, &reply, err);
	assert_int_equal(reply.len, 0);
	return rc;
}

static void check_claimed(const struct nd_claimed *claimed, const char *claim, const char *device,
			  bool changed, bool bound)
{
	assert_string_equal(claimed->claim, claim);
	assert_string_equal(claimed->device, device);
	assert_int_equal(claimed->changed, changed);
	assert_int_equal(claimed->bound, bound);
}

/* ---- claiming ---------------------------------------------------------------------------- */

static void a_raw_namespace(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("");
	struct nd_claimed claimed;

	assert_false(nd_is_bound(&fs->ctx->sys, NAMESPACE));
	assert_int_equal(make_claim(fs, &claimed, NULL), 0);
	check_claimed(&claimed, "", "", true, true);
	assert_true(nd_is_bound(&fs->ctx->sys, NAMESPACE));
	/* again: nothing to do */
	assert_int_equal(make_claim(fs, &claimed, NULL), 0);
	check_claimed(&claimed, "", "", false, true);
	assert_int_equal(fakesys_writes(fs, "nd_pmem/bind=" NAMESPACE), 1);
}

static void claims_of_the_nd_bus(void **state)
{
	static const char *const claims[] = { "btt0.0", "pfn0.0" };

	for (size_t i = 0; i < ARRAY_SIZE(claims); i++) {
		cleanup_fakesys struct fakesys *fs = with_namespace(claims[i]);
		struct nd_claimed claimed;

		assert_int_equal(make_claim(fs, &claimed, NULL), 0);
		check_claimed(&claimed, claims[i], "", true, false);
		assert_int_equal(claimed.align, 2 * MIB);
		assert_int_equal(claimed.size, 0); /* no driver: none can be read */
		ROOT_PATH(size, DEVICES "%s/size", claims[i]);
		fakesys_put(fs, size, "1071644672\n");
		assert_int_equal(bind_claim(fs, claims[i], "", NULL), 0);
		assert_true(nd_is_bound(&fs->ctx->sys, claims[i]));
		assert_int_equal(make_claim(fs, &claimed, NULL), 0);
		check_claimed(&claimed, claims[i], "", false, true);
		assert_int_equal(claimed.size, 1071644672);
	}
}

/* Without the setting the kernel binds the device itself. */
static void a_claim_that_is_bound_at_once(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("pfn0.0");
	struct nd_claimed claimed;

	fakesys_put(fs, "sys/bus/nd/drivers_autoprobe", "1\n");
	assert_int_equal(make_claim(fs, &claimed, NULL), 0);
	check_claimed(&claimed, "pfn0.0", "", true, true);
}

static void the_memmap_of_a_claim(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("pfn0.0");
	struct nd_claimed claimed;

	fakesys_put(fs, DEVICES "pfn0.0/mode", "pmem\n");
	assert_int_equal(make_claim(fs, &claimed, NULL), 0);
	assert_false(claimed.map_mem);
	fakesys_put(fs, DEVICES "pfn0.0/mode", "ram\n");
	assert_int_equal(make_claim(fs, &claimed, NULL), 0);
	assert_true(claimed.map_mem);
}

static void a_dax_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("dax0.0");
	struct nd_claimed claimed;

	assert_int_equal(make_claim(fs, &claimed, NULL), 0);
	check_claimed(&claimed, "dax0.0", "dax0.0", true, false);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "");
	assert_int_equal(bind_claim(fs, "dax0.0", "dax0.0", NULL), 0);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
	assert_int_equal(make_claim(fs, &claimed, NULL), 0);
	check_claimed(&claimed, "dax0.0", "dax0.0", false, true);
	assert_int_equal(fakesys_writes(fs, "new_id"), 0);
}

static void a_dax_device_that_is_bound_at_once(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("dax0.0");
	struct nd_claimed claimed;

	fakesys_put(fs, "sys/bus/dax/drivers_autoprobe", "1\n");
	assert_int_equal(make_claim(fs, &claimed, NULL), 0);
	check_claimed(&claimed, "dax0.0", "dax0.0", true, true);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
}

/* ---- refusals ---------------------------------------------------------------------------- */

static void errors_without_a_claim(void **state)
{
	static const int errnums[] = { ENXIO, EOPNOTSUPP, EINVAL };

	for (size_t i = 0; i < ARRAY_SIZE(errnums); i++) {
		cleanup_fakesys struct fakesys *fs = with_namespace("");
		struct mhp_error err = { 0 };
		struct nd_claimed claimed;
		char answer[16];

		str_format(answer, "errno %d", errnums[i]);
		fakesys_answer(fs, 1, DRIVERS "nd_pmem/bind", NAMESPACE, answer);
		assert_int_equal(make_claim(fs, &claimed, &err), -errnums[i]);
		check_claimed(&claimed, "", "", false, false);
		assert_int_equal(err.reason, MHP_REASON_KERNEL);
		assert_non_null(strstr(err.message, NAMESPACE ": cannot be enabled"));
		assert_non_null(strstr(err.hint, "info block"));
	}
}

/* The kernel reports success but no device claims it. */
static void a_success_that_did_nothing(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("");
	struct nd_claimed claimed;

	fakesys_answer(fs, 1, DRIVERS "nd_pmem/bind", NAMESPACE, "ok");
	assert_int_equal(make_claim(fs, &claimed, NULL), -ENXIO);
	check_claimed(&claimed, "", "", false, false);
}

static void a_namespace_that_is_gone(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("");
	struct mhp_error err = { 0 };
	struct nd_claimed claimed;

	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/nd/devices/" NAMESPACE), 0);
	fakesys_answer(fs, 1, DRIVERS "nd_pmem/bind", NAMESPACE, "errno 19");
	assert_int_equal(make_claim(fs, &claimed, &err), -ENODEV);
	assert_int_equal(err.reason, MHP_REASON_NO_SUCH_TARGET);
}

/* The link exists, but the device is not on the bus yet. */
static void a_claim_that_is_just_coming(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("pfn0.0");
	struct nd_claimed claimed;

	assert_int_equal(make_claim(fs, &claimed, NULL), 0);
	fakesys_answer(fs, 2, DRIVERS "nd_pmem/bind", "pfn0.0", "errno 19");
	assert_int_equal(bind_claim(fs, "pfn0.0", "", NULL), 0);
	assert_int_equal(fakesys_writes(fs, "nd_pmem/bind=pfn0.0"), 3);
}

/* -EAGAIN: a deferred probe. */
static void a_deferred_probe_is_tried_again(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("pfn0.0");
	struct nd_claimed claimed;

	fakesys_answer(fs, 3, DRIVERS "nd_pmem/bind", NAMESPACE, "errno 11");
	assert_int_equal(make_claim(fs, &claimed, NULL), 0);
	check_claimed(&claimed, "pfn0.0", "", true, false);
	assert_int_equal(fakesys_writes(fs, "nd_pmem/bind=" NAMESPACE), 4);
	fakesys_answer(fs, 2, DRIVERS "nd_pmem/bind", "pfn0.0", "errno 11");
	assert_int_equal(bind_claim(fs, "pfn0.0", "", NULL), 0);
	assert_int_equal(fakesys_writes(fs, "nd_pmem/bind=pfn0.0"), 3);
}

/* The claim exists, so the caller must know of the change when it reports the failure. */
static void a_claim_that_dax_pmem_refuses(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("dax0.0");
	struct mhp_error err = { 0 };
	struct nd_claimed claimed;

	fakesys_answer(fs, FAKE_ALWAYS, DRIVERS "dax_pmem/bind", "dax0.0", "errno 12");
	assert_int_equal(make_claim(fs, &claimed, &err), -ENOMEM);
	check_claimed(&claimed, "dax0.0", "", true, false);
	assert_non_null(strstr(err.message, NAMESPACE));
	/* again: this time nothing changes */
	assert_int_equal(make_claim(fs, &claimed, &err), -ENOMEM);
	check_claimed(&claimed, "dax0.0", "", false, false);
}

static void no_dax_device_comes(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("dax0.0");
	struct mhp_error err = { 0 };
	struct nd_claimed claimed;

	bind_link(fs->tree.fd, "dax0.0", "dax_pmem");
	assert_int_equal(make_claim(fs, &claimed, &err), -ENODEV);
	check_claimed(&claimed, "dax0.0", "", true, false);
	assert_non_null(strstr(err.message, "no dax device appeared"));
}

/* ---- binding ----------------------------------------------------------------------------- */

static void a_claim_that_is_refused(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("pfn0.0");
	struct mhp_error err = { 0 };

	fakesys_answer(fs, 1, DRIVERS "nd_pmem/bind", "pfn0.0", "errno 12");
	assert_int_equal(bind_claim(fs, "pfn0.0", "", &err), -ENOMEM);
	assert_non_null(strstr(err.message, "pfn0.0: cannot be enabled"));
	fakesys_answer(fs, 1, DRIVERS "nd_pmem/bind", "pfn0.0", "ok");
	assert_int_equal(bind_claim(fs, "pfn0.0", "", &err), -ENXIO);
}

/* Another program was faster: the device is bound although the write fails. */
static void a_claim_that_is_bound_already(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("pfn0.0");

	bind_link(fs->tree.fd, "pfn0.0", "nd_pmem");
	fakesys_answer(fs, 1, DRIVERS "nd_pmem/bind", "pfn0.0", "errno 16");
	assert_int_equal(bind_claim(fs, "pfn0.0", "", NULL), 0);
}

#define DAX_BIND "sys/bus/dax/drivers/device_dax/bind"

/* A device with the type of kmem matches no driver before new_id has its name (6.12). */
static void a_device_of_another_type(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_dax0(fs, "");
	fakesys_answer(fs, 1, DAX_BIND, "dax0.0", "errno 19");
	assert_int_equal(bind_claim(fs, "dax0.0", "dax0.0", NULL), 0);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
	assert_int_equal(fakesys_writes(fs, "device_dax/new_id=dax0.0"), 1);
}

static void a_device_that_is_refused(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_error err = { 0 };

	fakesys_dax0(fs, "");
	fakesys_answer(fs, 1, DAX_BIND, "dax0.0", "errno 12");
	assert_int_equal(bind_claim(fs, "dax0.0", "dax0.0", &err), -ENOMEM);
	assert_non_null(strstr(err.message, "dax0.0: cannot bind to device_dax"));
	fakesys_answer(fs, 1, DAX_BIND, "dax0.0", "ok");
	assert_int_equal(bind_claim(fs, "dax0.0", "dax0.0", &err), -ENXIO);
	assert_int_equal(fakesys_writes(fs, "new_id"), 0);
}

static void a_device_that_is_bound_already(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_dax0(fs, "device_dax");
	assert_int_equal(bind_claim(fs, "dax0.0", "dax0.0", NULL), 0);
}

/* ---- reading claims ---------------------------------------------------------------------- */

static struct nd_claimed see(struct fakesys *fs)
{
	const struct nd_claim_args args = { .ns_name = NAMESPACE, .region = "region0" };
	cleanup_reply struct reply reply = { 0 };
	struct nd_claimed claimed;

	assert_int_equal(nd_read_claimed(fs->ctx, &args, &reply, NULL), 0);
	assert_int_equal(reply.len, sizeof(claimed));
	memcpy(&claimed, reply.data, sizeof(claimed));
	assert_string_equal(fakesys_get(fs, "writes"), "");
	return claimed;
}

static void what_a_raw_one_came_to(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("");
	struct nd_claimed claimed = see(fs);

	check_claimed(&claimed, "", "", false, false);
	bind_link(fs->tree.fd, NAMESPACE, "nd_pmem");
	claimed = see(fs);
	check_claimed(&claimed, "", "", true, true);
}

static void what_a_dax_device_came_to(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_namespace("dax0.0");
	struct nd_claimed claimed;

	probe_namespace(fs->tree.fd, NAMESPACE);
	claimed = see(fs);
	check_claimed(&claimed, "dax0.0", "", true, false);
	assert_int_equal(claimed.align, 2 * MIB);
	probe_dax_pmem(fs->tree.fd, "dax0.0");
	claimed = see(fs);
	check_claimed(&claimed, "dax0.0", "dax0.0", true, false);
	assert_int_equal(fake_dax_bind(fs->tree.fd, "dax0.0", "device_dax"), 0);
	claimed = see(fs);
	check_claimed(&claimed, "dax0.0", "dax0.0", true, true);
}

UNIT_TESTS(cmocka_unit_test(a_raw_namespace), cmocka_unit_test(claims_of_the_nd_bus),
	   cmocka_unit_test(a_claim_that_is_bound_at_once), cmocka_unit_test(the_memmap_of_a_claim),
	   cmocka_unit_test(a_dax_device), cmocka_unit_test(a_dax_device_that_is_bound_at_once),
	   cmocka_unit_test(errors_without_a_claim), cmocka_unit_test(a_success_that_did_nothing),
	   cmocka_unit_test(a_namespace_that_is_gone),
	   cmocka_unit_test(a_claim_that_is_just_coming),
	   cmocka_unit_test(a_deferred_probe_is_tried_again),
	   cmocka_unit_test(a_claim_that_dax_pmem_refuses), cmocka_unit_test(no_dax_device_comes),
	   cmocka_unit_test(a_claim_that_is_refused),
	   cmocka_unit_test(a_claim_that_is_bound_already),
	   cmocka_unit_test(a_device_of_another_type), cmocka_unit_test(a_device_that_is_refused),
	   cmocka_unit_test(a_device_that_is_bound_already),
	   cmocka_unit_test(what_a_raw_one_came_to), cmocka_unit_test(what_a_dax_device_came_to))
