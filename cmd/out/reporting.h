/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How to keep the settings of free page reporting across a reboot. */
#pragma once

#include <stdint.h>

#define OUT_KEEP_MAX 160

struct out_keep {
	char boot[OUT_KEEP_MAX];     /* a boot parameter; or empty */
	char tmpfiles[OUT_KEEP_MAX]; /* a line of tmpfiles.d; or empty */
};

/* Fill both for a value; nothing for MHP_UNKNOWN. */
void out_keep_order(uint64_t order, struct out_keep *keep);
void out_keep_delay(uint64_t delay_ms, struct out_keep *keep);
