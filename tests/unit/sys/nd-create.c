/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creating devdax namespaces through the files of the nd bus. */
#include "lib/base/error.h"
#include "lib/sys/nd/nd.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEVICES	  "sys/bus/nd/devices/"
#define REGION	  DEVICES "region0/"
#define NAMESPACE DEVICES "namespace0.1/"
#define ID	  "5a4f3e2d-0000-4000-8000-000000000001"
#define BIND	  "sys/bus/nd/drivers/dax_pmem/bind"

static int probe_dax(int fd)
{
	struct mhp_dax dax = { .size = GIB, .align = 2 * MIB };

	str_copy(dax.name, "dax0.0");
	str_copy(dax.region, "region0");
	return fake_dax_add(fd, &dax);
}

static int nd_write(const struct root *sys, const char *path, const char *text)
{
	struct fake_answer answer = { 0 };
	char line[256], word[64];
	int rc;

	str_copy(word, text);
	word[strcspn(word, "\n")] = '\0';
	str_format(line, "%s=%s\n", path, word);
	tree_append(sys->root_fd, "writes", line);
	if (fake_answer_act(sys->root_fd, path, word, &answer, &rc))
		return rc;
	if (strcmp(path, BIND) == 0)
		return probe_dax(sys->root_fd);
	return tree_put(sys->root_fd, path, "%s", text);
}

static const struct root_ops nd_root_ops = { .write = nd_write };

static struct fakesys *with_region(void)
{
	struct fakesys *fs = fakesys_new();

	fs->ctx->sys.ops = &nd_root_ops;
	fakesys_put(fs, REGION "nstype", "5\n");
	fakesys_put(fs, REGION "max_available_extent", "1073741824\n");
	fakesys_put(fs, REGION "namespace_seed", "namespace0.1\n");
	fakesys_put(fs, REGION "dax_seed", "dax0.0\n");
	fakesys_put(fs, NAMESPACE "size", "0\n");
	fakesys_put(fs, DEVICES "dax0.0/align", "0\n");
	return fs;
}

static int create(struct fakesys *fs, const struct nd_create_args *args, struct mhp_error *err)
{
	cleanup_reply struct reply reply = { 0 };
	struct nd_created created;
	int rc = nd_create(fs->ctx, args, &reply, err);

	if (rc < 0)
		return rc;
	assert_int_equal(reply.len, sizeof(created));
	memcpy(&created, reply.data, sizeof(created));
	assert_string_equal(created.ns_name, "namespace0.1");
	assert_string_equal(created.device, "dax0.0");
	return rc;
}

static int create_all(struct fakesys *fs, struct mhp_error *err)
{
	const struct nd_create_args args = { .region = "region0", .align = 2 * MIB };

	return create(fs, &args, err);
}

/* Checks all writes, except for random values. */
static void check_writes(struct fakesys *fs, const char *expected)
{
	const char *all = fakesys_get(fs, "writes");
	char text[1024] = "";
	size_t len = 0;

	for (const char *at = all; at && *at; at = strchr(at, '\n')) {
		const char *end;

		at += *at == '\n';
		end = strchrnul(at, '\n');
		if (strncmp(at, DEVICES, strlen(DEVICES)) == 0)
			at += strlen(DEVICES);
		if (memmem(at, (size_t)(end - at), "/uuid=", 6))
			end = strchr(at, '=');
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%.*s\n", (int)(end - at),
					at);
	}
	assert_string_equal(text, expected);
}

/* The uuid is written before the size, the claim last. */
static void all_of_a_region(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_region();

	assert_int_equal(create_all(fs, NULL), 0);
	check_writes(fs, "namespace0.1/uuid\n"
			 "namespace0.1/holder_class=dax\n"
			 "namespace0.1/size=1073741824\n"
			 "dax0.0/uuid\n"
			 "dax0.0/mode=ram\n"
			 "dax0.0/align=2097152\n"
			 "dax0.0/namespace=namespace0.1\n" BIND "=dax0.0\n");
}

