/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of reads, and a tree of them. */
#include "lib/sys/capture.h"
#include "lib/base/error.h"
#include "lib/sys/report-tree.h"
#include "lib/sys/root.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

struct machine {
	struct tree tree;
	struct capture capture;
	struct root sys;
	char text[4096]; /* all records, "kind path=data" */
};

static int make_machine(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	assert_int_equal(tree_new(&m->tree), 0);
	assert_int_equal(capture_begin(&m->capture), 0);
	m->sys = (struct root){ .root_fd = m->tree.fd,
				.ops = &root_kernel_ops,
				.capture = &m->capture };
	tree_put(m->tree.fd, "sys/devices/card/size", "4096\n");
	tree_put(m->tree.fd, "sys/devices/card/other", "never read\n");
	tree_link(m->tree.fd, "sys/bus/dax/card", "../../devices/card");
	tree_link(m->tree.fd, "sys/all", "/sys/devices");
	tree_folder(m->tree.fd, "sys/devices/empty");
	*state = m;
	return 0;
}

static int free_machine(void **state)
{
	struct machine *m = *state;

	capture_end(&m->capture);
	tree_free(&m->tree);
	free(m);
	return 0;
}

static int add_text(const struct capture_record *record, void *data)
{
	static const char kinds[] = "fLXxdsDu";
	struct machine *m = data;

	str_append(m->text, "%c %s", kinds[record->kind], record->path);
	if (record->rc)
		str_append(m->text, " %s", strerrorname_np(-record->rc));
	str_append(m->text, record->len ? "=%.*s;" : ";", (int)record->len, record->data);
	return 0;
}

static const char *records(struct machine *m)
{
	bool is_cut;

	*m->text = '\0';
	assert_int_equal(capture_each(&m->capture, add_text, m, &is_cut), 0);
	assert_false(is_cut);
	return m->text;
}

static void files_and_the_links_on_the_way(void **state)
{
	struct machine *m = *state;
	uint64_t size;

	assert_int_equal(root_read_u64(&m->sys, "sys/bus/dax/card/size", 10, &size), 0);
	assert_int_equal(size, 4096);
	assert_string_equal(records(m), "L sys/bus/dax/card=../../devices/card;"
					"f sys/devices/card/size=4096\n;");
}

static void a_link_from_the_root(void **state)
{
	struct machine *m = *state;

	assert_int_equal(root_exists(&m->sys, "sys/all/card/../empty"), 0);
	tree_link(m->tree.fd, "sys/near", "devices");
	assert_int_equal(root_exists(&m->sys, "sys/near/card/../empty"), 1);
	assert_string_equal(records(m), "L sys/near=devices;D sys/devices/empty;");
}

/* Commands read the same files: each path has one record, or another one with its content. */
static void what_is_read_again(void **state)
{
	struct machine *m = *state;
	uint64_t size;

	assert_int_equal(root_exists(&m->sys, "sys/devices/card/size"), 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(root_read_u64(&m->sys, "sys/bus/dax/card/size", 10, &size), 0);
		assert_int_equal(root_exists(&m->sys, "sys/devices/card/size"), 1);
	}
	assert_string_equal(records(m), "s sys/devices/card/size;"
					"L sys/bus/dax/card=../../devices/card;"
					"f sys/devices/card/size=4096\n;");
}

/* A file that could not be read may be readable for the next command. */
static void a_failure_that_passes(void **state)
{
	struct machine *m = *state;
	char text[16];

	tree_link(m->tree.fd, "sys/bad", "/proc/self/mem");
	assert_int_equal(root_read(&m->sys, "sys/bad", text, sizeof(text)), -EIO);
	assert_int_equal(unlinkat(m->tree.fd, "sys/bad", 0), 0);
	tree_put(m->tree.fd, "sys/bad", "1\n");
	assert_int_equal(root_read(&m->sys, "sys/bad", text, sizeof(text)), 0);
	assert_non_null(strstr(records(m), "f sys/bad=1\n;"));
}

