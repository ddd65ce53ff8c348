/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bursts of uevents. An event only says that something has changed: the machine is read once when
 * no more events arrive, so that 2,000 events cost one scan.
 */
#pragma once

#include "lib/base/idset.h"
#include "lib/sys/uevent.h"

#include <stdbool.h>
#include <stdint.h>

#define BURST_QUIET_MS 100  /* a burst ends after this time without an event */
#define BURST_MAX_MS   1000 /* and after this time in any case */

/* Set to { 0 } before use; burst_done() prepares it for the next burst. */
struct burst {
	bool is_open;	   /* an event has arrived */
	uint64_t first_ms; /* time of the first event */
	uint64_t last_ms;
	uint64_t nr;	     /* events */
	bool lost;	     /* events are missing */
	struct idset online; /* blocks with such an event, not reported since */
	struct idset offline;
};

/* Adds an event; now_ms is from clock_msec(). 0 or -ENOMEM. */
int burst_add(struct burst *burst, const struct uevent *event, uint64_t now_ms);

/* Opens or extends a burst without an event, for changes that send none. */
void burst_touch(struct burst *burst, uint64_t now_ms);

/* Returns the time when the burst ends, or CLOCK_NEVER if none is open. */
uint64_t burst_end(const struct burst *burst);

/*
 * Ends a burst after changes of these blocks were reported. Keeps the events of other blocks: they
 * may be the first half of a change and its reversal, which ends in the next burst. Drops them if
 * there is no memory.
 */
void burst_done(struct burst *burst, const struct idset *reported);

void burst_clear(struct burst *burst);
