/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs with a size: which blocks they choose, what replaces a block that fails, and the receipt. */
#include "lib/base/counts.h"
#include "lib/base/error.h"
#include "lib/exec/choosing.h"
#include "tests/unit/fake/trial.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PAGES	(FAKE_BLOCK_SIZE / 4096)
#define KPF(b)	(1ULL << (b))
#define CACHE	KPF(5)
#define ANON	(KPF(5) | KPF(12))
#define HUGE_AN (KPF(5) | KPF(12) | KPF(22))
#define BOTH	"Normal Movable"
#define LATER	8  /* an event of the second round */
#define LAST	48 /* the node has the 15 blocks of dax0.0 and one more */

/* Fills the first pages of a block. */
static void put_pages(struct fakesys *fs, uint64_t block, size_t nr, uint64_t flags)
{
	cleanup_close int fd =
		openat(fs->tree.fd, "proc/kpageflags", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(pwrite(fd, &flags, sizeof(flags),
					(off_t)((block * PAGES + i) * sizeof(flags))),
				 sizeof(flags));
}

/* Has process 412 register a page of the block with io_uring, which pins it. */
static void pin_page(struct fakesys *fs, uint64_t block)
{
	const uint64_t entry = 1ULL << 63 | (block * PAGES + 7);

	fakesys_put(fs, "proc/412/comm", "fio\n");
	fakesys_put(fs, "proc/412/status", "VmPin:\t4 kB\n");
	fakesys_put(fs, "proc/412/fdinfo/5", "UserBufs:\t1\n    0: 0x7f8322e00000/4096\n");
	assert_int_equal(tree_link(fs->tree.fd, "proc/412/fd/5", "anon_inode:[io_uring]"), 0);
	fakesys_pagemap(fs, 412, 0x7f8322e00000, &entry, 1);
}

/* A node of 16 blocks: 35 cache, 36 anonymous, 37 THP, 38 hugetlb, 39 pinned, 40 slab; free. */
static struct fakesys *mixed_node(void)
{
	struct fakesys *fs = fakesys_new();

	fakesys_online_dax0(fs);
	fakesys_blocks(fs, LAST, LAST, "online", "Movable", 2);
	put_pages(fs, LAST, PAGES, 0);
	put_pages(fs, 35, 10, CACHE);
	put_pages(fs, 36, 10, ANON);
	put_pages(fs, 37, 512, HUGE_AN);
	put_pages(fs, 38, 1024, KPF(17));
	put_pages(fs, 39, 8, ANON);
	put_pages(fs, 40, 1, KPF(7));
	pin_page(fs, 39);
	return fs;
}

static void begin_size(struct trial *t, struct fakesys *fs, enum mhp_verb verb, uint64_t bytes)
{
	trial_begin(t, fs, verb, "node2");
	t->request.choose_bytes = bytes;
}

static void run_size(struct trial *t, struct fakesys *fs, enum mhp_verb verb, uint64_t bytes)
{
	begin_size(t, fs, verb, bytes);
	trial_run(t);
}

static const struct mhp_receipt_block *entry(const struct trial *t, uint64_t id)
{
	const struct mhp_receipt_block *block;

	assert_non_null(t->result);
	assert_non_null(t->result->receipt);
	for (size_t i = 0; (block = mhp_receipt_block(t->result->receipt, i)); i++)
		if (block->id == id)
			return block;
	fail_msg("memory%llu is not in the receipt", (unsigned long long)id);
	return NULL;
}

static void check_entry(const struct trial *t, uint64_t id, enum mhp_receipt_status status,
			enum mhp_reason reason)
{
	assert_int_equal(entry(t, id)->status, status);
	assert_int_equal(entry(t, id)->reason, reason);
}

static void check_sums(const struct trial *t, uint64_t asked, uint64_t given)
{
	assert_int_equal(t->result->receipt->asked_bytes, asked * FAKE_BLOCK_SIZE);
	assert_int_equal(t->result->receipt->given_bytes, given * FAKE_BLOCK_SIZE);
}

/* Asserts the ids of the first blocks of the receipt, in its order. */
static void check_order(const struct trial *t, const uint64_t *ids, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(mhp_receipt_block(t->result->receipt, i)->id, ids[i]);
}

/* ---- the choice -------------------------------------------------------------------------- */

static void the_right_ones_in_the_right_order(void **state)
{
	static const uint64_t order[] = { 33, 34, 41, 42, 43, 44, 45, 46, 47, 48, 35, 36, 37, 38 };
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 };

	run_size(&t, fs, MHP_VERB_OFFLINE, 14 * FAKE_BLOCK_SIZE);
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, 14, 14);
	check_sums(&t, 14, 14);
	check_order(&t, order, ARRAY_SIZE(order));
	fakesys_check_blocks(fs, 39, 40, "online", "Movable");
	assert_int_equal(fakesys_writes(fs, "memory39/state"), 0);
	assert_int_equal(fakesys_writes(fs, "memory40/state"), 0);
	check_entry(&t, 39, MHP_RECEIPT_PASSED_OVER, MHP_REASON_PINNED);
	assert_string_equal(entry(&t, 39)->who, "fio[412]");
	check_entry(&t, 40, MHP_RECEIPT_PASSED_OVER, MHP_REASON_UNMOVABLE);
	assert_int_equal(entry(&t, 36)->moved_bytes, 10 * 4096);
	assert_int_equal(entry(&t, 36)->anon_bytes, 10 * 4096);
	assert_int_equal(entry(&t, 35)->anon_bytes, 0);
	assert_int_equal(entry(&t, 37)->thp_bytes, 2 * MIB);
	assert_int_equal(entry(&t, 38)->hugetlb_bytes, 4 * MIB);
	assert_true(entry(&t, 33)->took_ms != MHP_UNKNOWN);
}

