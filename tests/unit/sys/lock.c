/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks between processes: a range locked by one is refused to another. */
#include "lib/sys/lock.h"
#include "lib/sys/ctx.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct fixture {
	struct tree tree;
	struct mhp_ctx ctx;
	int fd;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f || tree_new(&f->tree) < 0 || tree_folder(f->tree.fd, "run") < 0)
		return -1;
	f->ctx.sys.root_fd = f->tree.fd;
	f->fd = lock_open(&f->ctx, LOCK_MEMORY, NULL);
	*state = f;
	return f->fd < 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	lock_close(f->fd);
	tree_free(&f->tree);
	free(f);
	return 0;
}

static void take_lock(const struct fixture *f, uint64_t start, uint64_t end)
{
	pid_t holder;

	assert_int_equal(lock_range(f->fd, (struct mhp_range){ start, end }, &holder), 0);
	assert_int_equal(holder, 0);
}

/* Asks for a lock as another process: returns 0 if it got it, 1 if we are the holder. */
static int ask_as_another(const struct fixture *f, uint64_t start, uint64_t end)
{
	pid_t me = getpid(), pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = lock_open(&f->ctx, LOCK_MEMORY, NULL), rc;
		pid_t holder = 0;

		rc = fd < 0 ? fd : lock_range(fd, (struct mhp_range){ start, end }, &holder);
		_exit(rc == 0 && !holder ? 0 : rc == -EAGAIN && holder == me ? 1 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void another_process_gets_what_is_free(void **state)
{
	const struct fixture *f = *state;

	assert_int_equal(ask_as_another(f, 0, UINT64_MAX), 0);
	take_lock(f, 4 * GIB, 6 * GIB);
	assert_int_equal(ask_as_another(f, 0, 4 * GIB), 0);
	assert_int_equal(ask_as_another(f, 6 * GIB, 8 * GIB), 0);
	assert_int_equal(ask_as_another(f, 6 * GIB, UINT64_MAX), 0);
}

static void what_overlaps_is_held(void **state)
{
	const struct fixture *f = *state;

	take_lock(f, 4 * GIB, 6 * GIB);
	assert_int_equal(ask_as_another(f, 4 * GIB, 6 * GIB), 1);
	assert_int_equal(ask_as_another(f, 3 * GIB, 4 * GIB + 1), 1);
	assert_int_equal(ask_as_another(f, 6 * GIB - 1, 7 * GIB), 1);
	assert_int_equal(ask_as_another(f, 5 * GIB, 5 * GIB + 4096), 1);
	assert_int_equal(ask_as_another(f, 0, UINT64_MAX), 1);
}

static void everything_can_be_held(void **state)
{
	const struct fixture *f = *state;

	take_lock(f, 0, UINT64_MAX);
	assert_int_equal(ask_as_another(f, 0, 4096), 1);
	assert_int_equal(ask_as_another(f, UINT64_MAX - 8191, UINT64_MAX - 4095), 1);
	assert_int_equal(ask_as_another(f, 1ULL << 63, (1ULL << 63) + GIB), 1);
}

/* Addresses are locked in whole pages, so ranges that share a page conflict. */
static void odd_addresses_take_whole_pages(void **state)
{
	const struct fixture *f = *state;

	take_lock(f, 4097, 4099);
	assert_int_equal(ask_as_another(f, 4096, 4097), 1);
	assert_int_equal(ask_as_another(f, 8191, 8192), 1);
	assert_int_equal(ask_as_another(f, 8192, 8193), 0);
	assert_int_equal(ask_as_another(f, 0, 4096), 0);
}

static void an_empty_range_holds_nothing(void **state)
{
	const struct fixture *f = *state;

	take_lock(f, 4 * GIB, 4 * GIB);
	assert_int_equal(ask_as_another(f, 4 * GIB, 5 * GIB), 0);
	assert_int_equal(ask_as_another(f, 0, UINT64_MAX), 0);
}

static void released_is_free(void **state)
{
	const struct fixture *f = *state;

	take_lock(f, 0, GIB);
	take_lock(f, 4 * GIB, 6 * GIB);
	lock_release(f->fd);
	assert_int_equal(ask_as_another(f, 0, UINT64_MAX), 0);
}

static void one_process_may_lock_twice(void **state)
{
	const struct fixture *f = *state;

	take_lock(f, 0, 2 * GIB);
	take_lock(f, GIB, 3 * GIB);
	assert_int_equal(ask_as_another(f, 2 * GIB, 3 * GIB), 1);
}

static void a_dead_process_holds_nothing(void **state)
{
	const struct fixture *f = *state;

	/* the other process got everything and has ended */
	assert_int_equal(ask_as_another(f, 0, UINT64_MAX), 0);
	take_lock(f, 0, UINT64_MAX);
}

/* A link in /run would redirect the file that root creates. */
static void a_link_is_not_followed(void **state)
{
	const struct fixture *f = *state;
	struct mhp_error err = { 0 };

	assert_int_equal(tree_link(f->tree.fd, LOCK_SETTINGS, "../elsewhere"), 0);
	assert_int_equal(lock_open(&f->ctx, LOCK_SETTINGS, &err), -ELOOP);
	assert_int_equal(err.errnum, ELOOP);
	assert_false(root_exists(&f->ctx.sys, "run/elsewhere"));
}

static void a_folder_that_cannot_be_made(void **state)
{
	struct mhp_error err = { 0 };
	struct mhp_ctx ctx = { 0 };
	struct tree tree;

	assert_int_equal(tree_new(&tree), 0);
	ctx.sys.root_fd = tree.fd;
	assert_int_equal(lock_open(&ctx, LOCK_MEMORY, &err), -ENOENT);
	assert_string_equal(err.message, "cannot make /run/mhpctl: No such file or directory");
	tree_free(&tree);
}

static void the_file_is_for_its_owner(void **state)
{
	const struct fixture *f = *state;
	struct stat st;

	assert_int_equal(fstat(f->fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* A forked child of the host shares the open file description and outlives the run. */
static void a_forked_process_keeps_nothing(void **state)
{
	struct fixture *f = *state;
	pid_t pid;

	take_lock(f, 0, UINT64_MAX);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		pause();
		_exit(0);
	}
	assert_int_equal(ask_as_another(f, 0, GIB), 1);
	lock_close(f->fd);
	f->fd = -1;
	assert_int_equal(ask_as_another(f, 0, UINT64_MAX), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	lock_close(-1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

UNIT_TESTS(TEST(another_process_gets_what_is_free), TEST(what_overlaps_is_held),
	   TEST(everything_can_be_held), TEST(odd_addresses_take_whole_pages),
	   TEST(an_empty_range_holds_nothing), TEST(released_is_free),
	   TEST(one_process_may_lock_twice), TEST(a_dead_process_holds_nothing),
	   TEST(a_link_is_not_followed), cmocka_unit_test(a_folder_that_cannot_be_made),
	   TEST(the_file_is_for_its_owner), TEST(a_forked_process_keeps_nothing))
