/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the processes that map pages, and what holds the pages. */
#include "lib/sys/holders/owners.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/holders/holders.h"
#include "lib/sys/holders/pins.h"
#include "lib/sys/holders/procs.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define PRESENT	  (1ULL << 63)
#define SWAPPED	  (1ULL << 62)
#define BUFFER	  0x7f8322e00000ULL
#define FIRST_PFN (33 * 32768ULL) /* of memory33 */
#define PID	  412

/* ---- a process --------------------------------------------------------------------------- */

static void put_proc(struct fakesys *fs, int pid, const char *file, const char *text)
{
	ROOT_PATH(path, "proc/%d/%s", pid, file);

	fakesys_put(fs, path, text);
}

static void put_process(struct fakesys *fs, int pid)
{
	put_proc(fs, pid, "comm", "fio\n");
	put_proc(fs, pid, "status",
		 "Name:\tfio\nUid:\t1000\t1000\t1000\t1000\nVmPin:\t    4096 kB\n");
	put_proc(fs, pid, "cgroup", "1:cpu:/x\n0::/system.slice/db.service\n");
	put_proc(fs, pid, "maps",
		 "555555554000-555555556000 r-xp 00000000 08:01 12 /usr/bin/fio\n"
		 "7f8322e00000-7f8323200000 rw-p 00000000 00:00 0\n");
	fakesys_pagemap(fs, pid, 0, &(const uint64_t){ 0 }, 1);
}

/* Adds an io_uring with registered buffers. */
static void put_ring(struct fakesys *fs, int pid, const char *buffers)
{
	char target[64];

	ROOT_PATH(link, "proc/%d/fd/5", pid);
	str_copy(target, "anon_inode:[io_uring]");
	assert_int_equal(tree_link(fs->tree.fd, link, target), 0);
	put_proc(fs, pid, "fdinfo/5", buffers);
}

#define ONE_BUFFER                                                               \
	"pos:\t0\nflags:\t02000002\nSqMask:\t0x7\nUserFiles:\t0\nUserBufs:\t1\n" \
	"    0: 0x7f8322e00000/4194304\nPollList:\n  op=6, task_works=0\nNAPI:\tdisabled\n"

/* ---- names of processes ------------------------------------------------------------------ */

static void a_process_is_described(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_owner owner = { .pid = PID };
	char comm[8];

	put_process(fs, PID);
	procs_describe(&fs->ctx->sys, &owner);
	assert_string_equal(owner.comm, "fio");
	assert_int_equal(owner.uid, 1000);
	assert_string_equal(owner.cgroup, "/system.slice/db.service");
	assert_int_equal(owner.vm_pin_bytes, 4 * MIB);
	procs_comm(fs->ctx, PID, comm, sizeof(comm));
	assert_string_equal(comm, "fio");
}

/* Newlines are part of the name, except the last one, which the kernel adds. */
static void a_name_of_several_lines(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_owner owner = { .pid = PID };
	char shown[64];

	put_process(fs, PID);
	put_proc(fs, PID, "comm", "one\ntwo\n\n");
	procs_describe(&fs->ctx->sys, &owner);
	assert_string_equal(owner.comm, "one\ntwo\n");
	assert_string_equal(text_escape(owner.comm, shown, sizeof(shown)), "one\\x0atwo\\x0a");
}

static void a_process_that_went(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_owner owner = { .pid = PID, .comm = "old" };
	char comm[8] = "old";

	procs_describe(&fs->ctx->sys, &owner);
	assert_string_equal(owner.comm, "");
	assert_int_equal(owner.vm_pin_bytes, 0);
	procs_comm(fs->ctx, PID, comm, sizeof(comm));
	assert_string_equal(comm, "");
}

/* ---- holders ----------------------------------------------------------------------------- */

static void lines_of_buffers(void **state)
{
	struct mhp_range range = { 0 };

	assert_true(holders_parse_buffer("    0: 0x7f8322e00000/4194304\n", &range));
	assert_true(range.start == BUFFER && range.end == BUFFER + 4 * MIB);
	assert_true(holders_parse_buffer("\t12: 0x1000/1\n", &range));
	assert_true(range.start == 0x1000 && range.end == 0x1001);
	assert_false(holders_parse_buffer("0: 0x1000/1\n", &range));
	assert_false(holders_parse_buffer("    0: <none>\n", &range));
	assert_false(holders_parse_buffer("    0: 0x1000\n", &range));
	assert_false(holders_parse_buffer("    0: 0x1000/\n", &range));
	assert_false(holders_parse_buffer("    0: 0x/1\n", &range));
	assert_false(holders_parse_buffer("    x: 0x1000/1\n", &range));
	assert_false(holders_parse_buffer("    0: 0xffffffffffffffff/2\n", &range));
	assert_false(holders_parse_buffer("  op=6, task_works=0\n", &range));
	assert_false(holders_parse_buffer("", &range));
	assert_true(range.start == 0x1000);
}

