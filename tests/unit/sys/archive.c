/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An archive that is made can be unpacked; tests/cli/report.sh has those of others. */
#include "lib/sys/archive.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Writes bytes to a file in memory. */
static int file_of(const void *data, size_t len)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static struct archive *make(uint64_t time_s)
{
	struct archive *archive = NULL;

	assert_int_equal(archive_new(time_s, &archive), 0);
	return archive;
}

static void names_and_content(void **state)
{
	struct archive *archive = make(1000);
	cleanup_buf struct buf data = { 0 };
	char path[700] = "a", target[300] = "", got[600];
	struct mhp_error err = { 0 };
	struct tree tree;
	struct stat st;

	for (int i = 0; i < 20; i++)
		str_append(path, "/%030d", i);
	for (int i = 0; i < 8; i++)
		str_append(target, "%030d/", i);
	assert_int_equal(tree_new(&tree), 0);
	assert_int_equal(archive_add_file(archive, path, "long\n", 5), 0);
	assert_int_equal(archive_add_file(archive, "empty", "", 0), 0);
	assert_int_equal(archive_add_directory(archive, "folder"), 0);
	assert_int_equal(archive_add_link(archive, "b/link", target), 0);
	assert_int_equal(archive_add_link(archive, "b/null", "/dev/null"), 0);
	assert_int_equal(archive_end(archive, &data), 0);
	archive_free(archive);
	assert_int_equal(archive_unpack(file_of(data.data, data.len), tree.fd, -1, &err), 0);
	assert_int_equal(tree_get(tree.fd, path, got, sizeof(got)), 0);
	assert_string_equal(got, "long");
	assert_int_equal(fstatat(tree.fd, "empty", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(fstatat(tree.fd, "folder", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	assert_int_equal(readlinkat(tree.fd, "b/link", got, sizeof(got)), strlen(target));
	assert_memory_equal(got, target, strlen(target));
	tree_free(&tree);
}

/* Makes a small archive. */
static struct buf small_archive(void)
{
	struct archive *archive = make(0);
	struct buf data = { 0 };

	assert_int_equal(archive_add_file(archive, "sys/x", "1\n", 2), 0);
	assert_int_equal(archive_add_link(archive, "sys/y", "x"), 0);
	assert_int_equal(archive_end(archive, &data), 0);
	archive_free(archive);
	return data;
}

/* Returns whether the first bytes are unpacked; then to what was packed. Else they are refused. */
static bool is_unpacked(const struct buf *data, size_t len)
{
	struct mhp_error err = { 0 };
	struct tree tree;
	char got[16];
	int rc;

	assert_int_equal(tree_new(&tree), 0);
	rc = archive_unpack(file_of(data->data, len), tree.fd, -1, &err);
	assert_true(rc == 0 || (rc == -EBADMSG && *err.message && *err.hint));
	if (rc == 0) {
		assert_int_equal(tree_get(tree.fd, "sys/y", got, sizeof(got)), 0);
		assert_string_equal(got, "1");
	}
	tree_free(&tree);
	return rc == 0;
}

static void cut_at_every_byte(void **state)
{
	cleanup_buf struct buf data = small_archive();

	assert_true(is_unpacked(&data, data.len));
	for (size_t len = 0; len < data.len; len++)
		assert_false(is_unpacked(&data, len));
}

/* A change that means the same is accepted: in the head of gzip, or where zeros are repeated. */
static void every_byte_changed(void **state)
{
	cleanup_buf struct buf data = small_archive();
	size_t nr_refused = 0;

	for (size_t i = 0; i < data.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			data.data[i] ^= (char)(1 << bit);
			nr_refused += !is_unpacked(&data, data.len);
			data.data[i] ^= (char)(1 << bit);
		}
	}
	assert_true(nr_refused > data.len * 6);
}

static void it_ends_when_it_is_asked_to(void **state)
{
	cleanup_buf struct buf data = small_archive();
	cleanup_close int stop_fd = eventfd(0, EFD_CLOEXEC);
	struct mhp_error err = { 0 };
	struct tree tree;
	char got[16];

	assert_int_equal(tree_new(&tree), 0);
	assert_int_equal(archive_unpack(file_of(data.data, data.len), tree.fd, stop_fd, &err), 0);
	tree_free(&tree);
	assert_int_equal(eventfd_write(stop_fd, 1), 0);
	assert_int_equal(tree_new(&tree), 0);
	assert_int_equal(archive_unpack(file_of(data.data, data.len), tree.fd, stop_fd, &err),
			 -ECANCELED);
	assert_int_equal(err.reason, MHP_REASON_INTERRUPTED);
	assert_int_equal(tree_get(tree.fd, "sys/x", got, sizeof(got)), -ENOENT);
	tree_free(&tree);
}

UNIT_TESTS(cmocka_unit_test(names_and_content), cmocka_unit_test(cut_at_every_byte),
	   cmocka_unit_test(every_byte_changed), cmocka_unit_test(it_ends_when_it_is_asked_to))
