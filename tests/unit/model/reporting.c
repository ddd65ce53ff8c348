/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Free page reporting of a fake machine: balloons, settings, free memory and the estimate. */
#include "lib/model/reporting.h"
#include "lib/sys/buddyinfo.h"
#include "tests/unit/fake/fakereporting.h"
#include "tests/unit/fake/fakesys.h"

#include <string.h>
#include <unistd.h>

static const struct mhp_balloon *balloon_of(const struct mhp_reporting *reporting)
{
	assert_int_equal(reporting->nr_balloons, 1);
	return mhp_reporting_balloon(reporting, 0);
}

/* ---- balloons ---------------------------------------------------------------------------- */

static void a_balloon_that_reports(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;
	const struct mhp_balloon *balloon;

	fakereporting_add(fs, "000001", "virtio_balloon");
	reporting = fakereporting_read(fs);
	balloon = balloon_of(reporting);
	assert_string_equal(balloon->name, "virtio3");
	assert_string_equal(balloon->driver, "virtio_balloon");
	assert_int_equal(balloon->kind, MHP_BALLOON_VIRTIO);
	assert_int_equal(balloon->reporting, MHP_TRISTATE_YES);
	assert_int_equal(balloon->cause, MHP_REPORTING_CAUSE_NONE);
	assert_string_equal(balloon->why, "");
	assert_int_equal(balloon->is_futile, MHP_TRISTATE_NO);
	assert_int_equal(reporting->is_active, MHP_TRISTATE_YES);
	assert_int_equal(reporting->new_memory, MHP_NEW_MEMORY_REPORTED);
}

/* The length of the features differs between kernels, and a device of another type is no balloon.
 */
static void features_of_any_length(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;
	char features[129];

	memset(features, '0', sizeof(features) - 1);
	features[5] = '1';
	features[128] = '\0';
	fakereporting_add(fs, features, "virtio_balloon");
	fakesys_put(fs, "sys/bus/virtio/devices/virtio0/device", "0x0003\n");
	fakesys_put(fs, "sys/bus/virtio/devices/virtio0/features", "000001\n");
	reporting = fakereporting_read(fs);
	assert_int_equal(balloon_of(reporting)->reporting, MHP_TRISTATE_YES);
}

struct missing {
	const char *features;
	const char *driver;
	const char *cmdline;
	const char *config;
	enum mhp_tristate reporting;
	enum mhp_reporting_cause cause;
	enum mhp_tristate is_futile;
};

#define BUILT	 "CONFIG_PAGE_REPORTING=y\n"
#define POISONS	 BUILT "CONFIG_PAGE_POISONING=y\n"
#define CLEARS	 BUILT "CONFIG_INIT_ON_FREE_DEFAULT_ON=y\n"
#define BALLOON	 "virtio_balloon"
#define CAUSE(c) MHP_REPORTING_CAUSE_##c

