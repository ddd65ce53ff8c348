/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs that drain the blocks first: what they do, where they stop, and what they say. */
#include "lib/base/error.h"
#include "lib/model/topology.h"
#include "lib/plan/plan.h"
#include "tests/unit/fake/fakedrain.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define MIB_PAGES 256
#define BLOCKS	  "memory33-47"

static void begin(struct trial *t, struct fakesys *fs, enum mhp_verb verb, const char *targets)
{
	trial_begin(t, fs, verb, targets);
	t->request.agreed = MHP_CONSENT_MEMORY;
	t->request.drain_ms = 30000;
}

static void drain(struct trial *t, struct fakesys *fs)
{
	begin(t, fs, MHP_VERB_OFFLINE, BLOCKS);
	trial_run(t);
}

/* Returns the only action of that kind. */
static const struct mhp_drain_action *action(const struct trial *t, enum mhp_drain_kind kind)
{
	const struct mhp_drain_action *found = NULL, *a;

	assert_non_null(t->result);
	assert_non_null(t->result->drain);
	for (size_t i = 0; (a = mhp_drain_action(t->result->drain, i)); i++)
		if (a->kind == kind) {
			assert_null(found);
			found = a;
		}
	assert_non_null(found);
	return found;
}

static void check_action(const struct trial *t, enum mhp_drain_kind kind,
			 enum mhp_drain_status status, uint64_t asked, uint64_t done)
{
	const struct mhp_drain_action *a = action(t, kind);

	if (a->status != status || a->asked_bytes != asked || a->done_bytes != done)
		fail_msg("%s %s: %llu of %llu: %s", mhp_drain_kind_name(kind),
			 mhp_drain_status_name(a->status), (unsigned long long)a->done_bytes,
			 (unsigned long long)a->asked_bytes, a->why);
}

static void check_why(const struct trial *t, enum mhp_drain_kind kind, const char *part)
{
	if (!strstr(action(t, kind)->why, part))
		fail_msg("%s", action(t, kind)->why);
}

static void check_offline(struct trial *t)
{
	trial_check(t, MHP_STATUS_OK, 0);
	fakesys_check_blocks(t->fs, FIRST_BLOCK, LAST_BLOCK, "offline", "Normal Movable");
	assert_string_equal(fakesys_get(t->fs, FAKE_DEMOTION), "true");
	fakesys_check_settings(t->fs);
}

/* Asserts that the plan has a warning with that text. */
static void check_warning(struct fakesys *fs, const char *part)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	cleanup_plan struct mhp_plan *plan = NULL;
	struct trial t;
	const char *text = "";

	begin(&t, fs, MHP_VERB_OFFLINE, BLOCKS);
	t.request.targets = t.targets;
	assert_int_equal(mhp_scan_request(fs->ctx, &t.request, &topo, NULL), 0);
	assert_int_equal(mhp_plan_new(topo, &t.request, &plan, NULL), 0);
	for (size_t i = 0; text && !strstr(text, part); i++)
		text = mhp_plan_warning(plan, i);
	assert_non_null(text);
}

/* A machine with anonymous memory of a cgroup in the blocks, for which space is missing. */
static struct fakesys *short_of(uint64_t used_mib, uint64_t free_mib, uint64_t flags)
{
	struct fakesys *fs = fakesys_new();

	fakedrain_add(fs, free_mib);
	fakedrain_pages(fs, 41, 0, used_mib * MIB_PAGES, flags, fakedrain_cgroup(fs, "/db"));
	return fs;
}

/* ---- what is useful ---------------------------------------------------------------------- */

static void demotion_is_held_until_the_end(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakedrain_add(fs, 100);
	drain(&t, fs);
	check_offline(&t);
	assert_int_equal(t.result->drain->nr_actions, 1);
	assert_int_equal(action(&t, MHP_DRAIN_HOLD_DEMOTION)->status, MHP_DRAIN_DONE);
	assert_int_equal(fakesys_writes(fs, FAKE_DEMOTION "=false"), 1);
	assert_int_equal(fakesys_writes(fs, FAKE_DEMOTION "=true"), 1);
	assert_true(strstr(t.events, "drain_started hold_demotion demotion planned\n"
				     "drain_done hold_demotion demotion done\nstart offline"));
	assert_string_equal(t.warnings, "");
}

