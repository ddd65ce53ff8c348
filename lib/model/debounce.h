/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events that come close together. What they say is only that something has changed: what, is read
 * from the machine once they have become quiet, so that 2,000 of them cost one look.
 */
#pragma once

#include "lib/base/idset.h"
#include "lib/sys/uevent.h"

#include <stdbool.h>
#include <stdint.h>

#define BURST_QUIET_MS 100  /* without an event: it is over */
#define BURST_MAX_MS   1000 /* however many there still are */

/* Zero it before use, and for the next one. */
struct burst {
	bool is_open;
	uint64_t first_ms;
	uint64_t last_ms;
	uint64_t nr;	     /* events */
	bool lost;	     /* events are missing */
	struct idset online; /* blocks that went there, and of which nothing was told since */
	struct idset offline;
};

/* now_ms: of clock_msec(). 0 or -ENOMEM. */
int burst_add(struct burst *burst, const struct uevent *event, uint64_t now_ms);

/* Something may have changed, and there is no event that says what. */
void burst_touch(struct burst *burst, uint64_t now_ms);

/* When it is over, or CLOCK_NEVER where there is none. */
uint64_t burst_end(const struct burst *burst);

/*
 * It was looked at, and changes of these blocks were told. What was heard of others is kept: it may
 * be half of a change there and back, the other half of which comes with the next. Without memory
 * it is forgotten.
 */
void burst_done(struct burst *burst, const struct idset *told);

void burst_clear(struct burst *burst);