static void more_than_can_go(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 };

	run_size(&t, fs, MHP_VERB_OFFLINE, 15 * FAKE_BLOCK_SIZE);
	trial_check_refused(&t, -ENOSPC, MHP_REASON_NO_SPACE);
	assert_non_null(strstr(t.err.message, "1.88 GiB requested, only 1.75 GiB"));
	assert_non_null(strstr(t.err.hint, "2 more blocks were passed over, the first of them "
					   "memory39: 1 page is held by io_uring of fio[412]"));
	assert_int_equal(fakesys_writes(fs, "state="), 0);
}

static void of_a_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 };

	trial_begin(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	t.request.choose_bytes = 9 * FAKE_BLOCK_SIZE;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	fakesys_check_blocks(fs, LAST, LAST, "online", "Movable");
	fakesys_check_blocks(fs, 41, 47, "offline", BOTH);
	fakesys_check_blocks(fs, 33, 34, "offline", BOTH);
}

/* Without the right to see pages the zone decides, and no count is claimed. */
static void pages_that_are_hidden(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	run_size(&t, fs, MHP_VERB_OFFLINE, 2 * FAKE_BLOCK_SIZE);
	trial_check(&t, MHP_STATUS_OK, 0);
	fakesys_check_blocks(fs, 46, 47, "offline", BOTH);
	assert_false(entry(&t, 46)->has_page_counts);
	assert_true(t.result->receipt->moved_bytes == MHP_UNKNOWN);
}

/* ---- blocks that fail -------------------------------------------------------------------- */

static void a_block_that_is_pinned_since(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer_block(fs, FAKE_ALWAYS, 47, "offline", "spin");
	begin_size(&t, fs, MHP_VERB_OFFLINE, 4 * FAKE_BLOCK_SIZE);
	t.options.timeout_ms = 200;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, 4, 4);
	check_sums(&t, 4, 4);
	assert_int_equal(t.result->nr_failures, 0);
	check_entry(&t, 47, MHP_RECEIPT_FAILED, entry(&t, 47)->reason);
	assert_true(entry(&t, 47)->reason != MHP_REASON_NONE);
	assert_non_null(strstr(entry(&t, 47)->why, "memory47"));
	fakesys_check_blocks(fs, 47, 47, "online", "Movable");
	fakesys_check_blocks(fs, 44, 46, "offline", BOTH);
	fakesys_check_blocks(fs, 48, 48, "offline", BOTH);
	assert_string_equal(t.first_target, "memory47"); /* and it was reported when it failed */
}

static void several_that_fail(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 };

	for (uint64_t id = 41; id <= 48; id++)
		fakesys_answer_block(fs, FAKE_ALWAYS, id, "offline", "errno 16");
	run_size(&t, fs, MHP_VERB_OFFLINE, 3 * FAKE_BLOCK_SIZE);
	trial_check(&t, MHP_STATUS_OK, 0);
	check_sums(&t, 3, 3);
	fakesys_check_blocks(fs, 33, 35, "offline", BOTH);
	fakesys_check_blocks(fs, 36, 48, "online", "Movable");
	for (uint64_t id = 41; id <= 48; id++)
		check_entry(&t, id, MHP_RECEIPT_FAILED, MHP_REASON_UNMOVABLE);
	/* of all rounds, not of the last one */
	assert_int_equal(mhp_result_target(t.result, 0)->blocks_online, 8);
	assert_int_equal(mhp_result_target(t.result, 0)->online_bytes, 8 * FAKE_BLOCK_SIZE);
}

