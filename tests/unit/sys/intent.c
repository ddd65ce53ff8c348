/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that say what a run is about to do, whole and damaged. */
#include "lib/base/error.h"
#include "lib/base/memstream.h"
#include "lib/sys/intentdir.h"
#include "lib/sys/lock.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define RUN	"run/mhpctl/intent/"
#define LASTING "var/lib/mhpctl/intent/"
#define UUID	"5a4f3e2d-0000-4000-8000-000000000001"

static struct intent example(void)
{
	static char targets[2][64] = { "region0", "a b%c\nd\x7f" };

	return (struct intent){
		.pid = 412,
		.start = 99,
		.boot = "11111111-2222-3333-4444-555555555555",
		.time_us = 1764364355000000,
		.verb = "online",
		.targets = targets,
		.nr_targets = 2,
	};
}

static const struct intent_step create = {
	.number = 1,
	.kind = "create_namespace",
	.object = "region0",
	.region = "region0",
	.uuid = UUID,
	.range = { 0x100000000, 0x180000000 },
};
static const struct intent_step mode = {
	.number = 2,
	.kind = "set_mode",
	.object = "dax0.0",
	.before = "device_dax",
	.want = "system_ram",
};

static char *whole(void)
{
	cleanup_memstream struct memstream m = { 0 };
	const struct intent intent = example();

	assert_int_equal(memstream_open(&m), 0);
	assert_int_equal(intent_put_head(m.file, &intent), 0);
	assert_int_equal(intent_put_step(m.file, &create), 0);
	assert_int_equal(intent_put_done(m.file, 1), 0);
	assert_int_equal(intent_put_step(m.file, &mode), 0);
	return memstream_end(&m);
}

/* ---- the text ---------------------------------------------------------------------------- */

static void all_fields_come_back(void **state)
{
	cleanup_intent struct intent intent = { 0 };
	cleanup_free char *text = whole();

	assert_int_equal(intent_parse(text, strlen(text), &intent), 0);
	assert_int_equal(intent.pid, 412);
	assert_int_equal(intent.start, 99);
	assert_string_equal(intent.boot, "11111111-2222-3333-4444-555555555555");
	assert_int_equal(intent.time_us, 1764364355000000);
	assert_string_equal(intent.verb, "online");
	assert_int_equal(intent.nr_targets, 2);
	assert_string_equal(intent.targets[1], "a b%c\nd\x7f");
	assert_int_equal(intent.nr_steps, 2);
	assert_string_equal(intent.steps[0].kind, "create_namespace");
	assert_string_equal(intent.steps[0].uuid, UUID);
	assert_int_equal(intent.steps[0].range.start, 0x100000000);
	assert_int_equal(intent.steps[0].range.end, 0x180000000);
	assert_true(intent.steps[0].is_done);
	assert_string_equal(intent.steps[1].before, "device_dax");
	assert_string_equal(intent.steps[1].want, "system_ram");
	assert_false(intent.steps[1].is_done);
	assert_false(intent.is_undoing || intent.is_full || intent.is_torn);
}

static void a_cxl_region_comes_back(void **state)
{
	const struct intent_step region = {
		.number = 7,
		.kind = "create_cxl_region",
		.object = "decoder0.2",
		.region = "region2",
		.window = "decoder0.2",
		.size = 1ULL << 30,
		.members = "0x10f,mem1,0xc100000000000007",
	};
	static const char *const members[] = { "0x10f", "mem1", "0xc100000000000007", "" };
	cleanup_memstream struct memstream m = { 0 };
	cleanup_intent struct intent intent = example();
	cleanup_free char *text = NULL;
	char one[MHP_NAME_MAX];

	assert_int_equal(memstream_open(&m), 0);
	assert_int_equal(intent_put_head(m.file, &intent), 0);
	assert_int_equal(intent_put_step(m.file, &region), 0);
	text = memstream_end(&m);
	assert_int_equal(intent_parse(text, strlen(text), &intent), 0);
	assert_string_equal(intent.steps[0].window, "decoder0.2");
	assert_int_equal(intent.steps[0].size, 1ULL << 30);
	for (unsigned i = 0; i < ARRAY_SIZE(members); i++)
		assert_string_equal(intent_member(&intent.steps[0], i, one, sizeof(one)),
				    members[i]);
}

