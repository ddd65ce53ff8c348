/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's log: records of /dev/kmsg, and the reason for a failed offline. */
#include "lib/sys/kmsg.h"
#include "lib/base/range.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void a_record(void **state)
{
	struct kmsg_record r = { 0 };

	assert_int_equal(kmsg_parse("4,588,18618934,-;migrating pfn 108000 failed ret:64\n", &r),
			 0);
	assert_int_equal(r.prio, 4);
	assert_int_equal(r.seq, 588);
	assert_int_equal(r.usec, 18618934);
	assert_string_equal(r.text, "migrating pfn 108000 failed ret:64");
}

/* Documentation/ABI/testing/dev-kmsg: more fields may come before the semicolon. */
static void records_of_other_shapes(void **state)
{
	struct kmsg_record r = { 0 };

	assert_int_equal(kmsg_parse("6,339,5140900,-,caller=T1;a; b\n SUBSYSTEM=acpi\n", &r), 0);
	assert_string_equal(r.text, "a; b");
	assert_int_equal(kmsg_parse("30,1,2,-;facility 3, priority 6", &r), 0);
	assert_int_equal(r.prio, 6);
	assert_int_equal(kmsg_parse("6,1,2,c;", &r), 0);
	assert_string_equal(r.text, "");
	assert_int_equal(kmsg_parse("6,18446744073709551615,2,-;x", &r), 0);
	assert_true(r.seq == UINT64_MAX);
}

static void what_is_no_record(void **state)
{
	static const char *const lines[] = {
		"",
		";",
		"6,1,2;text",
		"6,1;text",
		"6,1,2,-",
		"x,1,2,-;",
		",,,;",
		"-6,1,2,-;",
		"6 ,1,2,-;",
		"6,1,,-;",
		"6,18446744073709551616,2,-;",
		" SUBSYSTEM=acpi",
		"no;1,2,3,-;",
	};
	struct kmsg_record r;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (kmsg_parse(lines[i], &r) != -EINVAL)
			fail_msg("\"%s\" is taken for a record", lines[i]);
}

static void a_long_text_is_cut(void **state)
{
	struct kmsg_record r;
	char line[4096] = "6,1,2,-;";

	memset(line + 8, 'x', sizeof(line) - 9);
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(kmsg_parse(line, &r), 0);
	assert_int_equal(strlen(r.text), sizeof(r.text) - 1);
}

static void all_records_of_real_kernels(void **state)
{
	static const char *const names[] = {
		"kmsg-vmsplice-6.1.txt", "kmsg-iouring-6.12.txt", "kmsg-thp-6.12.txt",
		"kmsg-slab-6.1.txt",	 "kmsg-slab-7.2.txt",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_fclose FILE *file = tree_data(names[i]);
		struct kmsg_record r;
		unsigned nr = 0;
		char line[512];

		assert_non_null(file);
		while (fgets(line, sizeof(line), file)) {
			assert_int_equal(kmsg_parse(line, &r), 0);
			assert_true(r.prio == 4 || r.prio == 7);
			nr++;
		}
		assert_true(nr >= 7);
	}
}

/* ---- why an offline failed --------------------------------------------------------------- */

static void reasons_of_real_kernels(void **state)
{
	static const char *const words[] = {
		"signal backoff",   "failure to isolate range", "failure to dissolve huge pages",
		"notifier failure", "unmovable page",		"memory holes",
	};
	struct mhp_range range;
	char text[128], reason[96];

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		snprintf(text, sizeof(text),
			 "memory offlining [mem 0x108000000-0x10fffffff] failed due to %s",
			 words[i]);
		assert_true(kmsg_offline_reason(text, &range, reason, sizeof(reason)));
		assert_true(range.start == 0x108000000 && range.end == 0x110000000);
		assert_string_equal(reason, words[i]);
	}
}

static void what_is_no_reason(void **state)
{
	static const char *const texts[] = {
		"",
		"Offlined Pages 32768",
		"memory offlining [mem 0x108000000-0x10fffffff] failed",
		"memory offlining [mem 0x108000000] failed due to x",
		"memory offlining [mem 0x10fffffff-0x108000000] failed due to x",
		"online_pages [mem 0x108000000-0x10fffffff] failed",
		"say: memory offlining [mem 0x108000000-0x10fffffff] failed due to x",
	};
	struct mhp_range range;
	char reason[96];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (kmsg_offline_reason(texts[i], &range, reason, sizeof(reason)))
			fail_msg("\"%s\" is taken for a reason", texts[i]);
}

/* ---- the file ---------------------------------------------------------------------------- */

static void no_log_is_no_failure(void **state)
{
	struct mhp_ctx ctx = { 0 };
	struct kmsg_record r;
	struct kmsg log;
	struct tree tree;

	assert_int_equal(tree_new(&tree), 0);
	ctx.sys.root_fd = tree.fd;
	assert_int_equal(kmsg_open(&ctx, &log), -ENOENT);
	assert_false(kmsg_next(&log, &r));
	kmsg_close(&log);
	tree_free(&tree);
}

