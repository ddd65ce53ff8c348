/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reasons why the kernel refuses memory, from messages as its sources print them. */
#include "lib/sys/kmsg-refusal.h"
#include "tests/unit/fake/unit.h"

#include <string.h>

static const struct {
	const char *text;
	enum mhp_reason reason;
	struct mhp_range range;
	const char *device;
	const char *words;
} lines[] = {
	{ "Boot memory [48000000 50000000] offlining attempted",
	  MHP_REASON_BOOT_MEMORY,
	  { 0x48000000, 0x50000000 },
	  "",
	  "Boot memory offlining attempted" },
	{ "[108000000 110000000] splits a leaf entry in vmemmap",
	  MHP_REASON_LEAF_MAPPING,
	  { 0x108000000, 0x110000000 },
	  "",
	  "splits a leaf entry in vmemmap" },
	{ "[108000000 110000000] splits a leaf entry in linear map",
	  MHP_REASON_LEAF_MAPPING,
	  { 0x108000000, 0x110000000 },
	  "",
	  "splits a leaf entry in linear map" },
	{ "Block size [0x80000000] unaligned hotplug range: start 0x1040000000, size 0x80000000",
	  MHP_REASON_UNALIGNED,
	  { 0x1040000000, 0x10c0000000 },
	  "",
	  "unaligned hotplug range" },
	{ "removing memory fails, because memory [0x108000000-0x10fffffff] is onlined",
	  MHP_REASON_NEEDS_REBOOT,
	  { 0x108000000, 0x110000000 },
	  "",
	  "removing memory fails, because memory is onlined" },
	{ "kmem dax0.0: mapping0: 0x108000000-0x17fffffff memory add failed",
	  MHP_REASON_ADD_FAILED,
	  { 0x108000000, 0x180000000 },
	  "dax0.0",
	  "memory add failed" },
	{ "kmem dax1.0: mapping12: 0x108000000-0x17fffffff could not reserve region",
	  MHP_REASON_IN_USE,
	  { 0x108000000, 0x180000000 },
	  "dax1.0",
	  "could not reserve region" },
	{ "kmem dax0.0: mapping0: 0x108000000-0x17fffffff cannot be hotremoved until the next "
	  "reboot",
	  MHP_REASON_NEEDS_REBOOT,
	  { 0x108000000, 0x180000000 },
	  "dax0.0",
	  "cannot be hotremoved until the next reboot" },
	{ "kmem dax0.0: mapping0: 0x108000000-0x17fffffff stuck online until reboot",
	  MHP_REASON_NEEDS_REBOOT,
	  { 0x108000000, 0x180000000 },
	  "dax0.0",
	  "stuck online until reboot" },
	{ "kmem dax0.0: Hotplug regions stuck online until reboot",
	  MHP_REASON_NEEDS_REBOOT,
	  { 0, 0 },
	  "dax0.0",
	  "Hotplug regions stuck online until reboot" },
	{ "kmem dax0.0: hotremove failed, device left online: -4",
	  MHP_REASON_LEFT_ONLINE,
	  { 0, 0 },
	  "dax0.0",
	  "hotremove failed, device left online" },
	{ "kmem dax0.0: rejecting DAX region without any memory after alignment",
	  MHP_REASON_NO_SPACE,
	  { 0, 0 },
	  "dax0.0",
	  "rejecting DAX region without any memory after alignment" },
	{ "memory offlining [mem 0x108000000-0x10fffffff] failed due to notifier failure",
	  MHP_REASON_NOTIFIER,
	  { 0x108000000, 0x110000000 },
	  "",
	  "notifier failure" },
	{ "memory offlining [mem 0x108000000-0x10fffffff] failed due to signal backoff",
	  MHP_REASON_NONE,
	  { 0x108000000, 0x110000000 },
	  "",
	  "signal backoff" },
};

static void lines_of_the_kernel(void **state)
{
	struct refusal r;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (!kmsg_refusal(lines[i].text, &r))
			fail_msg("not known: %s", lines[i].text);
		if (r.reason != lines[i].reason)
			fail_msg("%s: %s", lines[i].text, mhp_reason_name(r.reason));
		if (r.range.start != lines[i].range.start || r.range.end != lines[i].range.end)
			fail_msg("%s: another range", lines[i].text);
		assert_string_equal(r.device, lines[i].device);
		assert_string_equal(r.words, lines[i].words);
	}
}

static void lines_that_are_none(void **state)
{
	static const char *const texts[] = {
		"",
		"kmem dax0.0: ",
		"Boot memory [48000000 50000000] offlined",
		"Boot memory [50000000 48000000] offlining attempted",
		"Boot memory [xyz 50000000] offlining attempted",
		"Boot memory [48000000",
		"[108000000 110000000] splits a leaf entry in something else",
		"[1080000000000000000 1100000000000000000] splits a leaf entry in vmemmap",
		"a process says: Boot memory [48000000 50000000] offlining attempted",
		"mapping0: 0x17fffffff-0x108000000 memory add failed",
		"Block size [0x8000000] unaligned hotplug range: start 0x0, size 0x0",
		"Offlined Pages 32768",
	};
	struct refusal r;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (kmsg_refusal(texts[i], &r))
			fail_msg("\"%s\" is taken for a refusal", texts[i]);
}

/* A notifier refuses because of boot memory: the next message is more specific. */
static void some_say_more_than_others(void **state)
{
	struct refusal cause, effect, device;

	assert_true(kmsg_refusal("Boot memory [48000000 50000000] offlining attempted", &cause));
	assert_true(kmsg_refusal("memory offlining [mem 0x48000000-0x4fffffff] failed due to "
				 "notifier failure",
				 &effect));
	assert_true(
		kmsg_refusal("kmem dax0.0: hotremove failed, device left online: -16", &device));
	assert_true(cause.weight > effect.weight);
	assert_true(effect.weight > device.weight);
}

/* Every reason has a text and an exit code. */
static void reasons_are_whole(void **state)
{
	struct refusal r;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		assert_true(kmsg_refusal(lines[i].text, &r));
		if (r.reason != MHP_REASON_NONE)
			assert_int_not_equal(mhp_reason_exit_code(r.reason), 0);
	}
	assert_int_equal(mhp_reason_exit_code(MHP_REASON_BOOT_MEMORY), 7);
	assert_int_equal(mhp_reason_exit_code(MHP_REASON_LEAF_MAPPING), 7);
	assert_int_equal(mhp_reason_exit_code(MHP_REASON_NEEDS_REBOOT), 7);
}

UNIT_TESTS(cmocka_unit_test(lines_of_the_kernel), cmocka_unit_test(lines_that_are_none),
	   cmocka_unit_test(some_say_more_than_others), cmocka_unit_test(reasons_are_whole))
