/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of namespaces, and whether they still match. */
#include "lib/sys/record.h"
#include "lib/base/error.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UUID   "eeafa2a8-af66-40c0-b975-e7e13c49b6a5"
#define FOLDER "var/lib/mhpctl/namespaces/"

static void written_and_read(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct record sealed = { 2 * GIB, true, { MIB, 2 * MIB }, 0x1122334455667788 };
	const struct record plain = { .size = GIB };
	struct record got;

	assert_int_equal(record_read(fs->ctx, UUID, &got), -ENOENT);
	assert_int_equal(record_write(fs->ctx, UUID, &sealed), 0);
	assert_int_equal(record_read(fs->ctx, UUID, &got), 0);
	assert_true(got.is_sealed && got.size == sealed.size && got.seal == sealed.seal &&
		    got.scope.head == MIB && got.scope.tail == 2 * MIB);
	assert_int_equal(record_write(fs->ctx, UUID, &plain), 0);
	assert_int_equal(record_read(fs->ctx, UUID, &got), 0);
	assert_true(!got.is_sealed && got.size == GIB);
	assert_int_equal(record_forget(fs->ctx, UUID), 0);
	assert_int_equal(record_forget(fs->ctx, UUID), 0);
	assert_int_equal(record_read(fs->ctx, UUID, &got), -ENOENT);
}

/* An incomplete or empty record is ignored. */
static void rubbish_is_no_record(void **state)
{
	static const char *const texts[] = { "",
					     "end\n",
					     "size=4096\n",
					     "size=x\nend\n",
					     "size=4096\nseal=",
					     "size=-1\nend\n",
					     "size=4096\nend",
					     "size=4096\nend\nmore\n",
					     "size=4096\nend\nmore",
					     "size=4096\nsize=8192\nend\n",
					     "size=4096\nseal=7\nend\n",
					     "size=4096\nhead=1\ntail=1\nend\n",
					     "size=4096\nhead=x\ntail=1\nseal=7\nend\n",
					     "size=4096\nhead=1\ntail=1\nseal=\nend\n" };
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct record got;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		fakesys_put(fs, FOLDER UUID, texts[i]);
		assert_true(record_read(fs->ctx, UUID, &got) < 0);
	}
	fakesys_put(fs, FOLDER UUID, "size=4096\nlater=7\nend\n");
	assert_int_equal(record_read(fs->ctx, UUID, &got), 0);
}

static void put_record(struct fakesys *fs)
{
	const struct record record = { .size = GIB };

	assert_int_equal(record_write(fs->ctx, UUID, &record), 0);
}

/* A valid record is not trusted after its file or directory becomes writable by others. */
static void whom_others_may_have_written(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct record got;

	put_record(fs);
	assert_int_equal(record_read(fs->ctx, UUID, &got), 0);
	assert_int_equal(fchmodat(fs->tree.fd, FOLDER UUID, 0620, 0), 0);
	assert_int_equal(record_read(fs->ctx, UUID, &got), -EPERM);
	put_record(fs);
	assert_int_equal(record_read(fs->ctx, UUID, &got), 0);
	assert_int_equal(fchmodat(fs->tree.fd, FOLDER, 0777, 0), 0);
	assert_int_equal(record_read(fs->ctx, UUID, &got), -EPERM);
	assert_int_equal(got.size, 0);
}

static void of_another_user(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct record got;

	if (geteuid() != 0)
		skip();
	put_record(fs);
	assert_int_equal(fchownat(fs->tree.fd, FOLDER UUID, 1234, 0, 0), 0);
	assert_int_equal(record_read(fs->ctx, UUID, &got), -EPERM);
}

static void links_are_no_records(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct record got;

	put_record(fs);
	assert_int_equal(renameat(fs->tree.fd, FOLDER UUID, fs->tree.fd, "elsewhere"), 0);
	assert_int_equal(symlinkat("../../../../elsewhere", fs->tree.fd, FOLDER UUID), 0);
	assert_int_equal(faccessat(fs->tree.fd, FOLDER UUID, R_OK, 0), 0);
	assert_int_equal(record_read(fs->ctx, UUID, &got), -ELOOP);
	put_record(fs); /* replaces the link */
	assert_int_equal(record_read(fs->ctx, UUID, &got), 0);
	assert_int_equal(renameat(fs->tree.fd, "var/lib/mhpctl", fs->tree.fd, "moved"), 0);
	assert_int_equal(symlinkat("../../moved", fs->tree.fd, "var/lib/mhpctl"), 0);
	assert_true(record_read(fs->ctx, UUID, &got) < 0);
}