static void marks_and_another_uuid(void **state)
{
	cleanup_memstream struct memstream m = { 0 };
	cleanup_intent struct intent intent = { 0 };
	cleanup_free char *text = NULL, *before = whole();

	assert_int_equal(memstream_open(&m), 0);
	fputs(before, m.file);
	assert_int_equal(intent_put_uuid(m.file, 1, "other"), 0);
	assert_int_equal(intent_put_region(m.file, 1, "region7"), 0);
	assert_int_equal(intent_put_mark(m.file, "undoing"), 0);
	assert_int_equal(intent_put_mark(m.file, "full"), 0);
	text = memstream_end(&m);
	assert_int_equal(intent_parse(text, strlen(text), &intent), 0);
	assert_string_equal(intent.steps[0].uuid, "other");
	assert_string_equal(intent.steps[0].region, "region7");
	assert_true(intent.is_undoing);
	assert_true(intent.is_full);
}

static void expect(const char *line, int rc)
{
	cleanup_memstream struct memstream m = { 0 };
	cleanup_intent struct intent intent = { 0 };
	cleanup_free char *text = NULL, *before = whole();

	assert_int_equal(memstream_open(&m), 0);
	fputs(before, m.file);
	assert_int_equal(intent_put_mark(m.file, line), 0);
	text = memstream_end(&m);
	assert_int_equal(intent_parse(text, strlen(text), &intent), rc);
}

static void lines_that_mean_nothing(void **state)
{
	expect("undoing", 0);
	expect("undoing later=1", 0); /* a field of a later version */
	expect("later", -EPROTO);
	expect("done", -EPROTO);
	expect("done number=7", -EPROTO);
	expect("done number=-1", -EPROTO);
	expect("step number=3", -EPROTO);
	expect("step number=2 kind=x", -EPROTO); /* twice */
	expect("step number=3 kind=x from=1 to=", -EPROTO);
	expect("undoing x", -EPROTO);
	expect("undoing x=%0", -EPROTO);
	expect("undoing x=%00", -EPROTO);
	expect("undoing x=%zz", -EPROTO);
	expect("undoing a= b= c= d= e= f= g= h= i= j= k= l= m= n= o= p=", 0);
	expect("undoing a= b= c= d= e= f= g= h= i= j= k= l= m= n= o= p= q=", -EPROTO);
	expect("", -EPROTO);
}

static void another_version(void **state)
{
	cleanup_memstream struct memstream m = { 0 };
	cleanup_intent struct intent intent = { 0 };
	cleanup_free char *text = NULL;

	assert_int_equal(memstream_open(&m), 0);
	assert_int_equal(intent_put_mark(m.file, "mhpctl-intent version=2"), 0);
	text = memstream_end(&m);
	assert_int_equal(intent_parse(text, strlen(text), &intent), -ENOTSUP);
}

/* ---- the files --------------------------------------------------------------------------- */

static void create_file(struct fakesys *fs, char name[INTENT_NAME_MAX], struct intent_file *file)
{
	cleanup_free char *text = whole();

	assert_int_equal(intentdir_create(fs->ctx, text, name, file), 0);
}

/* Writes to the lasting file as its child does. Returns its errno. */
static int write_lasting(struct fakesys *fs, const char *name, bool is_new, const char *text)
{
	struct intent_write_args args = { .create = is_new, .sync = true };

	str_copy(args.name, name);
	str_copy(args.text, text);
	return intentdir_write(fs->ctx, &args, NULL, NULL);
}

static void create_lasting(struct fakesys *fs, const char *name)
{
	cleanup_free char *text = whole();

	assert_int_equal(write_lasting(fs, name, true, text), 0);
}

static void expect_found(struct fakesys *fs, size_t nr, const char *why)
{
	cleanup_intents struct intents found = { 0 };

	assert_int_equal(intentdir_read(fs->ctx, &found), 0);
	assert_int_equal(found.nr, nr);
	if (nr && why)
		assert_string_equal(found.at[0].why, why);
}

