/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that may own or hold pages: order of the search, transfers, huge pages, hidden data. */
#include "lib/base/counts.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/holders/candidates.h"
#include "lib/sys/holders/holders.h"
#include "lib/sys/holders/hugetlb.h"
#include "lib/sys/holders/inflight.h"
#include "lib/sys/holders/pins.h"
#include "lib/sys/holders/rdma.h"
#include "lib/sys/visibility.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <rdma/rdma_netlink.h>
#include <string.h>
#include <sys/stat.h>

#define PRESENT	  (1ULL << 63)
#define BUFFER	  0x7f8322e00000ULL
#define FIRST_PFN (33 * 32768ULL) /* of memory33 */
#define PID	  412

static void put_proc(struct fakesys *fs, int pid, const char *file, const char *text)
{
	ROOT_PATH(path, "proc/%d/%s", pid, file);

	fakesys_put(fs, path, text);
}

static void put_words(struct fakesys *fs, const char *path, uint64_t at, const uint64_t *words,
		      size_t nr)
{
	cleanup_close int fd = openat(fs->tree.fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, words, nr * sizeof(*words), (off_t)(at * sizeof(*words))),
			 nr * sizeof(*words));
}

/* Adds a process with one page of the block at BUFFER. */
static void put_process(struct fakesys *fs, int pid, const char *status, const char *cgroup)
{
	const uint64_t entry = PRESENT | FIRST_PFN;

	put_proc(fs, pid, "comm", "fio\n");
	put_proc(fs, pid, "status", status);
	put_proc(fs, pid, "cgroup", cgroup);
	put_proc(fs, pid, "maps", "7f8322e00000-7f8323200000 rw-p 00000000 00:00 0\n");
	ROOT_PATH(path, "proc/%d/pagemap", pid);
	put_words(fs, path, BUFFER / PAGE, &entry, 1);
}

static struct owners_args args_for(uint64_t pfn)
{
	return (struct owners_args){
		.pfns = { FIRST_PFN, FIRST_PFN + 32768 },
		.budget_ms = 5000,
		.pinned = true,
		.nr_pages = 1,
		.pages = { { .pfn = pfn, .index = UINT64_MAX, .mapcount = 1 } },
	};
}

/* ---- the order of the search ------------------------------------------------------------- */

static void expect_order(struct fakesys *fs, const int *pids, int nr, uint64_t deadline)
{
	const struct owners_args args = args_for(FIRST_PFN);
	struct candidate *candidates = NULL;

	assert_int_equal(candidates_list(&fs->ctx->sys, &args, deadline, &candidates), nr);
	for (int i = 0; i < nr; i++)
		assert_int_equal(candidates[i].pid, pids[i]);
	free(candidates);
}

static void those_with_pins_come_first(void **state)
{
	static const int pids[] = { 9, 7, 5, 6, 8 };
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	for (int pid = 5; pid < 10; pid++)
		put_proc(fs, pid, "status", pid == 9 ? "VmPin:\t4 kB\n" : "VmPin:\t0 kB\n");
	assert_int_equal(tree_link(fs->tree.fd, "proc/7/fd/3", "anon_inode:[io_uring]"), 0);
	assert_int_equal(tree_link(fs->tree.fd, "proc/8/fd/3", "/dev/null"), 0);
	expect_order(fs, pids, 5, clock_msec() + 5000);
	/* without time to sort all of them are still listed */
	expect_order(fs, (const int[]){ 5, 6, 7, 8, 9 }, 5, 0);
}

/* A page charged to a cgroup belongs to its processes, or to those in cgroups below it. */
static void those_of_the_cgroup_come_first(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	uint64_t inode;
	struct stat st;

	assert_int_equal(tree_folder(fs->tree.fd, "sys/fs/cgroup/a/inner"), 0);
	assert_int_equal(tree_folder(fs->tree.fd, "sys/fs/cgroup/b"), 0);
	put_proc(fs, 5, "cgroup", "0::/b\n");
	put_proc(fs, 6, "cgroup", "0::/a/inner\n");
	put_proc(fs, 7, "cgroup", "0::/\n");
	put_proc(fs, 5, "status", "VmPin:\t4 kB\n");
	assert_int_equal(fstatat(fs->tree.fd, "sys/fs/cgroup/a", &st, 0), 0);
	inode = st.st_ino;
	expect_order(fs, (const int[]){ 5, 6, 7 }, 3, clock_msec() + 5000);
	put_words(fs, "proc/kpagecgroup", FIRST_PFN, &inode, 1);
	expect_order(fs, (const int[]){ 6, 5, 7 }, 3, clock_msec() + 5000);
}