static void no_file_and_too_large(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	char text[1024] = "size=4096\nend\n";
	struct record got;

	put_record(fs);
	assert_int_equal(unlinkat(fs->tree.fd, FOLDER UUID, 0), 0);
	assert_int_equal(mkfifoat(fs->tree.fd, FOLDER UUID, 0600), 0);
	assert_int_equal(record_read(fs->ctx, UUID, &got), -EINVAL);
	assert_int_equal(unlinkat(fs->tree.fd, FOLDER UUID, 0), 0);
	for (size_t at = 0; at < 1000; at += 8)
		memcpy(text + at, "later=7\n", 9);
	memcpy(text + 1000, "size=4096\nend\n", 15);
	fakesys_put(fs, FOLDER UUID, text);
	assert_int_equal(record_read(fs->ctx, UUID, &got), -EFBIG);
}

/* The UUID is used as a file name. */
static void what_is_no_uuid_is_no_name(void **state)
{
	static const char *const names[] = { "", "../../etc/passwd", "eeafa2a8",
					     "00000000-0000-0000-0000-000000000000" };
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct record record = { .size = GIB };
	struct record got;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(record_write(fs->ctx, names[i], &record), -EINVAL);
		assert_int_equal(record_read(fs->ctx, names[i], &got), -EINVAL);
		assert_int_equal(record_forget(fs->ctx, names[i]), -EINVAL);
	}
}

static void a_copied_tree_remembers_nothing(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct record record = { .size = GIB };

	fs->ctx->is_copy = true;
	assert_int_equal(record_write(fs->ctx, UUID, &record), -EROFS);
}

static void whether_it_still_fits(void **state)
{
	const struct record plain = { .size = GIB };
	const struct record sealed = { .size = GIB, .is_sealed = true, .seal = 7 };
	const struct content same = { .kind = MHP_CONTENT_DATA, .has_seal = true, .seal = 7 };
	const struct content other = { .kind = MHP_CONTENT_DATA, .has_seal = true, .seal = 8 };
	const struct content unsealed = { .kind = MHP_CONTENT_DATA };
	const struct content known = { .kind = MHP_CONTENT_DATA, .has_signature = true };

	assert_int_equal(record_judge(&plain, GIB, NULL), MHP_RECORD_VALID);
	assert_int_equal(record_judge(&plain, GIB, &unsealed), MHP_RECORD_VALID);
	assert_int_equal(record_judge(&plain, GIB, &known), MHP_RECORD_STALE);
	/* recreated by another program, with the same UUID and another size */
	assert_int_equal(record_judge(&plain, 2 * GIB, NULL), MHP_RECORD_STALE);
	assert_int_equal(record_judge(&sealed, 2 * GIB, &same), MHP_RECORD_STALE);
	assert_int_equal(record_judge(&sealed, GIB, &same), MHP_RECORD_VALID);
	assert_int_equal(record_judge(&sealed, GIB, &other), MHP_RECORD_STALE);
	assert_int_equal(record_judge(&sealed, GIB, &unsealed), MHP_RECORD_STALE);
	assert_int_equal(record_judge(&sealed, GIB, NULL),
			 MHP_RECORD_STALE); /* unknown counts as used */
}

UNIT_TESTS(cmocka_unit_test(written_and_read), cmocka_unit_test(rubbish_is_no_record),
	   cmocka_unit_test(whom_others_may_have_written), cmocka_unit_test(of_another_user),
	   cmocka_unit_test(links_are_no_records), cmocka_unit_test(no_file_and_too_large),
	   cmocka_unit_test(what_is_no_uuid_is_no_name),
	   cmocka_unit_test(a_copied_tree_remembers_nothing),
	   cmocka_unit_test(whether_it_still_fits))
