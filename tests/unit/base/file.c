/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files are opened and replaced safely against planted links and files. */
#include "lib/base/file.h"
#include "lib/base/cleanup.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define cleanup_tree __attribute__((cleanup(tree_end)))

static void tree_end(const struct tree *tree)
{
	if (tree->fd > 0)
		tree_free(tree);
}

/* The fd of a tree is O_PATH, which fsync() refuses: open the directory again. */
static int replace(const struct tree *tree, const char *text)
{
	cleanup_close int fd = file_open_dir_at(tree->fd, "", false);

	return file_replace_at(fd, "plan", text, strlen(text), 0600);
}

static void check_text(int fd, const char *path, const char *text)
{
	char got[64];

	assert_int_equal(tree_get(fd, path, got, sizeof(got)), 0);
	assert_string_equal(got, text);
}

static size_t entries(int fd)
{
	cleanup_closedir DIR *dir = fdopendir(openat(fd, ".", O_RDONLY | O_DIRECTORY));
	size_t nr = 0;

	while (readdir(dir))
		nr++;
	return nr - 2;
}

static void replaced_whole(void **state)
{
	cleanup_tree struct tree tree = { 0 };

	assert_int_equal(tree_new(&tree), 0);
	assert_int_equal(replace(&tree, "one"), 0);
	check_text(tree.fd, "plan", "one");
	assert_int_equal(tree_put(tree.fd, "plan.new", "%s", "notes"), 0);
	assert_int_equal(replace(&tree, "second"), 0);
	check_text(tree.fd, "plan", "second");
	check_text(tree.fd, "plan.new", "notes"); /* an unrelated file */
	assert_int_equal(entries(tree.fd), 2);
}

/* Removes the rest of a file of a killed process; that of a living one is locked, and stays. */
static void abandoned_files_are_removed(void **state)
{
	cleanup_tree struct tree tree = { 0 };
	cleanup_close int fd = -1;

	assert_int_equal(tree_new(&tree), 0);
	assert_int_equal(tree_put(tree.fd, ".mhpctl-0123456789abcdef", "%s", "half"), 0);
	assert_int_equal(tree_put(tree.fd, ".mhpctl-00000000000000ff", "%s", "in use"), 0);
	assert_int_equal(tree_put(tree.fd, ".mhpctl-notes", "%s", "of the user"), 0);
	fd = openat(tree.fd, ".mhpctl-00000000000000ff", O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(replace(&tree, "one"), 0);
	assert_int_equal(entries(tree.fd), 3);
	check_text(tree.fd, ".mhpctl-00000000000000ff", "in use");
	check_text(tree.fd, ".mhpctl-notes", "of the user");
	check_text(tree.fd, "plan", "one");
}

/* A link with the name of the file is replaced, and its target stays unchanged. */
static void a_link_is_not_followed(void **state)
{
	cleanup_tree struct tree tree = { 0 };

	assert_int_equal(tree_new(&tree), 0);
	assert_int_equal(tree_put(tree.fd, "victim", "%s", "precious"), 0);
	assert_int_equal(tree_link(tree.fd, "plan", "victim"), 0);
	assert_int_equal(replace(&tree, "x"), 0);
	check_text(tree.fd, "victim", "precious");
	check_text(tree.fd, "plan", "x");
}

static void a_failure_leaves_what_was_there(void **state)
{
	cleanup_tree struct tree tree = { 0 };

	assert_int_equal(tree_new(&tree), 0);
	assert_int_equal(tree_folder(tree.fd, "plan"), 0);
	assert_int_equal(replace(&tree, "x"), -EISDIR);
	assert_int_equal(entries(tree.fd), 1);
}

static void what_is_no_file_is_not_opened(void **state)
{
	cleanup_tree struct tree tree = { 0 };
	cleanup_close int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char event[sizeof(struct inotify_event) + NAME_MAX + 1];
	int fd;

	assert_int_equal(tree_new(&tree), 0);
	assert_int_equal(mkfifoat(tree.fd, "fifo", 0600), 0);
	assert_int_equal(tree_folder(tree.fd, "folder"), 0);
	assert_int_equal(tree_put(tree.fd, "file", "%s", "text"), 0);
	assert_int_equal(tree_link(tree.fd, "link", "file"), 0);
	assert_true(inotify_add_watch(watch, tree.dir, IN_OPEN) > 0);
	assert_int_equal(file_open_at(tree.fd, "fifo", true), -EINVAL);
	assert_int_equal(file_open_at(tree.fd, "folder", true), -EISDIR);
	assert_int_equal(file_open_at(tree.fd, "link", false), -ELOOP);
	assert_int_equal(read(watch, event, sizeof(event)), -1);
	assert_int_equal(file_open_at(tree.fd, "none", true), -ENOENT);
	assert_int_equal(file_is_directory(tree.dir), 1);
	assert_int_equal(file_is_directory("/dev/null"), 0);
	assert_int_equal(file_is_directory("/none/of/that/name"), -ENOENT);
	fd = file_open_at(tree.fd, "link", true);
	assert_true(fd >= 0);
	close(fd);
}

static void folders_are_made_and_no_link_is_followed(void **state)
{
	cleanup_tree struct tree tree = { 0 };
	int fd;

	assert_int_equal(tree_new(&tree), 0);
	assert_int_equal(file_open_dir_at(tree.fd, "a/b", false), -ENOENT);
	fd = file_open_dir_at(tree.fd, "a/b", true);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(tree_link(tree.fd, "a/out", "/tmp"), 0);
	assert_true(file_open_dir_at(tree.fd, "a/out", true) < 0);
	assert_true(file_open_dir_at(tree.fd, "a/out/c", true) < 0);
}

static void who_else_may_write(void **state)
{
	static const struct {
		mode_t mode;
		bool trusted;
	} files[] = { { 0600, true }, { 0644, true }, { 0664, false }, { 0646, false } };
	cleanup_tree struct tree tree = { 0 };

	assert_int_equal(tree_new(&tree), 0);
	assert_int_equal(tree_put(tree.fd, "policy", "%s", ""), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		cleanup_close int fd = file_open_at(tree.fd, "policy", false);

		assert_int_equal(fchmod(fd, files[i].mode), 0);
		assert_int_equal(file_distrust(fd) == NULL, files[i].trusted);
	}
}

static void a_file_may_be_too_large(void **state)
{
	cleanup_tree struct tree tree = { 0 };
	cleanup_free char *text = NULL;
	cleanup_close int fd = -1;
	size_t len;

	assert_int_equal(tree_new(&tree), 0);
	assert_int_equal(tree_put(tree.fd, "file", "%s", "12345"), 0);
	fd = file_open_at(tree.fd, "file", false);
	assert_int_equal(file_read_all(fd, 4, &text, &len), -EFBIG);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(file_read_all(fd, 5, &text, &len), 0);
	assert_string_equal(text, "12345");
	assert_int_equal(len, 5);
}

UNIT_TESTS(cmocka_unit_test(replaced_whole), cmocka_unit_test(abandoned_files_are_removed),
	   cmocka_unit_test(a_link_is_not_followed),
	   cmocka_unit_test(a_failure_leaves_what_was_there),
	   cmocka_unit_test(what_is_no_file_is_not_opened),
	   cmocka_unit_test(folders_are_made_and_no_link_is_followed),
	   cmocka_unit_test(who_else_may_write), cmocka_unit_test(a_file_may_be_too_large))