static void a_part_with_a_name(void **state)
{
	const struct nd_create_args args = {
		.region = "region0",
		.label = "cache",
		.size = 512 * MIB,
		.align = GIB,
		.map = MHP_MEMMAP_DEV,
	};
	cleanup_fakesys struct fakesys *fs = with_region();

	assert_int_equal(create(fs, &args, NULL), 0);
	assert_string_equal(fakesys_get(fs, NAMESPACE "alt_name"), "cache");
	assert_string_equal(fakesys_get(fs, NAMESPACE "size"), "536870912");
	assert_string_equal(fakesys_get(fs, DEVICES "dax0.0/mode"), "pmem");
	assert_string_equal(fakesys_get(fs, DEVICES "dax0.0/align"), "1073741824");
}

static void the_name_that_another_creation_left(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_region();

	fakesys_put(fs, NAMESPACE "alt_name", "cache\n");
	assert_int_equal(create_all(fs, NULL), 0);
	assert_int_equal(fakesys_writes(fs, NAMESPACE "alt_name=\n"), 1);
}

/* The run has chosen it, and has written it down. */
static void the_uuid_that_was_announced(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_region();
	const struct nd_create_args args = { .region = "region0", .align = 2 * MIB, .uuid = ID };

	assert_int_equal(create(fs, &args, NULL), 0);
	assert_string_equal(fakesys_get(fs, NAMESPACE "uuid"), ID);
}

/* Without labels it is that of the info block. */
static void the_uuid_of_an_info_block(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_region();
	cleanup_reply struct reply reply = { 0 };
	struct nd_created created = { .raw_size = GIB };

	str_copy(created.ns_name, "namespace0.1");
	assert_int_equal(nd_make_dax(fs->ctx, "region0", 2 * MIB, MHP_MEMMAP_MEM, ID, &created,
				     &reply, NULL),
			 0);
	assert_string_equal(fakesys_get(fs, DEVICES "dax0.0/uuid"), ID);
	assert_string_equal(created.id, ID);
}

/* The kernel keeps the uuid of a killed creation: the run writes down that one. */
static void another_uuid_than_announced(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_region();
	struct nd_create_args args = {
		.region = "region0", .align = 2 * MIB, .uuid = ID, .intent = "1", .intent_step = 4
	};

	fakesys_put(fs, NAMESPACE "uuid", "2b9c8a8d-6a3a-4a63-8a4e-5ad3f5b0f6c1\n");
	fakesys_put(fs, "var/lib/mhpctl/intent/1", "");
	assert_int_equal(create(fs, &args, NULL), 0);
	assert_ptr_equal(strstr(fakesys_get(fs, "var/lib/mhpctl/intent/1"),
				"uuid number=4 uuid=2b9c8a8d-6a3a-4a63-8a4e-5ad3f5b0f6c1 sum="),
			 fs->text);
}

/* Killed between uuid and size: the kernel would refuse another uuid. */
static void the_uuid_that_a_killed_creation_left(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_region();

	fakesys_put(fs, NAMESPACE "uuid", "2b9c8a8d-6a3a-4a63-8a4e-5ad3f5b0f6c1\n");
	assert_int_equal(create_all(fs, NULL), 0);
	assert_int_equal(fakesys_writes(fs, NAMESPACE "uuid="), 0);
	assert_int_equal(fakesys_writes(fs, "dax0.0/uuid="), 1);
}