static void bring_one_back(struct trial *t)
{
	fakesys_put(t->fs, "sys/devices/system/memory/memory46/state", "online\n");
	assert_non_null(strstr(t->events, "start offline_block memory45"));
}

/* It went in the first round, and came back during the second one. */
static void a_block_that_came_back_later(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer_block(fs, FAKE_ALWAYS, 48, "offline", "errno 16");
	begin_size(&t, fs, MHP_VERB_OFFLINE, 3 * FAKE_BLOCK_SIZE);
	t.act = bring_one_back;
	t.act_at = LATER;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_PARTIAL, MHP_EXIT_PARTIAL);
	trial_check_target(&t, MHP_STATUS_PARTIAL, true, 2, 3);
	check_sums(&t, 3, 2);
	check_entry(&t, 46, MHP_RECEIPT_FAILED, MHP_REASON_CAME_BACK);
	assert_non_null(strstr(entry(&t, 46)->why, "at the end of the run it is online"));
	assert_int_equal(mhp_result_target(t.result, 0)->blocks_online, 2);
}

/* The receipt is judged again, as if its round had found memory46 online and nothing had failed. */
static void end_again(struct trial *t, uint64_t took_ms)
{
	struct mhp_result *result = (void *)t->result;
	struct mhp_receipt_block *block = (void *)entry(t, 46);
	struct choosing choosing = { .receipt = (void *)result->receipt };

	block->status = MHP_RECEIPT_CHOSEN;
	block->took_ms = took_ms;
	result->receipt = NULL;
	fakesys_put(t->fs, "sys/devices/system/memory/memory46/state", "online\n");
	choosing_end(&choosing, t->fs->ctx, FAKE_BLOCK_SIZE, result);
	choosing_free(&choosing);
}

/* It went offline, and came back before its round has looked; or nobody has tried it. */
static void a_block_that_came_back_at_once(void **state)
{
	static const struct {
		uint64_t took_ms;
		enum mhp_reason reason;
	} cases[] = {
		{ 12, MHP_REASON_CAME_BACK },
		{ MHP_UNKNOWN, MHP_REASON_NOT_TRIED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_fakesys struct fakesys *fs = mixed_node();
		cleanup_trial struct trial t = { 0 };

		run_size(&t, fs, MHP_VERB_OFFLINE, 8 * FAKE_BLOCK_SIZE);
		trial_check(&t, MHP_STATUS_OK, 0);
		end_again(&t, cases[i].took_ms);
		trial_check(&t, MHP_STATUS_PARTIAL, MHP_EXIT_PARTIAL);
		trial_check_target(&t, MHP_STATUS_PARTIAL, true, 7, 8);
		check_sums(&t, 8, 7);
		check_entry(&t, 46, MHP_RECEIPT_FAILED, cases[i].reason);
	}
}

static void take_one_away(struct trial *t)
{
	assert_int_equal(fake_block_remove(t->fs->tree.fd, 33), 0);
	fakesys_put(t->fs, "sys/devices/system/memory/memory34/valid_zones", "Normal\n");
	assert_non_null(strstr(t->events, "start online_block memory36"));
}

/* One is missing at the end, and another in a zone that was not asked for. */
static void blocks_that_went_away_later(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_answer_block(fs, FAKE_ALWAYS, 35, "online_movable", "errno 12");
	begin_size(&t, fs, MHP_VERB_ONLINE, 3 * FAKE_BLOCK_SIZE);
	t.act = take_one_away;
	t.act_at = LATER;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_PARTIAL, MHP_EXIT_PARTIAL);
	check_sums(&t, 3, 1);
	check_entry(&t, 33, MHP_RECEIPT_FAILED, MHP_REASON_WENT_AWAY);
	assert_non_null(strstr(entry(&t, 33)->why, "it is missing"));
	check_entry(&t, 34, MHP_RECEIPT_FAILED, MHP_REASON_WRONG_ZONE);
	assert_int_equal(mhp_result_target(t.result, 0)->blocks_online, 2);
}

