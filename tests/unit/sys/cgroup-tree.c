/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding cgroups by inode, what they measure, reclaim; and the content of pages. */
#include "lib/sys/cgroup-tree.h"
#include "lib/base/error.h"
#include "lib/sys/page-content.h"
#include "tests/unit/fake/fakedrain.h"

#include <errno.h>
#include <string.h>

/* Finds up to three cgroups. */
static int find(struct fakesys *fs, const uint64_t *inodes, unsigned nr, struct cgroup_found *found)
{
	struct cgroup_inodes arg = { .nr = nr };
	cleanup_reply struct reply reply = { 0 };
	int rc;

	memcpy(arg.inodes, inodes, nr * sizeof(*inodes));
	rc = cgroup_tree_find(fs->ctx, &arg, &reply, NULL);
	if (rc == 0) {
		assert_int_equal(reply.len, nr * sizeof(*found));
		memcpy(found, reply.data, reply.len);
	}
	return rc;
}

static void cgroups_have_their_path(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct cgroup_found found[3];
	uint64_t inodes[3];

	fakedrain_add(fs, 10);
	inodes[0] = fakedrain_cgroup(fs, "");
	inodes[1] = fakedrain_cgroup(fs, "/a.slice");
	inodes[2] = fakedrain_cgroup(fs, "/a.slice/b.service");
	/* a process moved itself: a cgroup without a controller is no child with memory */
	fakesys_put(fs, FAKE_CGROUPS "/a.slice/b.service/plain/cgroup.procs", "7\n");
	assert_int_equal(find(fs, inodes, 3, found), 0);
	assert_string_equal(found[0].path, "/");
	assert_true(found[0].is_root && found[0].has_children);
	assert_string_equal(found[1].path, "/a.slice");
	assert_true(!found[1].is_root && found[1].has_children && found[1].can_reclaim);
	assert_string_equal(found[2].path, "/a.slice/b.service");
	assert_true(!found[2].has_children && found[2].can_reclaim);
}

static void a_cgroup_that_does_not_exist(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct cgroup_found found[2];
	uint64_t inodes[2] = { 999999999, 0 };

	fakedrain_add(fs, 10);
	inodes[1] = fakedrain_cgroup(fs, "/a");
	assert_int_equal(tree_remove(fs->tree.fd, FAKE_CGROUPS "/a/memory.reclaim"), 0);
	assert_int_equal(find(fs, inodes, 2, found), 0);
	assert_string_equal(found[0].path, "");
	assert_string_equal(found[1].path, "/a");
	assert_false(found[1].can_reclaim);
	fakesys_put(fs, FAKE_CGROUPS "/cgroup.controllers", "cpu memoryless\n");
	assert_int_equal(find(fs, inodes, 2, found), -EOPNOTSUPP);
}

