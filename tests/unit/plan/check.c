/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prediction of an offline: pages, pins, space and the verdict. */
#include "lib/plan/check.h"
#include "lib/base/error.h"
#include "lib/model/topology.h"
#include "lib/sys/kpage.h"
#include "lib/sys/vmstat.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define KPF(bit) (1ULL << (bit))
#define PAGES	 ((uint64_t)FAKE_BLOCK_SIZE / 4096)
#define BUFFER	 0x7f8322e00000ULL

/* ---- pages ------------------------------------------------------------------------------- */

static void what_a_page_is_in_use_for(void **state)
{
	static const struct {
		uint64_t flags;
		struct kpage_counts counts;
	} cases[] = {
		{ 0, { .unknown = 1 } },
		{ KPF(10), { .free = 1 } },
		{ KPF(20), { .absent = 1 } },
		{ KPF(19), { .poisoned = 1 } },
		{ KPF(19) | KPF(5), { .poisoned = 1 } },
		{ KPF(5) | KPF(12) | KPF(11), { .movable = 1, .anon = 1 } },
		{ KPF(5) | KPF(12) | KPF(21),
		  { .movable = 1, .anon = 1 } }, /* 6.12 sets KSM on all */
		{ KPF(5) | KPF(3), { .movable = 1 } },
		{ KPF(11), { .movable = 1 } },
		{ KPF(22) | KPF(15) | KPF(12), { .movable = 1, .anon = 1, .thp = 1 } },
		{ KPF(22) | KPF(16), { .movable = 1, .thp = 1 } },
		{ KPF(17) | KPF(15), { .huge = 1 } },
		{ KPF(7), { .unmovable = 1 } },
		{ KPF(7) | KPF(15), { .unmovable = 1 } },
		{ KPF(26), { .unmovable = 1 } },
		{ KPF(23), { .driver = 1 } },
		{ KPF(15), { .unmovable = 1 } },
		{ KPF(16), { .unmovable = 1 } },
		{ KPF(32), { .unknown = 1 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kpage_counts counts = { 0 };

		kpage_classify(cases[i].flags, &counts);
		if (memcmp(&counts, &cases[i].counts, sizeof(counts)) != 0)
			fail_msg("flags 0x%llx", (unsigned long long)cases[i].flags);
	}
}

/* ---- verdicts ---------------------------------------------------------------------------- */

static void check_verdict(struct mhp_block_check block, enum mhp_verdict verdict,
			  enum mhp_reason reason)
{
	const struct mhp_destination destination = { .needed_bytes = 5, .available_bytes = 5 };

	check_judge(&block, &destination, false);
	if (block.verdict != verdict || block.reasons != (reason ? UINT64_C(1) << reason : 0))
		fail_msg("%s, reasons 0x%lx, not %s, %s", mhp_verdict_name(block.verdict),
			 (unsigned long)block.reasons, mhp_verdict_name(verdict),
			 mhp_reason_name(reason));
}

#define ONLINE(zone_, ...)         \
	((struct mhp_block_check){ \
		.state = MHP_BLOCK_ONLINE, .zone = MHP_ZONE_##zone_, __VA_ARGS__ })

static void one_thing_against_it(void **state)
{
	static const struct mhp_owner sure = { .confidence = MHP_CONFIDENCE_CERTAIN };
	static const struct mhp_owner guess = { .confidence = MHP_CONFIDENCE_POSSIBLE };

	check_verdict(ONLINE(MOVABLE, .movable_pages = 5, .free_pages = 5), MHP_VERDICT_REMOVABLE,
		      0);
	check_verdict((struct mhp_block_check){ .state = MHP_BLOCK_UNKNOWN, .free_pages = 5 },
		      MHP_VERDICT_MAYBE, MHP_REASON_KERNEL);
	check_verdict(ONLINE(MOVABLE, .unknown_pages = 5), MHP_VERDICT_REMOVABLE, 0);
	check_verdict(ONLINE(NORMAL, .free_pages = 5), MHP_VERDICT_REMOVABLE, 0);
	check_verdict(ONLINE(NORMAL, .unknown_pages = 5), MHP_VERDICT_MAYBE, MHP_REASON_UNMOVABLE);
	check_verdict(ONLINE(NORMAL, .unmovable_pages = 1), MHP_VERDICT_BLOCKED,
		      MHP_REASON_UNMOVABLE);
	check_verdict(ONLINE(MOVABLE, .hugetlb_pages = 1), MHP_VERDICT_MAYBE, MHP_REASON_HUGETLB);
	check_verdict(ONLINE(MOVABLE, .hugetlb_pages = 1, .has_unmovable_huge_page = true),
		      MHP_VERDICT_BLOCKED, MHP_REASON_HUGETLB);
	check_verdict(ONLINE(MOVABLE, .driver_pages = 1), MHP_VERDICT_MAYBE,
		      MHP_REASON_DRIVER_PAGES);
	check_verdict(ONLINE(NORMAL, .driver_pages = 1, .is_virtio_mem = true), MHP_VERDICT_MAYBE,
		      MHP_REASON_DRIVER_PAGES);
	check_verdict(ONLINE(MIXED, .free_pages = 5), MHP_VERDICT_BLOCKED, MHP_REASON_MIXED_ZONES);
	check_verdict(ONLINE(MOVABLE, .free_pages = 5, .is_unbacked = true), MHP_VERDICT_BLOCKED,
		      MHP_REASON_NEEDS_REBOOT);
	check_verdict(ONLINE(MOVABLE, .owners = &sure, .nr_owners = 1), MHP_VERDICT_BLOCKED,
		      MHP_REASON_PINNED);
	check_verdict(ONLINE(MOVABLE, .owners = &guess, .nr_owners = 1), MHP_VERDICT_MAYBE,
		      MHP_REASON_PINNED);
	check_verdict((struct mhp_block_check){ .state = MHP_BLOCK_OFFLINE, .unmovable_pages = 5 },
		      MHP_VERDICT_REMOVABLE, 0);
}

/* Counted pins without a known owner may be anywhere on the node. */
static void pins_of_nobody(void **state)
{
	struct mhp_destination destination = { .pins = 64, .unexplained_pins = 64 };
	struct mhp_block_check block = ONLINE(MOVABLE, .movable_pages = 1);

	check_judge(&block, &destination, false);
	assert_int_equal(block.verdict, MHP_VERDICT_MAYBE);
	assert_int_equal(block.reasons, UINT64_C(1) << MHP_REASON_PINNED);
	destination.unexplained_pins = MHP_UNKNOWN;
	check_judge(&block, &destination, false);
	assert_int_equal(block.verdict, MHP_VERDICT_REMOVABLE);
	destination.unexplained_pins = 64;
	block = ONLINE(MOVABLE, .free_pages = 1);
	check_judge(&block, &destination, false);
	assert_int_equal(block.verdict, MHP_VERDICT_REMOVABLE);
}

/* Possible holders of references and users of huge pages each have their own reason. */
static void suspects(void **state)
{
	static const struct mhp_owner pipe = { .holder = MHP_HOLDER_VMSPLICE };
	static const struct mhp_owner transfer = { .holder = MHP_HOLDER_KERNEL };
	static const struct mhp_owner pool = { .holder = MHP_HOLDER_HUGETLB };

	check_verdict(ONLINE(MOVABLE, .owners = &pipe, .nr_owners = 1), MHP_VERDICT_MAYBE,
		      MHP_REASON_EXTRA_REFERENCE);
	check_verdict(ONLINE(MOVABLE, .owners = &transfer, .nr_owners = 1), MHP_VERDICT_MAYBE,
		      MHP_REASON_PINNED);
	check_verdict(ONLINE(MOVABLE, .owners = &pool, .nr_owners = 1), MHP_VERDICT_MAYBE,
		      MHP_REASON_HUGETLB);
}

static void several_things_against_it(void **state)
{
	const struct mhp_destination destination = { .needed_bytes = 6, .available_bytes = 5 };
	struct mhp_block_check block = ONLINE(NORMAL, .hugetlb_pages = 1, .unmovable_pages = 1);

	check_judge(&block, &destination, true);
	assert_int_equal(block.verdict, MHP_VERDICT_BLOCKED);
	assert_int_equal(block.reasons, UINT64_C(1) << MHP_REASON_HUGETLB |
						UINT64_C(1) << MHP_REASON_UNMOVABLE |
						UINT64_C(1) << MHP_REASON_NO_TARGET_MEMORY |
						UINT64_C(1) << MHP_REASON_NOT_PERMITTED);
	block = ONLINE(MOVABLE, .movable_pages = 1);
	check_judge(&block, &destination, false);
	assert_int_equal(block.verdict, MHP_VERDICT_MAYBE);
	check_judge(&block, NULL, false);
	assert_int_equal(block.verdict, MHP_VERDICT_REMOVABLE);
	assert_int_equal(block.reasons, 0);
}

/* ---- the whole --------------------------------------------------------------------------- */

/* Writes words of /proc/kpageflags, from a page on. */
static void put_flags(struct fakesys *fs, uint64_t pfn, const uint64_t *words, size_t nr)
{
	cleanup_close int fd =
		openat(fs->tree.fd, "proc/kpageflags", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, words, nr * sizeof(*words), (off_t)(pfn * sizeof(*words))),
			 nr * sizeof(*words));
}

static struct mhp_check *check(struct fakesys *fs, const char *target)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	struct mhp_check *found = NULL;
	struct mhp_error err = { 0 };

	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	assert_int_equal(mhp_topology_select(topo, &target, 1, NULL), 0);
	if (mhp_check_blocks(fs->ctx, topo, &found, &err) != 0)
		fail_msg("%s", err.message);
	return found;
}

static void pages_of_blocks_are_counted(void **state)
{
	const uint64_t words[] = { KPF(10), KPF(10), KPF(5) | KPF(12), KPF(7), KPF(17), 0 };
	const uint64_t last = KPF(20);
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_check *found;

	fakesys_online_dax0(fs);
	put_flags(fs, 33 * PAGES, words, ARRAY_SIZE(words));
	put_flags(fs, 48 * PAGES - 1, &last, 1);
	found = check(fs, "dax0.0");
	assert_int_equal(found->nr_blocks, NR_BLOCKS);
	assert_false(found->has_hidden_pages);
	assert_int_equal(mhp_check_block(found, 0)->id, 33);
	assert_int_equal(mhp_check_block(found, 0)->free_pages, 2);
	assert_int_equal(mhp_check_block(found, 0)->movable_pages, 1);
	assert_int_equal(mhp_check_block(found, 0)->unmovable_pages, 1);
	assert_int_equal(mhp_check_block(found, 0)->hugetlb_pages, 1);
	assert_int_equal(mhp_check_block(found, 0)->unknown_pages, PAGES - 5);
	assert_int_equal(mhp_check_block(found, 0)->verdict, MHP_VERDICT_BLOCKED);
	assert_int_equal(mhp_check_block(found, 1)->unknown_pages, PAGES);
	assert_int_equal(mhp_check_block(found, 1)->verdict, MHP_VERDICT_REMOVABLE);
	assert_int_equal(mhp_check_block(found, 14)->unknown_pages, PAGES - 1);
	mhp_check_free(found);
	assert_int_equal(fakesys_writes(fs, "sys/"), 0);
}

static void pages_of_a_node_are_counted(void **state)
{
	const uint64_t words[] = { KPF(10), KPF(5) | KPF(12), KPF(7), KPF(17), 0 };
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	const struct mhp_block *block;

	fakesys_online_dax0(fs);
	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	assert_int_equal(mhp_topology_count_pages(fs->ctx, topo, 2, NULL), 0);
	block = topology_find_block(topo, 33);
	assert_null(mhp_block_pages(block)); /* only for root */
	put_flags(fs, 33 * PAGES, words, ARRAY_SIZE(words));
	put_flags(fs, 48 * PAGES - 1, words, 1);
	assert_int_equal(mhp_topology_count_pages(fs->ctx, topo, 2, NULL), 0);
	assert_non_null(mhp_block_pages(block));
	assert_int_equal(mhp_block_pages(block)->used, 2);
	assert_int_equal(mhp_block_pages(block)->unmovable, 1);
	assert_int_equal(mhp_block_pages(block)->unknown, PAGES - 4);
	assert_string_equal(mhp_block_device(block), "dax0.0");
	assert_non_null(mhp_block_pages(topology_find_block(topo, 47)));
	assert_null(mhp_block_pages(topology_find_block(topo, 0)));
}

static void without_the_right_to_look(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_check *found;

	fakesys_online_dax0(fs);
	found = check(fs, "memory33");
	assert_true(found->has_hidden_pages);
	assert_int_equal(found->nr_blocks, 1);
	assert_int_equal(mhp_check_block(found, 0)->verdict, MHP_VERDICT_MAYBE);
	mhp_check_free(found);
}

static void pins_are_put_on_their_blocks(void **state)
{
	const uint64_t entry = 1ULL << 63 | (34 * PAGES + 7);
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_close int fd = -1;
	struct mhp_check *found;

	fakesys_online_dax0(fs);
	fakesys_put(fs, "proc/kpageflags", "");
	fakesys_put(fs, "proc/412/comm", "fio\n");
	fakesys_put(fs, "proc/412/status", "VmPin:\t4 kB\n");
	fakesys_put(fs, "proc/412/fdinfo/5", "UserBufs:\t1\n    0: 0x7f8322e00000/4096\n");
	assert_int_equal(tree_link(fs->tree.fd, "proc/412/fd/5", "anon_inode:[io_uring]"), 0);
	fd = openat(fs->tree.fd, "proc/412/pagemap", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(pwrite(fd, &entry, sizeof(entry), BUFFER / PAGE * sizeof(entry)),
			 sizeof(entry));
	found = check(fs, "dax0.0");
	assert_int_equal(found->nr_processes, 1);
	assert_int_equal(mhp_check_block(found, 0)->nr_owners, 0);
	assert_int_equal(mhp_check_block(found, 1)->nr_owners, 1);
	assert_int_equal(mhp_check_block(found, 1)->pinned_pages, 1);
	assert_int_equal(mhp_block_check_owner(mhp_check_block(found, 1), 0)->pid, 412);
	assert_int_equal(mhp_check_block(found, 1)->verdict, MHP_VERDICT_BLOCKED);
	assert_int_equal(mhp_check_block(found, 2)->nr_owners, 0);
	mhp_check_free(found);
	/* a ring that it may have inherited, without pins */
	fakesys_put(fs, "proc/412/status", "VmPin:\t0 kB\n");
	found = check(fs, "dax0.0");
	assert_int_equal(mhp_block_check_owner(mhp_check_block(found, 1), 0)->confidence,
			 MHP_CONFIDENCE_LIKELY);
	assert_int_equal(mhp_check_block(found, 1)->pinned_pages, 0);
	assert_int_equal(mhp_check_block(found, 1)->verdict, MHP_VERDICT_MAYBE);
	mhp_check_free(found);
}

/* Nodes 0 and 1 have 512 MiB and 64 MiB of cache, and 256 MiB (data/boot-6.1.sysfs). */
static void room_on_the_other_nodes(void **state)
{
	const uint64_t words[] = { KPF(5), KPF(5), KPF(5) };
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_check *found;

	fakesys_online_dax0(fs);
	put_flags(fs, 33 * PAGES, words, ARRAY_SIZE(words));
	found = check(fs, "dax0.0");
	assert_int_equal(found->nr_destinations, 1);
	assert_int_equal(mhp_check_destination(found, 0)->node, 2);
	assert_int_equal(mhp_check_destination(found, 0)->needed_bytes, 3 * 4096);
	assert_int_equal(mhp_check_destination(found, 0)->available_bytes, (512 + 64 + 256) * MIB);
	mhp_check_free(found);
	found = check(fs, "node0");
	assert_int_equal(mhp_check_destination(found, 0)->node, 0);
	assert_int_equal(mhp_check_destination(found, 0)->available_bytes, 256 * MIB);
	mhp_check_free(found);
}

static void nothing_to_look_at(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_check *found;

	fakesys_dax0(fs, "device_dax");
	fakesys_put(fs, "proc/kpageflags", "");
	found = check(fs, "dax0.0");
	assert_int_equal(found->nr_blocks, 0);
	assert_int_equal(found->nr_destinations, 0);
	mhp_check_free(found);
	mhp_check_free(NULL);
}

static void a_copied_tree_has_no_pages(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct mhp_check *found;

	fs->ctx->is_copy = true;
	found = check(fs, "memory1");
	assert_true(found->has_hidden_pages);
	assert_int_equal(mhp_check_block(found, 0)->verdict, MHP_VERDICT_MAYBE);
	mhp_check_free(found);
}

static void a_check_that_is_cancelled(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_topology struct mhp_topology *topo = NULL;
	struct mhp_check *found = NULL;
	struct mhp_error err = { 0 };

	fakesys_put(fs, "proc/kpageflags", "");
	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	mhp_ctx_cancel(fs->ctx);
	assert_int_equal(mhp_check_blocks(fs->ctx, topo, &found, &err), -ECANCELED);
	assert_null(found);
	assert_int_equal(err.reason, MHP_REASON_INTERRUPTED);
}

static void counters(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	uint64_t value = 7;

	assert_int_equal(vmstat_read(&fs->ctx->sys, VMSTAT, "pgmigrate_fail", &value), -ENOENT);
	fakesys_put(fs, VMSTAT, "pgmigrate_success 5\npgmigrate_fail_x 1\npgmigrate_fail 42\n");
	assert_int_equal(vmstat_read(&fs->ctx->sys, VMSTAT, "pgmigrate_fail", &value), 0);
	assert_int_equal(value, 42);
	fakesys_put(fs, "sys/devices/system/node/node2/vmstat",
		    "nr_foll_pin_acquired 2048\nnr_foll_pin_released 1024\n");
	assert_int_equal(vmstat_node_pins(&fs->ctx->sys, 2, &value), 0);
	assert_int_equal(value, 1024);
	fakesys_put(fs, "sys/devices/system/node/node2/vmstat",
		    "nr_foll_pin_acquired 5\nnr_foll_pin_released 6\n");
	assert_int_equal(vmstat_node_pins(&fs->ctx->sys, 2, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(vmstat_node_pins(&fs->ctx->sys, 0, &value), -ENOENT);
}

UNIT_TESTS(cmocka_unit_test(what_a_page_is_in_use_for), cmocka_unit_test(one_thing_against_it),
	   cmocka_unit_test(pins_of_nobody), cmocka_unit_test(suspects),
	   cmocka_unit_test(several_things_against_it),
	   cmocka_unit_test(pages_of_blocks_are_counted),
	   cmocka_unit_test(pages_of_a_node_are_counted),
	   cmocka_unit_test(without_the_right_to_look),
	   cmocka_unit_test(pins_are_put_on_their_blocks),
	   cmocka_unit_test(room_on_the_other_nodes), cmocka_unit_test(nothing_to_look_at),
	   cmocka_unit_test(a_copied_tree_has_no_pages),
	   cmocka_unit_test(a_check_that_is_cancelled), cmocka_unit_test(counters))
