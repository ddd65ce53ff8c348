/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much memory of virtio-mem is plugged in. */
#include "lib/model/topology.h"
#include "tests/unit/fake/fakesys.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PAGES	(FAKE_BLOCK_SIZE / 4096)
#define OFFLINE (1ULL << 23)

/* Marks the pages of a block as unplugged, from that one on. */
static void unplug(struct fakesys *fs, uint64_t id, uint64_t from)
{
	int fd = openat(fs->tree.fd, "proc/kpageflags", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	const uint64_t flags = OFFLINE, none = 0;

	assert_true(fd >= 0);
	for (uint64_t page = 0; page < PAGES; page++)
		assert_int_equal(pwrite(fd, page < from ? &none : &flags, sizeof(flags),
					(off_t)((id * PAGES + page) * sizeof(flags))),
				 sizeof(flags));
	close(fd);
}

static struct mhp_topology *scan(struct fakesys *fs)
{
	struct mhp_topology *topo = NULL;

	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	assert_int_equal(mhp_topology_count_unplugged(fs->ctx, topo, NULL), 0);
	return topo;
}

static uint64_t unplugged(const struct mhp_topology *topo, uint64_t id)
{
	return mhp_block_unplugged_bytes(topology_find_block(topo, id));
}

static bool is_hidden(const struct mhp_topology *topo)
{
	for (size_t i = 0; i < topo->nr_hidden; i++)
		if (strcmp(topo->hidden[i].what, "blocks.unplugged") == 0)
			return true;
	return false;
}

static struct fakesys *machine(const char *iomem)
{
	struct fakesys *fs = fakesys_new();

	fakesys_blocks(fs, 33, 34, "online", "Movable", 1);
	fakesys_blocks(fs, 35, 35, "offline", "Normal Movable", 1);
	fakesys_put(fs, "proc/iomem", iomem);
	return fs;
}

static void parts_of_a_block(void **state)
{
	cleanup_fakesys struct fakesys *fs =
		machine("100000000-13fffffff : virtio0\n"
			"  108000000-11fffffff : System RAM (virtio_mem)\n");
	cleanup_topology struct mhp_topology *topo = NULL;

	unplug(fs, 33, PAGES);
	unplug(fs, 34, 15360); /* 60 MiB are plugged in */
	topo = scan(fs);
	assert_true(unplugged(topo, 33) == 0);
	assert_true(unplugged(topo, 34) == 68ULL << 20);
	assert_true(unplugged(topo, 35) == MHP_UNKNOWN); /* an offline block does not show it */
	assert_true(unplugged(topo, 1) == 0);
	assert_true(topo->memory.unplugged_bytes == 68ULL << 20);
	assert_false(is_hidden(topo));
}

static void page_flags_that_are_not_shown(void **state)
{
	cleanup_fakesys struct fakesys *fs =
		machine("108000000-11fffffff : System RAM (virtio_mem)\n");
	cleanup_topology struct mhp_topology *topo = scan(fs);

	assert_true(unplugged(topo, 33) == MHP_UNKNOWN && unplugged(topo, 34) == MHP_UNKNOWN);
	assert_true(unplugged(topo, 1) == 0);
	assert_true(topo->memory.unplugged_bytes == MHP_UNKNOWN);
	assert_true(is_hidden(topo));
}

/* Without its addresses any block may be of virtio-mem. */
static void addresses_that_are_not_shown(void **state)
{
	cleanup_fakesys struct fakesys *fs =
		machine("00000000-00000000 : System RAM (virtio_mem)\n");
	cleanup_topology struct mhp_topology *topo = scan(fs);

	assert_true(unplugged(topo, 1) == MHP_UNKNOWN && unplugged(topo, 33) == MHP_UNKNOWN);
	assert_true(is_hidden(topo));
}

/* Without the list, memory of virtio-mem may exist: that is not 0 bytes. */
static void a_list_that_is_not_readable(void **state)
{
	static const char *const texts[] = { NULL, "" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_fakesys struct fakesys *fs = machine("");
		cleanup_topology struct mhp_topology *topo = NULL;

		if (!texts[i])
			unlinkat(fs->tree.fd, "proc/iomem", 0);
		topo = scan(fs);
		assert_true(unplugged(topo, 1) == MHP_UNKNOWN &&
			    unplugged(topo, 33) == MHP_UNKNOWN);
		assert_true(topo->memory.unplugged_bytes == MHP_UNKNOWN);
		assert_true(is_hidden(topo));
	}
}

/* A block that may be online is in no sum. */
static void a_block_in_an_unclear_state(void **state)
{
	static const char *const states[] = { "going-offline", "melting" };

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		cleanup_fakesys struct fakesys *fs =
			machine("108000000-11fffffff : System RAM (virtio_mem)\n");
		cleanup_topology struct mhp_topology *topo = NULL;

		unplug(fs, 33, PAGES);
		unplug(fs, 34, PAGES);
		fakesys_blocks(fs, 35, 35, states[i], "Normal", 1);
		topo = scan(fs);
		assert_true(unplugged(topo, 33) == 0 && unplugged(topo, 35) == MHP_UNKNOWN);
		assert_true(topo->memory.unplugged_bytes == MHP_UNKNOWN);
		assert_false(is_hidden(topo));
	}
}

/* Without memory blocks it is not known whether memory of virtio-mem is online. */
static void without_blocks(void **state)
{
	cleanup_fakesys struct fakesys *fs =
		machine("108000000-11fffffff : System RAM (virtio_mem)\n");
	cleanup_topology struct mhp_topology *topo = scan(fs);

	topo->nr_blocks = 0;
	topo->no_blocks = true;
	assert_int_equal(mhp_topology_count_unplugged(fs->ctx, topo, NULL), 0);
	assert_true(topo->memory.unplugged_bytes == MHP_UNKNOWN);
}

static void without_virtio_mem(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine("00000000-00000000 : System RAM\n");
	cleanup_topology struct mhp_topology *topo = scan(fs);

	assert_true(unplugged(topo, 33) == 0);
	assert_true(topo->memory.unplugged_bytes == 0);
	assert_false(is_hidden(topo));
}

UNIT_TESTS(cmocka_unit_test(a_list_that_is_not_readable),
	   cmocka_unit_test(a_block_in_an_unclear_state), cmocka_unit_test(without_blocks),
	   cmocka_unit_test(parts_of_a_block), cmocka_unit_test(page_flags_that_are_not_shown),
	   cmocka_unit_test(addresses_that_are_not_shown), cmocka_unit_test(without_virtio_mem))