static void not_enough_others(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer_block(fs, FAKE_ALWAYS, 34, "offline", "errno 16");
	run_size(&t, fs, MHP_VERB_OFFLINE, 14 * FAKE_BLOCK_SIZE);
	trial_check(&t, MHP_STATUS_PARTIAL, MHP_EXIT_PARTIAL);
	trial_check_target(&t, MHP_STATUS_PARTIAL, true, 13, 14);
	check_sums(&t, 14, 13);
	assert_int_equal(t.result->nr_failures, 1);
	assert_string_equal(mhp_result_failure(t.result, 0)->target, "memory34");
	/* EBUSY may be a race: it was tried twice, and not again in the next round */
	assert_int_equal(fakesys_writes(fs, "memory34/state=offline"), 2);
}

static void none_at_all(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 };

	for (uint64_t id = 33; id <= 48; id++)
		fakesys_answer_block(fs, FAKE_ALWAYS, id, "offline", "errno 16");
	run_size(&t, fs, MHP_VERB_OFFLINE, FAKE_BLOCK_SIZE);
	trial_check(&t, MHP_STATUS_BLOCKED, 4);
	trial_check_target(&t, MHP_STATUS_BLOCKED, false, 0, 1);
	check_sums(&t, 1, 0);
	assert_int_equal(t.result->nr_failures, 14);
}

static void an_undo_is_no_search_for_others(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer_block(fs, FAKE_ALWAYS, 48, "offline", "errno 16");
	begin_size(&t, fs, MHP_VERB_OFFLINE, 3 * FAKE_BLOCK_SIZE);
	t.options.roll_back = true;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_ROLLED_BACK, 4);
	check_sums(&t, 3, 0);
	fakesys_check_blocks(fs, 33, 48, "online", "Movable");
}

static void a_cancel_ends_the_search(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer_block(fs, FAKE_ALWAYS, 46, "offline", "errno 16");
	begin_size(&t, fs, MHP_VERB_OFFLINE, 3 * FAKE_BLOCK_SIZE);
	t.cancel_at = "failure";
	trial_run(&t);
	trial_check(&t, MHP_STATUS_INTERRUPTED, 130);
	check_sums(&t, 3, 0);
	check_entry(&t, 46, MHP_RECEIPT_FAILED, MHP_REASON_UNMOVABLE);
	check_entry(&t, 47, MHP_RECEIPT_CHOSEN, MHP_REASON_NONE);
	fakesys_check_blocks(fs, 33, 48, "online", "Movable");
}

/* ---- space for the pages ----------------------------------------------------------------- */

static void no_space_elsewhere(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 }, fits = { 0 };

	fakesys_put(fs, "sys/devices/system/node/node0/meminfo", "Node 0 MemFree: 40 kB\n");
	fakesys_put(fs, "sys/devices/system/node/node1/meminfo", "Node 1 MemFree: 8 kB\n");
	fakesys_put(fs, "sys/devices/system/node/node2/meminfo", "Node 2 MemFree: 999999 kB\n");
	begin_size(&t, fs, MHP_VERB_OFFLINE, 12 * FAKE_BLOCK_SIZE);
	t.request.agreed = MHP_CONSENT_ALL;
	trial_run(&t);
	trial_check_refused(&t, -ENOSPC, MHP_REASON_NO_TARGET_MEMORY);
	assert_non_null(strstr(t.err.message, "node2: taking 1.50 GiB offline would move 80 KiB of "
					      "pages, and 48 KiB are free or easily freed on the "
					      "other nodes"));
	assert_non_null(strstr(t.err.hint, "there is space for the pages of 1408M"));
	assert_int_equal(fakesys_writes(fs, "state="), 0);
	begin_size(&fits, fs, MHP_VERB_OFFLINE, 11 * FAKE_BLOCK_SIZE);
	fits.request.agreed = MHP_CONSENT_ALL;
	trial_run(&fits);
	trial_check(&fits, MHP_STATUS_OK, 0);
	assert_int_equal(fits.result->receipt->available_bytes, 48 * 1024);
	assert_int_equal(fits.result->receipt->moved_bytes, 40 * 1024);
}

/* ---- resize ------------------------------------------------------------------------------ */