/* The search stops when it has found as many mappings as the kernel counted. */
static void the_search_ends_when_all_are_found(void **state)
{
	struct owners_args args = args_for(FIRST_PFN);
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_reply struct reply reply = { 0 }, whole = { 0 };
	struct owners_head head;

	put_process(fs, 5, "VmPin:\t0 kB\n", "");
	put_process(fs, 9, "VmPin:\t4 kB\n", "");
	assert_int_equal(owners_find(fs->ctx, &args, &reply, NULL), 0);
	memcpy(&head, reply.data, sizeof(head));
	assert_int_equal(head.nr_owners, 1);
	assert_int_equal(head.cover.processes, 1);
	assert_false(head.cover.is_cut_short);
	args.pages[0].mapcount = MHP_COUNT_UNKNOWN;
	assert_int_equal(owners_find(fs->ctx, &args, &whole, NULL), 0);
	memcpy(&head, whole.data, sizeof(head));
	assert_int_equal(head.nr_owners, 2);
	assert_int_equal(head.cover.processes, 2);
}

/* ---- transfers --------------------------------------------------------------------------- */

/* O_DIRECT has a different value on each architecture. */
static void put_direct(struct fakesys *fs, int pid)
{
	char text[64];

	str_format(text, "pos:\t0\nflags:\t0%o\nmnt_id:\t15\n", (unsigned)(O_DIRECT | O_RDWR));
	put_proc(fs, pid, "fdinfo/4", text);
}

static void a_transfer_that_is_waited_for(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_owner owner = { .pid = PID, .fd = -1 };

	assert_false(inflight_find(&fs->ctx->sys, PID, &owner));
	put_proc(fs, PID, "task/412/stat", "412 (odd) D name) S 1 412\n");
	put_proc(fs, PID, "task/413/stat", "413 (fio) D 1 412\n");
	assert_false(inflight_find(&fs->ctx->sys, PID, &owner));
	assert_int_equal(owner.holder, MHP_HOLDER_UNKNOWN);
	assert_string_equal(owner.detail, "thread 413 waits in the kernel");
	put_proc(fs, PID, "fdinfo/3", "pos:\t0\nflags:\t02\nmnt_id:\t15\n");
	assert_false(inflight_find(&fs->ctx->sys, PID, &owner));
	put_direct(fs, PID);
	assert_true(inflight_find(&fs->ctx->sys, PID, &owner));
	assert_int_equal(owner.holder, MHP_HOLDER_KERNEL);
	assert_int_equal(owner.fd, 4);
	assert_int_equal(owner.confidence, MHP_CONFIDENCE_LIKELY);
	put_proc(fs, PID, "task/413/stat", "413 (fio) S 1 412\n");
	assert_true(inflight_find(&fs->ctx->sys, PID, &owner));
	assert_int_equal(owner.confidence, MHP_CONFIDENCE_POSSIBLE);
}

/* ---- huge pages -------------------------------------------------------------------------- */

#define SMAPS                                                                         \
	"7f8322e00000-7f8323200000 rw-p 00000000 00:0f 12 /anon_hugepage (deleted)\n" \
	"Size:               4096 kB\nVmFlags: rd wr mr mw me ht sd \n"               \
	"7f8324000000-7f8324200000 rw-p 00000000 00:00 0\nVmFlags: rd wr \n"

static void whoever_has_huge_pages(void **state)
{
	const struct owners_args args = args_for(FIRST_PFN);
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_reply struct reply reply = { 0 };
	struct owners_head head;
	struct mhp_owner owner;

	put_process(fs, 5, "VmPin:\t0 kB\nHugetlbPages:\t       0 kB\n", "");
	put_process(fs, PID, "VmPin:\t0 kB\nHugetlbPages:\t    2048 kB\n", "");
	put_proc(fs, PID, "smaps", SMAPS);
	assert_int_equal(huge_owners_find(fs->ctx, &args, &reply, NULL), 0);
	memcpy(&head, reply.data, sizeof(head));
	assert_int_equal(head.cover.processes, 2);
	assert_int_equal(head.nr_owners, 1);
	memcpy(&owner, reply.data + sizeof(head), sizeof(owner));
	assert_int_equal(owner.pid, PID);
	assert_int_equal(owner.holder, MHP_HOLDER_HUGETLB);
	assert_int_equal(owner.pages, 1);
	assert_int_equal(owner.confidence, MHP_CONFIDENCE_LIKELY);
	assert_string_equal(owner.detail,
			    "2 MiB of huge pages in use, 2 MiB mapped and not touched");
}