static void nothing_is_done_where_nothing_helps(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(20, 100, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };

	fakesys_put(fs, FAKE_DEMOTION, "false\n");
	drain(&t, fs);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_int_equal(t.result->drain->nr_actions, 0);
	assert_int_equal(t.result->drain->before.used_bytes, 20 * MIB);
	assert_int_equal(t.result->drain->before.anon_bytes, 20 * MIB);
	assert_int_equal(t.result->drain->before.available_bytes, 100 * MIB);
	assert_int_equal(t.result->drain->before.short_bytes, 0);
	assert_true(t.result->drain->after.used_bytes == MHP_UNKNOWN);
	assert_int_equal(fakesys_writes(fs, "demotion"), 0);
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 0);
	assert_int_equal(fakesys_writes(fs, "drop_caches"), 0);
}

static void without_the_option_nothing_is_looked_at(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(20, 10, FAKE_CLEAN);
	cleanup_trial struct trial t = { 0 };

	begin(&t, fs, MHP_VERB_OFFLINE, BLOCKS);
	t.request.drain_ms = 0;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_null(t.result->drain);
	assert_int_equal(fakesys_writes(fs, "demotion"), 0);
	assert_int_equal(fakesys_writes(fs, "drop_caches"), 0);
}

static void clean_cache_is_dropped(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakedrain_add(fs, 100);
	fakedrain_pages(fs, 40, 0, 30 * MIB_PAGES, FAKE_CLEAN, 0);
	fakedrain_pages(fs, 41, 0, 5 * MIB_PAGES, FAKE_DIRTY, 0);
	fakedrain_pages(fs, 42, 0, 6 * MIB_PAGES, FAKE_MAPPED, 0);
	drain(&t, fs);
	check_offline(&t);
	check_action(&t, MHP_DRAIN_DROP_CACHE, MHP_DRAIN_DONE, 30 * MIB, 30 * MIB);
	assert_int_equal(t.result->drain->before.used_bytes, 41 * MIB);
	assert_int_equal(t.result->drain->before.clean_bytes, 30 * MIB);
	assert_int_equal(t.result->drain->before.dirty_bytes, 5 * MIB);
	assert_int_equal(t.result->drain->after.used_bytes, 11 * MIB);
	assert_int_equal(t.result->drain->after.dirty_bytes, 5 * MIB);
}

/* The caches of the whole machine are worth more than a few MiB of pages to move. */
static void a_little_cache_is_left(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakedrain_add(fs, 100);
	fakedrain_pages(fs, 40, 0, 15 * MIB_PAGES, FAKE_CLEAN, 0);
	drain(&t, fs);
	check_offline(&t);
	assert_int_equal(fakesys_writes(fs, "drop_caches"), 0);
}

static void only_what_is_missing_is_reclaimed(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(100, 30, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };

	fakedrain_swap(fs, 1024, 1024);
	drain(&t, fs);
	check_offline(&t);
	check_action(&t, MHP_DRAIN_RECLAIM, MHP_DRAIN_DONE, 70 * MIB, 70 * MIB);
	assert_string_equal(action(&t, MHP_DRAIN_RECLAIM)->target, "/db");
	assert_int_equal(action(&t, MHP_DRAIN_RECLAIM)->before_bytes -
				 action(&t, MHP_DRAIN_RECLAIM)->after_bytes,
			 70 * MIB);
	assert_int_equal(fakesys_writes(fs, "/db/memory.reclaim=67108864\n"), 1);
	assert_int_equal(fakesys_writes(fs, "/db/memory.reclaim=6291456\n"), 1);
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 2);
	assert_int_equal(t.result->drain->after.used_bytes, 30 * MIB);
	assert_int_equal(t.result->drain->after.short_bytes, 0);
	assert_string_equal(t.warnings, "");
}

