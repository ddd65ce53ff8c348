/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reason of a refusal comes from the kernel's log, for every command. */
#include "lib/base/cleanup.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIND "sys/bus/dax/drivers/kmem/bind"

static const struct mhp_failure *first(const struct trial *t)
{
	assert_int_equal(t->result->nr_failures, 1);
	return mhp_result_failure(t->result, 0);
}

static void offline_40(struct trial *t, struct fakesys *fs, const char *what, const char *log)
{
	fakesys_online_dax0(fs);
	fakesys_answer_log(fs, FAKE_ALWAYS, 40, "offline", what, log);
	trial_begin(t, fs, MHP_VERB_OFFLINE, "memory40");
	trial_run(t);
}

static void memory_of_the_boot(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	offline_40(&t, fs, "errno 1", "kmsg-boot-memory-arm64.txt");
	trial_check(&t, MHP_STATUS_FAILED, 7);
	assert_int_equal(first(&t)->error.reason, MHP_REASON_BOOT_MEMORY);
	assert_int_equal(first(&t)->error.errnum, EPERM);
	assert_string_equal(first(&t)->kernel_reason, "Boot memory offlining attempted");
	assert_non_null(strstr(first(&t)->error.message, "memory40: offline failed: it was "
							 "present"));
	assert_non_null(strstr(first(&t)->error.hint, "added after boot"));
}

static void a_mapping_that_is_not_split(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	offline_40(&t, fs, "errno 1", "kmsg-leaf-vmemmap-arm64.txt");
	trial_check(&t, MHP_STATUS_FAILED, 7);
	assert_int_equal(first(&t)->error.reason, MHP_REASON_LEAF_MAPPING);
	assert_non_null(strstr(first(&t)->error.message, "memmap"));
	assert_non_null(strstr(first(&t)->error.hint, "map=mem"));
}

/* A block that the log does not name gets its reason from the errno. */
static void of_another_block(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_log(fs, FAKE_ALWAYS, 41, "offline", "errno 1", "kmsg-boot-memory-arm64.txt");
	trial_begin(&t, fs, MHP_VERB_OFFLINE, "memory41");
	trial_run(&t);
	assert_int_equal(first(&t)->error.reason, MHP_REASON_NOTIFIER);
	assert_string_equal(first(&t)->kernel_reason, "");
}

/* The first try has the reason; the second fails because of leftovers of the first. */
static void a_device_that_the_kernel_does_not_add(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "device_dax");
	fakesys_answer(fs, FAKE_ALWAYS, "sys/bus/dax/drivers/kmem/new_id", "dax0.0", "errno 17");
	fakesys_answer_path_log(fs, FAKE_ALWAYS, BIND, "dax0.0", "errno 16",
				"kmsg-kmem-add-failed.txt");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(first(&t)->error.reason, MHP_REASON_ADD_FAILED);
	assert_int_equal(first(&t)->step, MHP_STEP_SET_MODE);
	assert_string_equal(first(&t)->kernel_reason, "memory add failed");
	assert_non_null(strstr(first(&t)->error.message, "did not add its memory"));
}

/* A message about another device is ignored. */
static void of_another_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "device_dax");
	fakesys_dax1(fs);
	fakesys_answer(fs, FAKE_ALWAYS, "sys/bus/dax/drivers/kmem/new_id", "dax1.0", "errno 17");
	fakesys_answer_path_log(fs, FAKE_ALWAYS, BIND, "dax1.0", "errno 16",
				"kmsg-kmem-add-failed.txt");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax1.0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(first(&t)->step, MHP_STEP_SET_MODE);
	assert_int_not_equal(first(&t)->error.reason, MHP_REASON_ADD_FAILED);
	assert_string_equal(first(&t)->kernel_reason, "");
}

/* ---- a huge page that has nowhere to go -------------------------------------------------- */

#define POOL	  "hugepages-1048576kB/"
#define PAGE_GIB  0x40000ULL /* pages of 1 GiB */
#define USED_HEAD (1ULL << 17 | 1ULL << 15 | 1ULL << 12)
#define TAIL	  (1ULL << 17 | 1ULL << 16)