/* The kernel names a seed before its device exists. */
static void a_seed_that_is_just_coming(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_region();
	int fd = fs->tree.fd, status;
	pid_t child;

	assert_int_equal(renameat(fd, DEVICES "namespace0.1", fd, "late"), 0);
	child = fork();
	if (child == 0) {
		poll(NULL, 0, 20);
		_exit(renameat(fd, "late", fd, DEVICES "namespace0.1") < 0);
	}
	assert_true(child > 0);
	assert_int_equal(create_all(fs, NULL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* The label and the info block have different identifiers. */
static void two_identifiers(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_region();
	char label[64];

	assert_int_equal(create_all(fs, NULL), 0);
	str_copy(label, fakesys_get(fs, NAMESPACE "uuid"));
	assert_int_equal(strlen(label), 36);
	assert_int_equal(strlen(fakesys_get(fs, DEVICES "dax0.0/uuid")), 36);
	assert_string_not_equal(label, fakesys_get(fs, DEVICES "dax0.0/uuid"));
}

static void a_kernel_that_knows_no_class(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_region();

	fakesys_answer(fs, 1, NAMESPACE "holder_class", "dax", "errno 2");
	assert_int_equal(create_all(fs, NULL), 0);
}

/* ---- refusals ---------------------------------------------------------------------------- */

static void nothing_to_make_it_of(void **state)
{
	static const struct {
		const char *path;
		const char *text;
		int rc;
		enum mhp_reason reason;
	} cases[] = {
		{ REGION "nstype", NULL, -ENODEV, MHP_REASON_NO_SUCH_TARGET },
		{ REGION "namespace_seed", "\n", -EBUSY, MHP_REASON_KERNEL },
		{ REGION "namespace_seed", NULL, -EBUSY, MHP_REASON_KERNEL },
		{ NAMESPACE "size", "4096\n", -EBUSY, MHP_REASON_KERNEL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_fakesys struct fakesys *fs = with_region();
		struct mhp_error err = { 0 };

		if (cases[i].text)
			fakesys_put(fs, cases[i].path, cases[i].text);
		else
			assert_int_equal(tree_remove(fs->tree.fd, cases[i].path), 0);
		assert_int_equal(create_all(fs, &err), cases[i].rc);
		assert_int_equal(err.reason, cases[i].reason);
		check_writes(fs, "");
	}
}

/* Each write may be refused by the kernel: everything is undone. */
static void it_is_undone(void **state)
{
	static const struct {
		const char *path;
		const char *word;
		int errnum;
		bool claimed;
	} steps[] = {
		{ NAMESPACE "size", "1073741824", ENOSPC, false },
		{ DEVICES "dax0.0/mode", "ram", EBUSY, true },
		{ DEVICES "dax0.0/align", "2097152", EINVAL, true },
		{ DEVICES "dax0.0/namespace", "namespace0.1", EBUSY, true },
		{ BIND, "dax0.0", ENXIO, true },
		{ BIND, "dax0.0", EOPNOTSUPP, true },
		{ BIND, "dax0.0", EIO, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		cleanup_fakesys struct fakesys *fs = with_region();
		struct mhp_error err = { 0 };
		char answer[16];

		str_format(answer, "errno %d", steps[i].errnum);
		fakesys_answer(fs, 1, steps[i].path, steps[i].word, answer);
		assert_int_equal(create_all(fs, &err), -steps[i].errnum);
		assert_non_null(strstr(err.message, "namespace0.1: "));
		assert_string_equal(fakesys_get(fs, NAMESPACE "size"), "0");
		assert_int_equal(fakesys_writes(fs, NAMESPACE "holder_class=\n"), 1);
		assert_int_equal(fakesys_writes(fs, "dax0.0/namespace=\n"), steps[i].claimed);
	}
}

/* The message of the kernel's refusal names the alignments that it offers. */
static void a_refused_alignment_names_the_others(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_region();
	struct mhp_error err = { 0 };

	fakesys_put(fs, DEVICES "dax0.0/supported_alignments", "16384 33554432\n");
	fakesys_answer(fs, 1, DEVICES "dax0.0/align", "2097152", "errno 22");
	assert_int_equal(create_all(fs, &err), -EINVAL);
	assert_string_equal(err.message, "namespace0.1: alignment 2097152: Invalid argument");
	assert_string_equal(err.hint, "the kernel offers --align 16384 33554432");
}

static void no_dax_device_to_claim_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_region();
	struct mhp_error err = { 0 };

	fakesys_put(fs, REGION "dax_seed", "\n");
	assert_int_equal(create_all(fs, &err), -EOPNOTSUPP);
	assert_int_equal(err.reason, MHP_REASON_UNSUPPORTED);
	assert_string_equal(fakesys_get(fs, NAMESPACE "size"), "0");
}

UNIT_TESTS(cmocka_unit_test(all_of_a_region), cmocka_unit_test(a_part_with_a_name),
	   cmocka_unit_test(the_name_that_another_creation_left),
	   cmocka_unit_test(the_uuid_that_was_announced),
	   cmocka_unit_test(the_uuid_of_an_info_block),
	   cmocka_unit_test(another_uuid_than_announced),
	   cmocka_unit_test(the_uuid_that_a_killed_creation_left),
	   cmocka_unit_test(a_seed_that_is_just_coming), cmocka_unit_test(two_identifiers),
	   cmocka_unit_test(a_kernel_that_knows_no_class), cmocka_unit_test(nothing_to_make_it_of),
	   cmocka_unit_test(it_is_undone), cmocka_unit_test(a_refused_alignment_names_the_others),
	   cmocka_unit_test(no_dax_device_to_claim_it))