static const struct missing all_missing[] = {
	{ "000000", BALLOON, "quiet", BUILT, MHP_TRISTATE_NO, CAUSE(NOT_OFFERED), MHP_TRISTATE_NO },
	{ "000000", BALLOON, "init_on_free=1", BUILT, MHP_TRISTATE_NO, CAUSE(INIT_ON_FREE),
	  MHP_TRISTATE_NO },
	{ "000000", BALLOON, "quiet", CLEARS, MHP_TRISTATE_NO, CAUSE(INIT_ON_FREE),
	  MHP_TRISTATE_NO },
	{ "000000", BALLOON, "init_on_free=0", CLEARS, MHP_TRISTATE_NO, CAUSE(NOT_OFFERED),
	  MHP_TRISTATE_NO },
	{ "000000", BALLOON, "page_poison=on", POISONS, MHP_TRISTATE_NO, CAUSE(PAGE_POISON),
	  MHP_TRISTATE_NO },
	{ "000000", BALLOON, "page_poison=1", BUILT, MHP_TRISTATE_NO, CAUSE(NOT_OFFERED),
	  MHP_TRISTATE_NO },
	/* bit 4 shows that the host keeps the value, so the driver dropped nothing */
	{ "000010", BALLOON, "init_on_free=1", BUILT, MHP_TRISTATE_NO, CAUSE(NOT_OFFERED),
	  MHP_TRISTATE_NO },
	{ "000011", BALLOON, "init_on_free=1", BUILT, MHP_TRISTATE_YES, CAUSE(NONE),
	  MHP_TRISTATE_NO },
	{ "000011", BALLOON, "page_poison=1", POISONS, MHP_TRISTATE_YES, CAUSE(NONE),
	  MHP_TRISTATE_YES },
	/* without the configuration a kernel may ignore page_poison; without init_on_free it does
	 * not
	 */
	{ "000011", BALLOON, "page_poison=1", NULL, MHP_TRISTATE_YES, CAUSE(NONE),
	  MHP_TRISTATE_UNKNOWN },
	{ "000011", BALLOON, "page_poison=1 init_on_free=0", NULL, MHP_TRISTATE_YES, CAUSE(NONE),
	  MHP_TRISTATE_YES },
	/* without the configuration the default of init_on_free is not known */
	{ "000000", BALLOON, "quiet", NULL, MHP_TRISTATE_NO, CAUSE(UNKNOWN), MHP_TRISTATE_NO },
	{ "000000", BALLOON, "init_on_free=off", NULL, MHP_TRISTATE_NO, CAUSE(NOT_OFFERED),
	  MHP_TRISTATE_NO },
	{ "000000", NULL, "quiet", BUILT, MHP_TRISTATE_NO, CAUSE(NO_DRIVER), MHP_TRISTATE_NO },
	{ "00000", BALLOON, "quiet", BUILT, MHP_TRISTATE_UNKNOWN, CAUSE(UNKNOWN),
	  MHP_TRISTATE_UNKNOWN },
	{ "00000x", BALLOON, "quiet", BUILT, MHP_TRISTATE_UNKNOWN, CAUSE(UNKNOWN),
	  MHP_TRISTATE_UNKNOWN },
	{ "", BALLOON, "quiet", BUILT, MHP_TRISTATE_UNKNOWN, CAUSE(UNKNOWN), MHP_TRISTATE_UNKNOWN },
};

static void why_a_balloon_does_not_report(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(all_missing); i++) {
		const struct missing *m = &all_missing[i];
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_fakereporting struct mhp_reporting *reporting = NULL;
		const struct mhp_balloon *balloon;

		fakereporting_add(fs, m->features, m->driver);
		fakesys_put(fs, "proc/cmdline", m->cmdline);
		if (m->config)
			fakesys_put(fs, "proc/config.gz", m->config);
		reporting = fakereporting_read(fs);
		balloon = balloon_of(reporting);
		assert_int_equal(balloon->reporting, m->reporting);
		assert_int_equal(reporting->is_active, m->reporting);
		assert_int_equal(balloon->cause, m->cause);
		assert_int_equal(balloon->is_futile, m->is_futile);
		assert_int_equal(*balloon->why == '\0', m->cause == MHP_REPORTING_CAUSE_NONE &&
								m->is_futile == MHP_TRISTATE_NO);
	}
}

