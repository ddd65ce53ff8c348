/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/fakereporting.h"

#define BALLOON "sys/bus/virtio/devices/virtio3"

void fakereporting_add(struct fakesys *fs, const char *features, const char *driver)
{
	char target[64];

	fakesys_put(fs, BALLOON "/device", "0x0005\n");
	fakesys_put(fs, BALLOON "/features", features);
	snprintf(target, sizeof(target), "../../drivers/%s", driver ? driver : "");
	if (driver)
		assert_int_equal(tree_link(fs->tree.fd, BALLOON "/driver", target), 0);
	fakesys_put(fs, "proc/cmdline", "quiet\n");
	fakesys_put(fs, FAKE_REPORTING_ORDER, "9\n");
	fakesys_put(fs, "proc/zoneinfo",
		    "Node 0, zone DMA\n  pages free 3998\n low 30\n managed 3998\n"
		    "Node 0, zone Normal\n  pages free 100000\n low 700\n managed 200000\n"
		    "Node 0, zone Movable\n  pages free 0\n low 0\n managed 0\n"
		    "Node 1, zone Movable\n  pages free 220000\n low 900\n managed 262144\n"
		    "Node 1, zone Device\n  pages free 0\n low 0\n managed 7\n");
	fakesys_put(
		fs, "proc/buddyinfo",
		"Node 0, zone      DMA      0      0      0      0      0      0      0      0      0      0      3 \n"
		"Node 0, zone   Normal      5      4      0      0      0      0      0      0      0      3     50 \n"
		"Node 1, zone  Movable      1      0      0      0      0      0      0      0      0      2    200 \n");
	fakesys_put(
		fs, "proc/pagetypeinfo",
		"Page block order: 9\nPages per block:  512\n\n"
		"Free pages count per migrate type at order       0      1 \n"
		"Node    0, zone   Normal, type    Unmovable      5      4      0      0      0      0      0      0      0      3     50 \n"
		"Node    0, zone   Normal, type      Isolate      0      0      0      0      0      0      0      0      0      0      0 \n"
		"Node    1, zone  Movable, type      Isolate      7      0      0      0      0      0      0      0      0      2     32 \n\n"
		"Number of blocks type     Unmovable      Movable      Isolate \n"
		"Node 1, zone  Movable            0          512           65 \n");
}

struct mhp_reporting *fakereporting_read(struct fakesys *fs)
{
	struct mhp_reporting *reporting = NULL;

	assert_int_equal(mhp_reporting_read(fs->ctx, &reporting, NULL), 0);
	return reporting;
}
