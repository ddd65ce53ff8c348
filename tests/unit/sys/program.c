/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of the user: what they get, how they end, and what they cannot do to the caller. */
#include "lib/sys/program.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/trusted.h"
#include "tests/unit/fake/remains.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *const env[] = { "PATH=/usr/bin:/bin", "GREETING=hello", NULL };

struct fixture {
	struct mhp_ctx *ctx;
	struct tree tree;
	struct program_end end;
	struct mhp_error err;
	char text[PROGRAM_OUTPUT_MAX + 1];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f || mhp_ctx_new(&f->ctx, NULL, NULL) < 0 || tree_new(&f->tree) < 0)
		return -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	mhp_ctx_free(f->ctx);
	tree_free(&f->tree);
	free(f);
	return 0;
}

/* Runs a shell script, and fails if it leaves descriptors or children. */
static const char *run(struct fixture *f, const char *script, uint64_t timeout_ms)
{
	const char *const argv[] = { "/bin/sh", "-c", script, "sh", f->tree.dir, NULL };
	const struct program program = {
		.argv = argv, .env = env, .input = "the input\n", .timeout_ms = timeout_ms
	};
	struct remains before, after;
	char text[512];

	remains_read(&before, f->tree.fd);
	assert_int_equal(program_run(f->ctx, &program, &f->end, &f->err), 0);
	remains_read(&after, f->tree.fd);
	remains_compare(&before, &after, text, sizeof(text));
	if (*text)
		fail_msg("the program leaves %s", text);
	memcpy(f->text, f->end.output, f->end.nr_kept);
	f->text[f->end.nr_kept] = '\0';
	return f->text;
}

static void check(const struct fixture *f, enum program_how how, int value)
{
	assert_int_equal(f->end.how, how);
	assert_int_equal(f->end.value, value);
}

/* ---- its surroundings -------------------------------------------------------------------- */

static void input_output_and_environment(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(run(f, "cat; echo $GREETING $HOME; pwd; umask; echo late >&2", 9000),
			    "the input\nhello\n/\n0022\nlate\n");
	check(f, PROGRAM_EXITED, 0);
	assert_int_equal(f->end.output_bytes, 28);
	assert_false(f->end.is_late);
}

static void no_descriptor_leaks(void **state)
{
	struct fixture *f = *state;
	int open_fd = open("/", O_RDONLY), high = dup2(open_fd, 200); /* without FD_CLOEXEC */

	assert_true(open_fd >= 0 && high == 200);
	assert_string_equal(run(f, "cd /proc/self/fd; echo *", 9000), "0 1 2 3\n"); /* 3: echo * */
	close(open_fd);
	close(high);
}

/* Signals of the C library itself, which sets them when it needs them; make leaves them ignored. */
#define OWN_SIGNALS (3ULL << 31)