/* File pages go first, and by themselves where the kernel can keep anonymous memory. */
static void file_pages_first(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	uint64_t a, b;

	fakedrain_add(fs, 30);
	fakedrain_swap(fs, 1024, 1024);
	a = fakedrain_cgroup(fs, "/a");
	b = fakedrain_cgroup(fs, "/b");
	fakedrain_pages(fs, 40, 0, 40 * MIB_PAGES, FAKE_ANON, a);
	fakedrain_pages(fs, 41, 0, 20 * MIB_PAGES, FAKE_MAPPED, b);
	fakedrain_pages(fs, 42, 0, 10 * MIB_PAGES, FAKE_ANON, b);
	drain(&t, fs);
	check_offline(&t);
	assert_int_equal(fakesys_writes(fs, "/b/memory.reclaim=31457280 swappiness=0"), 1);
	assert_int_equal(fakesys_writes(fs, "/b/memory.reclaim=10485760\n"), 1);
	assert_int_equal(fakesys_writes(fs, "/a/memory.reclaim=10485760\n"), 1);
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 3);
	assert_int_equal(t.result->drain->after.used_bytes, 30 * MIB);
}

/* The cache makes the space that was missing. */
static void what_is_not_needed_any_more(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(20, 30, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };

	fakedrain_swap(fs, 1024, 1024);
	fakedrain_pages(fs, 40, 0, 20 * MIB_PAGES, FAKE_CLEAN, 0);
	drain(&t, fs);
	check_offline(&t);
	assert_int_equal(action(&t, MHP_DRAIN_RECLAIM)->status, MHP_DRAIN_NOT_NEEDED);
	check_why(&t, MHP_DRAIN_RECLAIM, "there is space for all pages by now");
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 0);
}

static void nodes_are_compacted_for_huge_pages(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(20, 100, FAKE_THP);
	cleanup_trial struct trial t = { 0 };

	drain(&t, fs);
	check_offline(&t);
	assert_int_equal(t.result->drain->before.thp_bytes, 20 * MIB);
	check_action(&t, MHP_DRAIN_COMPACT, MHP_DRAIN_FAILED, 20 * MIB, 0);
	assert_string_equal(action(&t, MHP_DRAIN_COMPACT)->target, "node0");
	check_why(&t, MHP_DRAIN_COMPACT, "no larger pieces");
	assert_int_equal(fakesys_writes(fs, "node0/compact=1"), 1);
	assert_int_equal(fakesys_writes(fs, "/compact=1"), 1);
}

/* ---- cgroups that are left alone --------------------------------------------------------- */

static void the_root_and_parents_are_passed_over(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	const struct mhp_drain_action *a;
	unsigned passed = 0;
	uint64_t slice;

	fakedrain_add(fs, 10);
	slice = fakedrain_cgroup(fs, "/system.slice");
	fakedrain_cgroup(fs, "/system.slice/web.service");
	fakedrain_pages(fs, 40, 0, 20 * MIB_PAGES, FAKE_MAPPED, slice);
	fakedrain_pages(fs, 41, 0, 12 * MIB_PAGES, FAKE_MAPPED, fakedrain_cgroup(fs, ""));
	fakedrain_pages(fs, 42, 0, 11 * MIB_PAGES, FAKE_MAPPED, 999999999);
	drain(&t, fs);
	check_offline(&t);
	for (size_t i = 0; (a = mhp_drain_action(t.result->drain, i)); i++)
		passed += a->kind == MHP_DRAIN_RECLAIM && a->status == MHP_DRAIN_PASSED_OVER;
	assert_int_equal(passed, 3);
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 0);
	assert_non_null(strstr(mhp_drain_action(t.result->drain, 1)->why, "cgroups below it"));
	assert_non_null(strstr(mhp_drain_action(t.result->drain, 2)->why, "root cgroup"));
	assert_non_null(strstr(mhp_drain_action(t.result->drain, 3)->why, "not visible"));
	assert_non_null(strstr(t.warnings, "drain: other nodes lack space for 33 MiB"));
}

static void anonymous_memory_without_swap(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };

	drain(&t, fs);
	check_offline(&t);
	check_action(&t, MHP_DRAIN_RECLAIM, MHP_DRAIN_PASSED_OVER, 0, MHP_UNKNOWN);
	check_why(&t, MHP_DRAIN_RECLAIM, "no free swap");
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 0);
}

