/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Concurrent runs, and leftovers of a killed run. */
#include "lib/base/clock.h"
#include "lib/sys/lock.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define LONG_MS 60000
#define JOURNAL "run/mhpctl/restore."

/* Starts a process that locks the memory until it is killed. */
static pid_t hold_memory(struct fakesys *fs, uint64_t start, uint64_t end)
{
	pid_t pid;
	int ready[2];
	char byte;

	assert_int_equal(tree_folder(fs->tree.fd, "run"), 0);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = lock_open(fs->ctx, LOCK_MEMORY, NULL);
		pid_t holder;

		alarm(600); /* a forgotten one ends */
		lock_range(fd, (struct mhp_range){ start, end }, &holder);
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void end_process(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void put_comm(struct fakesys *fs, pid_t pid)
{
	ROOT_PATH(path, "proc/%d/comm", (int)pid);

	fakesys_put(fs, path, "mhpctl\n");
}

static void offline(struct trial *t, struct fakesys *fs, uint64_t wait_ms)
{
	trial_begin(t, fs, MHP_VERB_OFFLINE, "dax0.0");
	t->options.wait_ms = wait_ms;
	trial_run(t);
}

/* ---- locks ------------------------------------------------------------------------------- */

static void memory_that_another_holds(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	char want[96];
	pid_t pid;

	fakesys_online_dax0(fs);
	pid = hold_memory(fs, 5 * GIB, 6 * GIB);
	put_comm(fs, pid);
	offline(&t, fs, 0);
	end_process(pid);
	trial_check_refused(&t, -EAGAIN, MHP_REASON_LOCK_HELD);
	assert_int_equal(mhp_reason_exit_code(t.err.reason), 8);
	snprintf(want, sizeof(want), "mhpctl[%d] works on the same memory", (int)pid);
	assert_string_equal(t.err.message, want);
	assert_int_equal(fakesys_writes(fs, "state="), 0);
	assert_int_equal(t.waiting, 0);
}

static void memory_beside_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	pid_t pid;

	fakesys_online_dax0(fs);
	pid = hold_memory(fs, 6 * GIB, 8 * GIB);
	offline(&t, fs, 0);
	end_process(pid);
	trial_check(&t, MHP_STATUS_OK, 0);
}

/* The machine is read again after the wait. */
static void a_wait_that_is_long_enough(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	pid_t pid;

	fakesys_online_dax0(fs);
	pid = hold_memory(fs, 4 * GIB, 6 * GIB);
	trial_begin(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	t.options.wait_ms = LONG_MS;
	t.kill_at_waiting = pid;
	trial_run(&t);
	end_process(pid);
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	assert_int_equal(t.waiting, 1);
	assert_true(strncmp(t.events, "waiting\nplan\n", 13) == 0);
	assert_int_equal(fakesys_writes(fs, "nd/scan"), 2);
}

static void a_wait_that_is_too_short(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	pid_t pid;

	fakesys_online_dax0(fs);
	pid = hold_memory(fs, 4 * GIB, 6 * GIB);
	offline(&t, fs, 60);
	end_process(pid);
	trial_check_refused(&t, -EAGAIN, MHP_REASON_LOCK_HELD);
	assert_non_null(strstr(t.err.message, "has not finished in time"));
	assert_int_equal(t.waiting, 1);
}

static void a_wait_that_is_cancelled(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	pid_t pid;

	fakesys_online_dax0(fs);
	pid = hold_memory(fs, 4 * GIB, 6 * GIB);
	trial_begin(&t, fs, MHP_VERB_OFFLINE, "dax0.0");
	t.options.wait_ms = 5000;
	t.cancel_at = "waiting";
	trial_run(&t);
	end_process(pid);
	trial_check_refused(&t, -ECANCELED, MHP_REASON_INTERRUPTED);
	assert_int_equal(fakesys_writes(fs, "state="), 0);
}

/* A run without steps needs no lock. */
static void already_so_does_not_wait(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	pid_t pid;

	fakesys_dax0(fs, "kmem");
	pid = hold_memory(fs, 0, UINT64_MAX);
	offline(&t, fs, 0);
	end_process(pid);
	trial_check(&t, MHP_STATUS_OK, 0);
}

/* The lock ends with the run, not with the process. */
static void a_lock_ends_with_its_run(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	pid_t holder = 0, pid;
	int status;

	fakesys_online_dax0(fs);
	offline(&t, fs, 0);
	trial_check(&t, MHP_STATUS_OK, 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = lock_open(fs->ctx, LOCK_MEMORY, NULL);

		_exit(lock_range(fd, (struct mhp_range){ 0, UINT64_MAX }, &holder) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

struct host {
	pid_t pid;
};

/* Forks without exec during the run, as a host program might. */
static void fork_once(const struct mhp_event *event, void *data)
{
	struct host *host = data;

	if (host->pid || event->type != MHP_EVENT_STEP_STARTED)
		return;
	host->pid = fork();
	assert_true(host->pid >= 0);
	if (host->pid == 0) {
		pause();
		_exit(0);
	}
}

static void a_lock_ends_with_its_run_in_a_host_that_forks(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	const char *const targets[] = { "dax0.0" };
	const struct mhp_request request =
		MHP_REQUEST_INIT(.verb = MHP_VERB_OFFLINE, .targets = targets, .nr_targets = 1);
	struct host host = { 0 };
	const struct mhp_run_options options =
		MHP_RUN_OPTIONS_INIT(.timeout_ms = 5000, .event = fork_once, .data = &host);
	struct mhp_result *result;

	fakesys_online_dax0(fs);
	assert_int_equal(mhp_run(fs->ctx, &request, &options, &result, NULL), 0);
	mhp_result_free(result);
	assert_true(host.pid > 0);
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_run(&t);
	end_process(host.pid);
	trial_check(&t, MHP_STATUS_OK, 0);
}

/* Two contexts of one process lock each other out like two processes. */
static void two_contexts_of_one_process(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	pid_t holder;
	int fd;

	fakesys_online_dax0(fs);
	fd = lock_open(fs->ctx, LOCK_MEMORY, NULL);
	assert_int_equal(lock_range(fd, (struct mhp_range){ 4 * GIB, 6 * GIB }, &holder), 0);
	offline(&t, fs, 0);
	trial_check_refused(&t, -EAGAIN, MHP_REASON_LOCK_HELD);
	trial_end(&t);
	t = (struct trial){ 0 };
	lock_close(fd);
	offline(&t, fs, 0);
	trial_check(&t, MHP_STATUS_OK, 0);
}

/* ---- leftovers of a killed run ----------------------------------------------------------- */

static void its_settings_are_put_back(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_put(fs, "sys/bus/dax/drivers_autoprobe", "0\n");
	fakesys_put(fs, "sys/devices/system/memory/auto_online_blocks", "online_movable\n");
	fakesys_put(fs, JOURNAL "dax-autoprobe", "sys/bus/dax/drivers_autoprobe\t1\n");
	fakesys_put(fs, JOURNAL "auto-online",
		    "sys/devices/system/memory/auto_online_blocks\toffline\n");
	offline(&t, fs, 0);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_non_null(strstr(t.warnings, "restored 2 settings"));
	fakesys_check_settings(fs);
}

/* A run without steps recovers too. */
static void even_if_nothing_else_is_to_be_done(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "kmem");
	fakesys_put(fs, "sys/bus/dax/drivers_autoprobe", "0\n");
	fakesys_put(fs, JOURNAL "dax-autoprobe", "sys/bus/dax/drivers_autoprobe\t1\n");
	offline(&t, fs, 0);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_non_null(strstr(t.warnings, "restored 1 setting "));
	fakesys_check_settings(fs);
}

/* Recovers after a real run that was killed during a creation. */
static void after_a_run_that_is_killed(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	const struct mhp_region region = fakesys_region0();
	cleanup_trial struct trial t = { 0 };
	pid_t pid;

	fakesys_region(fs, &region);
	fakesys_answer(fs, 1, "nd/create", "region0", "deaf");
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const char *const targets[] = { "region0" };
		const struct mhp_request request =
			MHP_REQUEST_INIT(.verb = MHP_VERB_ONLINE, .targets = targets,
					 .nr_targets = 1);
		const struct mhp_run_options options = MHP_RUN_OPTIONS_INIT(.timeout_ms = 5000);
		struct mhp_result *result;

		mhp_run(fs->ctx, &request, &options, &result, NULL);
		_exit(0);
	}
	while (!fakesys_writes(fs, "nd/create=region0"))
		fakeclock_wait();
	end_process(pid);
	while (lock_any_writer(fs->ctx)) /* in real time: the next run waits by the fake clock */
		fakeclock_wait();
	assert_string_equal(fakesys_get(fs, "sys/bus/dax/drivers_autoprobe"), "0");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "region0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_non_null(strstr(t.warnings, "restored 1 setting "));
	fakesys_check_settings(fs);
}

/* Adds a writer that was killed while its write continues in the kernel. */
static void put_dying(struct fakesys *fs, const char *pending)
{
	char status[128];

	snprintf(status, sizeof(status), "Name:\tmhpctl-writer\nSigPnd:\t%s\nShdPnd:\t%s\n",
		 "0000000000000000", pending);
	fakesys_put(fs, "proc/500/comm", "mhpctl-writer\n");
	fakesys_put(fs, "proc/500/status", status);
	fakesys_put(fs, "run/mhpctl/.keep", "");
	lock_mark_writer(fs->ctx); /* as that writer */
}

/* The settings are restored only after the writer has ended. */
static void its_last_write_ends_first(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	uint64_t start;
	int status = 0;
	pid_t pid;

	fakesys_online_dax0(fs);
	fakesys_put(fs, "sys/bus/dax/drivers_autoprobe", "0\n");
	fakesys_put(fs, JOURNAL "dax-autoprobe", "sys/bus/dax/drivers_autoprobe\t1\n");
	put_dying(fs, "0000000000000100");
	start = clock_msec();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		poll(NULL, 0, 150);
		/* nothing is restored until then */
		_exit(fakesys_writes(fs, "sys/") || tree_remove(fs->tree.fd, "proc/500") < 0);
	}
	offline(&t, fs, 0);
	assert_true(clock_msec() - start >= 150);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	trial_check(&t, MHP_STATUS_OK, 0);
	fakesys_check_settings(fs);
}

static void a_wait_for_it_can_be_cancelled(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	uint64_t start = clock_msec();

	fakesys_online_dax0(fs);
	put_dying(fs, "0000000000000100");
	mhp_ctx_cancel(fs->ctx);
	offline(&t, fs, 0);
	assert_true(clock_msec() - start < 5000);
	assert_true(t.rc < 0 || t.result->exit_code == 130);
	assert_int_equal(fakesys_writes(fs, "state="), 0);
}

/* A writer that lives, or has another pending signal, is not awaited. */
static void a_writer_that_lives_is_not_waited_for(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	put_dying(fs, "0000000000000200");
	offline(&t, fs, 0);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_true(t.result->elapsed_ms < 5000);
}

/* ---- a plan without steps, which takes no lock ------------------------------------------- */

static void take_one_offline(struct trial *t)
{
	fakesys_blocks(t->fs, 40, 40, "offline", "Movable", 2);
}

/* Sets up an online of memory that is online, and not any more once it is planned. */
static void begin_outdated(struct trial *t, struct fakesys *fs)
{
	fakesys_online_dax0(fs);
	trial_begin(t, fs, MHP_VERB_ONLINE, "dax0.0");
	t->act = take_one_offline;
	t->act_at = 1;
}

/* Another mhpctl has taken the memory away since the scan. */
static void already_so_until_another_mhpctl_changed_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };
	pid_t pid;

	begin_outdated(&t, fs);
	pid = hold_memory(fs, 4 * GIB, 6 * GIB);
	trial_run(&t);
	end_process(pid);
	trial_check_refused(&t, -EAGAIN, MHP_REASON_LOCK_HELD);
	assert_int_equal(fakesys_writes(fs, "state="), 0);
}

