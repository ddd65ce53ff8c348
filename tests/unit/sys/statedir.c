/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/sys/statedir.h"
#include "lib/base/cleanup.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define cleanup_tree __attribute__((cleanup(tree_end)))

static void tree_end(const struct tree *tree)
{
	if (tree->fd > 0)
		tree_free(tree);
}

static struct root root_of(const struct tree *tree)
{
	return (struct root){ .root_fd = tree->fd, .ops = &root_kernel_ops };
}

static void the_folder_is_made_once(void **state)
{
	cleanup_tree struct tree tree = { 0 };
	struct root root;
	struct stat st;

	assert_int_equal(tree_new(&tree), 0);
	root = root_of(&tree);
	assert_int_equal(statedir_make(&root), -ENOENT); /* without /run */
	assert_int_equal(mkdirat(tree.fd, "run", 0755), 0);
	assert_int_equal(statedir_make(&root), 0);
	assert_int_equal(statedir_make(&root), 0);
	assert_int_equal(fstatat(tree.fd, "run/mhpctl", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
}

static void what_is_written_is_read(void **state)
{
	cleanup_tree struct tree tree = { 0 };
	cleanup_free char *text = NULL;
	struct root root;

	assert_int_equal(tree_new(&tree), 0);
	root = root_of(&tree);
	assert_int_equal(statedir_write(&root, STATE_POLICY_RUNS, false, "1\n", 0644), -ENOENT);
	assert_int_equal(statedir_write(&root, STATE_POLICY_RUNS, true, "1\n", 0644), 0);
	assert_int_equal(statedir_read(&root, STATE_POLICY_RUNS, 1, &text), -EINVAL);
	assert_int_equal(statedir_read(&root, STATE_POLICY_RUNS, 2, &text), 0);
	assert_string_equal(text, "1\n");
	statedir_remove(&root, STATE_POLICY_RUNS);
	assert_int_equal(statedir_read(&root, STATE_POLICY_RUNS, 2, &text), -ENOENT);
}

static void no_link_is_followed(void **state)
{
	cleanup_tree struct tree tree = { 0 };
	cleanup_free char *text = NULL;
	struct root root;
	struct stat st;

	assert_int_equal(tree_new(&tree), 0);
	root = root_of(&tree);
	assert_int_equal(tree_put(tree.fd, "elsewhere", "old\n"), 0);
	assert_int_equal(mkdirat(tree.fd, "run", 0755), 0);
	assert_int_equal(statedir_make(&root), 0);
	assert_int_equal(tree_link(tree.fd, STATE_MEMMAP_RATE, "../../elsewhere"), 0);
	statedir_overwrite(&root, STATE_MEMMAP_RATE, "new\n", 0644);
	assert_int_equal(fstatat(tree.fd, "elsewhere", &st, 0), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(statedir_read(&root, STATE_MEMMAP_RATE, 100, &text), -EINVAL);
	assert_null(text);
}

static void a_folder_that_outlives_the_boot_is_made_in_a_bare_system(void **state)
{
	cleanup_tree struct tree tree = { 0 };
	cleanup_close int fd = -1;
	struct root root;
	struct stat st;

	assert_int_equal(tree_new(&tree), 0);
	root = root_of(&tree);
	assert_int_equal(statedir_open_lasting(&root, "namespaces", false), -ENOENT);
	fd = statedir_open_lasting(&root, "namespaces", true);
	assert_true(fd >= 0);
	assert_int_equal(fstatat(tree.fd, "var/lib/mhpctl/namespaces", &st, 0), 0);
}

/* A file of a living process is locked by it; others have names of their own. */
static void half_written_files_are_removed(void **state)
{
	static const char *const folders[] = { STATE_RUN, STATE_JOBS, ("var/lib/mhpctl/" RECORDS) };
	cleanup_tree struct tree tree = { 0 };
	struct root root;
	struct stat st;

	assert_int_equal(tree_new(&tree), 0);
	root = root_of(&tree);
	statedir_sweep(&root); /* without any of them */
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		cleanup_close int living = -1;

		ROOT_PATH(dead, "%s/.mhpctl-0123456789abcdef", folders[i]);
		ROOT_PATH(held, "%s/.mhpctl-0123456789abcde0", folders[i]);
		ROOT_PATH(other, "%s/.mhpctl-", folders[i]);
		assert_int_equal(tree_put(tree.fd, dead, "size="), 0);
		assert_int_equal(tree_put(tree.fd, held, "size="), 0);
		assert_int_equal(tree_put(tree.fd, other, "size="), 0);
		living = openat(tree.fd, held, O_WRONLY | O_CLOEXEC);
		assert_int_equal(flock(living, LOCK_EX | LOCK_NB), 0);
		statedir_sweep(&root);
		assert_int_equal(fstatat(tree.fd, dead, &st, 0), -1);
		assert_int_equal(fstatat(tree.fd, held, &st, 0), 0);
		assert_int_equal(fstatat(tree.fd, other, &st, 0), 0);
	}
}

UNIT_TESTS(cmocka_unit_test(half_written_files_are_removed),
	   cmocka_unit_test(the_folder_is_made_once), cmocka_unit_test(what_is_written_is_read),
	   cmocka_unit_test(no_link_is_followed),
	   cmocka_unit_test(a_folder_that_outlives_the_boot_is_made_in_a_bare_system))