/* Without the configuration the log of the boot shows whether freed pages are cleared. */
static void what_the_log_says(void **state)
{
	static const struct {
		const char *line;
		enum mhp_reporting_cause cause;
	} logs[] = {
		{ "heap alloc:on, heap free:off", CAUSE(NOT_OFFERED) },
		{ "heap alloc:off, heap free:on", CAUSE(INIT_ON_FREE) },
		{ "heap alloc:on", CAUSE(UNKNOWN) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_fakereporting struct mhp_reporting *reporting = NULL;
		char line[128];

		fakereporting_add(fs, "000000", BALLOON);
		snprintf(line, sizeof(line), "6,1,2,-;mem auto-init: stack:all(zero), %s\n",
			 logs[i].line);
		assert_int_equal(tree_remove(fs->tree.fd, "dev/kmsg"), 0);
		fakesys_put(fs, "dev/kmsg", line);
		reporting = fakereporting_read(fs);
		assert_int_equal(balloon_of(reporting)->cause, logs[i].cause);
		assert_int_equal(reporting->is_active, MHP_TRISTATE_NO);
	}
}

static void a_kernel_without_reporting(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;

	fakereporting_add(fs, "000000", BALLOON);
	fakesys_put(fs, "proc/cmdline", "quiet");
	fakesys_put(fs, "proc/config.gz", "CONFIG_SMP=y\n");
	assert_int_equal(tree_remove(fs->tree.fd, "sys/module/page_reporting"), 0);
	reporting = fakereporting_read(fs);
	assert_int_equal(balloon_of(reporting)->cause, MHP_REPORTING_CAUSE_NO_KERNEL);
	assert_false(reporting->has_order);
	assert_true(reporting->order == MHP_UNKNOWN && reporting->delay_ms == MHP_UNKNOWN);
	assert_true(reporting->large_bytes == MHP_UNKNOWN && reporting->reportable_bytes == 0);
}

static void no_balloon(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;

	fakereporting_add(fs, "000001", BALLOON);
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/virtio/devices/virtio3"), 0);
	reporting = fakereporting_read(fs);
	assert_int_equal(reporting->nr_balloons, 0);
	assert_int_equal(reporting->is_active, MHP_TRISTATE_NO);
	assert_int_equal(reporting->new_memory, MHP_NEW_MEMORY_KEPT);
	assert_true(reporting->reportable_bytes == 0);
	assert_true(reporting->large_bytes == FAKE_REPORTING_LARGE);
}

/* A copy without the bus may be one of a machine with a balloon. */
static void a_copy_without_the_bus(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;

	fakereporting_add(fs, "000001", BALLOON);
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/virtio"), 0);
	fs->ctx->is_copy = true;
	reporting = fakereporting_read(fs);
	assert_int_equal(reporting->is_active, MHP_TRISTATE_UNKNOWN);
	assert_true(reporting->reportable_bytes == MHP_UNKNOWN);
	assert_string_equal(mhp_reporting_hidden(reporting, 0)->what, "balloons");
}

/* Any device of the bus may be a balloon if its type cannot be read. */
static void a_type_that_cannot_be_read(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;

	fakereporting_add(fs, "000001", BALLOON);
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/virtio/devices/virtio3/device"), 0);
	fakesys_put(fs, "sys/bus/virtio/devices/virtio3/device/x", "");
	reporting = fakereporting_read(fs);
	assert_int_equal(reporting->nr_balloons, 0);
	assert_int_equal(reporting->is_active, MHP_TRISTATE_UNKNOWN);
	assert_int_equal(reporting->new_memory, MHP_NEW_MEMORY_UNKNOWN);
	assert_true(reporting->reportable_bytes == MHP_UNKNOWN);
	assert_string_equal(mhp_reporting_hidden(reporting, 0)->what, "balloons");
	assert_string_equal(mhp_reporting_hidden(reporting, 0)->why,
			    "/sys/bus/virtio/devices/virtio3/device cannot be read");
}

/* A device that is being removed has no type; a copy may lack it. */
static void a_type_that_is_missing(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();

	fakereporting_add(fs, "000001", BALLOON);
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/virtio/devices/virtio3/device"), 0);
	for (int is_copy = 0; is_copy < 2; is_copy++) {
		cleanup_fakereporting struct mhp_reporting *reporting = NULL;

		fs->ctx->is_copy = is_copy;
		reporting = fakereporting_read(fs);
		assert_int_equal(reporting->is_active,
				 is_copy ? MHP_TRISTATE_UNKNOWN : MHP_TRISTATE_NO);
	}
}

static void a_driver_that_cannot_be_read(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;

	fakereporting_add(fs, "000000", NULL);
	fakesys_put(fs, "sys/bus/virtio/devices/virtio3/driver/x", "");
	reporting = fakereporting_read(fs);
	assert_int_equal(balloon_of(reporting)->cause, MHP_REPORTING_CAUSE_UNKNOWN);
	assert_int_equal(reporting->is_active, MHP_TRISTATE_UNKNOWN);
}

static void boot_parameters_that_cannot_be_read(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;

	fakereporting_add(fs, "000000", BALLOON);
	fakesys_put(fs, "proc/config.gz", BUILT);
	assert_int_equal(tree_remove(fs->tree.fd, "proc/cmdline"), 0);
	reporting = fakereporting_read(fs);
	assert_int_equal(reporting->is_active, MHP_TRISTATE_NO);
	assert_int_equal(balloon_of(reporting)->cause, MHP_REPORTING_CAUSE_UNKNOWN);
	assert_string_equal(mhp_reporting_hidden(reporting, 0)->what, "boot_parameters");
}

/* ---- Hyper-V ----------------------------------------------------------------------------- */

#define VMBUS "sys/bus/vmbus/devices/1eccfd72-4b41-45ef-b73a-4a6e44c12924"

static enum mhp_tristate hyperv(const char *message, enum mhp_reporting_cause cause)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;

	fakereporting_add(fs, "000000", BALLOON);
	assert_int_equal(tree_remove(fs->tree.fd, "sys/bus/virtio/devices/virtio3"), 0);
	fakesys_put(fs, VMBUS "/class_id", "{525074dc-8985-46e2-8057-a307dc18a502}\n");
	assert_int_equal(tree_link(fs->tree.fd, VMBUS "/driver", "../../drivers/hv_balloon"), 0);
	assert_int_equal(tree_remove(fs->tree.fd, "dev/kmsg"), 0);
	if (message)
		fakesys_put(fs, "dev/kmsg", message);
	reporting = fakereporting_read(fs);
	assert_int_equal(balloon_of(reporting)->kind, MHP_BALLOON_HYPERV);
	assert_int_equal(balloon_of(reporting)->cause, cause);
	return reporting->is_active;
}