static void locked_pages_are_not_asked_for(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_LOCKED);
	cleanup_trial struct trial t = { 0 };

	fakedrain_swap(fs, 1024, 1024);
	drain(&t, fs);
	check_offline(&t);
	assert_int_equal(t.result->drain->before.short_bytes, 30 * MIB);
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 0);
}

static void version_1_of_cgroups(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };

	fakedrain_swap(fs, 1024, 1024);
	fakesys_put(fs, FAKE_CGROUPS "/cgroup.controllers", "cpu pids\n");
	check_warning(fs, "nothing is reclaimed: version 2 of cgroups");
	drain(&t, fs);
	check_offline(&t);
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 0);
}

/* ---- where a reclaim stops --------------------------------------------------------------- */

static void before_the_swap_is_full(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(100, 10, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };

	fakedrain_swap(fs, 1024, 148);
	drain(&t, fs);
	check_offline(&t);
	check_action(&t, MHP_DRAIN_RECLAIM, MHP_DRAIN_DONE, 20 * MIB, 20 * MIB);
	assert_int_equal(fakesys_writes(fs, "memory.reclaim=20971520\n"), 1);
	assert_non_null(strstr(t.warnings, "drain: other nodes lack space for 70 MiB"));
}

static void leave_little_swap(struct trial *t)
{
	if (strstr(t->events, "drain_started reclaim"))
		fakedrain_swap(t->fs, 1024, 100);
}

static void when_the_swap_fills_meanwhile(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(100, 10, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };

	fakedrain_swap(fs, 1024, 1024);
	begin(&t, fs, MHP_VERB_OFFLINE, BLOCKS);
	t.act = leave_little_swap;
	t.act_at = 4; /* plan, hold_demotion twice, reclaim */
	trial_run(&t);
	check_offline(&t);
	assert_int_equal(action(&t, MHP_DRAIN_RECLAIM)->status, MHP_DRAIN_PASSED_OVER);
	check_why(&t, MHP_DRAIN_RECLAIM, "no free swap");
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 0);
}

static void when_tasks_wait_for_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_MAPPED);
	cleanup_trial struct trial t = { 0 };

	fakesys_put(fs, FAKE_CGROUPS "/db/memory.pressure",
		    "some avg10=50.00 avg60=0.00 avg300=0.00 total=7\n"
		    "full avg10=10.00 avg60=0.00 avg300=0.00 total=3\n");
	drain(&t, fs);
	check_offline(&t);
	check_action(&t, MHP_DRAIN_RECLAIM, MHP_DRAIN_FAILED, 30 * MIB, 0);
	check_why(&t, MHP_DRAIN_RECLAIM, "wait for memory");
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 0);
	assert_non_null(strstr(t.warnings, "drain: reclaim of /db: its tasks wait"));
}

static void when_the_machine_is_short(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_MAPPED);
	cleanup_trial struct trial t = { 0 };

	fakesys_put(fs, "proc/meminfo",
		    "MemTotal: 4194304 kB\nMemAvailable: 65535 kB\nSwapTotal: 0 kB\n"
		    "SwapFree: 0 kB\n");
	drain(&t, fs);
	check_offline(&t);
	check_why(&t, MHP_DRAIN_RECLAIM, "too little available memory");
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 0);
}

/* Reclaims nothing where nobody knows what that would do to the machine. */
static void when_the_machine_cannot_be_read(void **state)
{
	static const char *const files[][3] = {
		{ "proc/meminfo", "MemTotal: 4194304 kB\nSwapTotal: 0 kB\n", "is not known" },
		{ "proc/meminfo", "MemAvailable: 4194304 kB\nSwapTotal: 0 kB\n", "is not known" },
		{ FAKE_CGROUPS "/db/memory.pressure", "x\n", "wait for memory cannot be read" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_MAPPED);
		cleanup_trial struct trial t = { 0 };

		fakesys_put(fs, files[i][0], files[i][1]);
		drain(&t, fs);
		check_offline(&t);
		check_why(&t, MHP_DRAIN_RECLAIM, files[i][2]);
		assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 0);
	}
}