static void a_living_run_is_left_out(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct intent_file run = { -1, 0 }, claim;
	char name[INTENT_NAME_MAX] = "";

	create_file(fs, name, &run);
	create_lasting(fs, name);
	expect_found(fs, 0, NULL);
	assert_int_equal(intentdir_claim(fs->ctx, INTENT_RUN, name, &claim), -EAGAIN);
	intentdir_close(&run);
	expect_found(fs, 2, "");
	/* who recovers it is as good as its owner */
	assert_int_equal(intentdir_claim(fs->ctx, INTENT_LASTING, name, &claim), 0);
	expect_found(fs, 1, "");
	intentdir_remove(fs->ctx, INTENT_LASTING, name, &claim);
	assert_int_equal(intentdir_claim(fs->ctx, INTENT_LASTING, name, &claim), -ENOENT);
	assert_int_equal(intentdir_discard(fs->ctx, INTENT_RUN, name), 0);
	expect_found(fs, 0, NULL);
}

/* A lasting file whose run may live is not taken for that of an ended one. */
static void a_lock_that_cannot_be_read(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_intents struct intents found = { 0 };

	create_lasting(fs, "a");
	expect_found(fs, 1, "");
	assert_int_equal(tree_folder(fs->tree.fd, RUN "a"), 0);
	assert_int_equal(intentdir_read(fs->ctx, &found), 0);
	assert_int_equal(found.nr, 2);
	assert_int_equal(found.at[1].place, INTENT_LASTING);
	assert_string_equal(found.at[1].why, "it is a directory");
}

/* A write that the file system cuts short leaves whole lines, and the next one is one too. */
static void no_part_of_a_line_stays(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct intent_file run = { -1, 0 };
	char name[INTENT_NAME_MAX] = "";
	cleanup_free char *text = whole();
	struct rlimit limit, before;

	create_file(fs, name, &run);
	create_lasting(fs, name);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = strlen(text) + 10;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(intentdir_append(&run, "undoing sum=4f5b1c4e1aa5fbb4\n"), -ENOSPC);
	assert_int_equal(write_lasting(fs, name, false, "undoing sum=0\n"), -ENOSPC);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(write_lasting(fs, name, false, "half"), 0); /* the end of a killed run */
	intentdir_close(&run);
	{
		cleanup_intents struct intents found = { 0 };

		assert_int_equal(intentdir_read(fs->ctx, &found), 0);
		assert_int_equal(found.nr, 2);
		for (size_t i = 0; i < found.nr; i++) {
			assert_string_equal(found.at[i].why, "");
			assert_int_equal(found.at[i].intent.nr_steps, 2);
			assert_int_equal(found.at[i].intent.is_torn,
					 found.at[i].place == INTENT_LASTING);
		}
	}
}

/* The lock of a killed process is gone, even if another process has its number now. */
static void a_killed_run_is_found(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_intents struct intents found = { 0 };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		cleanup_free char *text = whole();
		char name[INTENT_NAME_MAX] = "";
		struct intent_file file;

		intentdir_create(fs->ctx, text, name, &file);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(intentdir_read(fs->ctx, &found), 0);
	assert_int_equal(found.nr, 1);
	assert_int_equal(found.at[0].place, INTENT_RUN);
	assert_string_equal(found.at[0].intent.verb, "online");
}

static void what_is_not_a_file(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_put(fs, "precious", "data");
	assert_int_equal(tree_folder(fs->tree.fd, RUN "a"), 0);
	expect_found(fs, 1, "it is a directory");
	assert_int_equal(intentdir_discard(fs->ctx, INTENT_RUN, "a"), 0);
	assert_int_equal(tree_link(fs->tree.fd, RUN "b", "../../../precious"), 0);
	expect_found(fs, 1, "it is a symbolic link");
	assert_int_equal(intentdir_add(fs->ctx, "b", "more"), -ELOOP);
	assert_int_equal(intentdir_discard(fs->ctx, INTENT_RUN, "b"), 0);
	assert_string_equal(fakesys_get(fs, "precious"), "data");
	assert_int_equal(mkfifoat(fs->tree.fd, RUN "c", 0600), 0);
	expect_found(fs, 1, "it is not a regular file");
	assert_int_equal(intentdir_discard(fs->ctx, INTENT_RUN, "c"), 0);
	fakesys_put(fs, RUN "d", "");
	expect_found(fs, 1, "its content is damaged");
	assert_int_equal(intentdir_discard(fs->ctx, INTENT_RUN, "d"), 0);
	fakesys_put(fs, RUN ".hidden", ""); /* its run has begun no step */
	expect_found(fs, 0, NULL);
}