/* In many containers /dev/kmsg is /dev/null or a pipe: do not wait for more. */
static void a_log_that_has_an_end(void **state)
{
	struct mhp_ctx ctx = { 0 };
	struct kmsg_record r;
	struct kmsg log;
	struct tree tree;

	assert_int_equal(tree_new(&tree), 0);
	ctx.sys.root_fd = tree.fd;
	assert_int_equal(tree_link(tree.fd, "dev/kmsg", "/dev/null"), 0);
	assert_int_equal(kmsg_open(&ctx, &log), -ENODEV); /* not a log: never blocks */
	alarm(600);					  /* ends the test if it hangs */
	assert_false(kmsg_next(&log, &r));
	alarm(0);
	kmsg_close(&log);
	assert_int_equal(log.fd, -1);
	tree_free(&tree);
}

/* Opens a pipe in packet mode: one record a read, like the kernel's log. */
static int open_packets(struct tree *tree, struct kmsg *log)
{
	struct mhp_ctx ctx = { 0 };
	int fd;

	assert_int_equal(tree_new(tree), 0);
	ctx.sys.root_fd = tree->fd;
	assert_int_equal(tree_folder(tree->fd, "dev"), 0);
	assert_int_equal(mkfifoat(tree->fd, "dev/kmsg", 0600), 0);
	fd = openat(tree->fd, "dev/kmsg", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0 && fcntl(fd, F_SETFL, O_DIRECT) == 0);
	assert_int_equal(kmsg_open(&ctx, log), 0);
	return fd;
}

static void send_record(int fd, unsigned seq)
{
	char line[32];
	int len = snprintf(line, sizeof(line), "6,%u,2,-;text\n", seq);

	assert_int_equal(write(fd, line, (size_t)len), len);
}

/* The kernel reports overwritten records once; the sequence numbers show how many. */
static void records_that_are_lost_are_counted(void **state)
{
	static const struct {
		unsigned seq;
		bool ran_over;
		uint64_t lost; /* so far */
	} reads[] = {
		{ 10, false, 0 },  { 11, false, 0 }, { 31, true, 19 },
		{ 32, false, 19 }, { 33, true, 20 }, { 40, false, 20 }, /* a gap without a report */
	};
	struct kmsg_record r;
	struct kmsg log;
	struct tree tree;
	int fd = open_packets(&tree, &log);

	for (size_t i = 0; i < ARRAY_SIZE(reads); i++) {
		log.ran_over = reads[i].ran_over;
		send_record(fd, reads[i].seq);
		assert_true(kmsg_next(&log, &r));
		assert_int_equal(log.lost, reads[i].lost);
	}
	kmsg_close(&log);
	close(fd);
	tree_free(&tree);
}

/* The number of records lost before the first one is unknown. */
static void at_least_one_is_lost(void **state)
{
	struct kmsg_record r;
	struct kmsg log;
	struct tree tree;
	int fd = open_packets(&tree, &log);

	log.ran_over = true;
	send_record(fd, 500);
	assert_true(kmsg_next(&log, &r));
	assert_int_equal(log.lost, 1);
	kmsg_close(&log);
	close(fd);
	tree_free(&tree);
}

static void records_come_one_by_one(void **state)
{
	static const char bad[] = "not a record\n", good[] = "6,1,2,-;good\n";
	struct kmsg_record r;
	struct kmsg log;
	struct tree tree;
	int fd = open_packets(&tree, &log);

	assert_false(kmsg_next(&log, &r));
	assert_int_equal(write(fd, bad, sizeof(bad) - 1), sizeof(bad) - 1);
	assert_int_equal(write(fd, good, sizeof(good) - 1), sizeof(good) - 1);
	assert_true(kmsg_next(&log, &r));
	assert_string_equal(r.text, "good");
	assert_false(kmsg_next(&log, &r));
	kmsg_close(&log);
	close(fd);
	tree_free(&tree);
}

UNIT_TESTS(cmocka_unit_test(a_record), cmocka_unit_test(records_of_other_shapes),
	   cmocka_unit_test(what_is_no_record), cmocka_unit_test(a_long_text_is_cut),
	   cmocka_unit_test(all_records_of_real_kernels), cmocka_unit_test(reasons_of_real_kernels),
	   cmocka_unit_test(what_is_no_reason), cmocka_unit_test(no_log_is_no_failure),
	   cmocka_unit_test(a_log_that_has_an_end), cmocka_unit_test(records_come_one_by_one),
	   cmocka_unit_test(records_that_are_lost_are_counted),
	   cmocka_unit_test(at_least_one_is_lost))