static void whoever_was_promised_some(void **state)
{
	const struct owners_args args = args_for(FIRST_PFN);
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_reply struct reply reply = { 0 };
	struct owners_head head;
	struct mhp_owner owner;

	put_proc(fs, PID, "comm", "db\n");
	put_proc(fs, PID, "maps",
		 "7f8322e00000-7f8323200000 rw-p 00000000 00:0f 12 /anon_hugepage (deleted)\n");
	put_proc(fs, PID, "smaps", SMAPS);
	put_proc(fs, PID, "pagemap", "");
	assert_int_equal(huge_owners_find(fs->ctx, &args, &reply, NULL), 0);
	memcpy(&head, reply.data, sizeof(head));
	assert_int_equal(head.nr_owners, 1);
	memcpy(&owner, reply.data + sizeof(head), sizeof(owner));
	assert_int_equal(owner.pages, 0);
	assert_int_equal(owner.confidence, MHP_CONFIDENCE_POSSIBLE);
}

/* ---- suspects of check ------------------------------------------------------------------- */

static void suspects_without_pins(void **state)
{
	const struct pins_args args = {
		.pages_per_block = 32768, .first_block = 33, .last_block = 33, .budget_ms = 5000
	};
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_reply struct reply reply = { 0 };
	struct pins_head head;
	struct pin pins[2];

	put_process(fs, 5, "VmPin:\t0 kB\n", "");
	put_process(fs, 6, "VmPin:\t0 kB\n", "");
	put_proc(fs, 6, "task/6/stat", "6 (dd) D 1 6\n");
	put_direct(fs, 6);
	put_process(fs, 7, "Name:\tqemu\nVmLck:\t    8192 kB\nVmPin:\t4096 kB\n", "");
	assert_int_equal(tree_link(fs->tree.fd, "proc/7/fd/9", "/dev/vfio/12"), 0);
	assert_int_equal(pins_find(fs->ctx, &args, &reply, NULL), 0);
	memcpy(&head, reply.data, sizeof(head));
	assert_int_equal(head.nr_pins, 2);
	assert_int_equal(head.cover.processes, 3);
	assert_int_equal(head.pinned_bytes, 12 * MIB);
	memcpy(pins, reply.data + sizeof(head), sizeof(pins));
	assert_int_equal(pins[0].owner.pid, 7);
	assert_int_equal(pins[1].owner.pid, 6);
	assert_int_equal(pins[1].owner.holder, MHP_HOLDER_KERNEL);
	assert_int_equal(pins[1].owner.confidence, MHP_CONFIDENCE_POSSIBLE);
}

/* ---- memory regions ---------------------------------------------------------------------- */

struct answer {
	char data[512];
	size_t len;
};

static size_t begin_attr(struct answer *a, unsigned type)
{
	const struct nlattr attr = { .nla_type = (uint16_t)type };
	size_t at = a->len;

	memcpy(a->data + at, &attr, sizeof(attr));
	a->len += sizeof(attr);
	return at;
}

static void end_attr(struct answer *a, size_t at)
{
	uint16_t len = (uint16_t)(a->len - at);

	memcpy(a->data + at, &len, sizeof(len));
	a->len = NLA_ALIGN(a->len);
}

static void put_attr(struct answer *a, unsigned type, const void *data, size_t len)
{
	size_t at = begin_attr(a, type);

	memcpy(a->data + a->len, data, len);
	a->len += len;
	end_attr(a, at);
}

static void put_region(struct answer *a, uint32_t pid, uint64_t length, const uint64_t *iova)
{
	size_t at = begin_attr(a, RDMA_NLDEV_ATTR_RES_MR_ENTRY);

	put_attr(a, RDMA_NLDEV_ATTR_RES_MRLEN, &length, sizeof(length));
	if (iova)
		put_attr(a, RDMA_NLDEV_ATTR_RES_IOVA, iova, sizeof(*iova));
	if (pid)
		put_attr(a, RDMA_NLDEV_ATTR_RES_PID, &pid, sizeof(pid));
	end_attr(a, at);
}

static void put_header(struct answer *a, size_t at, uint16_t type)
{
	const struct nlmsghdr msg = { .nlmsg_len = (uint32_t)(a->len - at), .nlmsg_type = type };

	memcpy(a->data + at, &msg, sizeof(msg));
}

static void regions_of_a_process(void **state)
{
	struct rdma_regions regions = { .pid = PID, .address = BUFFER + 5 };
	struct rdma_regions cut = regions;
	struct answer a = { .len = sizeof(struct nlmsghdr) };
	size_t table = begin_attr(&a, RDMA_NLDEV_ATTR_RES_MR), last;

	put_region(&a, PID, 8192, NULL);
	put_region(&a, 0, 4096, NULL); /* of the kernel */
	put_region(&a, PID, 4096, &(const uint64_t){ BUFFER });
	put_region(&a, 5, 4096, NULL);
	end_attr(&a, table);
	put_header(&a, 0, RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_RES_MR_GET));
	assert_int_equal(rdma_take_regions(a.data, a.len, &regions), 1);
	assert_int_equal(regions.nr, 2);
	assert_int_equal(regions.bytes, 12288);
	assert_true(regions.covers);
	last = a.len;
	a.len += sizeof(struct nlmsghdr);
	put_header(&a, last, NLMSG_DONE);
	assert_int_equal(rdma_take_regions(a.data, a.len, &regions), 0);
	/* a message of any length is not read past its end */
	for (size_t len = 0; len < last; len++)
		assert_true(rdma_take_regions(a.data, len, &cut) != 0);
}