/* Killed before it was locked and named: an old one goes, a young one may be in the making. */
static void what_was_never_named(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	fakesys_put(fs, RUN ".old", "");
	fakesys_put(fs, RUN ".young", "");
	assert_int_equal(utimensat(fs->tree.fd, RUN ".old", old, 0), 0);
	intentdir_sweep(fs->ctx, INTENT_RUN);
	assert_int_equal(root_exists(&fs->ctx->sys, RUN ".old"), 0);
	assert_int_equal(root_exists(&fs->ctx->sys, RUN ".young"), 1);
}

static void others_may_not_write(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakesys_put(fs, LASTING "a", "x");
	assert_int_equal(fchmodat(fs->tree.fd, LASTING "a", 0666, 0), 0);
	expect_found(fs, 1, "other users can write to it");
	assert_int_equal(fchmodat(fs->tree.fd, LASTING, 0777, 0), 0);
	expect_found(fs, 1, "other users can write to it");
}

static void a_file_has_an_end(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_intents struct intents found = { 0 };
	struct intent_file file = { -1, 0 };
	char name[INTENT_NAME_MAX] = "", path[128];
	struct stat st;
	uint64_t number = 10;
	int rc = 0;

	create_file(fs, name, &file);
	while (rc == 0) {
		cleanup_memstream struct memstream m = { 0 };
		cleanup_free char *text = NULL;
		struct intent_step step = create;

		step.number = number++;
		assert_int_equal(memstream_open(&m), 0);
		assert_int_equal(intent_put_step(m.file, &step), 0);
		text = memstream_end(&m);
		rc = intentdir_append(&file, text);
	}
	assert_int_equal(rc, -EFBIG);
	str_format(path, RUN "%s", name);
	assert_int_equal(fstatat(fs->tree.fd, path, &st, 0), 0);
	assert_between(st.st_size, INTENT_MAX - 512, INTENT_MAX);
	intentdir_close(&file);
	assert_int_equal(intentdir_read(fs->ctx, &found), 0);
	assert_int_equal(found.nr, 1);
	assert_string_equal(found.at[0].why, "");
	assert_int_equal(found.at[0].intent.nr_steps, number - 10 - 1 + 2);
}

static void many_files_are_told(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_intents struct intents found = { 0 };
	char path[128];

	for (int i = 0; i < INTENT_FILES_MAX + 1; i++) {
		str_format(path, RUN "%d", i);
		fakesys_put(fs, path, "x");
	}
	assert_int_equal(intentdir_read(fs->ctx, &found), 0);
	assert_int_equal(found.nr, INTENT_FILES_MAX + 1);
	assert_string_equal(found.at[INTENT_FILES_MAX].why, "it has more than 256 files");
	assert_string_equal(found.at[INTENT_FILES_MAX].name, "");
}

UNIT_TESTS(cmocka_unit_test(all_fields_come_back), cmocka_unit_test(a_cxl_region_comes_back),
	   cmocka_unit_test(marks_and_another_uuid), cmocka_unit_test(lines_that_mean_nothing),
	   cmocka_unit_test(another_version), cmocka_unit_test(a_living_run_is_left_out),
	   cmocka_unit_test(a_lock_that_cannot_be_read), cmocka_unit_test(no_part_of_a_line_stays),
	   cmocka_unit_test(a_killed_run_is_found), cmocka_unit_test(what_is_not_a_file),
	   cmocka_unit_test(what_was_never_named), cmocka_unit_test(others_may_not_write),
	   cmocka_unit_test(a_file_has_an_end), cmocka_unit_test(many_files_are_told))