static void balloons_of_hyperv(void **state)
{
	assert_int_equal(
		hyperv("6,1,2,-;hv_balloon: Cold memory discard hint enabled with order 9\n",
		       CAUSE(NONE)),
		MHP_TRISTATE_YES);
	assert_int_equal(hyperv("3,1,2,-;hv_balloon: Failed to enable cold memory discard: 5\n",
				CAUSE(REFUSED)),
			 MHP_TRISTATE_NO);
	assert_int_equal(hyperv("6,1,2,-;hv_balloon: Using Dynamic Memory protocol version 2.0\n",
				CAUSE(UNKNOWN)),
			 MHP_TRISTATE_UNKNOWN);
	assert_int_equal(hyperv(NULL, CAUSE(UNKNOWN)), MHP_TRISTATE_UNKNOWN);
}

/* ---- settings ---------------------------------------------------------------------------- */

static void settings_of_7_3(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;

	fakereporting_add(fs, "000001", BALLOON);
	fakesys_put(fs, FAKE_REPORTING_DELAY, "100\n");
	reporting = fakereporting_read(fs);
	assert_true(reporting->has_order && reporting->has_delay);
	assert_true(reporting->order == 9 && reporting->max_order == 10);
	assert_true(reporting->delay_ms == 100);
}

static void an_order_that_is_not_set(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;

	fakereporting_add(fs, "000001", BALLOON);
	fakesys_put(fs, FAKE_REPORTING_ORDER, "-1\n");
	reporting = fakereporting_read(fs);
	assert_true(reporting->has_order && reporting->order == MHP_UNKNOWN);
	assert_true(reporting->delay_ms == 2000);
	assert_true(reporting->large_bytes == MHP_UNKNOWN);
	assert_true(reporting->reportable_bytes == MHP_UNKNOWN);
	assert_true(reporting->eta_ms == MHP_UNKNOWN);
	assert_int_equal(reporting->new_memory, MHP_NEW_MEMORY_UNKNOWN);
}

/* Linux 6.1 accepts any order; above the largest nothing is reported. */
static void an_order_above_the_largest(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;

	fakereporting_add(fs, "000001", BALLOON);
	fakesys_put(fs, FAKE_REPORTING_ORDER, "99\n");
	reporting = fakereporting_read(fs);
	assert_true(reporting->order == 99 && reporting->reportable_bytes == 0);
	assert_int_equal(reporting->new_memory, MHP_NEW_MEMORY_KEPT);
}

/* ---- free memory ------------------------------------------------------------------------- */

static void bytes_by_zone(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;
	const struct mhp_reporting_zone *zone;

	fakereporting_add(fs, "000001", BALLOON);
	reporting = fakereporting_read(fs);
	assert_int_equal(reporting->nr_zones, 3);
	zone = mhp_reporting_zone(reporting, 0);
	assert_int_equal(zone->node, 0);
	assert_string_equal(zone->zone, "dma");
	/* 3998 free pages are not above the watermark and the pages of one report */
	assert_true(zone->is_low == MHP_TRISTATE_YES && zone->reportable_bytes == 0);
	assert_true(zone->large_bytes == 12 * MIB);
	zone = mhp_reporting_zone(reporting, 1);
	assert_string_equal(zone->zone, "normal");
	assert_true(zone->free_bytes == 100000 * 4096ULL);
	assert_true(zone->large_bytes == 3 * 2 * MIB + 50 * 4 * MIB);
	assert_int_equal(zone->is_low, MHP_TRISTATE_NO);
	assert_true(zone->isolated_bytes == 0 && zone->reportable_bytes == zone->large_bytes);
	zone = mhp_reporting_zone(reporting, 2);
	assert_int_equal(zone->node, 1);
	assert_string_equal(zone->zone, "movable");
	assert_true(zone->isolated_bytes == 2 * 2 * MIB + 32 * 4 * MIB);
	assert_true(zone->reportable_bytes == zone->large_bytes - zone->isolated_bytes);
	assert_true(reporting->large_bytes == FAKE_REPORTING_LARGE);
	assert_true(reporting->reportable_bytes ==
		    FAKE_REPORTING_LARGE - 12 * MIB - zone->isolated_bytes);
	assert_int_equal(reporting->nr_hidden, 0);
}