static void pressure_is_of_all_tasks(void **state)
{
	static const struct {
		const char *text;
		int rc;
		uint64_t value;
	} cases[] = {
		{ "some avg10=50.00 avg60=1.00\nfull avg10=12.34 avg60=0.00\n", 0, 1234 },
		{ "full avg10=100.00 avg60=0.00\n", 0, 10000 },
		{ "full avg10=0.07\n", 0, 7 },
		{ "some avg10=50.00 avg60=1.00\n", -EPROTO, 0 },
		{ "full avg10=1.2 avg60=1.00\n", -EPROTO, 0 },
		{ "full avg10=101.00\n", -EPROTO, 0 },
		{ "full avg10=-1.00\n", -EPROTO, 0 },
		{ "full avg10=7\n", -EPROTO, 0 },
		{ "not full avg10=1.00\n", -EPROTO, 0 },
		{ "", -EPROTO, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 0;

		assert_int_equal(pressure_parse(cases[i].text, &value), cases[i].rc);
		assert_int_equal(value, cases[i].value);
	}
}

static void a_reclaim_of_the_cgroup_that_was_found(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct cgroup_reclaim reclaim = { .path = "/a", .bytes = 8192 };
	struct mhp_error err = { 0 };
	uint64_t bytes;

	fakedrain_add(fs, 10);
	reclaim.inode = fakedrain_cgroup(fs, "/a");
	fakedrain_pages(fs, 40, 0, 3, FAKE_MAPPED, reclaim.inode);
	assert_int_equal(cgroup_reclaim(fs->ctx, &reclaim, NULL, &err), 0);
	assert_int_equal(cgroup_memory(&fs->ctx->sys, "/a", &bytes), 0);
	assert_int_equal(bytes, (1 << 30) - 8192);
	reclaim.keep_anon = true;
	assert_int_equal(cgroup_reclaim(fs->ctx, &reclaim, NULL, &err), -EAGAIN);
	assert_int_equal(fakesys_writes(fs, "memory.reclaim=8192 swappiness=0\n"), 1);
	reclaim.inode++; /* its path was given to another one */
	assert_int_equal(cgroup_reclaim(fs->ctx, &reclaim, NULL, &err), -ESTALE);
	assert_int_equal(tree_remove(fs->tree.fd, FAKE_CGROUPS "/a"), 0);
	assert_int_equal(cgroup_reclaim(fs->ctx, &reclaim, NULL, &err), -ENOENT);
	assert_int_equal(fakesys_writes(fs, "memory.reclaim"), 2);
}

static void read_content(struct fakesys *fs, struct page_content *content)
{
	const struct kpage_args args = { FAKE_PAGES, 2, { 40, 41 } };
	cleanup_reply struct reply reply = { 0 };

	assert_int_equal(page_content_read(fs->ctx, &args, &reply, NULL), 0);
	assert_int_equal(reply.len, sizeof(*content));
	memcpy(content, reply.data, sizeof(*content));
}

static void pages_by_what_can_be_done_with_them(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct page_content content, sum = { 0 };

	fakedrain_add(fs, 10);
	fakedrain_pages(fs, 40, 0, 10, FAKE_CLEAN, 7);
	fakedrain_pages(fs, 40, 10, 20, FAKE_DIRTY, 7);
	fakedrain_pages(fs, 40, 30, 40, FAKE_MAPPED, 8);
	fakedrain_pages(fs, 41, 0, 80, FAKE_ANON, 8);
	fakedrain_pages(fs, 41, 80, 160, FAKE_LOCKED, 8);
	fakedrain_pages(fs, 41, 240, 320, 1ULL << 7, 8);  /* slab */
	fakedrain_pages(fs, 41, 560, 640, 1ULL << 17, 0); /* hugetlb */
	fakedrain_pages(fs, 42, 0, 5, FAKE_ANON, 8);	  /* not asked for */
	read_content(fs, &content);
	page_content_add(&sum, &content);
	page_content_add(&sum, &content);
	assert_int_equal(content.used, 310);
	assert_int_equal(content.clean, 10);
	assert_int_equal(content.dirty, 20);
	assert_int_equal(content.anon, 240);
	assert_int_equal(content.locked, 160);
	assert_int_equal(content.free, 2 * FAKE_PAGES - 310 - 960);
	assert_int_equal(content.nr_groups, 2);
	assert_true(content.groups[0].inode == 7 && content.groups[0].file == 30);
	assert_true(content.groups[1].inode == 8 && content.groups[1].file == 40 &&
		    content.groups[1].anon == 80);
	assert_int_equal(sum.used, 620);
	assert_int_equal(sum.groups[1].anon, 160);
}

static void more_cgroups_than_fit(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct page_content content;

	fakedrain_add(fs, 10);
	for (unsigned i = 0; i < PAGE_GROUPS_MAX + 2; i++)
		fakedrain_pages(fs, 40, i, 1, FAKE_ANON, 100 + i);
	read_content(fs, &content);
	assert_true(content.is_cut);
	assert_int_equal(content.nr_groups, PAGE_GROUPS_MAX);
	assert_int_equal(content.used, PAGE_GROUPS_MAX + 2);
	assert_int_equal(tree_remove(fs->tree.fd, "proc/kpagecgroup"), 0);
	read_content(fs, &content);
	assert_false(content.has_groups);
	assert_int_equal(content.used, PAGE_GROUPS_MAX + 2);
}

UNIT_TESTS(cmocka_unit_test(cgroups_have_their_path),
	   cmocka_unit_test(a_cgroup_that_does_not_exist),
	   cmocka_unit_test(pressure_is_of_all_tasks),
	   cmocka_unit_test(a_reclaim_of_the_cgroup_that_was_found),
	   cmocka_unit_test(pages_by_what_can_be_done_with_them),
	   cmocka_unit_test(more_cgroups_than_fit))