/* Limits that cannot be checked are not taken for kept. */
static void when_the_machine_is_not_known(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_MAPPED);
	cleanup_trial struct trial t = { 0 };

	assert_int_equal(tree_remove(fs->tree.fd, "proc/meminfo"), 0);
	drain(&t, fs);
	check_offline(&t);
	check_action(&t, MHP_DRAIN_RECLAIM, MHP_DRAIN_FAILED, 30 * MIB, 0);
	check_why(&t, MHP_DRAIN_RECLAIM, "is not known");
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 0);
}

static void a_kernel_without_swappiness(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_MAPPED);
	cleanup_trial struct trial t = { 0 };

	fakesys_put(fs, FAKE_CGROUPS "/db/old", "1\n");
	drain(&t, fs);
	check_offline(&t);
	check_action(&t, MHP_DRAIN_RECLAIM, MHP_DRAIN_DONE, 30 * MIB, 30 * MIB);
	assert_int_equal(fakesys_writes(fs, "swappiness=0"), 1);
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 2);
}

/* Without swappiness= a reclaim of file pages could swap, and there is too little of it. */
static void a_kernel_that_might_swap(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_MAPPED);
	cleanup_trial struct trial t = { 0 };

	fakesys_put(fs, FAKE_CGROUPS "/db/old", "1\n");
	fakedrain_swap(fs, 1024, 10);
	drain(&t, fs);
	check_offline(&t);
	check_action(&t, MHP_DRAIN_RECLAIM, MHP_DRAIN_FAILED, 30 * MIB, 0);
	check_why(&t, MHP_DRAIN_RECLAIM, "too little swap");
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 1);
}

static void when_the_kernel_has_no_more(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(100, 10, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };

	fakedrain_swap(fs, 1024, 1024);
	fakesys_answer(fs, FAKE_ALWAYS, FAKE_CGROUPS "/db/memory.reclaim", "67108864", "errno 11");
	drain(&t, fs);
	check_offline(&t);
	check_action(&t, MHP_DRAIN_RECLAIM, MHP_DRAIN_FAILED, 90 * MIB, 0);
	check_why(&t, MHP_DRAIN_RECLAIM, "cannot reclaim more");
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 3);
}

static void a_cgroup_of_the_same_path(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_MAPPED);
	cleanup_trial struct trial t = { 0 };
	uint64_t inode = fakedrain_cgroup(fs, "/other");

	assert_int_equal(tree_remove(fs->tree.fd, FAKE_CGROUPS "/db"), 0);
	assert_true(fakedrain_cgroup(fs, "/db") != inode);
	drain(&t, fs);
	check_offline(&t);
	assert_int_equal(fakesys_writes(fs, "/db/memory.reclaim"), 0);
}

/* ---- time, cancel, kill ------------------------------------------------------------------ */

static void a_write_that_never_ends(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_THP);
	cleanup_trial struct trial t = { 0 };

	fakedrain_swap(fs, 1024, 1024);
	fakesys_answer(fs, FAKE_ALWAYS, FAKE_CGROUPS "/db/memory.reclaim", "31457280", "spin");
	drain(&t, fs);
	check_offline(&t);
	check_action(&t, MHP_DRAIN_RECLAIM, MHP_DRAIN_FAILED, 30 * MIB, 0);
	check_why(&t, MHP_DRAIN_RECLAIM, "not done after 30.0 s");
	assert_true(action(&t, MHP_DRAIN_RECLAIM)->elapsed_ms >= 29000);
	assert_int_equal(action(&t, MHP_DRAIN_COMPACT)->status, MHP_DRAIN_NOT_TRIED);
	check_why(&t, MHP_DRAIN_COMPACT, "no time is left");
}

