/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Free page reporting of a fake machine. */
#pragma once

#include "tests/unit/fake/fakesys.h"

#define FAKE_REPORTING_ORDER "sys/module/page_reporting/parameters/page_reporting_order"
#define FAKE_REPORTING_DELAY "sys/module/page_reporting/parameters/page_reporting_delay_ms"

/* Free in blocks of order 9 and 10, on node 0 in DMA and Normal, on node 1 in Movable. */
#define FAKE_REPORTING_LARGE (12 * MIB + (3 * 2 + 50 * 4) * MIB + (2 * 2 + 200 * 4) * MIB)

/*
 * Adds the balloon virtio3 with these features, bound to that driver or none (NULL); order 9 of 10;
 * and three zones. DMA has too little free memory, Movable has isolated blocks.
 */
void fakereporting_add(struct fakesys *fs, const char *features, const char *driver);

struct mhp_reporting *fakereporting_read(struct fakesys *fs);

static inline void fakereporting_freep(struct mhp_reporting **reporting)
{
	mhp_reporting_free(*reporting);
}

#define cleanup_fakereporting __attribute__((cleanup(fakereporting_freep)))