static void a_kernel_that_tells_nothing(void **state)
{
	struct rdma_regions regions = { .pid = PID };
	struct answer a = { .len = sizeof(struct nlmsghdr) };
	const int error = -EINVAL;

	memcpy(a.data + a.len, &error, sizeof(error));
	a.len += sizeof(error);
	put_header(&a, 0, NLMSG_ERROR);
	assert_int_equal(rdma_take_regions(a.data, a.len, &regions), -EINVAL);
	assert_int_equal(regions.nr, 0);
}

/* ---- hidden data ------------------------------------------------------------------------- */

#define ALL_RIGHTS   "Name:\tmhpctl\nCapPrm:\t0\nCapEff:\t000001ffffffffff\n"
#define NO_RIGHTS    "Name:\tmhpctl\nCapPrm:\t0\nCapEff:\t0000000000000000\n"
#define MOUNTED(how) "22 1 0:20 / /proc rw,nosuid - proc proc rw" how "\n"

static size_t hidden(struct fakesys *fs, const char *status, const char *mounts, const char *pid_ns)
{
	struct visibility visibility = { 0 };

	fakesys_put(fs, "proc/self/status", status);
	fakesys_put(fs, "proc/self/mountinfo", mounts);
	tree_remove(fs->tree.fd, "proc/self/ns");
	assert_int_equal(tree_link(fs->tree.fd, "proc/self/ns/pid", pid_ns), 0);
	assert_int_equal(tree_link(fs->tree.fd, "proc/self/ns/user", "user:[4026531837]"), 0);
	visibility_read(&fs->ctx->sys, &visibility);
	return visibility.nr;
}

static void what_cannot_be_seen(void **state)
{
	static const char first[] = "pid:[4026531836]";
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	assert_int_equal(hidden(fs, ALL_RIGHTS, MOUNTED(""), first), 0);
	assert_int_equal(hidden(fs, ALL_RIGHTS, MOUNTED(",hidepid=invisible"), first), 0);
	assert_int_equal(hidden(fs, ALL_RIGHTS, MOUNTED(""), "pid:[4026532000]"), 1);
	assert_int_equal(hidden(fs, NO_RIGHTS, MOUNTED(""), first), 2);
	assert_int_equal(hidden(fs, NO_RIGHTS, MOUNTED(",hidepid=0"), first), 2);
	assert_int_equal(hidden(fs, NO_RIGHTS, MOUNTED(",hidepid=2"), first), 3);
	assert_int_equal(hidden(fs, NO_RIGHTS, MOUNTED(",hidepid=ptraceable"), "pid:[5]"), 4);
	assert_int_equal(hidden(fs, "Name:\tx\n", "", first), 0);
}

static void a_list_that_is_full(void **state)
{
	struct visibility visibility = { 0 };

	visibility_add_search(&visibility, 9, 0, false);
	assert_int_equal(visibility.nr, 0);
	visibility_add_search(&visibility, 9, 2, true);
	assert_int_equal(visibility.nr, 2);
	assert_string_equal(visibility.hidden[0].why, "2 of 9 processes may not be inspected");
	assert_string_equal(visibility.hidden[1].why, "time ran out after 9 processes");
	for (unsigned i = 0; i < 2 * HIDDEN_MAX; i++)
		visibility_add(&visibility, "pages", "reason %u", i);
	assert_int_equal(visibility.nr, HIDDEN_MAX);
}

UNIT_TESTS(cmocka_unit_test(those_with_pins_come_first),
	   cmocka_unit_test(those_of_the_cgroup_come_first),
	   cmocka_unit_test(the_search_ends_when_all_are_found),
	   cmocka_unit_test(a_transfer_that_is_waited_for),
	   cmocka_unit_test(whoever_has_huge_pages), cmocka_unit_test(whoever_was_promised_some),
	   cmocka_unit_test(suspects_without_pins), cmocka_unit_test(regions_of_a_process),
	   cmocka_unit_test(a_kernel_that_tells_nothing), cmocka_unit_test(what_cannot_be_seen),
	   cmocka_unit_test(a_list_that_is_full))
