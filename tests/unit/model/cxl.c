/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Free addresses of CXL windows, and the memory of CXL regions. */
#include "lib/model/cxl.h"
#include "lib/base/error.h"
#include "tests/unit/fake/fakesys.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW 0x8490000000ULL
#define BLOCK  (128 * MIB)
#define IOMEM  "proc/iomem"
#define HIDDEN "00000000-00000000 : System RAM\n"

/* Two windows of 4 GiB; a region of 1 GiB at the start of the first, with its blocks online. */
struct scene_cxl {
	struct fakesys *fs;
	struct mhp_topology topo;
	struct mhp_cxl_window windows[2];
	struct mhp_cxl_region regions[2];
	struct mhp_block blocks[8];
};

static void scene_free(struct scene_cxl *m)
{
	free(m->topo.hidden);
	fakesys_free(m->fs);
}

#define cleanup_scene __attribute__((cleanup(scene_free)))

static void fill(struct scene_cxl *m)
{
	m->fs = fakesys_new();
	for (unsigned i = 0; i < 2; i++)
		m->windows[i] = (struct mhp_cxl_window){ .start = WINDOW + i * 4 * GIB,
							 .size = 4 * GIB,
							 .free_bytes = MHP_UNKNOWN,
							 .max_extent_bytes = MHP_UNKNOWN };
	str_copy(m->windows[0].name, "decoder0.0");
	str_copy(m->windows[1].name, "decoder0.1");
	m->regions[0] = (struct mhp_cxl_region){ .name = "region0",
						 .window = "decoder0.0",
						 .state = MHP_CXL_STATE_ENABLED,
						 .start = WINDOW,
						 .size = GIB,
						 .online_bytes = MHP_UNKNOWN,
						 .unbacked_bytes = MHP_UNKNOWN };
	for (unsigned i = 0; i < 8; i++)
		m->blocks[i] = (struct mhp_block){ .id = WINDOW / BLOCK + i,
						   .start = WINDOW + i * BLOCK,
						   .state = MHP_BLOCK_ONLINE };
	m->topo = (struct mhp_topology){ .memory.block_size = BLOCK,
					 .cxl_windows = m->windows,
					 .nr_cxl_windows = 2,
					 .cxl_regions = m->regions,
					 .nr_cxl_regions = 1,
					 .blocks = m->blocks,
					 .nr_blocks = 8 };
}

/* Counts with this /proc/iomem. */
static void count(struct scene_cxl *m, const char *iomem)
{
	fakesys_put(m->fs, IOMEM, iomem);
	assert_int_equal(cxl_count(&m->fs->ctx->sys, &m->topo), 0);
}

static void check_window(const struct scene_cxl *m, unsigned i, uint64_t bytes, uint64_t extent)
{
	assert_int_equal(m->windows[i].free_bytes, bytes);
	assert_int_equal(m->windows[i].max_extent_bytes, extent);
}

/* ---- windows ----------------------------------------------------------------------------- */

#define USED                                                \
	"8490000000-858fffffff : CXL Window 0\n"            \
	"  8490000000-84cfffffff : region0\n"               \
	"    8490000000-84cfffffff : dax0.0\n"              \
	"      8490000000-84cfffffff : System RAM (kmem)\n" \
	"8590000000-868fffffff : CXL Window 1\n"

static void addresses_that_are_free(void **state)
{
	cleanup_scene struct scene_cxl m;

	(void)state;
	fill(&m);
	count(&m, USED);
	check_window(&m, 0, 3 * GIB, 3 * GIB);
	check_window(&m, 1, 4 * GIB, 4 * GIB);
	assert_int_equal(m.topo.nr_hidden, 0);
}

/* Also what a deleted region has left behind is in use: only a reboot frees it. */
static void addresses_that_nothing_owns(void **state)
{
	cleanup_scene struct scene_cxl m;

	(void)state;
	fill(&m);
	m.topo.nr_cxl_regions = 0;
	count(&m, "8490000000-858fffffff : CXL Window 0\n"
		  "  84d0000000-850fffffff : System RAM (kmem)\n"
		  "8590000000-868fffffff : CXL Window 1\n");
	check_window(&m, 0, 3 * GIB, 2 * GIB);
}

/* Memory that the firmware set aside is in use where it is a part of a window. */
static void windows_in_soft_reserved_memory(void **state)
{
	cleanup_scene struct scene_cxl m;

	(void)state;
	fill(&m);
	count(&m, "8490000000-858fffffff : Soft Reserved\n"
		  "  8490000000-858fffffff : CXL Window 0\n"
		  "    8490000000-84cfffffff : region0\n"
		  "8590000000-868fffffff : CXL Window 1\n"
		  "  8590000000-85cfffffff : Soft Reserved\n");
	check_window(&m, 0, 3 * GIB, 3 * GIB);
	check_window(&m, 1, 3 * GIB, 3 * GIB);
	assert_int_equal(m.regions[0].is_from_firmware, MHP_TRISTATE_YES);
}

static void addresses_that_are_not_shown(void **state)
{
	cleanup_scene struct scene_cxl m;

	(void)state;
	fill(&m);
	count(&m, HIDDEN);
	check_window(&m, 0, MHP_UNKNOWN, MHP_UNKNOWN);
	assert_int_equal(m.topo.nr_hidden, 1);
	assert_string_equal(m.topo.hidden[0].what, "cxl_windows.free_bytes");
}