static void already_so_until_something_changed_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	begin_outdated(&t, fs);
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, NR_BLOCKS, NR_BLOCKS);
	assert_null(strstr(t.events, "failure"));
	assert_int_equal(fakesys_writes(fs, "memory40/state=online_movable"), 1);
}

/* The saved plan has no steps, so it ends here. */
static void a_saved_plan_is_not_made_again(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	begin_outdated(&t, fs);
	t.options.fingerprint = 1;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(t.first.reason, MHP_REASON_WENT_AWAY);
	assert_int_equal(fakesys_writes(fs, "state="), 0);
}

UNIT_TESTS(cmocka_unit_test(memory_that_another_holds), cmocka_unit_test(memory_beside_it),
	   cmocka_unit_test(a_wait_that_is_long_enough), cmocka_unit_test(a_wait_that_is_too_short),
	   cmocka_unit_test(a_wait_that_is_cancelled), cmocka_unit_test(already_so_does_not_wait),
	   cmocka_unit_test(a_lock_ends_with_its_run),
	   cmocka_unit_test(a_lock_ends_with_its_run_in_a_host_that_forks),
	   cmocka_unit_test(two_contexts_of_one_process),
	   cmocka_unit_test(its_settings_are_put_back),
	   cmocka_unit_test(even_if_nothing_else_is_to_be_done),
	   cmocka_unit_test(after_a_run_that_is_killed),
	   cmocka_unit_test(its_last_write_ends_first),
	   cmocka_unit_test(a_wait_for_it_can_be_cancelled),
	   cmocka_unit_test(a_writer_that_lives_is_not_waited_for),
	   cmocka_unit_test(already_so_until_another_mhpctl_changed_it),
	   cmocka_unit_test(already_so_until_something_changed_it),
	   cmocka_unit_test(a_saved_plan_is_not_made_again))