static void a_cancel_ends_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };

	fakedrain_swap(fs, 1024, 1024);
	begin(&t, fs, MHP_VERB_OFFLINE, BLOCKS);
	t.cancel_at = "drain_started reclaim";
	trial_run(&t);
	trial_check(&t, MHP_STATUS_INTERRUPTED, 130);
	fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
	assert_string_equal(fakesys_get(fs, FAKE_DEMOTION), "true");
	fakesys_check_settings(fs);
	assert_int_equal(fakesys_writes(fs, "state="), 0);
}

static void what_fails_does_not_stop_the_offline(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };

	fakedrain_swap(fs, 1024, 1024);
	fakedrain_pages(fs, 40, 0, 20 * MIB_PAGES, FAKE_CLEAN, 0);
	fakesys_answer(fs, 1, FAKE_DEMOTION, "false", "errno 5");
	fakesys_answer(fs, 1, "proc/sys/vm/drop_caches", "1", "errno 1");
	fakesys_answer(fs, FAKE_ALWAYS, FAKE_CGROUPS "/db/memory.reclaim", "41943040", "errno 16");
	drain(&t, fs);
	check_offline(&t);
	assert_int_equal(action(&t, MHP_DRAIN_HOLD_DEMOTION)->status, MHP_DRAIN_FAILED);
	check_why(&t, MHP_DRAIN_HOLD_DEMOTION, "Input/output error");
	check_action(&t, MHP_DRAIN_DROP_CACHE, MHP_DRAIN_FAILED, 20 * MIB, 0);
	check_why(&t, MHP_DRAIN_DROP_CACHE, "Operation not permitted");
	check_action(&t, MHP_DRAIN_RECLAIM, MHP_DRAIN_FAILED, 40 * MIB, 0);
	check_why(&t, MHP_DRAIN_RECLAIM, "busy");
	assert_non_null(strstr(t.warnings, "drain: hold_demotion of demotion: "));
}

/* Runs in a process that is killed at the start of an action, or of the offline (NULL). */
static void run_and_kill(struct fakesys *fs, const char *path, const char *word, const char *what)
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct trial t;
		char number[16];

		str_format(number, "%d", (int)getpid());
		tree_put(fs->tree.fd, "killed-run", "%s", number);
		fakesys_answer(fs, 1, path, word, what);
		begin(&t, fs, MHP_VERB_OFFLINE, BLOCKS);
		trial_go(&t);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	tree_remove(fs->tree.fd, "answers");
}