/* A region without a known size may be anywhere in its window. */
static void regions_that_are_not_known(void **state)
{
	cleanup_scene struct scene_cxl m;

	(void)state;
	fill(&m);
	m.regions[0].size = MHP_UNKNOWN;
	count(&m, USED);
	check_window(&m, 0, MHP_UNKNOWN, MHP_UNKNOWN);
	check_window(&m, 1, 4 * GIB, 4 * GIB);
	assert_int_equal(m.regions[0].online_bytes, MHP_UNKNOWN);
	assert_int_equal(m.regions[0].unbacked_bytes, 0); /* its decoders answer */
	m.regions[0].window[0] = '\0';
	m.windows[1].free_bytes = m.windows[1].max_extent_bytes = MHP_UNKNOWN;
	count(&m, USED);
	check_window(&m, 1, MHP_UNKNOWN, MHP_UNKNOWN);
}

/* ---- regions ----------------------------------------------------------------------------- */

static void memory_of_a_region(void **state)
{
	cleanup_scene struct scene_cxl m;

	(void)state;
	fill(&m);
	m.blocks[7].state = MHP_BLOCK_OFFLINE;
	count(&m, USED);
	assert_int_equal(m.regions[0].online_bytes, GIB - BLOCK);
	assert_int_equal(m.regions[0].unbacked_bytes, 0);
	assert_int_equal(m.regions[0].is_from_firmware, MHP_TRISTATE_UNKNOWN);
	m.blocks[6].state = MHP_BLOCK_UNKNOWN;
	count(&m, USED);
	assert_int_equal(m.regions[0].online_bytes, MHP_UNKNOWN);
	m.topo.no_blocks = true;
	m.regions[0].online_bytes = m.regions[0].unbacked_bytes = MHP_UNKNOWN;
	count(&m, USED);
	assert_int_equal(m.regions[0].online_bytes, MHP_UNKNOWN);
}

static void memory_of_the_firmware(void **state)
{
	cleanup_scene struct scene_cxl m;

	(void)state;
	fill(&m);
	count(&m, "8490000000-858fffffff : CXL Window 0\n"
		  "  8490000000-84cfffffff : region0\n"
		  "    8490000000-84cfffffff : System RAM\n");
	assert_int_equal(m.regions[0].is_from_firmware, MHP_TRISTATE_YES);
	m.regions[0].is_from_firmware = MHP_TRISTATE_UNKNOWN;
	m.regions[0].is_locked = MHP_TRISTATE_YES;
	count(&m, USED);
	assert_int_equal(m.regions[0].is_from_firmware, MHP_TRISTATE_YES);
}

static void mark_orphans(struct scene_cxl *m)
{
	for (unsigned i = 0; i < 8; i++)
		m->blocks[i].is_orphaned = true;
}

static void memory_that_is_lost(void **state)
{
	cleanup_scene struct scene_cxl m;

	(void)state;
	fill(&m);
	mark_orphans(&m);
	m.blocks[0].state = MHP_BLOCK_OFFLINE;
	m.regions[0].state = MHP_CXL_STATE_INCOMPLETE;
	count(&m, USED);
	assert_int_equal(m.regions[0].unbacked_bytes, GIB - BLOCK);
	assert_true(m.blocks[0].is_unbacked && m.blocks[7].is_unbacked);
	/* without a driver its decoders still answer */
	m.regions[0].state = MHP_CXL_STATE_COMMITTED;
	count(&m, USED);
	assert_int_equal(m.regions[0].unbacked_bytes, 0);
	assert_false(m.blocks[7].is_unbacked);
	m.regions[0].state = MHP_CXL_STATE_UNKNOWN;
	count(&m, USED);
	assert_false(m.blocks[7].is_unbacked);
	/* a region that was deleted has no state */
	m.topo.nr_cxl_regions = 0;
	count(&m, USED);
	assert_true(m.blocks[7].is_unbacked);
	/* orphans of other devices are not lost */
	m.topo.nr_cxl_windows = 1;
	m.windows[0].start += 8 * GIB;
	count(&m, USED);
	assert_false(m.blocks[7].is_unbacked);
}

/* Without the addresses of kmem it is not known whether blocks are orphaned. */
static void memory_that_may_be_lost(void **state)
{
	cleanup_scene struct scene_cxl m;

	(void)state;
	fill(&m);
	m.regions[0].state = MHP_CXL_STATE_UNCOMMITTED;
	count(&m, HIDDEN);
	assert_int_equal(m.regions[0].online_bytes, GIB);
	assert_int_equal(m.regions[0].unbacked_bytes, MHP_UNKNOWN);
	for (unsigned i = 0; i < 8; i++)
		m.blocks[i].state = MHP_BLOCK_OFFLINE;
	count(&m, HIDDEN);
	assert_int_equal(m.regions[0].unbacked_bytes, 0);
	m.regions[0].size = 0;
	m.regions[0].start = MHP_UNKNOWN;
	count(&m, HIDDEN);
	assert_int_equal(m.regions[0].online_bytes, 0);
}

UNIT_TESTS(cmocka_unit_test(addresses_that_are_free), cmocka_unit_test(addresses_that_nothing_owns),
	   cmocka_unit_test(windows_in_soft_reserved_memory),
	   cmocka_unit_test(addresses_that_are_not_shown),
	   cmocka_unit_test(regions_that_are_not_known), cmocka_unit_test(memory_of_a_region),
	   cmocka_unit_test(memory_of_the_firmware), cmocka_unit_test(memory_that_is_lost),
	   cmocka_unit_test(memory_that_may_be_lost))