/* A lower order counts smaller blocks, and lets the kernel go lower. */
static void bytes_of_a_lower_order(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;

	fakereporting_add(fs, "000001", BALLOON);
	fakesys_put(fs, FAKE_REPORTING_ORDER, "0\n");
	reporting = fakereporting_read(fs);
	assert_int_equal(mhp_reporting_zone(reporting, 0)->is_low, MHP_TRISTATE_NO);
	assert_true(mhp_reporting_zone(reporting, 1)->large_bytes ==
		    3 * 2 * MIB + 50 * 4 * MIB + (5 + 4 * 2) * 4096);
}

static void the_watermark(void **state)
{
	for (unsigned above = 0; above < 2; above++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_fakereporting struct mhp_reporting *reporting = NULL;
		char text[256];

		snprintf(text, sizeof(text),
			 "Node 0, zone Normal\n  pages free %u\n low 700\n managed 200000\n",
			 700 + 32 * 512 + above);
		fakereporting_add(fs, "000001", BALLOON);
		fakesys_put(fs, "proc/zoneinfo", text);
		fakesys_put(fs, "proc/buddyinfo", "Node 0, zone Normal 0 0 0 0 0 0 0 0 0 32 4\n");
		reporting = fakereporting_read(fs);
		assert_int_equal(mhp_reporting_zone(reporting, 0)->is_low,
				 above ? MHP_TRISTATE_NO : MHP_TRISTATE_YES);
	}
}

static void files_that_cannot_be_read(void **state)
{
	static const char *const bad[] = {
		"",
		"Node x, zone Normal 1 2\n",
		"Node 0, zone Normal 1 two\n",
		"Node 0, zone Normal\n",
		"Node -1, zone Normal 1\n",
		"Node 0, zone Normal 0 0 0 0 0 0 0 0 0 0 50\nNode 0, zone DMA x\n",
		"Node 0, zone N 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n"
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_fakereporting struct mhp_reporting *reporting = NULL;

		fakereporting_add(fs, "000001", BALLOON);
		fakesys_put(fs, "proc/buddyinfo", bad[i]);
		reporting = fakereporting_read(fs);
		assert_true(reporting->max_order == MHP_UNKNOWN);
		assert_true(reporting->large_bytes == MHP_UNKNOWN);
		assert_true(reporting->reportable_bytes == MHP_UNKNOWN);
		assert_true(reporting->eta_ms == MHP_UNKNOWN);
		assert_string_equal(mhp_reporting_hidden(reporting, 0)->what, "zones.blocks");
	}
}

static void zoneinfo_that_cannot_be_read(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;
	const struct mhp_reporting_zone *zone;

	fakereporting_add(fs, "000001", BALLOON);
	assert_int_equal(tree_remove(fs->tree.fd, "proc/zoneinfo"), 0);
	reporting = fakereporting_read(fs);
	zone = mhp_reporting_zone(reporting, 0);
	assert_int_equal(zone->is_low, MHP_TRISTATE_UNKNOWN);
	assert_true(zone->free_bytes == MHP_UNKNOWN && zone->large_bytes == 12 * MIB);
	assert_true(reporting->free_bytes == MHP_UNKNOWN);
	assert_true(reporting->reportable_bytes == MHP_UNKNOWN);
	assert_string_equal(mhp_reporting_hidden(reporting, 0)->what, "zones.free");
}

/* Reserved at boot: buddyinfo has the zone, though nothing of it can be free. */
static void a_zone_without_managed_pages(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;

	fakereporting_add(fs, "000001", BALLOON);
	fakesys_put(fs, "proc/zoneinfo",
		    "Node 0, zone DMA\n  pages free 0\n low 0\n present 3998\n managed 0\n"
		    "Node 0, zone Normal\n  pages free 100000\n low 700\n managed 200000\n");
	fakesys_put(fs, "proc/buddyinfo",
		    "Node 0, zone DMA 0 0 0 0 0 0 0 0 0 0 0\n"
		    "Node 0, zone Normal 0 0 0 0 0 0 0 0 0 0 50\n");
	reporting = fakereporting_read(fs);
	assert_int_equal(reporting->nr_zones, 2);
	assert_true(reporting->reportable_bytes == 200 * MIB);
}