static void down_and_up_to_a_size(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial down = { 0 }, same = { 0 }, up = { 0 };

	/* 5.5 blocks: no less than that stays */
	run_size(&down, fs, MHP_VERB_RESIZE, 11 * FAKE_BLOCK_SIZE / 2);
	trial_check(&down, MHP_STATUS_OK, 0);
	check_sums(&down, 10, 10);
	assert_true(down.result->receipt->is_offline);
	fakesys_check_blocks(fs, 41, 48, "offline", BOTH);
	fakesys_check_blocks(fs, 35, 40, "online", "Movable");
	run_size(&same, fs, MHP_VERB_RESIZE, 6 * FAKE_BLOCK_SIZE);
	trial_check(&same, MHP_STATUS_OK, 0);
	assert_false(same.result->has_changes);
	check_sums(&same, 0, 0);
	run_size(&up, fs, MHP_VERB_RESIZE, 9 * FAKE_BLOCK_SIZE);
	trial_check(&up, MHP_STATUS_OK, 0);
	check_sums(&up, 3, 3);
	assert_false(up.result->receipt->is_offline);
	fakesys_check_blocks(fs, 33, 34, "online", "Movable");
	fakesys_check_blocks(fs, 41, 41, "online", "Movable");
	fakesys_check_blocks(fs, 42, 48, "offline", BOTH);
}

static void a_resize_with_a_block_that_fails(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial down = { 0 }, up = { 0 };

	fakesys_answer_block(fs, FAKE_ALWAYS, 33, "offline", "errno 16");
	run_size(&down, fs, MHP_VERB_RESIZE, 13 * FAKE_BLOCK_SIZE);
	trial_check(&down, MHP_STATUS_OK, 0);
	check_sums(&down, 3, 3);
	fakesys_answer_block(fs, FAKE_ALWAYS, 46, "online_movable", "errno 12");
	run_size(&up, fs, MHP_VERB_RESIZE, 15 * FAKE_BLOCK_SIZE);
	trial_check(&up, MHP_STATUS_OK, 0);
	check_sums(&up, 2, 2);
	check_entry(&up, 46, MHP_RECEIPT_FAILED, entry(&up, 46)->reason);
	fakesys_check_blocks(fs, 46, 46, "offline", BOTH);
	fakesys_check_blocks(fs, 47, 48, "online", "Movable");
}

static void take_others_away(struct trial *t)
{
	for (int id = 33; id <= 37; id++) {
		ROOT_PATH(path, "sys/devices/system/memory/memory%d/state", id);
		fakesys_put(t->fs, path, "offline\n");
	}
}

/* Suddenly less is online than wanted: that is not brought back by a run that takes away. */
static void a_resize_does_not_turn_back(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 };

	fakesys_answer_block(fs, FAKE_ALWAYS, 48, "offline", "errno 16");
	begin_size(&t, fs, MHP_VERB_RESIZE, 13 * FAKE_BLOCK_SIZE);
	t.act = take_others_away;
	t.act_at = 2;
	trial_run(&t);
	fakesys_check_blocks(fs, 33, 37, "offline", "Movable"); /* as put */
	trial_check(&t, MHP_STATUS_PARTIAL, MHP_EXIT_PARTIAL);
	check_sums(&t, 3, 2);
	assert_true(t.result->receipt->is_offline);
	assert_int_equal(fakesys_writes(fs, "state=online"), 0);
	fakesys_check_blocks(fs, 46, 47, "offline", BOTH);
	fakesys_check_blocks(fs, 48, 48, "online", "Movable");
}

static void more_than_exists(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 };

	run_size(&t, fs, MHP_VERB_RESIZE, 17 * FAKE_BLOCK_SIZE);
	trial_check_refused(&t, -ENOSPC, MHP_REASON_NO_SPACE);
	assert_non_null(strstr(t.err.message, "2.12 GiB requested, its memory blocks have 2 GiB"));
}

static void less_than_can_stay(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 };

	run_size(&t, fs, MHP_VERB_RESIZE, FAKE_BLOCK_SIZE);
	trial_check_refused(&t, -ENOSPC, MHP_REASON_NO_SPACE);
	assert_non_null(strstr(t.err.message, "128 MiB requested, at least 256 MiB stay online"));
}

/* The size that is online now is not known: nothing is done that could be too much. */
static void a_block_in_an_unknown_state(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 };

	fakesys_put(fs, "sys/devices/system/memory/memory45/state", "going-offline\n");
	run_size(&t, fs, MHP_VERB_RESIZE, FAKE_BLOCK_SIZE * 8);
	trial_check_refused(&t, -EBUSY, MHP_REASON_IN_USE);
	assert_non_null(strstr(t.err.message, "memory45: is going offline"));
}