static void a_killed_run_leaves_a_record(void **state)
{
	static const struct {
		const char *path, *word, *what;
	} at[] = {
		{ FAKE_DEMOTION, "false", "kill after" },
		{ "proc/sys/vm/drop_caches", "1", "kill before" },
		{ FAKE_CGROUPS "/db/memory.reclaim", "41943040", "kill after" },
		{ "sys/devices/system/memory/memory33/state", "offline", "kill before" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		cleanup_fakesys struct fakesys *fs = short_of(50, 10, FAKE_ANON);
		cleanup_trial struct trial t = { 0 };

		fakedrain_swap(fs, 1024, 1024);
		fakedrain_pages(fs, 40, 0, 20 * MIB_PAGES, FAKE_CLEAN, 0);
		run_and_kill(fs, at[i].path, at[i].word, at[i].what);
		assert_string_equal(fakesys_get(fs, FAKE_DEMOTION), "false");
		assert_string_equal(fakesys_get(fs, "run/mhpctl/restore.demotion"),
				    FAKE_DEMOTION "\ttrue");
		begin(&t, fs, MHP_VERB_OFFLINE, "memory33");
		t.request.drain_ms = 0;
		trial_run(&t);
		trial_check(&t, MHP_STATUS_OK, 0);
		assert_non_null(strstr(t.warnings, "restored 1 setting"));
		assert_string_equal(fakesys_get(fs, FAKE_DEMOTION), "true");
		fakesys_check_settings(fs);
	}
}

/* ---- requests ---------------------------------------------------------------------------- */

static void of_a_size(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(100, 10, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };

	fakedrain_swap(fs, 1024, 1024);
	for (int i = 0; i < 2; i++) {
		trial_end(&t);
		begin(&t, fs, MHP_VERB_OFFLINE, "node2");
		t.request.choose_bytes = NR_BLOCKS * FAKE_BLOCK_SIZE;
		t.request.drain_ms = i ? 30000 : 0;
		trial_run(&t);
		if (!i)
			trial_check_refused(&t, -ENOSPC, MHP_REASON_NO_TARGET_MEMORY);
	}
	check_offline(&t);
	check_action(&t, MHP_DRAIN_RECLAIM, MHP_DRAIN_DONE, 90 * MIB, 90 * MIB);
}

/* A block that fails is replaced, after a drain of its own. */
static void of_a_size_in_two_rounds(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(20, 100, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };
	const struct mhp_drain_action *a;
	unsigned held = 0;

	fakesys_answer_block(fs, FAKE_ALWAYS, 47, "offline", "errno 16");
	begin(&t, fs, MHP_VERB_OFFLINE, "node2");
	t.request.choose_bytes = 4 * FAKE_BLOCK_SIZE;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	for (size_t i = 0; (a = mhp_drain_action(t.result->drain, i)); i++)
		held += a->kind == MHP_DRAIN_HOLD_DEMOTION && a->status == MHP_DRAIN_DONE;
	assert_int_equal(held, 2);
	assert_int_equal(fakesys_writes(fs, FAKE_DEMOTION "=true"), 2);
	fakesys_check_settings(fs);
}

/* The time is for all rounds together. */
static void the_time_is_over_in_the_first_round(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	const struct mhp_drain_action *a;
	unsigned not_tried = 0;

	fakedrain_add(fs, 100);
	for (uint64_t id = 33; id <= 34; id++)
		fakedrain_pages(fs, id, 0, 20 * MIB_PAGES, FAKE_CLEAN, 0);
	fakesys_answer(fs, FAKE_ALWAYS, "proc/sys/vm/drop_caches", "1", "deaf");
	fakesys_answer_block(fs, FAKE_ALWAYS, 47, "offline", "errno 16");
	begin(&t, fs, MHP_VERB_OFFLINE, "node2");
	t.request.choose_bytes = (NR_BLOCKS - 1) * FAKE_BLOCK_SIZE;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	for (size_t i = 0; (a = mhp_drain_action(t.result->drain, i)); i++)
		not_tried += a->status == MHP_DRAIN_NOT_TRIED && strstr(a->why, "no time is left");
	assert_int_equal(not_tried, 2); /* demotion and cache of the second round */
	assert_int_equal(fakesys_writes(fs, "drop_caches"), 1);
	fakesys_check_settings(fs);
}

static void without_the_memory_of_a_node(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(100, 30, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };

	fakedrain_swap(fs, 1024, 1024);
	fakesys_put(fs, "sys/devices/system/node/node0/meminfo", "Node 0 MemTotal: 8 kB\n");
	check_warning(fs, "the space on other nodes is not known");
	drain(&t, fs);
	check_offline(&t);
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 0);
}

/* The space is refused beforehand if no drain could make it. */
static void of_a_size_that_does_not_fit(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(100, 10, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };

	fakedrain_swap(fs, 1024, 148);
	begin(&t, fs, MHP_VERB_OFFLINE, "node2");
	t.request.choose_bytes = NR_BLOCKS * FAKE_BLOCK_SIZE;
	trial_run(&t);
	trial_check_refused(&t, -ENOSPC, MHP_REASON_NO_TARGET_MEMORY);
	assert_non_null(strstr(t.err.hint, "a drain could make up for 20 MiB of that"));
	assert_int_equal(fakesys_writes(fs, "state="), 0);
	assert_int_equal(fakesys_writes(fs, "demotion"), 0);
}

static void before_a_removal(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };

	fakedrain_swap(fs, 1024, 1024);
	begin(&t, fs, MHP_VERB_REMOVE, "dax0.0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	check_action(&t, MHP_DRAIN_RECLAIM, MHP_DRAIN_DONE, 30 * MIB, 30 * MIB);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "device_dax");
	fakesys_check_settings(fs);
}