/* A directory of a root that is a root itself, as that of a memory block. */
static void a_root_below(void **state)
{
	struct machine *m = *state;
	struct root card = m->sys;
	char text[16];

	card.above = &m->sys;
	card.place = "sys/bus/dax/card";
	card.root_fd = openat(m->tree.fd, card.place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(card.root_fd >= 0);
	assert_int_equal(root_read(&card, "size", text, sizeof(text)), 0);
	assert_int_equal(root_has_name(&card, "other"), 1);
	close(card.root_fd);
	assert_string_equal(records(m), "L sys/bus/dax/card=../../devices/card;"
					"f sys/devices/card/size=4096\n;s sys/devices/card/other;");
}

/* The reader gets the content that was recorded, even if it changes before the next read. */
static void the_reader_sees_the_record(void **state)
{
	struct machine *m = *state;
	FILE *file = root_fopen(&m->sys, "sys/devices/card/size");
	char line[16];

	assert_non_null(file);
	tree_put(m->tree.fd, "sys/devices/card/size", "8192\n");
	assert_non_null(root_gets(&m->sys, line, sizeof(line), file));
	assert_string_equal(line, "4096\n");
	fclose(file);
}

static int stop_at_once(const struct root *sys, const char *name, void *data)
{
	(void)sys;
	(void)name;
	(void)data;
	return -EEXIST;
}

/* A walk that ends early has a record of all entries, because its reader would see all. */
static void directories_are_recorded_whole(void **state)
{
	struct machine *m = *state;

	assert_int_equal(root_each(&m->sys, "sys/devices/card", stop_at_once, NULL), -EEXIST);
	records(m);
	assert_non_null(strstr(m->text, "s sys/devices/card/size;"));
	assert_non_null(strstr(m->text, "s sys/devices/card/other;"));
	assert_non_null(strstr(m->text, "d sys/devices/card;"));
}

static void failures(void **state)
{
	struct machine *m = *state;
	char text[16];

	assert_int_equal(root_exists(&m->sys, "sys/none"), 0);
	assert_string_equal(records(m), "");
	tree_link(m->tree.fd, "sys/loop", "loop");
	assert_int_equal(root_read(&m->sys, "sys/loop", text, sizeof(text)), -ELOOP);
	assert_int_equal(root_read(&m->sys, "sys/devices/card", text, sizeof(text)), -EISDIR);
	assert_int_equal(root_link_name(&m->sys, "sys/devices/card/size", text, sizeof(text)),
			 -EINVAL);
	records(m);
	assert_non_null(strstr(m->text, "D sys/devices/card;"));
	assert_non_null(strstr(m->text, "s sys/devices/card/size;"));
	assert_null(strstr(m->text, "EINVAL"));
}

/* A process that is killed in the middle of a record does not spoil the others. */
static void records_of_a_killed_process(void **state)
{
	struct machine *m = *state;
	char text[16], head[20] = { 0 };
	pid_t pid;

	memcpy(head, &m->capture.mark, sizeof(m->capture.mark));
	assert_int_equal(write(m->capture.fd, head, sizeof(head)), (ssize_t)sizeof(head));
	pid = fork();
	if (pid == 0)
		_exit(root_read(&m->sys, "sys/devices/card/size", text, sizeof(text)));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	memset(head + 16, 1, 4); /* a long path, which never came */
	assert_int_equal(write(m->capture.fd, head, sizeof(head)), (ssize_t)sizeof(head));
	assert_int_equal(root_read(&m->sys, "sys/devices/card/other", text, sizeof(text)), 0);
	assert_string_equal(records(m), "f sys/devices/card/size=4096\n;"
					"f sys/devices/card/other=never read\n;");
}

static void a_file_that_is_too_large(void **state)
{
	struct machine *m = *state;
	char text[16];
	int fd;

	tree_put(m->tree.fd, "sys/large", "%s", "xxxx");
	fd = openat(m->tree.fd, "sys/large", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, CAPTURE_FILE_MAX + 1), 0);
	close(fd);
	tree_put(m->tree.fd, "proc/kpageflags", "%s", "1234");
	fd = root_open(&m->sys, "sys/large", 0);
	assert_int_equal(read(fd, text, 4), 4); /* the reader still gets it */
	assert_memory_equal(text, "xxxx", 4);
	close(fd);
	assert_int_equal(root_read(&m->sys, "proc/kpageflags", text, sizeof(text)), 0);
	assert_string_equal(records(m), "X sys/large;X proc/kpageflags;");
}