/* Without root: isolated blocks count as reportable, and that is said. */
static void without_pagetypeinfo(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;

	fakereporting_add(fs, "000001", BALLOON);
	assert_int_equal(tree_remove(fs->tree.fd, "proc/pagetypeinfo"), 0);
	reporting = fakereporting_read(fs);
	assert_true(mhp_reporting_zone(reporting, 2)->isolated_bytes == MHP_UNKNOWN);
	assert_true(reporting->reportable_bytes == FAKE_REPORTING_LARGE - 12 * MIB);
	assert_string_equal(mhp_reporting_hidden(reporting, 0)->what, "zones.isolated");
}

/* The kernel stops counting at 100,000: the rest is not known, so neither is the difference. */
static void isolated_blocks_that_are_cut(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;

	fakereporting_add(fs, "000001", BALLOON);
	fakesys_put(fs, "proc/pagetypeinfo",
		    "Node    1, zone  Movable, type      Isolate >100000 0 0 0 0 0 0 0 0 2 32\n");
	reporting = fakereporting_read(fs);
	assert_true(mhp_reporting_zone(reporting, 2)->isolated_bytes == MHP_UNKNOWN);
	assert_true(mhp_reporting_zone(reporting, 2)->reportable_bytes == MHP_UNKNOWN);
	assert_true(reporting->reportable_bytes == MHP_UNKNOWN);
}

/* ---- the estimate ------------------------------------------------------------------------ */

static void rounds_of_the_kernel(void **state)
{
	assert_true(reporting_rounds(0) == 0);
	assert_true(reporting_rounds(1) == 1);
	assert_true(reporting_rounds(64) == 1);
	assert_true(reporting_rounds(65) == 2);
	assert_true(reporting_rounds(256) == 4); /* 1 GiB took 9 s */
	assert_true(reporting_rounds(512) == 8);
	assert_true(reporting_rounds(513) == 6);
	assert_true(reporting_rounds(65536) == 16);
	assert_true(reporting_rounds(UINT64_MAX) > 0);
}

static void the_estimate(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_fakereporting struct mhp_reporting *reporting = NULL;

	fakereporting_add(fs, "000001", BALLOON);
	fakesys_put(fs, FAKE_REPORTING_DELAY, "100\n");
	reporting = fakereporting_read(fs);
	/* movable: 200 blocks in 4 rounds and 7 reports; normal: 3 and 50 blocks in 3 */
	assert_true(reporting->eta_ms == 5 * 100 + (7 + 1 + 1 + 2) * 20 + 1000);
}

UNIT_TESTS(cmocka_unit_test(a_balloon_that_reports), cmocka_unit_test(features_of_any_length),
	   cmocka_unit_test(why_a_balloon_does_not_report), cmocka_unit_test(what_the_log_says),
	   cmocka_unit_test(a_kernel_without_reporting), cmocka_unit_test(no_balloon),
	   cmocka_unit_test(a_copy_without_the_bus), cmocka_unit_test(a_type_that_cannot_be_read),
	   cmocka_unit_test(a_type_that_is_missing), cmocka_unit_test(a_driver_that_cannot_be_read),
	   cmocka_unit_test(boot_parameters_that_cannot_be_read),
	   cmocka_unit_test(balloons_of_hyperv), cmocka_unit_test(settings_of_7_3),
	   cmocka_unit_test(an_order_that_is_not_set), cmocka_unit_test(an_order_above_the_largest),
	   cmocka_unit_test(bytes_by_zone), cmocka_unit_test(bytes_of_a_lower_order),
	   cmocka_unit_test(the_watermark), cmocka_unit_test(files_that_cannot_be_read),
	   cmocka_unit_test(zoneinfo_that_cannot_be_read),
	   cmocka_unit_test(a_zone_without_managed_pages), cmocka_unit_test(without_pagetypeinfo),
	   cmocka_unit_test(isolated_blocks_that_are_cut), cmocka_unit_test(rounds_of_the_kernel),
	   cmocka_unit_test(the_estimate))