/* ---- the record of the run --------------------------------------------------------------- */

/* Asserts that the record of the run that is under way has that text. */
static void check_record(struct trial *t, const char *text)
{
	int fd = openat(t->fs->tree.fd, "run/mhpctl/intent", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry = NULL;
	char path[512];

	assert_non_null(dir);
	while ((entry = readdir(dir)) && entry->d_name[0] == '.')
		;
	assert_non_null(entry);
	str_format(path, "run/mhpctl/intent/%s", entry->d_name);
	closedir(dir);
	if (!strstr(fakesys_get(t->fs, path), text))
		fail_msg("no '%s' in '%s'", text, fakesys_get(t->fs, path));
}

static void has_size(struct trial *t)
{
	check_record(t, "--size=256M");
	check_record(t, "--node=2");
}

static void has_goal(struct trial *t)
{
	check_record(t, "--to=1G");
	check_record(t, "node2");
}

/* Without the size the command in it would take the whole node. */
static void the_record_has_the_size(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 }, to = { 0 };

	begin_size(&t, fs, MHP_VERB_OFFLINE, 2 * FAKE_BLOCK_SIZE);
	t.act = has_size;
	t.act_at = 2;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_true(t.nr_events >= 2);
	begin_size(&to, fs, MHP_VERB_RESIZE, GIB);
	to.act = has_goal;
	to.act_at = 2;
	trial_run(&to);
	trial_check(&to, MHP_STATUS_OK, 0);
	assert_true(to.nr_events >= 2);
}

/* ---- time -------------------------------------------------------------------------------- */

static void the_time_is_estimated_from_earlier_runs(void **state)
{
	cleanup_fakesys struct fakesys *fs = mixed_node();
	cleanup_trial struct trial t = { 0 };

	fakesys_put(fs, "run/mhpctl/offline-rate", "20000 1048576\n");
	run_size(&t, fs, MHP_VERB_OFFLINE, 13 * FAKE_BLOCK_SIZE);
	assert_int_equal(entry(&t, 33)->estimated_ms, 20);
	assert_int_equal(entry(&t, 36)->estimated_ms, 20);   /* few pages */
	assert_int_equal(entry(&t, 37)->estimated_ms, 2020); /* 2 MiB at 1 MiB a second */
	assert_int_equal(t.result->receipt->estimated_ms, 12 * 20 + 2020);
}

static void what_is_no_rate_is_not_used(void **state)
{
	static const char *const texts[] = {
		"", "x\n", "20000\n", "20000 1048576", "-1 1048576\n", "0 0\n", "20000 1\n"
	};
	cleanup_fakesys struct fakesys *fs = mixed_node();

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_trial struct trial t = { 0 };

		fakesys_put(fs, "run/mhpctl/offline-rate", texts[i]);
		run_size(&t, fs, MHP_VERB_RESIZE, (i % 2 ? 16 : 3) * FAKE_BLOCK_SIZE);
		trial_check(&t, MHP_STATUS_OK, 0);
		if (i % 2 == 0)
			assert_true(t.result->receipt->estimated_ms == MHP_UNKNOWN);
	}
}

UNIT_TESTS(cmocka_unit_test(the_right_ones_in_the_right_order), cmocka_unit_test(more_than_can_go),
	   cmocka_unit_test(of_a_device), cmocka_unit_test(pages_that_are_hidden),
	   cmocka_unit_test(a_block_that_is_pinned_since), cmocka_unit_test(several_that_fail),
	   cmocka_unit_test(a_block_that_came_back_later),
	   cmocka_unit_test(a_block_that_came_back_at_once),
	   cmocka_unit_test(blocks_that_went_away_later), cmocka_unit_test(not_enough_others),
	   cmocka_unit_test(none_at_all), cmocka_unit_test(an_undo_is_no_search_for_others),
	   cmocka_unit_test(a_cancel_ends_the_search), cmocka_unit_test(no_space_elsewhere),
	   cmocka_unit_test(down_and_up_to_a_size),
	   cmocka_unit_test(a_resize_with_a_block_that_fails),
	   cmocka_unit_test(a_resize_does_not_turn_back), cmocka_unit_test(more_than_exists),
	   cmocka_unit_test(less_than_can_stay), cmocka_unit_test(a_block_in_an_unknown_state),
	   cmocka_unit_test(the_time_is_estimated_from_earlier_runs),
	   cmocka_unit_test(the_record_has_the_size), cmocka_unit_test(what_is_no_rate_is_not_used))