/* A record that cannot be kept shows in the whole: what is missing then is not known. */
static void a_capture_that_is_full(void **state)
{
	struct machine *m = *state;
	bool is_cut = false;
	char text[16];

	assert_int_equal(ftruncate(m->capture.fd, CAPTURE_BYTES_MAX), 0);
	assert_int_equal(root_read(&m->sys, "sys/devices/card/size", text, sizeof(text)), 0);
	assert_int_equal(capture_each(&m->capture, add_text, m, &is_cut), 0);
	assert_string_equal(m->text, "X sys/devices/card/size;");
	assert_false(is_cut);
	assert_int_equal(ftruncate(m->capture.fd, CAPTURE_BYTES_MAX + CAPTURE_NAMES_MAX), 0);
	assert_int_equal(root_read(&m->sys, "sys/devices/card/other", text, sizeof(text)), 0);
	*m->text = '\0';
	assert_int_equal(capture_each(&m->capture, add_text, m, &is_cut), 0);
	assert_true(is_cut);
}

/* ---- the tree of a report ------------------------------------------------------------------ */

/* Unknown stays unknown: a missing entry of a directory is only missing if that was listed. */
static void what_a_report_lacks(void **state)
{
	struct machine *m = *state;
	struct root copy = { .root_fd = m->tree.fd, .is_copy = true, .is_report = true };
	char text[64];

	tree_link(m->tree.fd, "sys/hidden", "../" REPORT_UNREAD "EACCES");
	tree_link(m->tree.fd, "sys/maybe", "../" REPORT_UNKNOWN "EIO");
	tree_link(m->tree.fd, "sys/later", "../" REPORT_UNREAD "ENEW");
	tree_put(m->tree.fd, REPORT_UNREAD "EACCES", "%s", "");
	tree_put(m->tree.fd, REPORT_UNREAD "ENEW", "%s", "");
	tree_put(m->tree.fd, REPORT_UNKNOWN "EIO", "%s", "");
	tree_put(m->tree.fd, "sys/devices/" REPORT_LISTED, "%s", "");
	assert_int_equal(root_read(&copy, "sys/hidden", text, sizeof(text)), -EACCES);
	assert_int_equal(root_read(&copy, "sys/later", text, sizeof(text)), -EIO);
	assert_int_equal(root_exists(&copy, "sys/hidden"), 1);
	assert_int_equal(root_exists(&copy, "sys/maybe"), -EIO);
	assert_int_equal(root_has_name(&copy, "sys/hidden"), 1);
	assert_int_equal(root_has_name(&copy, "sys/maybe"), -EIO);
	assert_int_equal(root_link(&copy, "sys/hidden", text, sizeof(text)), -EINVAL);
	assert_int_equal(root_link(&copy, "sys/maybe", text, sizeof(text)), -EIO);
	assert_int_equal(root_each(&copy, "sys/hidden", stop_at_once, NULL), -EACCES);
	assert_int_equal(root_each(&copy, "sys/devices", stop_at_once, NULL), -EEXIST);
	assert_int_equal(root_each(&copy, "sys/devices/card", stop_at_once, NULL), -ENODATA);
	assert_int_equal(root_each(&copy, "sys/none", stop_at_once, NULL), -ENOENT);
}

#define CAPTURE_TEST(name) cmocka_unit_test_setup_teardown(name, make_machine, free_machine)

UNIT_TESTS(CAPTURE_TEST(files_and_the_links_on_the_way), CAPTURE_TEST(a_link_from_the_root),
	   CAPTURE_TEST(what_is_read_again), CAPTURE_TEST(a_root_below),
	   CAPTURE_TEST(a_failure_that_passes), CAPTURE_TEST(the_reader_sees_the_record),
	   CAPTURE_TEST(directories_are_recorded_whole), CAPTURE_TEST(failures),
	   CAPTURE_TEST(records_of_a_killed_process), CAPTURE_TEST(a_file_that_is_too_large),
	   CAPTURE_TEST(a_capture_that_is_full), CAPTURE_TEST(what_a_report_lacks))
