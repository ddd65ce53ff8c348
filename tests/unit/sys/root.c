/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/sys/root.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/sys/vmstat.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
	struct tree tree;
	struct root sys;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f || tree_new(&f->tree) < 0)
		return -1;
	f->sys = (struct root){ .root_fd = f->tree.fd, .ops = &root_kernel_ops };
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tree_free(&f->tree);
	free(f);
	return 0;
}

static void put(const struct fixture *f, const char *path, const char *text)
{
	assert_int_equal(tree_put(f->tree.fd, path, "%s", text), 0);
}

static void the_first_line_counts(void **state)
{
	const struct fixture *f = *state;
	char buf[16];

	put(f, "a", "online\n");
	assert_int_equal(root_read(&f->sys, "a", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "online");
	put(f, "a", "one\ntwo\n");
	assert_int_equal(root_read(&f->sys, "a", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "one");
	put(f, "a", "");
	assert_int_equal(root_read(&f->sys, "a", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	put(f, "a", "no newline");
	assert_int_equal(root_read(&f->sys, "a", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "no newline");
}

static void what_has_no_room_is_refused(void **state)
{
	const struct fixture *f = *state;
	char buf[8];

	put(f, "a", "1234567");
	assert_int_equal(root_read(&f->sys, "a", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "1234567");
	put(f, "a", "12345678");
	assert_int_equal(root_read(&f->sys, "a", buf, sizeof(buf)), -EOVERFLOW);
}

static void what_is_not_there(void **state)
{
	const struct fixture *f = *state;
	char buf[8];

	assert_int_equal(root_read(&f->sys, "no/such", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(tree_folder(f->tree.fd, "folder"), 0);
	assert_int_equal(root_read(&f->sys, "folder", buf, sizeof(buf)), -EISDIR);
	assert_false(root_exists(&f->sys, "no/such"));
	assert_true(root_exists(&f->sys, "folder"));
	assert_int_equal(root_write(&f->sys, "no/such", "1"), -ENOENT);
}

/* A name that is too long, or a loop of links, is a failure, not a missing file. */
static void what_cannot_be_told(void **state)
{
	const struct fixture *f = *state;
	char name[NAME_MAX + 2];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(root_exists(&f->sys, name), -ENAMETOOLONG);
	assert_false(root_seems(&f->sys, name));
	assert_int_equal(symlinkat("loop", f->tree.fd, "loop"), 0);
	assert_int_equal(root_exists(&f->sys, "loop/a"), -ELOOP);
	put(f, "a", "1");
	assert_int_equal(root_exists(&f->sys, "a/b"), 0);
	assert_int_equal(root_exists(&f->sys, "a"), 1);
}

static int no_entry(const struct root *sys, const char *name, void *data)
{
	(void)sys;
	(void)name;
	(void)data;
	return 0;
}

/* Without file descriptors nothing can be read, and the failure is remembered. */
static void what_this_process_lacks(void **state)
{
	const struct fixture *f = *state;
	int lack = 0;
	struct root sys = f->sys;
	struct rlimit before, none;
	uint64_t value;
	char buf[8];
	int rc, vm, each;

	sys.lack = &lack;
	put(f, "a", "1");
	put(f, "vmstat", "pgmigrate_fail 42\n");
	assert_int_equal(root_read(&sys, "no/such", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(root_lack(&sys), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	rc = root_read(&sys, "a", buf, sizeof(buf));
	vm = vmstat_read(&sys, "vmstat", "pgmigrate_fail", &value);
	each = root_each(&sys, ".", no_entry, NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(rc, -EMFILE);
	assert_int_equal(vm, -EMFILE);
	assert_int_equal(each, -EMFILE);
	assert_int_equal(root_read(&sys, "a", buf, sizeof(buf)), 0);
	assert_int_equal(root_lack(&sys), -EMFILE);
	root_lack_reset(&sys);
	assert_int_equal(root_lack(&sys), 0);
}

static void unsigned_numbers(void **state)
{
	const struct fixture *f = *state;
	uint64_t value = 77;

	put(f, "a", "8000000\n");
	assert_int_equal(root_read_u64(&f->sys, "a", 16, &value), 0);
	assert_int_equal(value, 0x8000000);
	assert_int_equal(root_read_u64(&f->sys, "a", 10, &value), 0);
	assert_int_equal(value, 8000000);
	put(f, "a", "0x17fffffff\n");
	assert_int_equal(root_read_u64(&f->sys, "a", 16, &value), 0);
	assert_int_equal(value, 0x17fffffff);
	assert_int_equal(root_read_u64(&f->sys, "a", 10, &value), -EINVAL);
	put(f, "a", "0x\n");
	assert_int_equal(root_read_u64(&f->sys, "a", 16, &value), -EINVAL);
	put(f, "a", "-1\n");
	assert_int_equal(root_read_u64(&f->sys, "a", 10, &value), -EINVAL);
	put(f, "a", "10000000000000000\n");
	assert_int_equal(root_read_u64(&f->sys, "a", 16, &value), -ERANGE);
	put(f, "a", "");
	assert_int_equal(root_read_u64(&f->sys, "a", 16, &value), -EINVAL);
	assert_int_equal(value, 0x17fffffff);
}

static void signed_numbers(void **state)
{
	static const struct {
		const char *text;
		int rc, value;
	} numbers[] = {
		{ "2\n", 0, 2 },
		{ "-1\n", 0, -1 },
		{ "0\n", 0, 0 },
		{ "2147483647\n", 0, INT_MAX },
		{ "-2147483647\n", 0, -INT_MAX },
		{ "2147483648\n", -ERANGE, 7 },
		{ "--1\n", -EINVAL, 7 },
		{ "-\n", -EINVAL, 7 },
		{ "\n", -EINVAL, 7 },
		{ "1 2\n", -EINVAL, 7 },
		{ "0x2\n", -EINVAL, 7 },
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		int value = 7, rc;

		put(f, "a", numbers[i].text);
		rc = root_read_int(&f->sys, "a", &value);
		if (rc != numbers[i].rc || value != numbers[i].value)
			fail_msg("%s: %d, %d", numbers[i].text, rc, value);
	}
}

static void links(void **state)
{
	const struct fixture *f = *state;
	char buf[64];

	assert_int_equal(tree_link(f->tree.fd, "d/driver", "../../bus/dax/drivers/kmem"), 0);
	assert_int_equal(tree_link(f->tree.fd, "d/plain", "kmem"), 0);
	assert_int_equal(root_link(&f->sys, "d/driver", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "../../bus/dax/drivers/kmem");
	assert_int_equal(root_link_name(&f->sys, "d/driver", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "kmem");
	assert_int_equal(root_link_name(&f->sys, "d/plain", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "kmem");
	assert_int_equal(root_link_name(&f->sys, "d/driver", buf, 5), 0);
	assert_int_equal(root_link_name(&f->sys, "d/driver", buf, 4), -EOVERFLOW);
	assert_int_equal(root_link(&f->sys, "d/plain", buf, 4), -EOVERFLOW);
	assert_int_equal(root_link(&f->sys, "d/none", buf, sizeof(buf)), -ENOENT);
	put(f, "d/file", "");
	assert_int_equal(root_link_name(&f->sys, "d/file", buf, sizeof(buf)), -EINVAL);
}

/* A file that was copied instead of its link is not missing. */
static void links_of_a_copy(void **state)
{
	const struct fixture *f = *state;
	struct root copy = f->sys;
	char buf[64];

	copy.is_copy = true;
	put(f, "d/file", "");
	assert_int_equal(tree_link(f->tree.fd, "d/driver", "../../bus/dax/drivers/kmem"), 0);
	assert_int_equal(root_link_name(&copy, "d/driver", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "kmem");
	assert_int_equal(root_link(&copy, "d/none", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(root_link(&copy, "d/file", buf, sizeof(buf)), -EINVAL);
	assert_int_equal(root_link(&copy, "d", buf, sizeof(buf)), -EINVAL);
}

/* A FIFO or a device may stand where a file of the administrator is looked for. */
static void what_is_no_file_is_not_opened(void **state)
{
	const struct fixture *f = *state;
	cleanup_close int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char event[sizeof(struct inotify_event) + NAME_MAX + 1];

	assert_int_equal(tree_folder(f->tree.fd, "etc"), 0);
	assert_int_equal(mkfifoat(f->tree.fd, "fifo", 0600), 0);
	assert_int_equal(tree_link(f->tree.fd, "etc/link", "../fifo"), 0);
	assert_true(inotify_add_watch(watch, f->tree.dir, IN_OPEN) > 0);
	assert_int_equal(root_open(&f->sys, "fifo", 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(root_open(&f->sys, "etc/link", 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(root_open(&f->sys, "etc", 0), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(read(watch, event, sizeof(event)), -1);
}

static void inode_of_a_link(void **state)
{
	const struct fixture *f = *state;
	ino_t first, second;

	assert_int_equal(tree_link(f->tree.fd, "d/driver", "../none"), 0);
	assert_int_equal(tree_link(f->tree.fd, "d/other", "../none"), 0);
	assert_int_equal(root_link_inode(&f->sys, "d/driver", &first), 0);
	assert_int_equal(root_link_inode(&f->sys, "d/driver", &second), 0);
	assert_true(first == second);
	assert_int_equal(root_link_inode(&f->sys, "d/other", &second), 0);
	assert_true(first != second);
	assert_int_equal(root_link_inode(&f->sys, "d/none", &first), -ENOENT);
	put(f, "d/file", "");
	assert_int_equal(root_link_inode(&f->sys, "d/file", &first), -EINVAL);
}

struct seen {
	unsigned nr;
	int stop_at;
};

static int count_entry(const struct root *sys, const char *name, void *data)
{
	struct seen *seen = data;

	assert_non_null(sys);
	assert_int_equal(strncmp(name, "memory", 6), 0);
	return ++seen->nr == (unsigned)seen->stop_at ? -EINTR : 1;
}

static void entries_of_a_folder(void **state)
{
	const struct fixture *f = *state;
	struct seen seen = { 0 };

	for (int i = 0; i < 5; i++) {
		ROOT_PATH(path, "m/memory%d/state", i);
		put(f, path, "online\n");
	}
	put(f, "m/.hidden", "");
	assert_int_equal(root_each(&f->sys, "m", count_entry, &seen), 0);
	assert_int_equal(seen.nr, 5);
	seen = (struct seen){ .stop_at = 2 };
	assert_int_equal(root_each(&f->sys, "m", count_entry, &seen), -EINTR);
	assert_int_equal(seen.nr, 2);
	assert_int_equal(root_each(&f->sys, "none", count_entry, &seen), -ENOENT);
	assert_int_equal(root_each(&f->sys, "m/.hidden", count_entry, &seen), -ENOTDIR);
}

static void numbers_in_names(void **state)
{
	uint64_t id = 7;

	assert_int_equal(root_name_id("memory33", "memory", &id), 0);
	assert_int_equal(id, 33);
	assert_int_equal(root_name_id("memory", "memory", &id), -EINVAL);
	assert_int_equal(root_name_id("memory3x", "memory", &id), -EINVAL);
	assert_int_equal(root_name_id("memory-3", "memory", &id), -EINVAL);
	assert_int_equal(root_name_id("memory033", "memory", &id), -EINVAL);
	assert_int_equal(root_name_id("memory00", "memory", &id), -EINVAL);
	assert_int_equal(root_name_id("mem33", "memory", &id), -EINVAL);
	assert_int_equal(root_name_id("power", "node", &id), -EINVAL);
	assert_int_equal(id, 33);
}

static void writes_go_out_whole(void **state)
{
	const struct fixture *f = *state;
	char buf[16];

	put(f, "a", "online\n");
	assert_int_equal(root_write(&f->sys, "a", "offline"), 0);
	assert_int_equal(root_read(&f->sys, "a", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "offline");
}

/* The part that fits is a file here, which must not be taken for the one that is meant. */
static void a_path_that_is_too_long_is_not_cut(void **state)
{
	const struct fixture *f = *state;
	char file[ROOT_PATH_MAX - 2], buf[8];

	for (size_t i = 0; i < sizeof(file) - 1; i++)
		file[i] = i % 100 == 99 ? '/' : 'x';
	file[sizeof(file) - 1] = '\0';
	put(f, file, "cut");
	ROOT_PATH(fits, "./%s", file);
	assert_int_equal(root_read(&f->sys, fits, buf, sizeof(buf)), 0);
	ROOT_PATH(longer, "./%sx", file);
	assert_int_equal(root_read(&f->sys, longer, buf, sizeof(buf)), -ENAMETOOLONG);
	assert_int_equal(root_exists(&f->sys, longer), -ENAMETOOLONG);
}

struct kept {
	char line[LOG_LINE_MAX];
	unsigned nr;
};

static void keep_line(const char *line, void *data)
{
	struct kept *kept = data;

	str_copy(kept->line, line);
	kept->nr++;
}

/* Checks the end of the last line, and the number of lines since the last call. */
static void check_line(struct kept *kept, unsigned nr, const char *end)
{
	size_t len = strlen(kept->line);

	assert_int_equal(kept->nr, nr);
	assert_true(len > strlen(end));
	assert_string_equal(kept->line + len - strlen(end), end);
	kept->nr = 0;
}

static void what_fails_is_logged(void **state)
{
	const struct fixture *f = *state;
	struct kept kept = { 0 };
	const struct log log = { .fn = keep_line, .data = &kept };
	struct root sys = f->sys;
	uint64_t number;
	char buf[8];
	int value;

	sys.log = &log;
	put(f, "a", "12");
	assert_int_equal(root_read(&sys, "a", buf, sizeof(buf)), 0);
	assert_int_equal(root_read_u64(&sys, "a", 10, &number), 0);
	assert_true(root_seems(&sys, "a"));
	assert_int_equal(kept.nr, 0);

	assert_int_equal(root_read(&sys, "b", buf, sizeof(buf)), -ENOENT);
	check_line(&kept, 1, "sys/root.c:root_open b: No such file or directory");
	assert_int_equal(root_read_text(&sys, "b", buf, sizeof(buf)), -ENOENT);
	check_line(&kept, 1, "root_open b: No such file or directory");
	errno = 0;
	assert_null(root_fopen(&sys, "."));
	assert_int_equal(errno, EISDIR);
	check_line(&kept, 1, "root_open .: Is a directory");
	assert_int_equal(root_link(&sys, "a", buf, sizeof(buf)), -EINVAL);
	check_line(&kept, 1, "root_link a: Invalid argument");
	assert_false(root_seems(&sys, "b"));
	check_line(&kept, 1, "root_exists b: No such file or directory");
	put(f, "a", "123456789\n");
	assert_int_equal(root_read(&sys, "a", buf, sizeof(buf)), -EOVERFLOW);
	check_line(&kept, 1, "root_read a: Value too large for defined data type");
	put(f, "a", "x\033");
	assert_int_equal(root_read_u64(&sys, "a", 10, &number), -EINVAL);
	check_line(&kept, 1, "a has \"x\\x1b\": Invalid argument");
	assert_int_equal(root_read_int(&sys, "a", &value), -EINVAL);
	check_line(&kept, 1, "a has \"x\\x1b\": Invalid argument");

	assert_int_equal(root_write(&sys, "a", "online"), 0);
	check_line(&kept, 2, "sys/root.c:root_write a = \"online\": ok");
	assert_int_equal(root_write(&sys, "b", "online"), -ENOENT);
	check_line(&kept, 2, "root_write b = \"online\": No such file or directory");
}

/* Renames two files until the test ends. The pid of the process. */
static pid_t rename_always(const struct fixture *f)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (int i = 0;; i ^= 1)
		if (renameat(f->tree.fd, i ? "new" : "old", f->tree.fd, i ? "old" : "new") < 0)
			_exit(1);
}

/* The kernel refuses ".." in a copied tree while anything on the machine is renamed. */
static void links_of_a_copy_while_others_rename(void **state)
{
	const struct fixture *f = *state;
	struct root copy = f->sys;
	char buf[16];
	int failed = 0, status;
	pid_t pid;

	copy.is_copy = true;
	put(f, "a/b/c/value", "online\n");
	put(f, "old", "");
	assert_int_equal(tree_link(f->tree.fd, "bus/devices/link", "../../a/b/../b/c"), 0);
	pid = rename_always(f);
	assert_true(pid > 0);
	for (int i = 0; i < 3000; i++)
		failed += root_read(&copy, "bus/devices/link/value", buf, sizeof(buf)) < 0;
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(failed, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

UNIT_TESTS(TEST(the_first_line_counts), TEST(what_has_no_room_is_refused), TEST(what_is_not_there),
	   TEST(what_cannot_be_told), TEST(what_this_process_lacks), TEST(unsigned_numbers),
	   TEST(signed_numbers), TEST(links), TEST(links_of_a_copy), TEST(inode_of_a_link),
	   TEST(what_is_no_file_is_not_opened), TEST(entries_of_a_folder), TEST(numbers_in_names),
	   TEST(writes_go_out_whole), TEST(a_path_that_is_too_long_is_not_cut),
	   TEST(what_fails_is_logged), TEST(links_of_a_copy_while_others_rename))