static void of_other_requests(void **state)
{
	static const enum mhp_verb verbs[] = { MHP_VERB_ONLINE, MHP_VERB_CREATE, MHP_VERB_DESTROY,
					       MHP_VERB_INIT, MHP_VERB_RESIZE };

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_ANON);
		cleanup_trial struct trial t = { 0 };

		begin(&t, fs, verbs[i], "dax0.0");
		trial_run(&t);
		trial_check_refused(&t, -EINVAL, MHP_REASON_USAGE);
		assert_int_equal(fakesys_writes(fs, "demotion"), 0);
	}
}

/* Unknown is not free of pages: it is said, and the rest is done. */
static void pages_that_cannot_be_read(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };

	assert_int_equal(tree_remove(fs->tree.fd, "proc/kpageflags"), 0);
	check_warning(fs, "the content of the blocks is not known");
	drain(&t, fs);
	check_offline(&t);
	assert_int_equal(t.result->drain->nr_actions, 1);
	assert_true(t.result->drain->before.used_bytes == MHP_UNKNOWN);
}

static void a_setting_that_cannot_be_read(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(40, 100, FAKE_ANON);
	cleanup_trial struct trial t = { 0 };

	fakesys_put(fs, FAKE_DEMOTION, "sometimes\n");
	check_warning(fs, "whether demotion is enabled is not known");
	drain(&t, fs);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_int_equal(fakesys_writes(fs, "demotion"), 0);
}

static void space_that_cannot_be_read(void **state)
{
	cleanup_fakesys struct fakesys *fs = short_of(40, 10, FAKE_MAPPED);
	cleanup_trial struct trial t = { 0 };

	assert_int_equal(tree_remove(fs->tree.fd, "proc/zoneinfo"), 0);
	check_warning(fs, "the space on other nodes is not known");
	drain(&t, fs);
	check_offline(&t);
	assert_true(t.result->drain->before.short_bytes == MHP_UNKNOWN);
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 0);
}

UNIT_TESTS(
	cmocka_unit_test(demotion_is_held_until_the_end),
	cmocka_unit_test(nothing_is_done_where_nothing_helps),
	cmocka_unit_test(without_the_option_nothing_is_looked_at),
	cmocka_unit_test(clean_cache_is_dropped), cmocka_unit_test(a_little_cache_is_left),
	cmocka_unit_test(only_what_is_missing_is_reclaimed), cmocka_unit_test(file_pages_first),
	cmocka_unit_test(what_is_not_needed_any_more),
	cmocka_unit_test(nodes_are_compacted_for_huge_pages),
	cmocka_unit_test(the_root_and_parents_are_passed_over),
	cmocka_unit_test(anonymous_memory_without_swap),
	cmocka_unit_test(locked_pages_are_not_asked_for), cmocka_unit_test(version_1_of_cgroups),
	cmocka_unit_test(before_the_swap_is_full), cmocka_unit_test(when_the_swap_fills_meanwhile),
	cmocka_unit_test(when_tasks_wait_for_memory), cmocka_unit_test(when_the_machine_is_short),
	cmocka_unit_test(when_the_machine_cannot_be_read),
	cmocka_unit_test(when_the_machine_is_not_known),
	cmocka_unit_test(a_kernel_without_swappiness), cmocka_unit_test(a_kernel_that_might_swap),
	cmocka_unit_test(when_the_kernel_has_no_more), cmocka_unit_test(a_cgroup_of_the_same_path),
	cmocka_unit_test(a_write_that_never_ends), cmocka_unit_test(a_cancel_ends_it),
	cmocka_unit_test(what_fails_does_not_stop_the_offline),
	cmocka_unit_test(a_killed_run_leaves_a_record), cmocka_unit_test(of_a_size),
	cmocka_unit_test(of_a_size_in_two_rounds),
	cmocka_unit_test(the_time_is_over_in_the_first_round),
	cmocka_unit_test(without_the_memory_of_a_node),
	cmocka_unit_test(of_a_size_that_does_not_fit), cmocka_unit_test(before_a_removal),
	cmocka_unit_test(of_other_requests), cmocka_unit_test(pages_that_cannot_be_read),
	cmocka_unit_test(a_setting_that_cannot_be_read),
	cmocka_unit_test(space_that_cannot_be_read))
