/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An offline that does not end, and the owners of its stuck pages. */
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* The first pages in the logs, and their addresses in the owner. */
#define VMSPLICE_PFN	 0x108000ULL
#define VMSPLICE_ADDRESS (0x7f12dea3fULL * PAGE)
#define IO_URING_PFN	 0x1087ffULL
#define IO_URING_ADDRESS (0x7f3e9b1ffULL * PAGE)

static void put_owner(struct fakesys *fs, int pid, uint64_t address, uint64_t pfn)
{
	const uint64_t entry = 1ULL << 63 | pfn;
	cleanup_close int fd = -1;
	char maps[64];

	ROOT_PATH(comm, "proc/%d/comm", pid);
	ROOT_PATH(maps_path, "proc/%d/maps", pid);
	ROOT_PATH(pagemap, "proc/%d/pagemap", pid);
	fakesys_put(fs, comm, "fio\n");
	snprintf(maps, sizeof(maps), "%llx-%llx rw-p\n", (unsigned long long)address,
		 (unsigned long long)address + PAGE);
	fakesys_put(fs, maps_path, maps);
	fd = openat(fs->tree.fd, pagemap, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(pwrite(fd, &entry, sizeof(entry), (off_t)(address / PAGE * sizeof(entry))),
			 sizeof(entry));
}

static void put_ring(struct fakesys *fs, int pid, uint64_t address)
{
	char text[128];

	ROOT_PATH(link, "proc/%d/fd/5", pid);
	ROOT_PATH(info, "proc/%d/fdinfo/5", pid);
	assert_int_equal(tree_link(fs->tree.fd, link, "anon_inode:[io_uring]"), 0);
	snprintf(text, sizeof(text), "UserBufs:\t1\n    0: 0x%llx/4096\n",
		 (unsigned long long)address);
	fakesys_put(fs, info, text);
}

/* Takes memory33 offline, which does not end; the log has the reason. */
static void offline(struct trial *t, struct fakesys *fs, const char *log, uint64_t timeout_ms)
{
	fakesys_online_dax0(fs);
	fakesys_answer_log(fs, FAKE_ALWAYS, 33, "offline", "spin", log);
	trial_begin(t, fs, MHP_VERB_OFFLINE, "memory33");
	t->options.timeout_ms = timeout_ms;
	trial_run(t);
	trial_check(t, MHP_STATUS_BLOCKED, 4);
	assert_int_equal(t->result->nr_failures, 1);
}

static void a_process_that_has_it_mapped(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	const struct mhp_owner *owner;

	put_owner(fs, 412, VMSPLICE_ADDRESS, VMSPLICE_PFN);
	offline(&t, fs, "kmsg-vmsplice-6.1.txt", 60);
	assert_string_equal(t.first.message, "memory33: offline failed: page 0x108000 has 1 extra "
					     "reference, mapped by fio[412]");
	assert_string_equal(t.first.hint, "stop or restart fio[412]");
	assert_int_equal(mhp_result_failure(t.result, 0)->nr_owners, 1);
	owner = mhp_failure_owner(mhp_result_failure(t.result, 0), 0);
	assert_int_equal(owner->pid, 412);
	assert_true(owner->address == VMSPLICE_ADDRESS);
	assert_int_equal(owner->pages, 1);
	assert_int_equal(owner->confidence, MHP_CONFIDENCE_POSSIBLE);
}

static void a_ring_that_holds_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	put_owner(fs, 412, IO_URING_ADDRESS, IO_URING_PFN);
	put_ring(fs, 412, IO_URING_ADDRESS);
	offline(&t, fs, "kmsg-iouring-6.12.txt", 60);
	assert_string_equal(t.first.message,
			    "memory33: offline failed: page 0x1087ff is pinned (1 pin), mapped by "
			    "fio[412], held by io_uring (fd 5)");
	assert_non_null(strstr(t.first.hint, "unregister its io_uring buffers"));
	assert_int_equal(mhp_failure_owner(mhp_result_failure(t.result, 0), 0)->confidence,
			 MHP_CONFIDENCE_CERTAIN);
}

/* The process with the ring holds the page, not the one that maps it. */
static void a_ring_of_another_process(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	put_owner(fs, 412, IO_URING_ADDRESS, IO_URING_PFN);
	fakesys_put(fs, "proc/7/comm", "server\n");
	put_ring(fs, 7, IO_URING_ADDRESS);
	offline(&t, fs, "kmsg-iouring-6.12.txt", 60);
	assert_non_null(
		strstr(t.first.message,
		       "mapped by fio[412], probably held by io_uring (fd 5 of process 7)"));
	assert_non_null(strstr(t.first.hint, "process 7"));
}

static void several_processes_that_share_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	for (int pid = 412; pid < 415; pid++)
		put_owner(fs, pid, VMSPLICE_ADDRESS, VMSPLICE_PFN);
	offline(&t, fs, "kmsg-vmsplice-6.1.txt", 60);
	assert_int_equal(mhp_result_failure(t.result, 0)->nr_owners, 3);
	assert_non_null(strstr(t.first.message, " and 2 more"));
}

/* After a quarter of a second dynamic debug is turned on and counters are read. */
static void reasons_and_counters_of_a_longer_wait(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_put(fs, "proc/dynamic_debug/control",
		    "mm/memory_hotplug.c:1964 [memory_hotplug]offline_pages =_ \"memory offlining "
		    "[mem %#010llx-%#010llx] failed due to %s\\012\"\n");
	fakesys_put(fs, "proc/vmstat", "pgmigrate_fail 42\n");
	fakesys_put(fs, "sys/devices/system/node/node2/vmstat",
		    "nr_foll_pin_acquired 2048\nnr_foll_pin_released 1024\n");
	offline(&t, fs, "kmsg-vmsplice-6.1.txt", 400);
	assert_string_equal(mhp_result_failure(t.result, 0)->kernel_reason, "signal backoff");
	assert_int_equal(mhp_result_failure(t.result, 0)->migrate_failures, 0);
	assert_int_equal(mhp_result_failure(t.result, 0)->node_pins, 1024);
	assert_int_equal(mhp_result_failure(t.result, 0)->records_lost, 0);
	assert_int_equal(fakesys_writes(fs, "line 1964 +p"), 1);
	fakesys_check_settings(fs);
}

UNIT_TESTS(cmocka_unit_test(a_process_that_has_it_mapped), cmocka_unit_test(a_ring_that_holds_it),
	   cmocka_unit_test(a_ring_of_another_process),
	   cmocka_unit_test(several_processes_that_share_it),
	   cmocka_unit_test(reasons_and_counters_of_a_longer_wait))