static void put_flags(struct fakesys *fs, uint64_t pfn, uint64_t flags)
{
	cleanup_close int fd =
		openat(fs->tree.fd, "proc/kpageflags", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(pwrite(fd, &flags, sizeof(flags), (off_t)(pfn * sizeof(flags))),
			 sizeof(flags));
}

/* Adds a page of 1 GiB in memory40 to memory47, and that many free ones on node 0. */
static void put_page(struct fakesys *fs, const char *free_elsewhere)
{
	fakesys_put(fs, "proc/buddyinfo", "Node 0, zone DMA 1 1 1 1 1 1 1 1 1 1 1\n");
	fakesys_put(fs, "sys/kernel/mm/hugepages/" POOL "nr_hugepages", "2\n");
	fakesys_put(fs, "sys/kernel/mm/hugepages/" POOL "free_hugepages", free_elsewhere);
	fakesys_put(fs, "sys/kernel/mm/hugepages/" POOL "resv_hugepages", "0\n");
	fakesys_put(fs, "sys/devices/system/node/node0/hugepages/" POOL "free_hugepages",
		    free_elsewhere);
	fakesys_put(fs, "sys/devices/system/node/node1/hugepages/" POOL "free_hugepages", "0\n");
	fakesys_put(fs, "sys/devices/system/node/node2/hugepages/" POOL "free_hugepages", "0\n");
	put_flags(fs, 5 * PAGE_GIB, USED_HEAD);
	put_flags(fs, 5 * PAGE_GIB + PAGE_GIB / 2, TAIL);
}

static void offline_dax0(struct trial *t, struct fakesys *fs, const char *free_elsewhere)
{
	fakesys_online_dax0(fs);
	put_page(fs, free_elsewhere);
	trial_begin(t, fs, MHP_VERB_OFFLINE, "dax0.0");
	trial_run(t);
}

/* The kernel would retry forever: none of its blocks is tried, all have the same failure. */
static void a_page_over_eight_blocks(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	offline_dax0(&t, fs, "0\n");
	trial_check(&t, MHP_STATUS_BLOCKED, 4);
	trial_check_target(&t, MHP_STATUS_BLOCKED, true, 7, NR_BLOCKS);
	assert_int_equal(t.result->nr_failures, 8);
	for (unsigned i = 0; i < 8; i++) {
		const struct mhp_failure *failure = mhp_result_failure(t.result, i);

		assert_int_equal(failure->error.reason, MHP_REASON_HUGETLB);
		assert_string_equal(strchr(failure->error.message, ':'),
				    strchr(t.first.message, ':'));
		assert_int_equal(failure->nr_pages, 1);
		assert_true(mhp_failure_page(failure, 0)->pfn == 5 * PAGE_GIB);
		assert_true(failure->migrate_failures == MHP_UNKNOWN);
	}
	assert_non_null(strstr(t.first.message, "memory40: offline not tried: a huge page of 1 GiB "
						"(page 0x140000)"));
	for (unsigned id = 40; id <= 47; id++) {
		char path[64];

		snprintf(path, sizeof(path), "memory%u/state=offline", id);
		assert_int_equal(fakesys_writes(fs, path), 0);
	}
	fakesys_check_blocks(fs, 40, 47, "online", "Movable");
}

static void a_page_that_can_go(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	offline_dax0(&t, fs, "1\n");
	trial_check(&t, MHP_STATUS_OK, 0);
}

static void count_later(struct trial *t)
{
	fakesys_put(t->fs, "proc/vmstat", fakesys_get(t->fs, "later"));
}

/* Returns the reported failures if the counter changes to that during the offline. */
static uint64_t failures_told(const char *later)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_put(fs, "proc/vmstat", "pgmigrate_fail 1000\n");
	fakesys_put(fs, "later", later);
	fakesys_answer_block(fs, FAKE_ALWAYS, 33, "offline", "spin");
	trial_begin(&t, fs, MHP_VERB_OFFLINE, "memory33");
	t.options.timeout_ms = 1500;
	t.at_retrying = count_later;
	trial_run(&t);
	assert_int_not_equal(t.retrying, 0);
	return first(&t)->migrate_failures;
}

/* The counter counts each base page at each try: a count above the block's pages is unknown. */
static void a_number_of_tries_is_not_told(void **state)
{
	assert_true(failures_told("pgmigrate_fail 1512\n") == 512);
	assert_true(failures_told("pgmigrate_fail 343510089728\n") == MHP_UNKNOWN);
	assert_true(failures_told("pgmigrate_fail 0\n") == MHP_UNKNOWN);
}

/* ---- released pages ---------------------------------------------------------------------- */

static void offline_slowly(struct trial *t, struct fakesys *fs, const char *log)
{
	fakesys_online_dax0(fs);
	fakesys_answer_log(fs, 1, 33, "offline", "slow 1100", log);
	trial_begin(t, fs, MHP_VERB_OFFLINE, "memory33");
	t->options.timeout_ms = 8000;
	trial_run(t);
	trial_check(t, MHP_STATUS_OK, 0);
}

/* A full block takes long without any holder. */
static void slow_is_not_held(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	offline_slowly(&t, fs, "");
	assert_string_equal(t.warnings, "");
}

static void what_held_it_is_named(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	offline_slowly(&t, fs, "kmsg-vmsplice-6.1.txt");
	assert_non_null(strstr(t.warnings, "its last page was released"));
}

UNIT_TESTS(cmocka_unit_test(memory_of_the_boot), cmocka_unit_test(a_mapping_that_is_not_split),
	   cmocka_unit_test(of_another_block),
	   cmocka_unit_test(a_device_that_the_kernel_does_not_add),
	   cmocka_unit_test(of_another_device), cmocka_unit_test(a_page_over_eight_blocks),
	   cmocka_unit_test(a_page_that_can_go), cmocka_unit_test(a_number_of_tries_is_not_told),
	   cmocka_unit_test(slow_is_not_held), cmocka_unit_test(what_held_it_is_named))