static void a_registered_buffer(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_owner owner = { .pid = PID, .address = BUFFER + 5 * PAGE };
	struct mhp_owner elsewhere = { .pid = PID, .address = BUFFER + 4 * MIB };

	put_process(fs, PID);
	put_ring(fs, PID, ONE_BUFFER);
	assert_true(holders_find(&fs->ctx->sys, PID, true, &owner));
	assert_int_equal(owner.holder, MHP_HOLDER_IO_URING);
	assert_int_equal(owner.holder_pid, PID);
	assert_int_equal(owner.fd, 5);
	assert_int_equal(owner.confidence, MHP_CONFIDENCE_CERTAIN);
	assert_string_equal(owner.detail, "1 registered buffer, 4 MiB");
	assert_false(holders_find(&fs->ctx->sys, PID, true, &elsewhere));
}

static void devices_that_pin(void **state)
{
	static const struct {
		const char *target;
		enum mhp_holder_kind kind;
	} devices[] = {
		{ "/dev/infiniband/uverbs0", MHP_HOLDER_RDMA },
		{ "/dev/vfio/12", MHP_HOLDER_VFIO },
		{ "/dev/vfio/devices/vfio0", MHP_HOLDER_IOMMUFD },
		{ "anon_inode:[vfio-device]", MHP_HOLDER_VFIO },
		{ "/dev/iommu", MHP_HOLDER_IOMMUFD },
		{ "/dev/vhost-vdpa-0", MHP_HOLDER_VHOST_VDPA },
		{ "/dev/vhost-net", MHP_HOLDER_UNKNOWN },
		{ "/dev/null", MHP_HOLDER_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		struct mhp_owner owner = { .pid = PID, .address = BUFFER };
		int fd = -1;

		put_process(fs, PID);
		assert_int_equal(tree_link(fs->tree.fd, "proc/412/fd/9", devices[i].target), 0);
		assert_int_equal(holders_find(&fs->ctx->sys, PID, true, &owner),
				 devices[i].kind != MHP_HOLDER_UNKNOWN);
		assert_int_equal(owner.holder, devices[i].kind);
		assert_int_equal(holders_pinning_device(&fs->ctx->sys, PID, &fd), devices[i].kind);
		assert_int_equal(fd, devices[i].kind ? 9 : -1);
		/* a device takes pins, not plain references */
		owner = (struct mhp_owner){ .pid = PID, .address = BUFFER };
		assert_false(holders_find(&fs->ctx->sys, PID, false, &owner));
	}
}

/* ---- owners ------------------------------------------------------------------------------ */

static struct owners_head find(struct fakesys *fs, const struct owners_args *args,
			       struct mhp_owner *owner)
{
	cleanup_reply struct reply reply = { 0 };
	struct owners_head head;

	assert_int_equal(owners_find(fs->ctx, args, &reply, NULL), 0);
	memcpy(&head, reply.data, sizeof(head));
	assert_int_equal(reply.len, sizeof(head) + head.nr_owners * sizeof(*owner));
	if (head.nr_owners)
		memcpy(owner, reply.data + sizeof(head), sizeof(*owner));
	return head;
}

static struct owners_args args_for(uint64_t pfn, uint64_t index)
{
	return (struct owners_args){
		.pfns = { FIRST_PFN, FIRST_PFN + 32768 },
		.budget_ms = 60000,
		.pinned = true,
		.nr_pages = 1,
		.pages = { { .pfn = pfn, .index = index } },
	};
}

static void the_owner_of_a_page(void **state)
{
	const uint64_t entries[] = { PRESENT | FIRST_PFN, PRESENT | (FIRST_PFN + 1), PRESENT | 5 };
	struct owners_args args = args_for(FIRST_PFN + 1, BUFFER / PAGE + 1);
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct owners_head head;
	struct mhp_owner owner;

	put_process(fs, PID);
	put_process(fs, 7);
	fakesys_pagemap(fs, PID, BUFFER, entries, ARRAY_SIZE(entries));
	put_ring(fs, PID, ONE_BUFFER);
	head = find(fs, &args, &owner);
	assert_int_equal(head.nr_owners, 1);
	assert_int_equal(head.cover.processes, 2);
	assert_false(head.cover.is_cut_short);
	assert_int_equal(owner.pid, PID);
	assert_string_equal(owner.comm, "fio");
	assert_true(owner.address == BUFFER + PAGE);
	assert_int_equal(owner.pages, 2); /* pages of its mapping in the block */
	assert_int_equal(owner.holder, MHP_HOLDER_IO_URING);
	assert_int_equal(owner.confidence, MHP_CONFIDENCE_CERTAIN);
	assert_string_equal(owner.source, "pagemap, fdinfo");
	/* without the index all mappings are searched */
	args = args_for(FIRST_PFN + 1, UINT64_MAX);
	head = find(fs, &args, &owner);
	assert_int_equal(head.nr_owners, 1);
	assert_true(owner.address == BUFFER + PAGE);
}

/* It certainly maps the page, but only likely holds it. */
static void an_owner_without_a_holder(void **state)
{
	struct owners_args args = args_for(FIRST_PFN, BUFFER / PAGE);
	const uint64_t entry = PRESENT | FIRST_PFN;
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_owner owner;

	put_process(fs, PID);
	fakesys_pagemap(fs, PID, BUFFER, &entry, 1);
	assert_int_equal(find(fs, &args, &owner).nr_owners, 1);
	assert_int_equal(owner.holder, MHP_HOLDER_UNKNOWN);
	assert_int_equal(owner.fd, -1);
	assert_int_equal(owner.confidence, MHP_CONFIDENCE_LIKELY); /* it has VmPin */
	args.pinned = false;
	assert_int_equal(find(fs, &args, &owner).nr_owners, 1);
	assert_int_equal(owner.confidence, MHP_CONFIDENCE_POSSIBLE);
	assert_string_equal(owner.source, "pagemap");
}

/* Another process may hold the ring. */
static void a_holder_in_another_process(void **state)
{
	struct owners_args args = args_for(FIRST_PFN, BUFFER / PAGE);
	const uint64_t entry = PRESENT | FIRST_PFN;
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_owner owner;

	put_process(fs, PID);
	fakesys_pagemap(fs, PID, BUFFER, &entry, 1);
	put_process(fs, 7);
	put_ring(fs, 7, ONE_BUFFER);
	assert_int_equal(find(fs, &args, &owner).nr_owners, 1);
	assert_int_equal(owner.pid, PID);
	assert_int_equal(owner.holder, MHP_HOLDER_IO_URING);
	assert_int_equal(owner.holder_pid, 7);
	assert_int_equal(owner.confidence, MHP_CONFIDENCE_LIKELY);
}

/*
 * Its ring covers the address from the log, but now another page is mapped there, or an entry
 * without a pfn: it is not the owner.
 */
static void a_page_that_went_meanwhile(void **state)
{
	static const struct {
		const char *what;
		uint64_t entry;
	} entries[] = {
		{ "moved out of the block", PRESENT | 5 },
		{ "moved inside of the block", PRESENT | (FIRST_PFN + 9) },
		{ "is being moved elsewhere", SWAPPED | 5ULL << 5 | 30 },
		{ "swapped, to a place of the same number", SWAPPED | FIRST_PFN << 5 | 0 },
		{ "swapped to the last of many files", SWAPPED | FIRST_PFN << 5 | 22 },
		{ "a marker", SWAPPED | 1 << 5 | 31 },
		{ "no rights: pfns are not shown", PRESENT },
		{ "gone", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		const uint64_t indexes[] = { BUFFER / PAGE, UINT64_MAX };
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		struct mhp_owner owner;

		put_process(fs, PID);
		fakesys_pagemap(fs, PID, BUFFER, &entries[i].entry, 1);
		put_ring(fs, PID, ONE_BUFFER);
		for (size_t k = 0; k < ARRAY_SIZE(indexes); k++) {
			struct owners_args args = args_for(FIRST_PFN, indexes[k]);

			if (find(fs, &args, &owner).nr_owners)
				fail_msg("an owner of a page that %s", entries[i].what);
		}
	}
}

/* A page under repeated migration is in this state as often as present. */
static void a_page_that_is_tried_right_now(void **state)
{
	const uint64_t entries[] = { SWAPPED | FIRST_PFN << 5 | 30, PRESENT | (FIRST_PFN + 1) };
	struct owners_args args = args_for(FIRST_PFN, BUFFER / PAGE);
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_owner owner;

	put_process(fs, PID);
	fakesys_pagemap(fs, PID, BUFFER, entries, ARRAY_SIZE(entries));
	put_ring(fs, PID, ONE_BUFFER);
	assert_int_equal(find(fs, &args, &owner).nr_owners, 1);
	assert_int_equal(owner.pages, 2);
	assert_int_equal(owner.confidence, MHP_CONFIDENCE_CERTAIN);
}

static void a_page_that_nobody_has(void **state)
{
	struct owners_args args = args_for(FIRST_PFN, BUFFER / PAGE);
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct owners_head head;
	struct mhp_owner owner;

	put_process(fs, PID);
	put_proc(fs, 9, "comm", "kworker\n"); /* a kernel thread maps no pages */
	head = find(fs, &args, &owner);
	assert_int_equal(head.nr_owners, 0);
	assert_int_equal(head.cover.processes, 2);
	args.budget_ms = 0;
	assert_true(find(fs, &args, &owner).cover.is_cut_short);
}

/* ---- pins that can be known without an offline ------------------------------------------- */

static struct pins_head find_pins(struct fakesys *fs, struct pin *pins, size_t max)
{
	const struct pins_args args = {
		.pages_per_block = 32768,
		.first_block = 33,
		.last_block = 34,
		.budget_ms = 60000,
	};
	cleanup_reply struct reply reply = { 0 };
	struct pins_head head;

	assert_int_equal(pins_find(fs->ctx, &args, &reply, NULL), 0);
	memcpy(&head, reply.data, sizeof(head));
	assert_true(head.nr_pins <= max);
	assert_int_equal(reply.len, sizeof(head) + head.nr_pins * sizeof(*pins));
	if (head.nr_pins)
		memcpy(pins, reply.data + sizeof(head), head.nr_pins * sizeof(*pins));
	return head;
}

static void pins_of_registered_buffers(void **state)
{
	const uint64_t entries[] = { PRESENT | FIRST_PFN, PRESENT | (FIRST_PFN + 1),
				     PRESENT | (FIRST_PFN + 32768), PRESENT | 5,
				     PRESENT | (FIRST_PFN + 2 * 32768) };
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct pins_head head;
	struct pin pins[4];

	put_process(fs, PID);
	fakesys_pagemap(fs, PID, BUFFER, entries, ARRAY_SIZE(entries));
	put_ring(fs, PID, ONE_BUFFER);
	head = find_pins(fs, pins, 4);
	assert_int_equal(head.nr_pins, 2);
	assert_int_equal(head.cover.processes, 1);
	assert_int_equal(pins[0].block, 33);
	assert_int_equal(pins[0].owner.pages, 2);
	assert_int_equal(pins[0].owner.holder, MHP_HOLDER_IO_URING);
	assert_int_equal(pins[0].owner.confidence, MHP_CONFIDENCE_CERTAIN);
	assert_int_equal(pins[1].block, 34);
	assert_int_equal(pins[1].owner.pages, 1);
	assert_true(pins[1].owner.address == BUFFER + 2 * PAGE);
}

/* A process with VmPin has pins somewhere: any of its pages may be pinned. */
static void pins_that_are_possible(void **state)
{
	const uint64_t entry = PRESENT | FIRST_PFN;
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct pin pins[4];

	put_process(fs, PID);
	fakesys_pagemap(fs, PID, BUFFER, &entry, 1);
	assert_int_equal(find_pins(fs, pins, 4).nr_pins, 1);
	assert_int_equal(pins[0].owner.confidence, MHP_CONFIDENCE_POSSIBLE);
	assert_int_equal(pins[0].owner.holder, MHP_HOLDER_UNKNOWN);
	put_proc(fs, PID, "status", "VmPin:\t0 kB\n");
	assert_int_equal(find_pins(fs, pins, 4).nr_pins, 0);
	assert_int_equal(tree_link(fs->tree.fd, "proc/412/fd/9", "/dev/vfio/12"), 0);
	assert_int_equal(find_pins(fs, pins, 4).nr_pins, 1);
	assert_int_equal(pins[0].owner.holder, MHP_HOLDER_VFIO);
	assert_int_equal(pins[0].owner.holder_pid, PID);
}

UNIT_TESTS(cmocka_unit_test(a_process_is_described), cmocka_unit_test(a_name_of_several_lines),
	   cmocka_unit_test(a_process_that_went), cmocka_unit_test(lines_of_buffers),
	   cmocka_unit_test(a_registered_buffer), cmocka_unit_test(devices_that_pin),
	   cmocka_unit_test(the_owner_of_a_page), cmocka_unit_test(an_owner_without_a_holder),
	   cmocka_unit_test(a_holder_in_another_process), cmocka_unit_test(a_page_that_nobody_has),
	   cmocka_unit_test(a_page_that_went_meanwhile),
	   cmocka_unit_test(a_page_that_is_tried_right_now),
	   cmocka_unit_test(pins_of_registered_buffers), cmocka_unit_test(pins_that_are_possible))