static void no_signal_is_blocked_or_ignored(void **state)
{
	struct fixture *f = *state;
	unsigned long long blocked = 0, ignored = 0;
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	run(f, "grep -E 'Sig(Blk|Ign)' /proc/self/status", 9000);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(sscanf(f->text, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
	assert_int_equal(blocked, 0);
	assert_int_equal(ignored & ~OWN_SIGNALS, 0);
}

static void a_host_that_ignores_sigchld(void **state)
{
	struct fixture *f = *state;

	signal(SIGCHLD, SIG_IGN);
	run(f, "exit 7", 9000);
	signal(SIGCHLD, SIG_DFL);
	check(f, PROGRAM_EXITED, 7);
}

/* ---- its output -------------------------------------------------------------------------- */

static void bytes_that_are_not_text(void **state)
{
	struct fixture *f = *state;

	run(f, "printf 'a\\000b\\377c'", 9000);
	assert_int_equal(f->end.nr_kept, 5);
	assert_memory_equal(f->end.output, "a\0b\377c", 5);
}

static void more_than_is_kept(void **state)
{
	struct fixture *f = *state;

	run(f, "i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done; printf end",
	    30000);
	check(f, PROGRAM_EXITED, 0);
	assert_int_equal(f->end.output_bytes, 220003);
	assert_int_equal(f->end.nr_kept, PROGRAM_OUTPUT_MAX);
	assert_memory_equal(f->end.output + PROGRAM_OUTPUT_MAX - 14, "0123456789\nend", 14);
}

static void input_that_nobody_reads(void **state)
{
	struct fixture *f = *state;
	char *input = calloc(1, 1 << 20);
	const char *const argv[] = { "/bin/true", NULL };
	struct program program = { .argv = argv, .env = env, .input = input, .timeout_ms = 9000 };

	assert_non_null(input);
	memset(input, 'x', (1 << 20) - 1);
	assert_int_equal(program_run(f->ctx, &program, &f->end, &f->err), 0);
	check(f, PROGRAM_EXITED, 0);
	free(input);
}

/* ---- its end ----------------------------------------------------------------------------- */

static void statuses_and_signals(void **state)
{
	struct fixture *f = *state;

	run(f, "exit 3", 9000);
	check(f, PROGRAM_EXITED, 3);
	run(f, "kill -SEGV $$", 9000);
	check(f, PROGRAM_SIGNALLED, SIGSEGV);
	assert_false(f->end.is_late);
}

static void a_deadline(void **state)
{
	struct fixture *f = *state;

	run(f, "echo begun; exec sleep 100", 200);
	check(f, PROGRAM_SIGNALLED, SIGTERM);
	assert_true(f->end.is_late);
	assert_string_equal(f->text, "begun\n");
	assert_between(f->end.elapsed_ms, 200, 1999);
}

/* Returns a process id that a script wrote into the directory. */
static pid_t pid_in(const struct fixture *f, const char *name)
{
	char text[32];

	assert_int_equal(tree_get(f->tree.fd, name, text, sizeof(text)), 0);
	return (pid_t)strtol(text, NULL, 10);
}

/* Waits until the process has ended: it is no child of this one. */
static bool is_gone(pid_t pid)
{
	for (int i = 0; i < 500; i++) {
		if (kill(pid, 0) < 0)
			return true;
		clock_sleep(10);
	}
	return false;
}

static void a_deadline_for_one_that_ignores_signals(void **state)
{
	struct fixture *f = *state;

	run(f, "trap '' TERM; sleep 100 & echo $! >$1/pid; while :; do sleep 1; done", 300);
	check(f, PROGRAM_SIGNALLED, SIGKILL);
	assert_true(f->end.is_late);
	assert_true(is_gone(pid_in(f, "pid"))); /* its children too */
}

static void a_child_that_outlives_it(void **state)
{
	struct fixture *f = *state;
	uint64_t begun = clock_msec();
	pid_t pid;

	run(f, "sleep 100 & echo $! >$1/pid; echo done", 60000);
	check(f, PROGRAM_EXITED, 0);
	assert_string_equal(f->text, "done\n");
	assert_true(clock_msec() - begun < 30000); /* the child keeps the output open */
	pid = pid_in(f, "pid");
	assert_int_equal(kill(pid, 0), 0);
	kill(pid, SIGKILL);
}

static void a_cancel(void **state)
{
	struct fixture *f = *state;

	mhp_ctx_cancel(f->ctx);
	run(f, "trap '' TERM; sleep 100 & echo $! >$1/pid; while :; do sleep 1; done", 60000);
	assert_true(f->end.is_cancelled);
	assert_true(f->end.elapsed_ms <= 900);
}

static void a_cancel_that_is_ignored(void **state)
{
	const char *const argv[] = { "/bin/sh", "-c", "sleep 0.3; exit 4", NULL };
	struct program program = {
		.argv = argv, .env = env, .input = "", .timeout_ms = 9000, .ignore_cancel = true
	};
	struct fixture *f = *state;

	mhp_ctx_cancel(f->ctx);
	assert_int_equal(program_run(f->ctx, &program, &f->end, &f->err), 0);
	check(f, PROGRAM_EXITED, 4);
	assert_false(f->end.is_cancelled);
}

static void one_that_cannot_start(void **state)
{
	struct fixture *f = *state;
	char path[128];
	const char *const argv[] = { path, NULL };
	struct program program = { .argv = argv, .env = env, .input = "", .timeout_ms = 9000 };

	if (getenv("MHP_VALGRIND")) /* it gives up a process whose exec() fails */
		skip();
	tree_put(f->tree.fd, "hook", "#!/no/such/shell\n");
	assert_int_equal(fchmodat(f->tree.fd, "hook", 0755, 0), 0);
	str_format(path, "%s/hook", f->tree.dir);
	assert_int_equal(program_run(f->ctx, &program, &f->end, &f->err), 0);
	assert_int_equal(f->end.how, PROGRAM_NOT_STARTED);
	assert_true(f->end.value == ENOENT || f->end.value == EACCES); /* a noexec mount */
}

/* ---- trust ------------------------------------------------------------------------------- */

/* Checks a path below the directory of the test. Returns the reason, or "" if it is trusted. */
static const char *check_path(struct fixture *f, const char *name, int rc)
{
	char path[256];

	str_format(path, "%s/%s", f->tree.dir, name);
	f->err = (struct mhp_error){ 0 };
	assert_int_equal(program_check(f->ctx, path, false, &f->err), rc);
	if (rc < 0)
		assert_int_equal(f->err.reason, MHP_REASON_HOOK_FAILED);
	return f->err.message;
}

static void paths_that_are_not_trusted(void **state)
{
	struct fixture *f = *state;

	tree_put(f->tree.fd, "dir/hook", "#!/bin/sh\n");
	assert_non_null(strstr(check_path(f, "dir/none", -ENOENT), "none: No such file"));
	assert_non_null(strstr(check_path(f, "dir", -EACCES), "is not a regular file"));
	assert_non_null(strstr(check_path(f, "dir/hook", -EACCES), "is not executable"));
	assert_int_equal(fchmodat(f->tree.fd, "dir/hook", 0777, 0), 0);
	assert_non_null(strstr(check_path(f, "dir/hook", -EPERM), "hook is writable by other"));
	assert_int_equal(fchmodat(f->tree.fd, "dir/hook", 0755, 0), 0);
	assert_int_equal(fchmodat(f->tree.fd, "dir", 0775, 0), 0);
	assert_non_null(strstr(check_path(f, "dir/hook", -EPERM), "dir is writable by other"));
	/* a link does not hide it */
	tree_link(f->tree.fd, "link", "dir/hook");
	assert_non_null(strstr(check_path(f, "link", -EPERM), "dir is writable by other"));
	tree_link(f->tree.fd, "way", "dir");
	tree_link(f->tree.fd, "second", "way/hook");
	assert_non_null(strstr(check_path(f, "second", -EPERM), "dir is writable by other"));
	tree_link(f->tree.fd, "loop", "loop");
	check_path(f, "loop", -ELOOP);
	if (geteuid() != 0)
		return;
	assert_int_equal(fchmodat(f->tree.fd, "dir", 0755, 0), 0);
	assert_int_equal(fchownat(f->tree.fd, "dir/hook", 12345, 0, 0), 0);
	assert_non_null(strstr(check_path(f, "dir/hook", -EPERM), "belongs to another user"));
}

static void paths_that_are_trusted(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(program_check(f->ctx, "/bin/sh", false, &f->err), 0);
	assert_int_equal(program_check(f->ctx, "//usr//bin/../bin/env", false, &f->err), 0);
	tree_link(f->tree.fd, "link", "/bin/sh");
	check_path(f, "link", 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* In real time: the program under test does not know the clock of the test. */
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(input_output_and_environment),
		T(no_descriptor_leaks),
		T(no_signal_is_blocked_or_ignored),
		T(a_host_that_ignores_sigchld),
		T(bytes_that_are_not_text),
		T(more_than_is_kept),
		T(input_that_nobody_reads),
		T(statuses_and_signals),
		T(a_deadline),
		T(a_deadline_for_one_that_ignores_signals),
		T(a_child_that_outlives_it),
		T(a_cancel),
		T(a_cancel_that_is_ignored),
		T(one_that_cannot_start),
		T(paths_that_are_not_trusted),
		T(paths_that_are_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
